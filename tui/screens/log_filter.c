/* log_filter.c - words to a filter and back. */
#include "tui/screens/log_filter.h"

#include <stdio.h>

static const char *const levels[] = { "debug", "info", "warn", "error" };

/* The value of "name=value"; ptr NULL = another word. */
static struct sl_str
value_of(struct sl_str word, const char *name)
{
	const size_t n = strlen(name);

	if (word.len <= n || memcmp(word.ptr, name, n) != 0)
		return (struct sl_str){ NULL, 0 };
	return (struct sl_str){ word.ptr + n, word.len - n };
}

static void
put(char *out, size_t cap, struct sl_str s)
{
	snprintf(out, cap, SL_FMT, SL_ARG(s));
}

static bool
number(struct sl_str v, const char *what, int64_t *out, char *mistake, size_t cap)
{
	if (sl_str_to_i64(v, out) && *out > 0)
		return true;
	snprintf(mistake, cap, "%s takes a number, not \"" SL_FMT "\"", what, SL_ARG(v));
	return false;
}

static bool
take_level(struct tui_log_filter *f, struct sl_str v, char *mistake, size_t cap)
{
	for (size_t i = 0; i < SL_COUNT(levels); i++) {
		if (sl_str_is(v, levels[i])) {
			put(f->level, sizeof(f->level), v);
			return true;
		}
	}
	snprintf(mistake, cap, "level is debug, info, warn or error, not \"" SL_FMT "\"",
		 SL_ARG(v));
	return false;
}

/* Any other word is text to find; several stay together. */
static void
take_text(struct tui_log_filter *f, struct sl_str word)
{
	const size_t n = strlen(f->text);

	if (n == 0 && word.len > 1 && word.ptr[0] == '/')
		word = (struct sl_str){ word.ptr + 1, word.len - 1 };
	snprintf(f->text + n, sizeof(f->text) - n, "%s" SL_FMT, n ? " " : "", SL_ARG(word));
}

static bool
take_word(struct tui_log_filter *f, struct sl_str word, char *mistake, size_t cap)
{
	struct sl_str v;
	int64_t n;

	if ((v = value_of(word, "run=")).ptr)
		return number(v, "run", &f->run, mistake, cap);
	if ((v = value_of(word, "status=")).ptr) {
		if (!number(v, "status", &n, mistake, cap))
			return false;
		f->status = n < 100000 ? (int)n : 100000;
		return true;
	}
	if ((v = value_of(word, "sync=")).ptr) {
		put(f->sync, sizeof(f->sync), v);
		return true;
	}
	if ((v = value_of(word, "level>=")).ptr || (v = value_of(word, "level=")).ptr)
		return take_level(f, v, mistake, cap);
	take_text(f, word);
	return true;
}

bool
tui_log_filter_parse(struct tui_log_filter *f, const char *text, char *mistake, size_t cap)
{
	struct tui_log_filter made = { 0 };

	while (*text) {
		const size_t n = strcspn(text, " ");
		if (n > 0 && !take_word(&made, (struct sl_str){ text, n }, mistake, cap))
			return false;
		text += n + (text[n] == ' ');
	}
	*f = made;
	return true;
}

void
tui_log_filter_text(const struct tui_log_filter *f, struct sl_buf *out)
{
	const size_t from = out->len;

	if (f->run)
		sl_buf_printf(out, "run=%lld", (long long)f->run);
	if (f->sync[0])
		sl_buf_printf(out, "%ssync=%s", out->len > from ? " " : "", f->sync);
	if (f->level[0])
		sl_buf_printf(out, "%slevel>=%s", out->len > from ? " " : "", f->level);
	if (f->status)
		sl_buf_printf(out, "%sstatus=%d", out->len > from ? " " : "", f->status);
	if (f->text[0])
		sl_buf_printf(out, "%s/%s", out->len > from ? " " : "", f->text);
}

struct sl_log_filter
tui_log_filter_request(const struct tui_log_filter *f)
{
	return (struct sl_log_filter){ .run = f->run,
				       .sync = f->sync[0] ? f->sync : NULL,
				       .level = f->level[0] ? f->level : NULL,
				       .text = f->text[0] ? f->text : NULL,
				       .status = f->status };
}
