/* browse_data.c - columns and rows of one table: pages by key, both ways. */
#include "tui/screens/browse_state.h"

#include <stdio.h>

#define PAGE      200 /* rows */
#define NO_KEY    500 /* rows shown of what has no key */
#define NEAR_EDGE 60  /* rows from an end of the window when the next page is asked for */

enum { COL_NAME, COL_TYPE, COL_NATIVE, COL_NULL, COL_KEY };

static const struct tui_column columns[] = {
	{ "COLUMN", TUI_LEFT, 8, 40, 0, false }, { "TYPE", TUI_LEFT, 4, 12, 0, false },
	{ "NATIVE", TUI_LEFT, 6, 32, 3, false }, { "NULL", TUI_LEFT, 4, 8, 2, false },
	{ "KEY", TUI_LEFT, 3, 4, 1, false },
};

static bool
is_true(const char *text)
{
	return text && strcmp(text, "true") == 0;
}

static void
column_cell(const void *arg, size_t row, int col, struct tui_value *v)
{
	static const char *const names[] = { "name", "type", "native", "nullable", "key" };
	const struct browse *b = arg;
	const char *text = sl_table_get(b->cols, (unsigned)row, names[col]);

	if (col == COL_NULL) {
		v->text = sl_str(is_true(text) ? "NULL" : "not null");
		v->role = is_true(text) ? TUI_NULL : TUI_DIM;
		return;
	}
	if (col == COL_KEY) {
		v->text = sl_str(is_true(text) ? "key" : "");
		v->role = TUI_ACCENT;
		return;
	}
	v->text = sl_str(text ? text : "");
	v->role = col == COL_NAME ? TUI_TEXT : TUI_DIM;
}

bool
browse_data_init(struct browse *b)
{
	if (!tui_table_init(&b->cols_table, columns, SL_COUNT(columns)) || !tui_rows_init(&b->rows))
		return false;
	b->cols_table.model = (struct tui_model){ column_cell, b, 0 };
	b->cols_table.pane.empty = "This has no columns.";
	b->rows.table.pane.empty = "No rows: the table is empty, or this role sees none of them.";
	b->rows.table.pane.empty_hint = "r read again   ] columns";
	return true;
}

void
browse_data_fini(struct browse *b)
{
	sl_table_free(b->cols);
	tui_table_free(&b->cols_table);
	tui_rows_free(&b->rows);
}

const char *
browse_native(const struct browse *b, const char *column)
{
	for (unsigned i = 0; i < sl_table_rows(b->cols); i++) {
		const char *name = sl_table_get(b->cols, i, "name");
		const char *native = sl_table_get(b->cols, i, "native");
		if (name && native && strcmp(name, column) == 0)
			return native;
	}
	return "";
}

/* ---- asking ---------------------------------------------------------------------------------- */

static void
ask_columns(struct tui_screen *s)
{
	struct browse *b = s->state;
	struct sl_what what = { .connection = b->conn, .table = b->table };

	tui_unask(s, &b->ask_columns);
	b->ask_columns = sl_columns(tui_app_engine(s->app), &what);
	tui_pane_asked(&b->cols_table.pane, b->ask_columns);
	/* Rows follow when the key is known; to a person it is one wait. */
	tui_pane_asked(&b->rows.table.pane, b->ask_columns);
}

void
browse_show(struct tui_screen *s, uint32_t node)
{
	struct browse *b = s->state;
	const struct browse_object *o = browse_object_of(b, node);
	const char *conn = browse_connection_of(b, node);

	if (!o || !conn)
		return;
	bool same = strcmp(b->conn, conn) == 0 && strcmp(b->table, o->table) == 0;
	b->right = true;
	if (same && b->rows.table.pane.state != TUI_PANE_ERROR)
		return;
	tui_unask(s, &b->ask_rows);
	snprintf(b->conn, sizeof(b->conn), "%s", conn);
	snprintf(b->table, sizeof(b->table), "%s", o->table);
	snprintf(b->kind, sizeof(b->kind), "%s", o->kind);
	b->rows_est = o->rows_est;
	b->nkey = 0;
	b->took_us = 0;
	sl_table_free(b->cols);
	b->cols = NULL;
	b->cols_table.model.rows = 0;
	tui_table_refresh(&b->cols_table);
	tui_rows_clear(&b->rows);
	ask_columns(s);
}

/* The key of the row at an end of the window. */
static bool
edge(const struct browse *b, bool last, const char *after[BROWSE_KEYS])
{
	size_t n = tui_rows_count(&b->rows);

	for (unsigned i = 0; i < b->nkey && n > 0; i++) {
		const size_t row = last ? n - 1 : 0;
		char hidden[16];

		(void)snprintf(hidden, sizeof(hidden), "_key%u", i);
		/* A masked key has its values there. */
		after[i] = tui_rows_named(&b->rows, row, hidden);
		if (!after[i])
			after[i] = tui_rows_named(&b->rows, row, b->key[i]);
		if (!after[i])
			return false;
	}
	return n > 0;
}

void
browse_page(struct tui_screen *s, enum browse_page page)
{
	struct browse *b = s->state;
	const char *after[BROWSE_KEYS];
	bool from = page == BROWSE_NEXT || page == BROWSE_BEFORE;
	struct sl_what what = { .connection = b->conn, .table = b->table };
	struct sl_page p = { .key = b->key,
			     .nkey = b->nkey,
			     .backwards = page == BROWSE_BEFORE || page == BROWSE_LAST,
			     .limit = b->nkey ? PAGE : NO_KEY };

	if (from && (b->nkey == 0 || !edge(b, page == BROWSE_NEXT, after)))
		return;
	p.after = from ? after : NULL;
	tui_unask(s, &b->ask_rows);
	b->asked = page;
	b->asked_us = sl_mono_us();
	b->ask_rows = sl_rows(tui_app_engine(s->app), &what, &p);
	if (!from || !b->ask_rows)
		tui_pane_asked(&b->rows.table.pane, b->ask_rows);
}

void
browse_reload(struct tui_screen *s)
{
	struct browse *b = s->state;

	if (b->conn[0])
		ask_columns(s);
}

void
browse_prefetch(struct tui_screen *s)
{
	struct browse *b = s->state;
	const struct tui_table *t = &b->rows.table;

	if (b->ask_rows || b->nkey == 0 || t->pane.state != TUI_PANE_READY)
		return;
	if (b->more_after && t->sel + NEAR_EDGE >= t->nview)
		browse_page(s, BROWSE_NEXT);
	else if (b->more_before && t->sel < NEAR_EDGE)
		browse_page(s, BROWSE_BEFORE);
}

/* ---- answers --------------------------------------------------------------------------------- */

static void
take_columns(struct tui_screen *s, const struct sl_msg *m)
{
	struct browse *b = s->state;

	if (m->failed) {
		tui_pane_problem(&b->cols_table.pane, &m->problem);
		tui_pane_problem(&b->rows.table.pane, &m->problem);
		return;
	}
	sl_table_free(b->cols);
	b->cols = sl_table_copy(m->table);
	b->nkey = 0;
	for (unsigned i = 0; i < sl_table_rows(b->cols) && b->nkey < BROWSE_KEYS; i++) {
		if (is_true(sl_table_get(b->cols, i, "key")))
			b->key[b->nkey++] = sl_table_get(b->cols, i, "name");
	}
	tui_pane_ready(&b->cols_table.pane);
	b->cols_table.model.rows = sl_table_rows(b->cols);
	tui_table_refresh(&b->cols_table);
	browse_page(s, BROWSE_FIRST);
}

static bool
has_more(const struct sl_table *t)
{
	return is_true(sl_table_get(t, 0, "_more"));
}

static void
take_first(struct browse *b, const struct sl_table *t)
{
	bool last = b->asked == BROWSE_LAST;

	if (!tui_rows_set(&b->rows, t, b->key, b->nkey)) {
		tui_pane_error(&b->rows.table.pane, "no memory for the rows", NULL);
		return;
	}
	tui_pane_ready(&b->rows.table.pane);
	b->more_after = !last && has_more(t);
	b->more_before = last && has_more(t);
	b->first_no = last && has_more(t) ? -1 : 0;
	if (last)
		tui_table_select(&b->rows.table, tui_rows_count(&b->rows) - 1);
}

static void
take_rows(struct tui_screen *s, const struct sl_msg *m)
{
	struct browse *b = s->state;
	unsigned n = sl_table_rows(m->table);
	size_t gone;

	b->took_us = sl_mono_us() - b->asked_us;
	if (m->failed) {
		b->rows.table.pane.since_us = b->asked_us;
		tui_pane_problem(&b->rows.table.pane, &m->problem);
		return;
	}
	switch (b->asked) {
	case BROWSE_FIRST:
	case BROWSE_LAST:
		take_first(b, m->table);
		break;
	case BROWSE_NEXT:
		gone = tui_rows_append(&b->rows, m->table);
		b->more_after = has_more(m->table);
		b->more_before = b->more_before || gone > 0;
		if (b->first_no >= 0)
			b->first_no += (int64_t)gone;
		break;
	case BROWSE_BEFORE:
		gone = tui_rows_prepend(&b->rows, m->table);
		b->more_before = has_more(m->table);
		b->more_after = b->more_after || gone > 0;
		if (!b->more_before)
			b->first_no = 0;
		else if (b->first_no >= 0)
			b->first_no = b->first_no > n ? b->first_no - n : 0;
		break;
	}
}

bool
browse_data_message(struct tui_screen *s, const struct sl_msg *m)
{
	struct browse *b = s->state;

	if (tui_asked(&b->ask_columns, m)) {
		take_columns(s, m);
		return true;
	}
	if (tui_asked(&b->ask_rows, m)) {
		take_rows(s, m);
		return true;
	}
	return false;
}
