/* map_rows.c - the list of the mapping editor: fields first, then what has no field. */
#include "tui/screens/map_state.h"

#include <stdio.h>
#include <stdlib.h>

enum { COL_NAME, COL_TYPE, COL_EXPR, COL_RESULT, COL_CHECK };

static const struct tui_column columns[] = {
	{ "DESTINATION", TUI_LEFT, 16, 34, 0, false },
	{ "TYPE", TUI_LEFT, 6, 11, 2, false },
	{ "SOURCE / TRANSFORM", TUI_LEFT, 20, 46, 0, true },
	{ "RESULT ON A ROW", TUI_LEFT, 15, 30, 1, false },
	{ "CHECK", TUI_LEFT, 7, 8, 0, false },
};

const char *
map_cell(const struct sl_table *t, int row, const char *name)
{
	const char *text = row >= 0 ? sl_table_get(t, (unsigned)row, name) : NULL;

	return text ? text : "";
}

static int
find_row(const struct sl_table *t, const char *column, const char *text)
{
	for (unsigned i = 0; i < sl_table_rows(t); i++) {
		const char *have = sl_table_get(t, i, column);
		if (have && strcmp(have, text) == 0)
			return (int)i;
	}
	return -1;
}

double
map_score(const struct map *m, const struct map_row *r)
{
	return r->suggestion < 0 ? 0
				 : strtod(map_cell(m->suggestions, r->suggestion, "score"), NULL);
}

/* Who the event is about: what the destination tells people and objects apart by. */
static bool
is_identity(const char *field)
{
	static const char *const names[] = { "userId", "anonymousId", "groupId", "previousId" };

	for (size_t i = 0; i < SL_COUNT(names); i++) {
		if (strcmp(field, names[i]) == 0)
			return true;
	}
	return strncmp(field, "identifiers.", 12) == 0;
}

/* ---- cells ----------------------------------------------------------------------------------- */

static void
name_value(const struct map_row *r, struct tui_value *v)
{
	if (r->kind == MAP_COLUMN) {
		v->text = sl_str(r->identity ? "  (key, not sent)" : "  (not sent)");
		v->role = TUI_DIM;
		return;
	}
	if (r->kind == MAP_MORE) {
		v->text = sl_str(r->name);
		v->role = TUI_DIM;
		return;
	}
	int n = snprintf(v->scratch, sizeof(v->scratch), "%s%s",
			 r->identity || r->required ? "* " : "  ", r->name);
	v->text =
		(struct sl_str){ v->scratch,
				 n < (int)sizeof(v->scratch) ? (size_t)n : sizeof(v->scratch) - 1 };
	v->role = r->identity ? TUI_ACCENT : r->kind == MAP_LINE ? TUI_TEXT : TUI_DIM;
}

static void
expr_value(const struct map *m, const struct map_row *r, struct tui_value *v)
{
	switch (r->kind) {
	case MAP_LINE:
		v->text = sl_str(tui_draft_expr(&m->draft, r->name));
		break;
	case MAP_COLUMN:
		v->text = sl_str(r->name);
		v->role = TUI_DIM;
		break;
	case MAP_FIELD:
		if (r->suggestion >= 0) {
			snprintf(v->scratch, sizeof(v->scratch), "? %s",
				 map_cell(m->suggestions, r->suggestion, "expr"));
			v->text = sl_str(v->scratch);
			v->role = TUI_INFO;
		} else {
			v->text = SL_LIT("-");
			v->role = TUI_DIM;
		}
		break;
	case MAP_MORE:
		v->text = SL_LIT("Enter shows them");
		v->role = TUI_DIM;
		break;
	}
}

static void
check_value(const struct map *m, const struct map_row *r, struct tui_value *v)
{
	const char *level = map_cell(m->checks, r->check, "level");

	if (r->kind == MAP_FIELD && r->suggestion >= 0) {
		snprintf(v->scratch, sizeof(v->scratch), "? %.2f", map_score(m, r));
		v->text = sl_str(v->scratch);
		v->role = TUI_INFO;
	} else if (strcmp(level, "error") == 0) {
		v->text = SL_LIT("\u2717 error");
		v->role = TUI_FAIL;
	} else if (strcmp(level, "warn") == 0) {
		v->text = SL_LIT("! warn");
		v->role = TUI_WARN;
	} else if (r->kind == MAP_LINE) {
		v->text = sl_str(r->check >= 0 ? "\u2713" : "\u2026");
		v->role = r->check >= 0 ? TUI_OK : TUI_DIM;
	} else if (r->kind == MAP_COLUMN) {
		v->text = sl_str(r->identity ? "key" : "unused");
		v->role = r->identity ? TUI_ACCENT : TUI_DIM;
	}
}

static void
cell(const void *arg, size_t row, int col, struct tui_value *v)
{
	const struct map *m = arg;
	const struct map_row *r = &m->row[row];

	switch (col) {
	case COL_NAME:
		name_value(r, v);
		break;
	case COL_TYPE:
		v->text = sl_str(r->type ? r->type : "");
		v->role = TUI_DIM;
		break;
	case COL_EXPR:
		expr_value(m, r, v);
		break;
	case COL_RESULT:
		v->text = sl_str(map_cell(m->checks, r->check, "output"));
		v->role = TUI_DIM;
		break;
	default:
		check_value(m, r, v);
	}
}

/* ---- rows ------------------------------------------------------------------------------------ */

bool
map_rows_init(struct map *m)
{
	if (!tui_table_init(&m->table, columns, SL_COUNT(columns)))
		return false;
	m->table.model = (struct tui_model){ cell, m, 0 };
	m->table.fixed = false;
	m->table.pane.empty = "Nothing is mapped yet.";
	m->table.pane.empty_hint = "A accept the sure suggestions   + add a field";
	return true;
}

void
map_draw_list(const struct map *m, const struct tui_canvas *c)
{
	struct tui_table t = m->table; /* with widths that results do not move */
	int widths[SL_COUNT(columns)];
	int gone = c->cols; /* no room: the column is given up */

	if (c->cols < 40) {
		tui_table_draw(&t, c, true);
		return;
	}
	widths[COL_NAME] = t.widths[COL_NAME] > c->cols / 3 ? c->cols / 3 : t.widths[COL_NAME];
	widths[COL_TYPE] = c->cols >= 100 ? columns[COL_TYPE].max : gone;
	widths[COL_RESULT] = c->cols >= 110 ? columns[COL_RESULT].max : c->cols >= 70 ? 18 : gone;
	widths[COL_CHECK] = columns[COL_CHECK].max;
	widths[COL_EXPR] =
		columns[COL_EXPR].min > c->cols / 4 ? c->cols / 4 : columns[COL_EXPR].min;
	t.widths = widths;
	tui_table_draw(&t, c, true);
}

static struct map_row *
add_row(struct map *m, enum map_kind kind, const char *name)
{
	struct map_row *more = realloc(m->row, (m->nrows + 1) * sizeof(*more));

	if (!more)
		return NULL;
	m->row = more;
	more[m->nrows] = (struct map_row){ .kind = kind,
					   .name = name,
					   .target = -1,
					   .suggestion = -1,
					   .check = -1,
					   .column = -1 };
	return &more[m->nrows++];
}

static void
add_field(struct map *m, enum map_kind kind, const char *name)
{
	struct map_row *r = add_row(m, kind, name);

	if (!r)
		return;
	r->target = find_row(m->targets, "field", name);
	r->suggestion = kind == MAP_FIELD ? find_row(m->suggestions, "to", name) : -1;
	r->check = find_row(m->checks, "to", name);
	r->identity = is_identity(name);
	r->required = strcmp(map_cell(m->targets, r->target, "required"), "true") == 0;
	r->type = r->target >= 0 ? map_cell(m->targets, r->target, "type") : "any";
}

/* Is the column one of those that tell the sync's rows apart? */
static bool
is_key(const struct map *m, const char *column)
{
	const char *p = tui_pairs_get(&m->draft.set, "key");
	size_t n = strlen(column);

	while (*p) {
		size_t len = strcspn(p, ",");
		if (len == n && strncmp(p, column, n) == 0)
			return true;
		p += len + (p[len] == ',');
	}
	return false;
}

static bool
has_row(const struct map *m, const char *name)
{
	for (size_t i = 0; i < m->nrows; i++) {
		if (m->row[i].kind != MAP_COLUMN && strcmp(m->row[i].name, name) == 0)
			return true;
	}
	return false;
}

/* What must be there, who it is about, what fits a column, what a check complains of: always shown. */
static bool
matters(const struct map *m, int target, const char *name)
{
	return is_identity(name) || strcmp(map_cell(m->targets, target, "required"), "true") == 0 ||
	       find_row(m->suggestions, "to", name) >= 0 || find_row(m->checks, "to", name) >= 0;
}

static void
add_fields(struct map *m)
{
	size_t hidden = 0;
	static const char *const more = "+ more fields";

	for (unsigned i = 0; i < sl_table_rows(m->targets); i++) {
		const char *name = map_cell(m->targets, (int)i, "field");
		if (!*name || has_row(m, name))
			continue;
		if (m->all_fields || matters(m, (int)i, name))
			add_field(m, MAP_FIELD, name);
		else
			hidden++;
	}
	for (unsigned i = 0; i < sl_table_rows(m->suggestions); i++) {
		const char *name = map_cell(m->suggestions, (int)i, "to");
		if (*name && !has_row(m, name))
			add_field(m, MAP_FIELD, name);
	}
	if (hidden > 0)
		(void)add_row(m, MAP_MORE, more);
}

void
map_rows(struct map *m)
{
	m->nrows = 0;
	for (size_t i = 0; i < m->draft.map.n; i++) {
		const char *to = tui_draft_target(m->draft.map.pair[i].name);
		if (to)
			add_field(m, MAP_LINE, to);
	}
	size_t lines = m->nrows;
	add_fields(m);
	for (unsigned i = 0; i < sl_table_rows(m->columns); i++) {
		const char *name = map_cell(m->columns, (int)i, "name");
		struct map_row *r =
			tui_draft_uses(&m->draft, name) ? NULL : add_row(m, MAP_COLUMN, name);
		if (!r)
			continue;
		r->column = (int)i;
		r->identity = is_key(m, name);
		r->type = map_cell(m->columns, (int)i, "type");
	}
	/* Identities lead, as they do in people's heads; the rest keeps the order of the file. */
	for (size_t i = 0, at = 0; i < lines; i++) {
		if (!m->row[i].identity)
			continue;
		struct map_row r = m->row[i];
		memmove(&m->row[at + 1], &m->row[at], (i - at) * sizeof(r));
		m->row[at++] = r;
	}
	m->table.model.rows = m->nrows;
	tui_table_refresh(&m->table);
	if (m->want[0] && has_row(m, m->want)) {
		map_select(m, m->want);
		m->want[0] = '\0';
	}
}

const struct map_row *
map_selected(const struct map *m)
{
	size_t row = tui_table_selected(&m->table);

	return row < m->nrows ? &m->row[row] : NULL;
}

void
map_select(struct map *m, const char *name)
{
	for (size_t i = 0; i < m->nrows; i++) {
		if (strcmp(m->row[i].name, name) == 0) {
			tui_table_select(&m->table, i);
			return;
		}
	}
}
