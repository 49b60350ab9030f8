/* dead_keys.c - the keys of the dead letters: mark, send again, let go. */
#include "tui/screens/dead.h"

#include "tui/app.h"
#include "tui/screens/asked.h"
#include "tui/widgets/bar.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- which letters are meant ----------------------------------------------------------------- */

/* Can the action be done to this letter? One needs a discarded one, the others an open one. */
static bool
is_fit(const struct dead *h, size_t letter, int action)
{
	unsigned row;
	const struct sl_table *t = dead_row(h, letter, &row);
	const char *resolution = sl_table_get(t, row, "resolution");

	if (action == DEAD_ACT_UNDO)
		return resolution && strncmp(resolution, "discarded", 9) == 0;
	return t && (!resolution || !*resolution);
}

/* The marked letters, else the selected one or the selected group. */
static bool
is_meant(const struct dead *h, size_t letter, int action)
{
	const struct dead_line *l = dead_selected_line(h);

	if (!is_fit(h, letter, action))
		return false;
	if (h->nmarks > 0)
		return dead_marked(h, h->letter[letter].id);
	return l &&
	       (l->letter == SIZE_MAX ? h->letter[letter].group == l->group : letter == l->letter);
}

struct meant {
	const char *sync; /* NULL = none are meant */
	bool several;     /* of more than one sync */
	size_t n;
};

static struct meant
look(const struct dead *h, int action)
{
	struct meant m = { 0 };

	for (size_t i = 0; i < h->nletters; i++) {
		if (!is_meant(h, i, action))
			continue;
		const char *sync = h->group[h->letter[i].group].sync;
		m.several |= m.sync && strcmp(m.sync, sync) != 0;
		m.sync = sync;
		m.n++;
	}
	return m;
}

/* Their ids; the caller frees. */
static int64_t *
ids_of(const struct dead *h, int action, size_t *n)
{
	int64_t *ids = malloc((h->nletters + 1) * sizeof(*ids));

	*n = 0;
	for (size_t i = 0; ids && i < h->nletters; i++) {
		if (is_meant(h, i, action))
			ids[(*n)++] = h->letter[i].id;
	}
	return ids;
}

const char *
dead_why_not(const struct tui_screen *s, int action)
{
	const struct dead *h = s->state;
	const bool some =
		action == DEAD_ACT_RETRY || action == DEAD_ACT_DISCARD || action == DEAD_ACT_UNDO;
	const bool changes = some || action == DEAD_ACT_RETRY_ALL;

	if (changes && tui_read_only(s))
		return tui_read_only(s);
	if (action >= TUI_ACT_OWN && action != DEAD_ACT_RESOLVED && h->nletters == 0)
		return "there are no dead letters";
	if (some && look(h, action).several)
		return "the marked letters are of several syncs: mark those of one";
	if (some && !look(h, action).sync)
		return action == DEAD_ACT_UNDO ? "none of them was discarded"
					       : "none of them is open";
	if (action == DEAD_ACT_EVENT && dead_selected(h) == SIZE_MAX)
		return "a group is selected: pick one of its letters";
	return NULL;
}

/* ---- send again, discard --------------------------------------------------------------------- */

static void
act(struct tui_screen *s, int what)
{
	struct dead *h = s->state;
	const struct meant m = look(h, what);
	size_t n;
	int64_t *ids = ids_of(h, what, &n);

	if (ids && m.sync && n > 0) {
		h->doing = what;
		if (what == DEAD_ACT_DISCARD)
			h->act = sl_discard(tui_app_engine(s->app), m.sync, ids, n, h->note);
		else if (what == DEAD_ACT_UNDO)
			h->act = sl_undiscard(tui_app_engine(s->app), m.sync, ids, n);
		else
			h->act = sl_retry(tui_app_engine(s->app), m.sync, ids, n);
	}
	free(ids);
}

static const char *
sync_here(const struct dead *h)
{
	const struct dead_line *l = dead_selected_line(h);

	return l ? h->group[l->group].sync : h->sync;
}

static void
answered(struct tui_screen *s, int tag, int choice)
{
	struct dead *h = s->state;

	if (choice != 0)
		return;
	if (tag == DEAD_ACT_RETRY_ALL) {
		h->doing = tag;
		h->act = sl_retry(tui_app_engine(s->app), sync_here(h), NULL, 0);
		return;
	}
	act(s, tag);
}

static void
ask_retry(struct tui_screen *s, int what)
{
	static const struct tui_choice yes[] = { { 's', "send again", false } };
	const struct dead *h = s->state;
	const struct meant m = look(h, what);
	char title[80], text[400], count[32];

	if (what == DEAD_ACT_RETRY_ALL)
		snprintf(title, sizeof(title), "Send all open letters again?");
	else
		snprintf(title, sizeof(title), "Send %s letter%s again?", tui_fmt_count(m.n, count),
			 m.n == 1 ? "" : "s");
	snprintf(text, sizeof(text),
		 "To the destination of %s, as recorded: the same bytes and the same id. Those "
		 "whose row was acknowledged in a newer form since are settled instead.",
		 what == DEAD_ACT_RETRY_ALL ? sync_here(h) : m.sync);
	tui_app_ask(s->app, s,
		    &(struct tui_dialog){ .title = title,
					  .text = text,
					  .choices = yes,
					  .nchoices = 1,
					  .done = answered,
					  .tag = what });
}

static void
noted(struct tui_screen *s, const char *note)
{
	static const struct tui_choice yes[] = { { 0, "discard them", true } };
	struct dead *h = s->state;
	const struct meant m = look(h, DEAD_ACT_DISCARD);
	char word[32], title[80], count[32];

	if (!note)
		return;
	if (!*note) {
		tui_app_say(s->app, TUI_SEV_WARN, "nothing was discarded: say why");
		return;
	}
	sl_copy(h->note, sizeof(h->note), note);
	snprintf(word, sizeof(word), "%zu", m.n);
	snprintf(title, sizeof(title), "Discard %s letter%s?", tui_fmt_count(m.n, count),
		 m.n == 1 ? "" : "s");
	tui_app_ask(s->app, s,
		    &(struct tui_dialog){
			    .title = title,
			    .text = "They are never sent. A row is planned again only when it or "
				    "its mapping changes. To go on, type how many.",
			    .word = word,
			    .danger = true,
			    .choices = yes,
			    .nchoices = 1,
			    .done = answered,
			    .tag = DEAD_ACT_DISCARD });
}

/* ---- marks ----------------------------------------------------------------------------------- */

static void
toggle_mark(struct dead *h)
{
	const struct dead_line *l = dead_selected_line(h);
	bool all = true;

	if (!l)
		return;
	if (l->letter != SIZE_MAX) {
		const int64_t id = h->letter[l->letter].id;
		dead_mark(h, id, !dead_marked(h, id));
		return;
	}
	for (size_t i = 0; i < h->nletters; i++)
		all &= h->letter[i].group != l->group || dead_marked(h, h->letter[i].id);
	for (size_t i = 0; i < h->nletters; i++) {
		if (h->letter[i].group == l->group)
			dead_mark(h, h->letter[i].id, !all);
	}
}

static void
mark_all(struct dead *h)
{
	const bool all = h->nmarks == h->nletters;

	for (size_t i = 0; i < h->nletters; i++)
		dead_mark(h, h->letter[i].id, !all);
}

/* ---- keys ------------------------------------------------------------------------------------ */

static void
open_line(struct dead *h)
{
	const struct dead_line *l = dead_selected_line(h);

	if (!l)
		return;
	if (l->letter != SIZE_MAX) {
		h->on_body = !h->on_body;
		return;
	}
	h->group[l->group].open = !h->group[l->group].open;
	dead_lines(h);
}

static void
open_event(struct tui_screen *s)
{
	struct dead *h = s->state;
	unsigned row;
	const struct sl_table *t = dead_row(h, dead_selected(h), &row);

	if (t)
		h->event = sl_event(tui_app_engine(s->app), sl_table_get_int(t, row, "run"),
				    sl_table_get_int(t, row, "block"),
				    sl_table_get_int(t, row, "idx"));
}

static void
open_logs(struct tui_screen *s)
{
	struct dead *h = s->state;
	unsigned row;
	const struct sl_table *t = dead_row(h, dead_selected(h), &row);
	char text[96];

	if (t)
		snprintf(text, sizeof(text), "run=%" PRId64, sl_table_get_int(t, row, "run"));
	else
		snprintf(text, sizeof(text), "sync=%s level>=warn", sync_here(h));
	tui_app_open(s->app, "logs", text);
}

static void
copy(struct tui_screen *s)
{
	struct dead *h = s->state;
	unsigned row;
	const struct sl_table *t = dead_row(h, dead_selected(h), &row);
	const char *body = sl_table_get(t, row, "body");

	if (body)
		tui_app_copy(s->app, sl_str(body), "the event");
}

static void
searched(struct tui_screen *s, const char *text)
{
	struct dead *h = s->state;

	if (!tui_table_search(&h->table, text ? text : ""))
		tui_app_say(s->app, TUI_SEV_INFO, "no line that is shown has %s", text);
	dead_show_selected(h);
}

static bool
own_action(struct tui_screen *s, const struct tui_cmd *cmd)
{
	struct dead *h = s->state;

	switch (cmd->action) {
	case DEAD_ACT_RETRY:
	case DEAD_ACT_RETRY_ALL:
		ask_retry(s, cmd->action);
		return true;
	case DEAD_ACT_DISCARD:
		tui_app_prompt(s->app, s,
			       &(struct tui_prompt){ .label = "why are they discarded? ",
						     .history = "discard",
						     .done = noted });
		return true;
	case DEAD_ACT_UNDO:
		act(s, DEAD_ACT_UNDO);
		return true;
	case DEAD_ACT_EVENT:
		open_event(s);
		return true;
	case DEAD_ACT_MAP:
		tui_app_open(s->app, "map", sync_here(h));
		return true;
	case DEAD_ACT_PREVIEW:
		tui_app_open(s->app, "preview", sync_here(h));
		return true;
	case DEAD_ACT_LOGS:
		open_logs(s);
		return true;
	case DEAD_ACT_RESOLVED:
		h->resolved = !h->resolved;
		dead_reload(s);
		return true;
	default:
		return false;
	}
}

static bool
list_action(struct tui_screen *s, const struct tui_cmd *cmd, int rows)
{
	struct dead *h = s->state;
	const struct dead_line *l = dead_selected_line(h);
	const bool group = l && l->letter == SIZE_MAX;

	if ((cmd->action == TUI_ACT_RIGHT && group && !h->group[l->group].open) ||
	    (cmd->action == TUI_ACT_LEFT && group && h->group[l->group].open)) {
		open_line(h);
		return true;
	}
	if (cmd->action == TUI_ACT_SORT || cmd->action == TUI_ACT_RANGE)
		return false; /* the order is that of the groups */
	const bool done = tui_table_action(&h->table, cmd, rows - 1);
	dead_show_selected(h);
	return done;
}

static bool
clear(struct tui_screen *s, const struct tui_cmd *cmd)
{
	struct dead *h = s->state;

	if (!tui_table_action(&h->table, cmd, 1) && h->sync[0])
		tui_app_open(s->app, "dead", "");
	return true;
}

bool
dead_action(struct tui_screen *s, const struct tui_cmd *cmd)
{
	struct dead *h = s->state;
	int rows, cols, list, body;

	if (own_action(s, cmd))
		return true;
	tui_app_area(s->app, &rows, &cols);
	(void)dead_split(rows, cols, &list, &body);
	switch (cmd->action) {
	case TUI_ACT_OPEN:
		open_line(h);
		return true;
	case TUI_ACT_NEXT_PANE:
	case TUI_ACT_PREV_PANE:
		h->on_body = !h->on_body && dead_selected(h) != SIZE_MAX;
		return true;
	case TUI_ACT_BACK:
		if (!h->on_body)
			return false;
		h->on_body = false;
		return true;
	case TUI_ACT_MARK:
		toggle_mark(h);
		return list_action(
			s, &(struct tui_cmd){ .action = TUI_ACT_DOWN, .count = 1, .arg = "" },
			list);
	case TUI_ACT_MARK_ALL:
		mark_all(h);
		return true;
	case TUI_ACT_CLEAR:
		return clear(s, cmd);
	case TUI_ACT_COPY:
		copy(s);
		return true;
	case TUI_ACT_REFRESH:
		dead_reload(s);
		return true;
	case TUI_ACT_SEARCH:
		tui_ask_search(s, searched);
		return true;
	default:
		break;
	}
	if (h->on_body)
		return tui_pager_action(&h->body, cmd, body > 8 ? body - 6 : 2);
	return list_action(s, cmd, list);
}

bool
dead_input(struct tui_screen *s, const struct tui_event *ev)
{
	struct dead *h = s->state;
	struct tui_canvas table = { 0 };
	int rows, cols, body;

	tui_app_area(s->app, &rows, &cols);
	table.cols = dead_split(rows, cols, &table.rows, &body);
	if (!tui_table_mouse(&h->table, ev, &table))
		return false;
	h->on_body = false;
	dead_show_selected(h);
	return true;
}
