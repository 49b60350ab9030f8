/* changes.c - pages of the planned events of a run. */
#include "tui/screens/changes.h"

#include "tui/screens/asked.h"
#include "tui/screens/key_text.h"
#include "tui/widgets/bar.h"
#include "tui/widgets/diff.h"

#include <stdio.h>
#include <stdlib.h>

enum { COL_NO, COL_OP, COL_KEY, COL_FIELDS };

const struct tui_column tui_change_columns[4] = {
	{ "NO", TUI_RIGHT, 5, 11, 3, false },
	{ "OP", TUI_LEFT, 8, 8, 0, false },
	{ "KEY", TUI_LEFT, 8, 40, 0, false },
	{ "CHANGED", TUI_LEFT, 8, 20, 2, true },
};

static void
drop(struct tui_change_page *p)
{
	sl_table_free(p->t);
	free(p->fields);
	*p = (struct tui_change_page){ 0 };
}

void
tui_changes_free(struct tui_changes *c)
{
	for (size_t i = 0; i < CHANGES_PAGES; i++)
		drop(&c->page[i]);
}

void
tui_changes_set(struct tui_changes *c, int64_t run, const char *op, uint64_t total)
{
	tui_changes_free(c);
	*c = (struct tui_changes){ .run = run, .op = op, .total = total };
}

/* The slot of the page that holds a row; CHANGES_PAGES = it is not read. */
static size_t
find(const struct tui_changes *c, size_t row)
{
	const size_t from = row / CHANGES_PAGE * CHANGES_PAGE;
	size_t i = 0;

	while (i < CHANGES_PAGES && !(c->page[i].t && c->page[i].from == from))
		i++;
	return i;
}

const struct sl_table *
tui_changes_row(const struct tui_changes *c, size_t row, unsigned *at)
{
	const size_t i = find(c, row);

	*at = (unsigned)(row % CHANGES_PAGE);
	return i < CHANGES_PAGES && *at < sl_table_rows(c->page[i].t) ? c->page[i].t : NULL;
}

static void
op_cell(const char *op, struct tui_value *v)
{
	static const struct {
		const char *op, *text;
		enum tui_role role;
	} of[] = { { "add", "+ add", TUI_ADD },
		   { "update", "~ change", TUI_CHANGE },
		   { "remove", "- remove", TUI_REMOVE } };

	for (size_t i = 0; op && i < SL_COUNT(of); i++) {
		if (strcmp(of[i].op, op) == 0) {
			v->text = sl_str(of[i].text);
			v->role = of[i].role;
		}
	}
}

void
tui_changes_cell(const void *arg, size_t row, int col, struct tui_value *v)
{
	const struct tui_changes *c = arg;
	const size_t page = find(c, row);
	unsigned at;
	const struct sl_table *t = tui_changes_row(c, row, &at);

	if (col == COL_NO) {
		snprintf(v->scratch, sizeof(v->scratch), "%s",
			 tui_fmt_count(row + 1, (char[32]){ 0 }));
		v->text = sl_str(v->scratch);
		v->role = TUI_DIM;
	} else if (!t) {
		v->text = sl_str(col != COL_KEY         ? ""
				 : page < CHANGES_PAGES ? "not kept any more"
							: "\u2026");
		v->role = TUI_DIM;
	} else if (col == COL_OP) {
		op_cell(sl_table_get(t, at, "op"), v);
	} else if (col == COL_KEY) {
		v->text = sl_str(
			tui_key_text(sl_table_get(t, at, "key"), v->scratch, sizeof(v->scratch)));
	} else {
		v->text = sl_str(c->page[page].fields ? c->page[page].fields[at] : "");
		v->role = TUI_DIM;
	}
}

void
tui_changes_want(struct tui_changes *c, struct sl_engine *e, size_t row, size_t n)
{
	const size_t last = row + (n > 0 ? n - 1 : 0);
	const size_t both[2] = { row, last };

	for (size_t i = 0; i < 2; i++) {
		const size_t page = find(c, both[i]);
		if (page < CHANGES_PAGES) {
			c->page[page].used = ++c->clock;
		} else if (both[i] < c->total && !c->ask && c->run) {
			c->asked = both[i] / CHANGES_PAGE * CHANGES_PAGE;
			c->ask = sl_changes(e, c->run, c->op, (int64_t)c->asked, CHANGES_PAGE);
		}
	}
}

/* Changes with every event, by its nature: no news. */
static bool
is_envelope(const char *field)
{
	return strcmp(field, "messageId") == 0 || strcmp(field, "sentAt") == 0 ||
	       strcmp(field, "action") == 0 || strncmp(field, "context.sources.", 16) == 0;
}

void
tui_change_diff(struct tui_diff *d, const char *old, const char *body)
{
	tui_diff_json(d, old, body);
	for (size_t i = 0; i < d->n; i++) {
		if (d->line[i].mark == '~' && is_envelope(d->line[i].field))
			d->line[i].mark = ' ';
	}
}

/* "email, plan, address.country" of a changed row. */
static void
name_fields(const struct sl_table *t, unsigned row, char out[96])
{
	const char *op = sl_table_get(t, row, "op");
	struct tui_diff d = { 0 };
	size_t n = 0, len = 0;

	out[0] = '\0';
	if (!op || strcmp(op, "update") != 0)
		return;
	tui_change_diff(&d, sl_table_get(t, row, "old"), sl_table_get(t, row, "body"));
	for (size_t i = 0; i < d.n && len + 2 < 96; i++) {
		if (d.line[i].mark == ' ')
			continue;
		len += (size_t)snprintf(out + len, 96 - len, "%s%s", n++ ? ", " : "",
					d.line[i].field);
	}
	tui_diff_free(&d);
}

static struct tui_change_page *
slot(struct tui_changes *c)
{
	struct tui_change_page *oldest = &c->page[0];

	for (size_t i = 0; i < CHANGES_PAGES; i++) {
		if (!c->page[i].t)
			return &c->page[i];
		if (c->page[i].used < oldest->used)
			oldest = &c->page[i];
	}
	return oldest;
}

bool
tui_changes_take(struct tui_changes *c, const struct sl_msg *m)
{
	struct tui_change_page *p;
	struct sl_table *t;

	if (!tui_asked(&c->ask, m))
		return false;
	t = m->failed ? NULL : sl_table_copy(m->table);
	if (!t)
		return true;
	p = slot(c);
	drop(p);
	p->from = c->asked;
	p->t = t;
	p->used = ++c->clock;
	p->fields = calloc(sl_table_rows(t) + 1, sizeof(*p->fields));
	for (unsigned r = 0; p->fields && r < sl_table_rows(t); r++)
		name_fields(t, r, p->fields[r]);
	return true;
}
