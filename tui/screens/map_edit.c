/* map_edit.c - changes of a mapping, each a step of undo. */
#include "tui/screens/map_state.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- undo ------------------------------------------------------------------------------------ */

bool
map_keep(struct map *m)
{
	if (!tui_draft_copy(&m->undo[m->iundo % MAP_UNDO], &m->draft))
		return false;
	m->iundo++;
	m->nundo += m->nundo < MAP_UNDO - 1;
	m->nredo = 0;
	return true;
}

/* The step was no change after all. */
static void
drop_step(struct map *m)
{
	m->iundo--;
	m->nundo -= m->nundo > 0;
}

static void
swap_with(struct tui_screen *s, size_t slot)
{
	struct map *m = s->state;
	struct tui_draft now = m->draft;
	bool event = strcmp(tui_pairs_get(&m->undo[slot % MAP_UNDO].map, "event"),
			    tui_pairs_get(&now.map, "event")) != 0;

	m->draft = m->undo[slot % MAP_UNDO];
	m->undo[slot % MAP_UNDO] = now;
	if (event)
		map_ask_event(s);
	map_changed(s);
}

void
map_undo(struct tui_screen *s)
{
	struct map *m = s->state;

	if (m->nundo == 0) {
		tui_app_say(s->app, TUI_SEV_INFO, "nothing to undo");
		return;
	}
	m->nundo--;
	m->nredo++;
	swap_with(s, --m->iundo);
}

void
map_redo(struct tui_screen *s)
{
	struct map *m = s->state;

	if (m->nredo == 0) {
		tui_app_say(s->app, TUI_SEV_INFO, "nothing to redo");
		return;
	}
	m->nredo--;
	m->nundo++;
	swap_with(s, m->iundo++);
}

void
map_changed(struct tui_screen *s)
{
	struct map *m = s->state;

	map_rows(m);
	map_check_soon(s);
}

static void
set_line(struct tui_screen *s, const char *to, const char *expr)
{
	struct map *m = s->state;
	char name[200];

	snprintf(name, sizeof(name), "%s", to);
	if (!map_keep(m) || !tui_draft_map(&m->draft, name, expr))
		tui_app_say(s->app, TUI_SEV_ERROR, "no memory for the change");
	map_changed(s);
	map_select(m, name);
}

/* ---- an expression in the prompt: what is typed is checked as it is typed -------------------- */

static void
expr_changed(struct tui_screen *s, const char *text)
{
	struct map *m = s->state;

	snprintf(m->typed, sizeof(m->typed), "%s", text);
	if (*text)
		(void)tui_draft_map(&m->draft, m->editing, text);
	map_changed(s);
}

static void
expr_done(struct tui_screen *s, const char *text)
{
	struct map *m = s->state;
	struct tui_draft *before = &m->undo[(m->iundo - 1) % MAP_UNDO];

	if (text)
		(void)tui_draft_map(&m->draft, m->editing, text);
	else
		(void)tui_draft_copy(&m->draft, before);
	if (tui_draft_same(&m->draft, before))
		drop_step(m);
	map_changed(s);
	map_select(m, m->editing);
	m->editing[0] = '\0';
}

static void
ask_expr(struct tui_screen *s, const char *to, const char *expr)
{
	struct map *m = s->state;
	char label[80];

	if (!map_keep(m))
		return;
	snprintf(m->editing, sizeof(m->editing), "%s", to);
	snprintf(label, sizeof(label), "%.60s = ", m->editing);
	struct tui_prompt p = { .label = label,
				.text = expr,
				.complete = map_completion(m),
				.changed = expr_changed,
				.done = expr_done };
	snprintf(m->typed, sizeof(m->typed), "%s", expr);
	tui_app_prompt(s->app, s, &p);
	if (*expr && strcmp(tui_draft_expr(&m->draft, m->editing), expr) != 0)
		expr_changed(s, expr);
}

/* ---- a field of its own ---------------------------------------------------------------------- */

static void
field_done(struct tui_screen *s, const char *text)
{
	struct map *m = s->state;
	char column[400];

	snprintf(column, sizeof(column), "%s", m->typed);
	if (!text || !*text)
		return;
	const char *have = tui_draft_expr(&m->draft, text);
	ask_expr(s, text, *have ? have : column);
}

static void
ask_field(struct tui_screen *s, const char *start, const char *column)
{
	struct map *m = s->state;
	struct tui_prompt p = { .label = "destination field: ",
				.text = start,
				.complete = map_field_completion(m),
				.done = field_done };

	snprintf(m->typed, sizeof(m->typed), "%s", column);
	tui_app_prompt(s->app, s, &p);
}

/* Where the event keeps what is not one of its own fields. */
static const char *
home_of(const struct map *m)
{
	static const struct {
		const char *event, *home;
	} homes[] = { { "identify", "traits." },   { "group", "traits." },
		      { "track", "properties." },  { "page", "properties." },
		      { "screen", "properties." }, { "record", "fields." },
		      { "alias", "context." },     { "row", "" } };
	const char *event = tui_pairs_get(&m->draft.map, "event");

	for (size_t i = 0; i < SL_COUNT(homes); i++) {
		if (strcmp(event, homes[i].event) == 0)
			return homes[i].home;
	}
	return "traits.";
}

/* A name as an expression: in double quotes where it is not a plain word. */
static void
column_expr(const char *column, char *out, size_t cap)
{
	bool plain = *column && !strchr("0123456789", *column);

	for (const char *p = column; *p && plain; p++)
		plain = (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') ||
			(*p >= '0' && *p <= '9') || *p == '_';
	snprintf(out, cap, plain ? "%s" : "\"%s\"", column);
}

static void
link_column(struct tui_screen *s, const char *column)
{
	const struct map *m = s->state;
	char start[200], expr[200];

	for (unsigned i = 0; i < sl_table_rows(m->suggestions); i++) {
		if (strcmp(map_cell(m->suggestions, (int)i, "expr"), column) == 0) {
			snprintf(start, sizeof(start), "%s",
				 map_cell(m->suggestions, (int)i, "to"));
			ask_field(s, start, column);
			return;
		}
	}
	snprintf(start, sizeof(start), "%s%s", home_of(m), column);
	column_expr(column, expr, sizeof(expr));
	ask_field(s, start, expr);
}

void
map_add(struct tui_screen *s)
{
	ask_field(s, home_of(s->state), "");
}

/* ---- what keys do ---------------------------------------------------------------------------- */

void
map_edit(struct tui_screen *s)
{
	struct map *m = s->state;
	const struct map_row *r = map_selected(m);

	if (!r)
		return;
	if (r->kind == MAP_MORE) {
		m->all_fields = true;
		map_rows(m);
	} else if (r->kind == MAP_COLUMN) {
		link_column(s, r->name);
	} else if (r->kind == MAP_FIELD) {
		ask_expr(s, r->name, map_cell(m->suggestions, r->suggestion, "expr"));
	} else {
		ask_expr(s, r->name, tui_draft_expr(&m->draft, r->name));
	}
}

/* Text becomes a constant: what is no number or word of JSON goes into quotes. */
static void
constant_done(struct tui_screen *s, const char *text)
{
	struct map *m = s->state;
	struct sl_buf expr;
	char *end;

	if (!text)
		return;
	sl_buf_init(&expr, 4096);
	(void)strtod(text, &end);
	if ((*text && !*end && !strchr("nNiI", *text)) || strcmp(text, "true") == 0 ||
	    strcmp(text, "false") == 0 || strcmp(text, "null") == 0) {
		sl_buf_puts(&expr, text);
	} else {
		sl_buf_putc(&expr, '\'');
		for (const char *p = text; *p; p++) {
			if (*p == '\'')
				sl_buf_putc(&expr, '\'');
			if (*p == '{' || *p == '}')
				sl_buf_putc(&expr, *p);
			sl_buf_putc(&expr, *p);
		}
		sl_buf_putc(&expr, '\'');
	}
	set_line(s, m->editing, sl_buf_cstr(&expr));
	m->editing[0] = '\0';
	sl_buf_free(&expr);
}

void
map_constant(struct tui_screen *s)
{
	struct map *m = s->state;
	const struct map_row *r = map_selected(m);
	char label[100];

	if (!r || r->kind == MAP_COLUMN || r->kind == MAP_MORE)
		return;
	snprintf(m->editing, sizeof(m->editing), "%s", r->name);
	snprintf(label, sizeof(label), "%.40s is always: ", m->editing);
	struct tui_prompt p = { .label = label, .done = constant_done };
	m->typed[0] = '\0';
	tui_app_prompt(s->app, s, &p);
}

void
map_unlink(struct tui_screen *s)
{
	struct map *m = s->state;
	const struct map_row *r = map_selected(m);
	char name[200];

	if (!r || r->kind != MAP_LINE)
		return;
	snprintf(name, sizeof(name), "%s", r->name);
	set_line(s, name, "");
	tui_app_say(s->app, TUI_SEV_INFO, "%s is not sent any more   u undo", name);
}

static void
transform_done(struct tui_screen *s, int tag, int item)
{
	struct map *m = s->state;
	const struct map_row *r = map_selected(m);
	char expr[400];

	(void)tag;
	if (item < 0 || !r || r->kind != MAP_LINE)
		return;
	const char *args = map_cell(m->transforms, item, "args");
	int n = snprintf(expr, sizeof(expr), "%s | %s%s", tui_draft_expr(&m->draft, r->name),
			 map_cell(m->transforms, item, "name"), *args ? " " : "");
	if (n >= (int)sizeof(expr))
		return;
	if (*args)
		ask_expr(s, r->name, expr);
	else
		set_line(s, r->name, expr);
}

void
map_transform(struct tui_screen *s)
{
	const struct map *m = s->state;
	unsigned n = sl_table_rows(m->transforms);
	struct tui_menu_item *items = calloc(n + 1, sizeof(*items));
	char(*label)[80] = calloc(n + 1, sizeof(*label));

	for (unsigned i = 0; items && label && i < n; i++) {
		snprintf(label[i], sizeof(label[i]), "%s %s",
			 map_cell(m->transforms, (int)i, "name"),
			 map_cell(m->transforms, (int)i, "args"));
		items[i] =
			(struct tui_menu_item){ .label = label[i],
						.note = map_cell(m->transforms, (int)i, "help") };
	}
	struct tui_menu menu = { .title = "Transform",
				 .items = items,
				 .nitems = items && label ? n : 0,
				 .filter = true,
				 .done = transform_done };
	tui_app_menu(s->app, s, &menu);
	free(items);
	free(label);
}

void
map_accept(struct tui_screen *s)
{
	struct map *m = s->state;
	const struct map_row *r = map_selected(m);

	if (r && r->kind == MAP_FIELD && r->suggestion >= 0)
		set_line(s, r->name, map_cell(m->suggestions, r->suggestion, "expr"));
}

void
map_accept_all(struct tui_screen *s)
{
	struct map *m = s->state;
	unsigned n = 0;

	if (!map_keep(m))
		return;
	for (size_t i = 0; i < m->nrows; i++) {
		const struct map_row *r = &m->row[i];
		if (r->kind != MAP_FIELD || map_score(m, r) < MAP_SURE)
			continue;
		if (!tui_draft_map(&m->draft, r->name,
				   map_cell(m->suggestions, r->suggestion, "expr")))
			break;
		n++;
	}
	if (n == 0)
		drop_step(m);
	map_changed(s);
	tui_app_say(s->app, n ? TUI_SEV_OK : TUI_SEV_INFO,
		    n ? "%u fields mapped   u undo" : "no suggestion is as sure as 0.80", n);
}
