/* logs_move.c - moving through the log: rows, pages, matches, errors, the end. */
#include "tui/screens/logs.h"

#include "tui/app.h"

#include <strings.h>

#define NEAR 60 /* lines from an end where more are read */

/* ---- movement -------------------------------------------------------------------------------- */

void
logs_unfollow(struct logs *h)
{
	if (h->follow)
		h->seen = h->w.n;
	h->follow = false;
}

void
logs_go(struct tui_screen *s, long to)
{
	struct logs *h = s->state;
	int rows, cols;
	const long last = (long)h->w.n - 1;

	tui_app_area(s->app, &rows, &cols);
	h->top = logs_top(h, rows); /* what is seen now stays, as far as it can */
	if (to < (long)h->sel)
		logs_unfollow(h);
	to = to > last ? last : to;
	h->sel = to > 0 ? (size_t)to : 0;
	if (h->sel + 1 > h->seen)
		h->seen = h->sel + 1;
	h->top = logs_top(h, rows);
	if (h->sel < NEAR)
		logs_ask_older(s);
	if (h->sel + NEAR > h->w.n && !h->w.newest)
		logs_ask_newer(s);
}

void
logs_follow(struct tui_screen *s)
{
	struct logs *h = s->state;

	h->follow = true;
	if (h->w.newest)
		logs_to_end(h);
	else
		logs_reload(s);
	logs_ask_newer(s);
}

bool
logs_movement(struct tui_screen *s, const struct tui_cmd *cmd)
{
	const struct logs *h = s->state;
	const long at = (long)h->sel, n = cmd->count;
	int rows, cols;

	tui_app_area(s->app, &rows, &cols);
	switch (cmd->action) {
	case TUI_ACT_DOWN:
		logs_go(s, at + n);
		return true;
	case TUI_ACT_UP:
		logs_go(s, at - n);
		return true;
	case TUI_ACT_PAGE_DOWN:
		logs_go(s, at + n * (rows - 1));
		return true;
	case TUI_ACT_PAGE_UP:
		logs_go(s, at - n * (rows - 1));
		return true;
	case TUI_ACT_HALF_DOWN:
		logs_go(s, at + n * rows / 2);
		return true;
	case TUI_ACT_HALF_UP:
		logs_go(s, at - n * rows / 2);
		return true;
	case TUI_ACT_FIRST:
		logs_go(s, 0);
		return true;
	case TUI_ACT_LAST:
		logs_follow(s);
		return true;
	default:
		return false;
	}
}

/* ---- search ---------------------------------------------------------------------------------- */

static bool
holds(const char *hay, const char *needle)
{
	const size_t n = strlen(needle);

	for (; *hay; hay++) {
		if (strncasecmp(hay, needle, n) == 0)
			return true;
	}
	return n == 0;
}

static bool
matches(const struct tui_log_row *r, const char *text)
{
	return holds(r->text, text) || holds(r->answer, text) || holds(r->part, text) ||
	       holds(r->sync, text);
}

static bool
is_error(const struct tui_log_row *r, const char *text)
{
	(void)text;
	return tui_log_level(r->level) >= 2;
}

/* The next line from the selected one on (by: 1 or -1, beginning `skip` lines away). */
static bool
seek(struct tui_screen *s, int by, int skip,
     bool (*is)(const struct tui_log_row *r, const char *text))
{
	struct logs *h = s->state;

	for (long i = (long)h->sel + by * skip; i >= 0 && i < (long)h->w.n; i += by) {
		if (is(&h->w.row[i], h->search)) {
			const bool down = i > (long)h->sel;
			if (down || i < (long)h->sel)
				logs_unfollow(h);
			logs_go(s, i);
			return true;
		}
	}
	return false;
}

void
logs_searched(struct tui_screen *s, const char *text)
{
	struct logs *h = s->state;

	sl_copy(h->search, sizeof(h->search), text ? text : "");
	if (h->search[0] && !seek(s, -1, 0, matches) && !seek(s, 1, 1, matches))
		tui_app_say(s->app, TUI_SEV_INFO,
			    "none of the %zu lines read has %s; F searches the whole log", h->w.n,
			    h->search);
}

void
logs_next_match(struct tui_screen *s, int by)
{
	struct logs *h = s->state;

	if (!h->search[0])
		tui_app_say(s->app, TUI_SEV_INFO, "nothing is searched for; / begins");
	else if (!seek(s, by, 1, matches))
		tui_app_say(s->app, TUI_SEV_INFO, "no more matches %s in the %zu lines read",
			    by > 0 ? "below" : "above", h->w.n);
}

void
logs_next_error(struct tui_screen *s, int by)
{
	if (!seek(s, by, 1, is_error))
		tui_app_say(s->app, TUI_SEV_INFO, "no more warnings or errors %s",
			    by > 0 ? "below" : "above");
}

size_t
logs_count_matches(const struct logs *h)
{
	size_t n = 0;

	for (size_t i = 0; i < h->w.n; i++)
		n += matches(&h->w.row[i], h->search);
	return n;
}
