/* browse_tree.c - the outline of the browser: each branch loads when it is opened. */
#include "tui/screens/browse_state.h"
#include "tui/widgets/bar.h"

#include <stdio.h>
#include <stdlib.h>

#define TAG_BITS 2 /* of a tag: the kind; above them the index of a table */

bool
browse_tree_init(struct tui_screen *s)
{
	struct browse *b = s->state;

	tui_tree_init(&b->tree);
	b->tree.pane.empty = "No source connections yet.";
	b->tree.pane.empty_hint = "8 connections: n makes one";
	return true;
}

void
browse_tree_fini(struct tui_screen *s)
{
	struct browse *b = s->state;

	tui_tree_free(&b->tree);
	free(b->object);
}

enum browse_kind
browse_kind_of(const struct browse *b, uint32_t node)
{
	if (node == TUI_NO_NODE)
		return 0;
	return (enum browse_kind)(b->tree.node[node].tag & ((1u << TAG_BITS) - 1));
}

const struct browse_object *
browse_object_of(const struct browse *b, uint32_t node)
{
	if (browse_kind_of(b, node) != BROWSE_TABLE)
		return NULL;
	return &b->object[b->tree.node[node].tag >> TAG_BITS];
}

const char *
browse_connection_of(const struct browse *b, uint32_t node)
{
	while (node != TUI_NO_NODE && b->tree.node[node].parent != TUI_NO_NODE)
		node = b->tree.node[node].parent;
	return node != TUI_NO_NODE ? b->tree.node[node].label : NULL;
}

/* ---- connections ----------------------------------------------------------------------------- */

void
browse_list(struct tui_screen *s)
{
	struct browse *b = s->state;

	tui_unask(s, &b->ask_list);
	b->ask_list = sl_list(tui_app_engine(s->app), SL_CONNECTION);
	tui_pane_asked(&b->tree.pane, b->ask_list);
}

static uint32_t
find_connection(const struct browse *b, const char *name)
{
	uint32_t i = b->tree.first;

	while (i != TUI_NO_NODE && strcmp(b->tree.node[i].label, name) != 0)
		i = b->tree.node[i].next;
	return i;
}

static bool
is_source(const struct sl_table *t, unsigned row)
{
	const char *role = sl_table_get(t, row, "role");

	return role && strcmp(role, "source") == 0;
}

/* The same names in the same order: then what was opened stays open. */
static bool
same_list(const struct browse *b, const struct sl_table *t)
{
	uint32_t node = b->tree.first;

	for (unsigned i = 0; i < sl_table_rows(t); i++) {
		const char *name = sl_table_get(t, i, "name");
		if (!is_source(t, i))
			continue;
		if (node == TUI_NO_NODE || !name || strcmp(b->tree.node[node].label, name) != 0)
			return false;
		node = b->tree.node[node].next;
	}
	return node == TUI_NO_NODE;
}

static void
take_list(struct tui_screen *s, const struct sl_table *t)
{
	struct browse *b = s->state;

	tui_pane_ready(&b->tree.pane);
	if (!same_list(b, t)) {
		for (size_t i = 0; i < BROWSE_LOADS; i++)
			tui_unask(s, &b->load[i].ticket);
		tui_tree_clear(&b->tree, TUI_NO_NODE);
		b->nobjects = 0;
		for (unsigned i = 0; i < sl_table_rows(t); i++) {
			struct tui_leaf l = { .label = sl_table_get(t, i, "name"),
					      .note = sl_table_get(t, i, "title"),
					      .tag = BROWSE_CONNECTION,
					      .branch = true };
			if (is_source(t, i) && l.label)
				(void)tui_tree_add(&b->tree, TUI_NO_NODE, &l);
		}
		tui_tree_refresh(&b->tree);
	}
	uint32_t only = b->tree.first;
	if (b->want[0])
		browse_go(s, b->want);
	else if (only != TUI_NO_NODE && b->tree.node[only].next == TUI_NO_NODE)
		browse_go(s, b->tree.node[only].label);
}

void
browse_go(struct tui_screen *s, const char *connection)
{
	struct browse *b = s->state;
	uint32_t node = find_connection(b, connection);

	if (b->ask_list) {
		snprintf(b->want, sizeof(b->want), "%s", connection);
		return;
	}
	b->want[0] = '\0';
	if (node == TUI_NO_NODE) {
		tui_app_say(s->app, TUI_SEV_WARN, "there is no source connection named %s",
			    connection);
		return;
	}
	tui_tree_select(&b->tree, node);
	b->tree.node[node].open = true;
	if (!b->tree.node[node].loaded)
		browse_load(s, node);
	tui_tree_refresh(&b->tree);
}

/* ---- branches -------------------------------------------------------------------------------- */

void
browse_load(struct tui_screen *s, uint32_t node)
{
	struct browse *b = s->state;
	struct tui_node *n = &b->tree.node[node];
	size_t slot = 0;

	while (slot < BROWSE_LOADS && b->load[slot].ticket)
		slot++;
	if (slot == BROWSE_LOADS)
		return;
	sl_ticket t = browse_kind_of(b, node) == BROWSE_CONNECTION
			      ? sl_schemas(tui_app_engine(s->app), n->label)
			      : sl_tables(tui_app_engine(s->app), browse_connection_of(b, node),
					  n->label);
	b->load[slot].ticket = t;
	b->load[slot].node = node;
	tui_pane_asked(&n->pane, t);
}

static void
add_schema(struct browse *b, uint32_t node, const struct sl_table *t, unsigned row)
{
	char note[40], n[32];
	const char *count = sl_table_get(t, row, "objects");
	struct tui_leaf l = { .label = sl_table_get(t, row, "schema"),
			      .tag = BROWSE_SCHEMA,
			      .branch = true };

	if (count) {
		snprintf(note, sizeof(note), "%s rel",
			 tui_fmt_short((uint64_t)sl_table_get_int(t, row, "objects"), n));
		l.note = note;
	}
	if (l.label)
		(void)tui_tree_add(&b->tree, node, &l);
}

static void
add_table(struct browse *b, uint32_t node, const struct sl_table *t, unsigned row)
{
	struct browse_object *more = realloc(b->object, (b->nobjects + 1) * sizeof(*more));
	const char *name = sl_table_get(t, row, "name"), *text = sl_table_get(t, row, "table");
	const char *kind = sl_table_get(t, row, "kind");
	char note[64], n[32];

	if (!more)
		return;
	b->object = more;
	struct browse_object *o = &more[b->nobjects];
	*o = (struct browse_object){ .rows_est = -1 };
	if (!name || !text || strlen(text) >= sizeof(o->table))
		return;
	snprintf(o->table, sizeof(o->table), "%s", text);
	sl_copy(o->kind, sizeof(o->kind), kind ? kind : "table");
	/* What most are is not worth its columns. */
	bool plain = strcmp(o->kind, "table") == 0;
	const char *word = plain                                       ? ""
			   : strcmp(o->kind, "materialized view") == 0 ? "matview"
								       : o->kind;
	snprintf(note, sizeof(note), "%s", word);
	if (sl_table_get(t, row, "rows_est")) {
		o->rows_est = sl_table_get_int(t, row, "rows_est");
		snprintf(note, sizeof(note), "%s%s~%s", word, plain ? "" : " ",
			 tui_fmt_short((uint64_t)o->rows_est, n));
	}
	struct tui_leaf l = { .label = name,
			      .note = note,
			      .tag = BROWSE_TABLE | (uint64_t)b->nobjects << TAG_BITS };
	if (tui_tree_add(&b->tree, node, &l) != TUI_NO_NODE)
		b->nobjects++;
}

static void
take_branch(struct tui_screen *s, uint32_t node, const struct sl_msg *m)
{
	struct browse *b = s->state;
	bool schemas = browse_kind_of(b, node) == BROWSE_CONNECTION;
	unsigned n = sl_table_rows(m->table);

	if (m->failed) {
		b->tree.node[node].loaded = false;
		b->tree.node[node].open = false;
		tui_pane_problem(&b->tree.node[node].pane, &m->problem);
		tui_tree_refresh(&b->tree);
		return;
	}
	tui_pane_ready(&b->tree.node[node].pane);
	tui_tree_clear(&b->tree, node);
	for (unsigned i = 0; i < n; i++) {
		if (schemas)
			add_schema(b, node, m->table, i);
		else
			add_table(b, node, m->table, i);
	}
	b->tree.node[node].loaded = true;
	tui_tree_refresh(&b->tree);
	uint32_t only = b->tree.node[node].child;
	if (schemas && n == 1 && only != TUI_NO_NODE && b->tree.node[node].open) {
		b->tree.node[only].open = true;
		browse_load(s, only);
	}
}

bool
browse_tree_message(struct tui_screen *s, const struct sl_msg *m)
{
	struct browse *b = s->state;

	if (m->kind == SL_MSG_CONFIG && !b->ask_list) {
		browse_list(s);
		return true;
	}
	if (tui_asked(&b->ask_list, m)) {
		if (m->failed)
			tui_pane_problem(&b->tree.pane, &m->problem);
		else
			take_list(s, m->table);
		return true;
	}
	for (size_t i = 0; i < BROWSE_LOADS; i++) {
		if (tui_asked(&b->load[i].ticket, m)) {
			take_branch(s, b->load[i].node, m);
			return true;
		}
	}
	return false;
}

bool
browse_cancel_load(struct tui_screen *s)
{
	struct browse *b = s->state;
	bool any = false;

	for (size_t i = 0; i < BROWSE_LOADS; i++) {
		if (!b->load[i].ticket)
			continue;
		sl_cancel(tui_app_engine(s->app), b->load[i].ticket);
		any = true;
	}
	return any;
}
