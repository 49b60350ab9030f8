/* logs_keys.c - the keys of the log viewer. */
#include "tui/screens/logs.h"

#include "tui/app.h"
#include "tui/screens/asked.h"

#include <inttypes.h>
#include <stdio.h>

/* ---- filter ---------------------------------------------------------------------------------- */

static void
filtered(struct tui_screen *s, const char *text)
{
	struct logs *h = s->state;
	char mistake[160];

	if (!text)
		return;
	if (!tui_log_filter_parse(&h->filter, text, mistake, sizeof(mistake))) {
		tui_app_say(s->app, TUI_SEV_ERROR, "%s", mistake);
		return;
	}
	logs_refilter(s);
}

static void
ask_filter(struct tui_screen *s)
{
	const struct logs *h = s->state;
	struct sl_buf text;

	sl_buf_init(&text, 1024);
	tui_log_filter_text(&h->filter, &text);
	tui_app_prompt(s->app, s,
		       &(struct tui_prompt){ .label = "filter (run= sync= level>= status= text): ",
					     .text = sl_buf_cstr(&text),
					     .history = "log-filter",
					     .done = filtered });
	sl_buf_free(&text);
}

static void
next_level(struct tui_screen *s)
{
	static const char *const levels[] = { "", "info", "warn", "error" };
	struct logs *h = s->state;
	size_t i = 0;

	while (i + 1 < SL_COUNT(levels) && strcmp(levels[i], h->filter.level) != 0)
		i++;
	sl_copy(h->filter.level, sizeof(h->filter.level), levels[(i + 1) % SL_COUNT(levels)]);
	logs_refilter(s);
}

/* ---- keys ------------------------------------------------------------------------------------ */

static const struct tui_log_row *
selected(const struct logs *h)
{
	return h->sel < h->w.n ? &h->w.row[h->sel] : NULL;
}

static void
toggle_line(struct tui_screen *s)
{
	struct logs *h = s->state;
	const struct tui_log_row *r = selected(h);
	int rows, cols;

	if (!r)
		return;
	tui_unask(s, &h->event);
	if (h->open == r->seq) {
		logs_close(h);
		return;
	}
	logs_unfollow(h);
	logs_open_line(h, r);
	if (r->block >= 0 && r->idx >= 0)
		h->event = sl_event(tui_app_engine(s->app), r->run, r->block, r->idx);
	tui_app_area(s->app, &rows, &cols);
	h->top = logs_top(h, rows);
}

static bool
back(struct tui_screen *s)
{
	struct logs *h = s->state;

	if (h->open) {
		logs_close(h);
		return true;
	}
	if (h->search[0]) {
		h->search[0] = '\0';
		return true;
	}
	return false;
}

static void
clear(struct tui_screen *s)
{
	struct logs *h = s->state;

	if (h->search[0]) {
		h->search[0] = '\0';
		return;
	}
	h->filter = (struct tui_log_filter){ 0 };
	logs_refilter(s);
}

static void
copy(struct tui_screen *s)
{
	struct logs *h = s->state;
	const struct tui_log_row *r = selected(h);
	struct sl_buf b;

	if (!r)
		return;
	sl_buf_init(&b, 1u << 20);
	tui_log_text(r, &b);
	for (size_t i = 0; h->open == r->seq && i < h->ndetails; i++)
		sl_buf_printf(&b, "%s%s%s\n", h->detail[i].label, *h->detail[i].label ? ": " : "  ",
			      h->detail[i].text);
	tui_app_copy(s->app, sl_buf_view(&b),
		     h->open == r->seq ? "the line and its event" : "the line");
	sl_buf_free(&b);
}

const char *
logs_why_not(const struct tui_screen *s, int action)
{
	const struct logs *h = s->state;
	const struct tui_log_row *r = selected(h);

	if (action == LOGS_ACT_EVENT && h->body.len == 0)
		return "no event is open: Enter on a line about one event";
	if ((action == LOGS_ACT_ONLY_RUN || action == LOGS_ACT_CHANGES) && (!r || r->run == 0))
		return "this line is of no run";
	if ((action == LOGS_ACT_DEAD || action == LOGS_ACT_MAP) && (!r || !*r->sync))
		return "this line is of no sync";
	return NULL;
}

static bool
of_line(struct tui_screen *s, int action)
{
	struct logs *h = s->state;
	const struct tui_log_row *r = selected(h);
	char text[48];

	switch (action) {
	case LOGS_ACT_ONLY_RUN:
		h->filter = (struct tui_log_filter){ .run = r->run };
		logs_refilter(s);
		return true;
	case LOGS_ACT_CHANGES:
		snprintf(text, sizeof(text), "run=%" PRId64, r->run);
		tui_app_open(s->app, "plan", text);
		return true;
	case LOGS_ACT_DEAD:
		tui_app_open(s->app, "dead", r->sync);
		return true;
	case LOGS_ACT_MAP:
		tui_app_open(s->app, "map", r->sync);
		return true;
	case LOGS_ACT_EVENT:
		tui_app_view(s->app, "The event", sl_buf_view(&h->body), true);
		return true;
	default:
		return false;
	}
}

static bool
own_action(struct tui_screen *s, const struct tui_cmd *cmd)
{
	struct logs *h = s->state;

	switch (cmd->action) {
	case LOGS_ACT_FOLLOW:
		if (h->follow)
			logs_unfollow(h);
		else
			logs_follow(s);
		return true;
	case LOGS_ACT_LEVEL:
		next_level(s);
		return true;
	case LOGS_ACT_NEXT_ERROR:
		logs_next_error(s, 1);
		return true;
	case LOGS_ACT_PREV_ERROR:
		logs_next_error(s, -1);
		return true;
	case LOGS_ACT_TIME:
		h->time = (enum tui_log_time)((h->time + 1) % (TUI_LOG_DELTA + 1));
		return true;
	default:
		return of_line(s, cmd->action);
	}
}

bool
logs_action(struct tui_screen *s, const struct tui_cmd *cmd)
{
	if (own_action(s, cmd) || logs_movement(s, cmd))
		return true;
	switch (cmd->action) {
	case TUI_ACT_OPEN:
		toggle_line(s);
		return true;
	case TUI_ACT_BACK:
		return back(s);
	case TUI_ACT_SEARCH:
		tui_ask_search(s, logs_searched);
		return true;
	case TUI_ACT_NEXT_MATCH:
		logs_next_match(s, 1);
		return true;
	case TUI_ACT_PREV_MATCH:
		logs_next_match(s, -1);
		return true;
	case TUI_ACT_FILTER:
		ask_filter(s);
		return true;
	case TUI_ACT_CLEAR:
		clear(s);
		return true;
	case TUI_ACT_COPY:
		copy(s);
		return true;
	case TUI_ACT_REFRESH:
		logs_reload(s);
		return true;
	default:
		return false;
	}
}

/* The line that is drawn in this row of the area; SIZE_MAX = none. */
static size_t
line_at(const struct logs *h, int y, int rows)
{
	size_t i = logs_top(h, rows);

	for (int at = 0; i < h->w.n && at < rows; i++) {
		const int below = h->w.row[i].seq == h->open ? (int)h->ndetails + 1 : 0;
		if (y >= at && y <= at + below)
			return i;
		at += 1 + below;
	}
	return SIZE_MAX;
}

bool
logs_input(struct tui_screen *s, const struct tui_event *ev)
{
	const struct logs *h = s->state;
	int rows, cols;

	tui_app_area(s->app, &rows, &cols);
	if (ev->type != TUI_EV_MOUSE || ev->y < 0 || ev->y >= rows)
		return false;
	if (ev->mouse == TUI_MOUSE_WHEEL_UP || ev->mouse == TUI_MOUSE_WHEEL_DOWN) {
		logs_go(s, (long)h->sel + (ev->mouse == TUI_MOUSE_WHEEL_UP ? -3L : 3L) * ev->count);
		return true;
	}
	const size_t line = ev->mouse == TUI_MOUSE_PRESS ? line_at(h, ev->y, rows) : SIZE_MAX;
	if (line != SIZE_MAX)
		logs_go(s, (long)line);
	return line != SIZE_MAX;
}
