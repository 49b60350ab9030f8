/* home_needs.c - what needs a person, worst first, at most one line a cause. */
#include "tui/screens/home.h"

#include "tui/widgets/bar.h"

#include <stdio.h>

static struct home_need *
add(struct home *h, enum home_fix fix, const char *name, const char *text)
{
	if (h->nneeds == HOME_NEEDS)
		return NULL;
	struct home_need *n = &h->need[h->nneeds++];
	*n = (struct home_need){ .fix = fix, .mark = "!", .role = TUI_WARN };
	sl_copy(n->name, sizeof(n->name), name ? name : "");
	sl_copy(n->text, sizeof(n->text), text ? text : "");
	return n;
}

static void
hint(struct home_need *n, const char *text)
{
	if (n)
		sl_copy(n->hint, sizeof(n->hint), text);
}

static void
worst(struct home_need *n)
{
	if (n) {
		n->mark = "\u2717";
		n->role = TUI_FAIL;
	}
}

static void
waiting(struct home_need *n)
{
	if (n) {
		n->mark = "=";
		n->role = TUI_PAUSE;
	}
}

/* A file is one cause, however many mistakes it has: Enter lists them. */
static void
add_mistakes(struct home *h)
{
	const struct sl_table *t = h->mistakes;
	struct home_need *n = NULL;
	unsigned more = 0;

	for (unsigned r = 0; r < sl_table_rows(t); r++) {
		const char *file = sl_table_get(t, r, "file"), *field = sl_table_get(t, r, "field");
		const char *problem = sl_table_get(t, r, "problem");
		const char *mend = sl_table_get(t, r, "mend");
		char text[300];

		if (sl_table_get_int(t, r, "warning"))
			continue;
		if (n && file && strcmp(n->name, file) == 0) {
			snprintf(n->hint, sizeof(n->hint), "and %u more: Enter lists them", ++more);
			continue;
		}
		snprintf(text, sizeof(text), "%s%s%s", field ? field : "",
			 field && *field ? ": " : "", problem ? problem : "");
		n = add(h, HOME_FIX_FILE, file, text);
		more = 0;
		worst(n);
		hint(n, mend ? mend : "");
	}
}

void
home_list_mistakes(const struct home *h, const char *file, struct sl_buf *out)
{
	const struct sl_table *t = h->mistakes;

	for (unsigned r = 0; r < sl_table_rows(t); r++) {
		const char *is = sl_table_get(t, r, "file"), *field = sl_table_get(t, r, "field");
		const char *problem = sl_table_get(t, r, "problem");
		const char *mend = sl_table_get(t, r, "mend");
		const long long line = sl_table_get_int(t, r, "line");

		if (!is || strcmp(is, file) != 0)
			continue;
		if (line > 0)
			sl_buf_printf(out, "line %lld  ", line);
		sl_buf_printf(
			out, "%s%s%s%s\n", sl_table_get_int(t, r, "warning") ? "warning: " : "",
			field ? field : "", field && *field ? ": " : "", problem ? problem : "");
		sl_buf_printf(out, "        %s\n\n", mend ? mend : "");
	}
}

static void
add_state(struct home *h, unsigned r, const char *want)
{
	const char *state = sl_table_get(h->syncs, r, "state");
	const char *name = sl_table_get(h->syncs, r, "name");
	const char *error = sl_table_get(h->syncs, r, "error");
	struct home_need *n;

	if (!state || strcmp(state, want) != 0)
		return;
	if (strcmp(want, "failed") == 0) {
		n = add(h, HOME_FIX_RUN, name, error && *error ? error : "the last run failed");
		worst(n);
		hint(n, "Enter what happened   R run again");
	} else if (strcmp(want, "held") == 0) {
		n = add(h, HOME_FIX_PLAN, name,
			error && *error ? error : "a plan waits for confirmation");
		waiting(n);
		hint(n, "Enter look at the plan");
	} else {
		n = add(h, HOME_FIX_RUN, name,
			error && *error ? error : "the run stopped before everything was sent");
		waiting(n);
		hint(n, "p go on with it   Enter what happened");
	}
	if (n)
		n->run = sl_table_get_int(h->syncs, r, "run");
}

static void
add_dead(struct home *h, unsigned r)
{
	const int64_t dead = sl_table_get_int(h->syncs, r, "open_dead");
	char text[120], count[32];

	if (dead <= 0)
		return;
	snprintf(text, sizeof(text), "%s event%s given up on", tui_fmt_count((uint64_t)dead, count),
		 dead == 1 ? " was" : "s were");
	hint(add(h, HOME_FIX_DEAD, sl_table_get(h->syncs, r, "name"), text),
	     "Enter dead letters: why, and send again");
}

void
home_find_needs(struct home *h)
{
	static const char *const states[] = { "failed", "held", "paused" };
	const unsigned n = sl_table_rows(h->syncs);

	h->nneeds = 0;
	for (size_t i = 0; i < SL_COUNT(states); i++) {
		for (unsigned r = 0; r < n; r++)
			add_state(h, r, states[i]);
		if (i == 0)
			add_mistakes(h);
	}
	for (unsigned r = 0; r < n; r++)
		add_dead(h, r);
	if (h->need_sel >= h->nneeds)
		h->need_sel = h->nneeds ? h->nneeds - 1 : 0;
	if (h->nneeds == 0)
		h->on_needs = false;
}
