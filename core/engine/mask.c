/* mask.c - which columns and fields are tagged, and what stands in the place of their values. */
#include "core/engine/mask.h"

#include "core/base/redact.h"
#include "core/engine/mask_body.h"
#include "core/map/map.h"
#include "core/map/mapper.h"

#include <stdio.h>

static enum sl_code
no_memory(struct sl_err *err)
{
	return sl_fail(err, SL_E_NOMEM, "", "no memory to mask what is tagged");
}

static bool
is_in(const struct sl_str *list, size_t n, struct sl_str name)
{
	for (size_t i = 0; i < n; i++)
		if (sl_str_eq(list[i], name))
			return true;
	return false;
}

bool
sl_mask_column(const struct sl_mask *m, struct sl_str name)
{
	return m->on && (m->all || is_in(m->columns, m->ncolumns, name));
}

bool
sl_mask_field(const struct sl_mask *m, const char *to)
{
	for (size_t i = 0; m->on && i < m->ntargets; i++)
		if (strcmp(m->targets[i].to, to) == 0)
			return m->targets[i].tagged;
	return m->on;
}

/* ---- the tags of a sync ------------------------------------------------------------------------------ */

static struct sl_str
keep(struct sl_arena *a, const char *s)
{
	const size_t n = strlen(s);

	return (struct sl_str){ sl_arena_strndup(a, s, n), n };
}

/* An expression that cannot be read counts as tagged. */
static bool
reads_tagged(const struct sl_mask *m, const struct sl_mapping *map)
{
	struct sl_mapping copy = *map;
	const struct sl_profile one = { .map = &copy, .nmap = 1 };
	struct sl_str *columns;
	uint32_t n;

	if (sl_map_columns(&one, NULL, 0, m->arena, &columns, &n) != SL_OK)
		return true;
	for (uint32_t i = 0; i < n; i++)
		if (is_in(m->columns, m->ncolumns, columns[i]))
			return true;
	return false;
}

/* "email" and "traits.email" are both the trait that the profile's identifier names. */
static bool
is_identifier(const struct sl_profile *p, const char *to)
{
	if (!p->object || !p->identifier)
		return false;
	if (strncmp(to, "traits.", 7) == 0)
		to += 7;
	return strcmp(to, p->identifier) == 0;
}

static enum sl_code
list_targets(struct sl_mask *m, const struct sl_profile *p, struct sl_err *err)
{
	struct sl_mask_target *t = SL_NEW(m->arena, struct sl_mask_target, p->nmap + 1);

	if (!t)
		return no_memory(err);
	for (size_t i = 0; i < p->nmap; i++) {
		const char *problem;

		t[i].to = keep(m->arena, p->map[i].to).ptr;
		t[i].tagged = reads_tagged(m, &p->map[i]);
		if (!t[i].to || !sl_target_parse(t[i].to, m->arena, &t[i].path, &problem))
			t[i].path.n = 0;
		m->id_tagged = m->id_tagged || (t[i].tagged && is_identifier(p, p->map[i].to));
	}
	m->targets = t;
	m->ntargets = p->nmap;
	return SL_OK;
}

static enum sl_code
list_names(struct sl_arena *a, const char *const *names, size_t n, const struct sl_str **out,
	   struct sl_err *err)
{
	struct sl_str *list = SL_NEW(a, struct sl_str, n + 1);

	*out = list;
	for (size_t i = 0; list && i < n; i++) {
		list[i] = keep(a, names[i]);
		if (!list[i].ptr)
			return no_memory(err);
	}
	return list ? SL_OK : no_memory(err);
}

static enum sl_code
take(struct sl_mask *m, const struct sl_sync *s, const struct sl_profile *p, struct sl_err *err)
{
	enum sl_code code = list_names(m->arena, p->pii, p->npii, &m->columns, err);

	m->ncolumns = p->npii;
	m->on = p->npii > 0;
	if (code != SL_OK || !m->on)
		return code;
	code = list_names(m->arena, s->key, s->nkey, &m->key, err);
	m->nkey = s->nkey;
	for (size_t i = 0; i < m->nkey && code == SL_OK; i++)
		m->key_tagged = m->key_tagged || is_in(m->columns, m->ncolumns, m->key[i]);
	return code == SL_OK ? list_targets(m, p, err) : code;
}

static void
start(struct sl_mask *m, const struct sl_engine *e, struct sl_arena *a)
{
	*m = (struct sl_mask){ .hash = &e->hash, .arena = a };
}

enum sl_code
sl_mask_objects(struct sl_mask *m, const struct sl_engine *e, const struct sl_object_def *sync,
		const struct sl_object_def *profile, struct sl_arena *a, struct sl_err *err)
{
	struct sl_profile p;
	struct sl_sync s;
	enum sl_code code;

	start(m, e, a);
	code = sl_sync_read(sync, a, &s, err);
	if (code == SL_OK)
		code = sl_profile_read(profile, a, &p, err);
	return code == SL_OK ? take(m, &s, &p, err) : code;
}

static bool
any_tag(const struct sl_config *c)
{
	for (size_t i = 0; i < c->nobjects; i++)
		if (c->objects[i].kind == SL_KIND_PROFILE && sl_object_get(&c->objects[i], "pii"))
			return true;
	return false;
}

static const struct sl_object_def *
whole(const struct sl_config *c, enum sl_kind kind, const char *name)
{
	const struct sl_object_def *o = name ? sl_config_find(c, kind, name) : NULL;

	return o && !o->broken ? o : NULL;
}

enum sl_code
sl_mask_sync(struct sl_mask *m, const struct sl_engine *e, const struct sl_config *c,
	     const char *sync, struct sl_arena *a, struct sl_err *err)
{
	const struct sl_object_def *s = whole(c, SL_KIND_SYNC, sync);
	const struct sl_object_def *p =
		s ? whole(c, SL_KIND_PROFILE, sl_object_get(s, "profile")) : NULL;

	if (p)
		return sl_mask_objects(m, e, s, p, a, err);
	start(m, e, a);
	m->on = m->all = m->key_tagged = m->id_tagged = any_tag(c);
	return SL_OK;
}

enum sl_code
sl_mask_job(struct sl_mask *m, struct sl_job *j, const char *sync, struct sl_err *err)
{
	struct sl_config *c = NULL;
	enum sl_code code;

	start(m, j->engine, j->arena);
	if (j->unmasked)
		return SL_OK;
	code = sl_engine_config(j->engine, &c, err);
	if (code == SL_OK)
		code = sl_mask_sync(m, j->engine, c, sync, j->arena, err);
	sl_config_free(c);
	return code;
}

/* ---- the tags of a table ------------------------------------------------------------------------------- */

static bool
same_table(const char *a, const char *b, struct sl_arena *arena)
{
	struct sl_str sa, ta, sb, tb;
	struct sl_err ignored;

	if (!a || !b)
		return true; /* a query may read anything */
	if (sl_table_split(a, arena, &sa, &ta, &ignored) != SL_OK ||
	    sl_table_split(b, arena, &sb, &tb, &ignored) != SL_OK)
		return true;
	return sl_str_eq(ta, tb) && (sa.len == 0 || sb.len == 0 || sl_str_eq(sa, sb));
}

static enum sl_code
add_columns(struct sl_mask *m, const struct sl_object_def *profile, struct sl_err *err)
{
	struct sl_str *longer;
	struct sl_profile p;
	enum sl_code code = sl_profile_read(profile, m->arena, &p, err);

	if (code != SL_OK || p.npii == 0)
		return code;
	longer = SL_NEW(m->arena, struct sl_str, m->ncolumns + p.npii);
	if (!longer)
		return no_memory(err);
	for (size_t i = 0; i < m->ncolumns; i++)
		longer[i] = m->columns[i];
	for (size_t i = 0; i < p.npii; i++)
		longer[m->ncolumns + i] = keep(m->arena, p.pii[i]);
	m->columns = longer;
	m->ncolumns += p.npii;
	m->on = true;
	return SL_OK;
}

enum sl_code
sl_mask_source(struct sl_mask *m, const struct sl_job *j, const struct sl_config *c,
	       const char *source, const char *table, struct sl_err *err)
{
	enum sl_code code = SL_OK;

	start(m, j->engine, j->arena);
	for (size_t i = 0; i < c->nobjects && code == SL_OK; i++) {
		const struct sl_object_def *o = &c->objects[i], *p;
		const char *from = sl_object_get(o, "source");

		if (o->kind != SL_KIND_SYNC || !from || strcmp(from, source) != 0 ||
		    !same_table(sl_object_get(o, "table"), table, j->arena))
			continue;
		p = whole(c, SL_KIND_PROFILE, sl_object_get(o, "profile"));
		if (p)
			code = add_columns(m, p, err);
	}
	return code;
}

/* ---- marks --------------------------------------------------------------------------------------------- */

struct sl_str
sl_mask_mark(const struct sl_mask *m, struct sl_str value)
{
	const char size = value.len <= 8 ? 'S' : value.len <= 32 ? 'M' : 'L';
	const unsigned id = (unsigned)(sl_digest(m->hash, value.ptr, value.len).hi >> 48);
	const char *mark;

	if (value.len == 0)
		return value;
	mark = sl_arena_printf(m->arena, SL_REDACTED "%c\xc2\xb7%04x", size, id);
	return mark ? sl_str(mark) : SL_LIT(SL_REDACTED);
}

const struct sl_value *
sl_mask_row(const struct sl_mask *m, const struct sl_schema *s, const struct sl_value *row)
{
	struct sl_value *copy = m->on ? SL_NEW(m->arena, struct sl_value, s->ncols + 1) : NULL;

	/* Without memory every cell is NULL rather than in clear. */
	if (m->on && !copy)
		return NULL;
	for (uint32_t i = 0; copy && i < s->ncols; i++) {
		copy[i] = row[i];
		if (row[i].type == SL_T_NULL || !sl_mask_column(m, s->cols[i].name))
			continue;
		const struct sl_str mark =
			sl_mask_mark(m, (struct sl_str){ row[i].ptr, row[i].len });

		copy[i] = (struct sl_value){ mark.ptr, (uint32_t)mark.len, SL_T_TEXT };
	}
	return copy ? copy : row;
}
