/* sqlite_list.c - the catalogue tree: one schema, main, and what is in it. */
#include "core/source/sqlite.h"

#include <sqlite3.h>

#include "core/source/sqlite_objects.inc"
#include "core/source/sqlite_stats.inc"

static bool
copy(struct sl_arena *a, struct sl_str s, struct sl_str *out)
{
	*out = (struct sl_str){ sl_arena_strndup(a, s.len > 0 ? s.ptr : "", s.len), s.len };
	return out->ptr != NULL;
}

/* An array that doubles in the arena; lists are short. */
struct list {
	struct sl_object *v;
	uint32_t n, cap;
};

static struct sl_object *
append(struct sl_arena *a, struct list *l)
{
	if (l->n == l->cap) {
		uint32_t cap = l->cap > 0 ? l->cap * 2 : 64;
		struct sl_object *v = SL_NEW(a, struct sl_object, cap);
		if (v == NULL)
			return NULL;
		if (l->n > 0)
			memcpy(v, l->v, sizeof *v * l->n);
		l->v = v;
		l->cap = cap;
	}
	struct sl_object *o = &l->v[l->n++];
	o->schema = SL_LIT("main");
	o->rows_est = o->bytes_est = -1;
	return o;
}

static enum sl_code
read_objects(struct sl_lite *l, struct sl_arena *a, struct list *list, struct sl_err *err)
{
	sqlite3_stmt *st;

	enum sl_code code = sl_lite_prepare(l, sql_sqlite_objects, NULL, 0, &st, err);
	if (code != SL_OK)
		return code;
	while ((code = sl_lite_step(l, st, err)) == SL_OK) {
		struct sl_object *o = append(a, list);
		if (o == NULL || !copy(a, sl_lite_text(st, 0), &o->name) ||
		    !copy(a, sl_lite_text(st, 1), &o->kind) ||
		    !copy(a, sl_lite_text(st, 2), &o->detail)) {
			code = sl_lite_nomem(err);
			break;
		}
		if (o->detail.len == 0)
			o->detail = SL_LIT("no primary key");
	}
	sqlite3_finalize(st);
	return code == SL_DONE ? SL_OK : code;
}

/* Estimates where ANALYZE has left some; else the statement does not even prepare. */
static void
read_stats(struct sl_lite *l, struct list *list)
{
	struct sl_err ignored;
	sqlite3_stmt *st;

	if (sl_lite_prepare(l, sql_sqlite_stats, NULL, 0, &st, &ignored) != SL_OK)
		return;
	while (sl_lite_step(l, st, &ignored) == SL_OK) {
		struct sl_str name = sl_lite_text(st, 0);
		for (uint32_t i = 0; i < list->n; i++) {
			if (sl_str_eq(list->v[i].name, name))
				list->v[i].rows_est = sqlite3_column_int64(st, 1);
		}
	}
	sqlite3_finalize(st);
}

enum sl_code
sl_lite_list(void *ctx, struct sl_arena *a, struct sl_str schema, struct sl_object **out,
	     uint32_t *n, struct sl_err *err)
{
	struct sl_lite *l = ctx;
	struct list list = { 0 };
	bool own;

	enum sl_code code = sl_lite_enter(l, &own, err);
	if (code != SL_OK)
		return code;
	if (schema.len == 0) {
		struct sl_object *o = append(a, &list);
		if (o == NULL)
			code = sl_lite_nomem(err);
		else
			o->name = SL_LIT("main"), o->kind = SL_LIT("schema");
	} else if (sl_str_is(schema, "main")) {
		code = read_objects(l, a, &list, err);
		read_stats(l, &list);
	}
	*out = list.v;
	*n = list.n;
	return sl_lite_leave(l, own, code);
}
