/* mapper.c - a profile becomes a mapper, or a list of what is wrong with it. */
#include "core/map/build.h"

#include <stdlib.h>

/* Bump it when the same profile starts to give other events: rows are then sent again. */
#define MEANING "mapping 1"

/* ---- columns --------------------------------------------------------------------------------- */

struct names {
	struct sl_arena *a;
	struct sl_str *list;
	uint32_t n;
};

static bool
add_name(struct names *names, struct sl_str name)
{
	for (uint32_t i = 0; i < names->n; i++)
		if (sl_str_eq(names->list[i], name))
			return true;
	if ((names->n & (names->n - 1)) == 0) { /* 0, 1, 2, 4, ...: full */
		struct sl_str *more = SL_NEW(names->a, struct sl_str, names->n ? names->n * 2 : 1);
		if (!more)
			return false;
		if (names->n)
			memcpy(more, names->list, names->n * sizeof *more);
		names->list = more;
	}
	names->list[names->n++] = name;
	return true;
}

/* False: out of memory. Mistakes are told by sl_mapper_new(). */
static bool
add_names_of(struct names *names, const char *expr)
{
	struct sl_expr_fault f;
	struct sl_expr e;
	if (!sl_expr_parse(sl_str(expr), names->a, &e, &f))
		return f.problem != NULL;
	for (uint32_t i = 0; i < e.nparts; i++)
		if (e.parts[i].kind == SL_PART_REF && !add_name(names, e.parts[i].ref.column))
			return false;
	return true;
}

enum sl_code
sl_map_columns(const struct sl_profile *p, const char *const *key, size_t nkey, struct sl_arena *a,
	       struct sl_str **out, uint32_t *n)
{
	struct names names = { .a = a };
	for (size_t i = 0; i < nkey; i++)
		if (!add_name(&names, sl_str(key[i])))
			return SL_E_NOMEM;
	for (size_t i = 0; i < p->nmap; i++)
		if (!add_names_of(&names, p->map[i].expr))
			return SL_E_NOMEM;
	*out = names.list;
	*n = names.n;
	return SL_OK;
}

/* ---- building -------------------------------------------------------------------------------- */

static int
by_target(const void *a, const void *b)
{
	const struct sl_mapping *x = a, *y = b;
	return strcmp(x->to, y->to);
}

static void
put_text(struct sl_buf *b, const char *s)
{
	struct sl_str text = sl_str_trim(sl_str(s));
	sl_buf_printf(b, "%zu:", text.len);
	sl_buf_put_str(b, text);
}

/* The order of the fields does not count. */
static bool
note_meaning(struct sl_build *b)
{
	const struct sl_profile *p = b->spec->profile;
	struct sl_mapping *sorted = SL_NEW(b->a, struct sl_mapping, p->nmap + 1);
	struct sl_buf text;
	if (!sorted)
		return false;
	if (p->nmap)
		memcpy(sorted, p->map, p->nmap * sizeof *sorted);
	qsort(sorted, p->nmap, sizeof *sorted, by_target);
	sl_buf_init(&text, 0);
	put_text(&text, MEANING);
	put_text(&text, p->event);
	put_text(&text, p->object);
	put_text(&text, p->identifier);
	put_text(&text, p->nulls == SL_NULLS_OMIT ? "omit" : "send");
	for (size_t i = 0; i < p->nmap; i++) {
		put_text(&text, sorted[i].to);
		put_text(&text, sorted[i].expr);
	}
	char *kept = text.failed ? NULL : sl_arena_strndup(b->a, text.ptr, text.len);
	b->m->meaning = (struct sl_str){ kept, text.len };
	sl_buf_free(&text);
	return kept != NULL;
}

static bool
find_key(struct sl_build *b)
{
	struct sl_mapper *m = b->m;
	m->key = SL_NEW(b->a, uint32_t, b->spec->nkey + 1);
	m->used = SL_NEW(b->a, uint32_t, m->schema->ncols + 1);
	if (!m->key || !m->used)
		return false;
	for (size_t i = 0; i < b->spec->nkey; i++) {
		int col = sl_schema_find(m->schema, sl_str(b->spec->key[i]));
		if (col >= 0) {
			m->key[m->nkey++] = (uint32_t)col;
			continue;
		}
		sl_issue_error(&b->issues, "", 0,
			       sl_arena_printf(b->a, "the key column \"%s\" is not in the model",
					       sl_shown(b->a, sl_str(b->spec->key[i]))),
			       "choose key columns that the model has");
	}
	return true;
}

/* The fields of the shape in their order, still empty. */
static bool
lay_out(struct sl_build *b)
{
	for (const struct sl_shape_field *f = b->m->shape->fields; f->name; f++) {
		struct sl_node *n = sl_node_child(&b->root, sl_str(f->name), b->a);
		if (!n)
			return false;
		n->always = f->flags & SL_FIELD_ALWAYS;
		n->not_in_removes = f->flags & SL_FIELD_NO_REMOVE;
	}
	return true;
}

static bool
make_plans(struct sl_build *b)
{
	struct sl_mapper *m = b->m;
	sl_buf_init(&m->literals, 0);
	if (!sl_plan_build(&b->root, false, b->a, &m->literals, &m->upsert))
		return false;
	size_t second = m->literals.len;
	if (!sl_plan_build(&b->root, true, b->a, &m->literals, &m->remove))
		return false;
	sl_plan_settle(&m->upsert, m->literals.ptr);
	sl_plan_settle(&m->remove, m->literals.ptr + second);
	return true;
}

/* False: out of memory. */
static bool
build(struct sl_build *b)
{
	const struct sl_profile *p = b->spec->profile;
	b->leaves = SL_NEW(b->a, struct sl_leaf, p->nmap + 1);
	b->m->shape = sl_shape_find(p->event);
	if (!b->leaves || !find_key(b))
		return false;
	if (!b->m->shape) {
		sl_issue_error(&b->issues, "", 0,
			       sl_arena_printf(b->a, "there is no event \"%s\"",
					       sl_shown(b->a, sl_str(p->event))),
			       sl_arena_printf(b->a, "the events are %s", sl_shape_names()));
		return true;
	}
	if (!lay_out(b))
		return false;
	for (size_t i = 0; i < p->nmap; i++)
		sl_build_mapping(b, &p->map[i]);
	sl_build_check(b);
	sl_build_ours(b);
	if (b->full || !note_meaning(b))
		return false;
	return b->issues.errors > 0 || make_plans(b);
}

enum sl_code
sl_mapper_new(const struct sl_map_spec *spec, struct sl_mapper **out, struct sl_map_issue **issues,
	      size_t *nissues, struct sl_err *err)
{
	struct sl_build b = { .spec = spec, .a = spec->arena, .issues = { .a = spec->arena } };
	*out = NULL;
	*issues = NULL;
	*nissues = 0;
	b.m = calloc(1, sizeof *b.m);
	if (b.m)
		b.m->schema = spec->schema;
	if (!b.m || !build(&b) || b.issues.full) {
		sl_mapper_free(b.m);
		return sl_fail(err, SL_E_NOMEM, "map", "no memory left to compile the mapping");
	}
	*issues = b.issues.list;
	*nissues = b.issues.n;
	if (b.issues.errors > 0)
		sl_mapper_free(b.m);
	else
		*out = b.m;
	return SL_OK;
}

void
sl_mapper_free(struct sl_mapper *m)
{
	if (!m)
		return;
	sl_buf_free(&m->literals);
	free(m);
}

struct sl_digest
sl_mapper_fingerprint(const struct sl_mapper *m, const struct sl_digest_key *k)
{
	return sl_digest(k, m->meaning.ptr, m->meaning.len);
}

const uint32_t *
sl_mapper_key(const struct sl_mapper *m, uint32_t *n)
{
	*n = m->nkey;
	return m->key;
}

const uint32_t *
sl_mapper_used(const struct sl_mapper *m, uint32_t *n)
{
	*n = m->nused;
	return m->used;
}
