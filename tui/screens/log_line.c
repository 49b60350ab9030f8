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

static size_t
level_of(const char *level)
{
	for (size_t i = 0; level && i < SL_COUNT(levels); i++) {
		if (strcmp(levels[i].level, level) == 0)
			return i;
	}
	return 1;
}

enum tui_role
tui_log_role(const char *level)
{
	return levels[level_of(level)].role;
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
draw_end(const struct sl_table *t, unsigned row, const struct tui_canvas *c)
{
	const int64_t took = sl_table_get_int(t, row, "took_us");
	const int64_t status = sl_table_get_int(t, row, "status");
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
tui_log_draw(const struct sl_table *t, unsigned row, const struct tui_log_look *look,
	     const struct tui_canvas *c)
{
	const bool wide = c->cols >= WIDE_COLS;
	const size_t level = level_of(sl_table_get(t, row, "level"));
	const char *answer = sl_table_get(t, row, "answer");
	char time[48];
	int x = 1;

	time_text(sl_table_get_int(t, row, "at"), look, wide, time);
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
	tui_field(c, (struct tui_span){ 0, x, 7, TUI_LEFT, TUI_DIM },
		  sl_str(sl_table_get(t, row, "part")));
	x += 8;
	if (look->sync && wide) {
		tui_field(c, (struct tui_span){ 0, x, 20, TUI_LEFT, TUI_LABEL },
			  sl_str(sl_table_get(t, row, "sync")));
		x += 21;
	}
	const int end = c->cols >= 60 ? draw_end(t, row, c) : 0;
	struct tui_canvas rest = tui_sub(c, 0, x, 1, c->cols - x - (end ? end : 1));
	x = tui_puts(&rest, 0, 0, level >= 2 ? levels[level].role : TUI_TEXT,
		     sl_table_get(t, row, "text"));
	if (answer && *answer && x + 4 < rest.cols) {
		struct tui_canvas more = tui_sub(&rest, 0, x + 2, 1, rest.cols - x - 2);
		tui_puts(&more, 0, 0, TUI_DIM, answer);
	}
}

void
tui_log_text(const struct sl_table *t, unsigned row, struct sl_buf *out)
{
	static const char *const names[] = { "at",   "level", "run",    "sync",
					     "part", "text",  "status", "answer" };

	for (size_t i = 0; i < SL_COUNT(names); i++) {
		const char *v = sl_table_get(t, row, names[i]);
		if (v && *v)
			sl_buf_printf(out, "%s%s", i ? " " : "", v);
	}
	sl_buf_putc(out, '\n');
}
