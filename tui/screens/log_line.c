/* log_line.c - a line of the log: when, how bad, who, what, how long, which answer. */
#include "tui/screens/log_line.h"

#include "tui/widgets/bar.h"

#include <stdio.h>

#define WIDE_COLS 100

static const struct {
	const char *level, *word;
	enum tui_role role;
} levels[] = {
	{ "debug", "DEBUG", TUI_DIM },
	{ "info", "INFO", TUI_INFO },
	{ "warn", "WARN", TUI_WARN },
	{ "error", "ERROR", TUI_FAIL },
};

static const char *
text_of(const struct sl_table *t, unsigned row, const char *name)
{
	const char *v = sl_table_get(t, row, name);

	return v ? v : "";
}

/* NULL reads as 0, which is a block and an index of their own. */
static int64_t
place(const struct sl_table *t, unsigned row, const char *name)
{
	return sl_table_get(t, row, name) ? sl_table_get_int(t, row, name) : -1;
}

void
tui_log_read(const struct sl_table *t, unsigned row, struct tui_log_row *out)
{
	*out = (struct tui_log_row){
		.seq = sl_table_get_int(t, row, "seq"),
		.at_us = sl_table_get_int(t, row, "at"),
		.run = sl_table_get_int(t, row, "run"),
		.block = place(t, row, "block"),
		.idx = place(t, row, "idx"),
		.events = sl_table_get_int(t, row, "events"),
		.status = sl_table_get_int(t, row, "status"),
		.took_us = sl_table_get_int(t, row, "took_us"),
		.level = text_of(t, row, "level"),
		.sync = text_of(t, row, "sync"),
		.part = text_of(t, row, "part"),
		.text = text_of(t, row, "text"),
		.answer = text_of(t, row, "answer"),
	};
}

int
tui_log_level(const char *level)
{
	for (size_t i = 0; i < SL_COUNT(levels); i++) {
		if (strcmp(levels[i].level, level) == 0)
			return (int)i;
	}
	return 1;
}

/* "14:03:20.114", "+1.2s" since the start of what is shown, "+0.3s" since the line before. */
static void
time_text(int64_t at, const struct tui_log_look *look, bool wide, char out[48])
{
	char text[32];

	if (look->time == TUI_LOG_CLOCK || look->from_us == 0) {
		(void)tui_fmt_clock(at, text);
		if (wide)
			snprintf(out, 48, "%s.%03d", text, (int)(at / 1000 % 1000));
		else
			snprintf(out, 48, "%s", text);
		return;
	}
	const int64_t by = at > look->from_us ? at - look->from_us : 0;
	snprintf(out, 48, "%s%s", look->time == TUI_LOG_DELTA ? "+" : "", tui_fmt_span(by, text));
}

/* At the right end: how long and which status. Returns the columns taken. */
static int
draw_end(const struct tui_log_row *r, const struct tui_canvas *c)
{
	const int64_t took = r->took_us, status = r->status;
	char text[32];

	if (took <= 0 && status <= 0)
		return 0;
	if (status > 0)
		tui_printf(c, 0, c->cols - 4, status >= 400 ? TUI_WARN : TUI_DIM, "%3d",
			   (int)status);
	if (took > 0)
		tui_field(c, (struct tui_span){ 0, c->cols - 12, 7, TUI_RIGHT, TUI_DIM },
			  sl_str(tui_fmt_span(took, text)));
	return 13;
}

void
tui_log_draw(const struct tui_log_row *r, const struct tui_log_look *look,
	     const struct tui_canvas *c)
{
	const bool wide = c->cols >= WIDE_COLS;
	const int level = tui_log_level(r->level);
	char time[48];
	int x = 1;

	time_text(r->at_us, look, wide, time);
	tui_field(c,
		  (struct tui_span){ 0, x, wide ? 12 : 8,
				     look->time == TUI_LOG_CLOCK ? TUI_LEFT : TUI_RIGHT, TUI_DIM },
		  sl_str(time));
	x += wide ? 13 : 9;
	if (wide) {
		tui_puts(c, 0, x, levels[level].role, levels[level].word);
		x += 6;
	} else {
		tui_puts(c, 0, x, levels[level].role, (char[]){ levels[level].word[0], '\0' });
		x += 2;
	}
	tui_field(c, (struct tui_span){ 0, x, 7, TUI_LEFT, TUI_DIM }, sl_str(r->part));
	x += 8;
	if (look->sync && wide) {
		tui_field(c, (struct tui_span){ 0, x, 20, TUI_LEFT, TUI_LABEL }, sl_str(r->sync));
		x += 21;
	}
	const int end = c->cols >= 60 ? draw_end(r, c) : 0;
	struct tui_canvas rest = tui_sub(c, 0, x, 1, c->cols - x - (end ? end : 1));
	x = tui_puts(&rest, 0, 0, TUI_TEXT, r->text);
	if (*r->answer && x + 4 < rest.cols) {
		struct tui_canvas more = tui_sub(&rest, 0, x + 2, 1, rest.cols - x - 2);
		tui_puts(&more, 0, 0, TUI_DIM, r->answer);
	}
}

void
tui_log_text(const struct tui_log_row *r, struct sl_buf *out)
{
	char at[25];

	sl_time_iso(r->at_us, at);
	sl_buf_printf(out, "%s %s run=%lld %s %s: %s", at, r->level, (long long)r->run, r->sync,
		      r->part, r->text);
	if (r->status > 0)
		sl_buf_printf(out, " [%lld]", (long long)r->status);
	if (*r->answer)
		sl_buf_printf(out, " %s", r->answer);
	sl_buf_putc(out, '\n');
}
