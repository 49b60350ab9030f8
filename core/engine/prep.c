#include "core/engine/prep.h"

#include <stdio.h>

void
sl_prep_free(struct sl_prep *p)
{
	sl_mapper_free(p->mapper);
	sl_mapper_free(p->described);
	sl_arena_free(p->arena);
	*p = (struct sl_prep){ 0 };
}

static enum sl_code
no_memory(struct sl_err *err)
{
	return sl_fail(err, SL_E_NOMEM, "", "no memory to prepare the sync");
}

enum sl_code
sl_prep_draft(struct sl_prep *p, const struct sl_object_def *sync,
	      const struct sl_object_def *profile, struct sl_err *err)
{
	enum sl_code code;

	*p = (struct sl_prep){ .arena = sl_arena_new(16384, 0) };
	if (!p->arena)
		return no_memory(err);
	code = sl_sync_read(sync, p->arena, &p->sync, err);
	if (code == SL_OK)
		code = sl_profile_read(profile, p->arena, &p->profile, err);
	if (code == SL_OK && p->sync.sql)
		p->model.sql = sl_str(p->sync.sql);
	else if (code == SL_OK)
		code = sl_table_split(p->sync.table, p->arena, &p->model.schema, &p->model.table,
				      err);
	return code;
}

enum sl_code
sl_prep_load(struct sl_prep *p, const struct sl_config *c, const char *sync, struct sl_err *err)
{
	const struct sl_object_def *s, *f;
	const char *profile;
	enum sl_code code;

	*p = (struct sl_prep){ 0 };
	code = sl_engine_object(c, SL_KIND_SYNC, sync, &s, err);
	if (code != SL_OK)
		return code;
	profile = sl_object_get(s, "profile");
	code = sl_engine_object(c, SL_KIND_PROFILE, profile ? profile : "", &f, err);
	if (code != SL_OK)
		return code;
	return sl_prep_draft(p, s, f, err);
}

static enum sl_code
compile(struct sl_prep *p, const struct sl_schema *schema, struct sl_mapper **out,
	struct sl_err *err)
{
	const struct sl_map_spec spec = {
		.profile = &p->profile,
		.schema = schema,
		.key = p->sync.key,
		.nkey = p->sync.nkey,
		.mode = p->sync.mode,
		.arena = p->arena,
	};

	return sl_mapper_new(&spec, out, &p->issues, &p->nissues, err);
}

static enum sl_code
want_columns(struct sl_prep *p, struct sl_err *err)
{
	if (sl_map_columns(&p->profile, p->sync.key, p->sync.nkey, p->arena, &p->wanted,
			   &p->nwanted) != SL_OK)
		return no_memory(err);
	return SL_OK;
}

/* A tag that names no column protects nothing. */
static enum sl_code
check_tags(struct sl_prep *p, struct sl_err *err)
{
	struct sl_map_issue *all =
		SL_NEW(p->arena, struct sl_map_issue, p->nissues + p->profile.npii + 1);

	if (!all)
		return no_memory(err);
	for (size_t i = 0; i < p->nissues; i++)
		all[i] = p->issues[i];
	for (size_t i = 0; i < p->profile.npii; i++) {
		const char *told;

		if (sl_schema_find(&p->all, sl_str(p->profile.pii[i])) >= 0)
			continue;
		told = sl_arena_printf(p->arena, "pii tags \"%s\", and there is no such column",
				       p->profile.pii[i]);
		if (!told)
			return no_memory(err);
		all[p->nissues++] = (struct sl_map_issue){
			.to = "", .problem = told, .mend = "write the name as the source has it"
		};
	}
	p->issues = all;
	return SL_OK;
}

enum sl_code
sl_prep_describe(struct sl_prep *p, const struct sl_source_handle *h, struct sl_err *err)
{
	enum sl_code code = h->driver->describe(h->ctx, p->arena, &p->model, &p->all, err);

	if (code != SL_OK)
		return code;
	for (size_t i = 0; i < p->sync.nkey; i++) {
		if (sl_schema_find(&p->all, sl_str(p->sync.key[i])) >= 0)
			continue;
		(void)sl_fail(err, SL_E_CONFIG, p->sync.file ? p->sync.file : "sync",
			      "key: the source has no column \"%s\"", p->sync.key[i]);
		return sl_err_hint(err, "name columns of the table or query that identify a row");
	}
	code = sl_prep_cursor(p, h, err);
	if (code == SL_OK)
		code = want_columns(p, err);
	if (code == SL_OK)
		code = compile(p, &p->all, &p->described, err);
	return code == SL_OK ? check_tags(p, err) : code;
}

enum sl_code
sl_prep_issue(const struct sl_prep *p, struct sl_err *err)
{
	for (size_t i = 0; i < p->nissues; i++) {
		const struct sl_map_issue *is = &p->issues[i];
		char where[128];

		if (!is->error)
			continue;
		char line[16] = "";

		if (is->line > 0)
			(void)snprintf(line, sizeof(line), ":%d", is->line);
		(void)snprintf(where, sizeof(where), "%s%s%s%s",
			       p->profile.file ? p->profile.file : "profile", line,
			       *is->to ? ": map." : "", is->to);
		(void)sl_fail(err, SL_E_CONFIG, where, "%s", is->problem);
		return is->mend && *is->mend ? sl_err_hint(err, "%s", is->mend) : SL_E_CONFIG;
	}
	return SL_OK;
}

enum sl_code
sl_prep_scan(struct sl_prep *p, const struct sl_source_handle *h, uint64_t limit,
	     struct sl_err *err)
{
	struct sl_scan scan = {
		.model = p->model, .limit = limit, .from = p->from, .part = p->part
	};
	enum sl_code code = want_columns(p, err);

	if (code != SL_OK)
		return code;
	scan.columns = p->wanted;
	scan.ncolumns = p->nwanted;
	code = h->driver->begin(h->ctx, p->arena, &scan, &p->columns, err);
	if (code == SL_OK)
		code = compile(p, &p->columns, &p->mapper, err);
	if (code == SL_OK)
		code = sl_prep_issue(p, err);
	return code;
}

enum sl_code
sl_prep_part(const struct sl_prep *p, const struct sl_source_handle *h, struct sl_arena *a,
	     const struct sl_part *part, struct sl_err *err)
{
	const struct sl_scan scan = {
		.model = p->model, .columns = p->wanted, .ncolumns = p->nwanted, .part = *part
	};
	struct sl_schema s;
	enum sl_code code = h->driver->begin(h->ctx, a, &scan, &s, err);
	bool same = code == SL_OK && s.ncols == p->columns.ncols;

	/* The mapping was compiled for the columns of the first scan. */
	for (uint32_t i = 0; same && i < s.ncols; i++)
		same = sl_str_eq(s.cols[i].name, p->columns.cols[i].name) &&
		       s.cols[i].type == p->columns.cols[i].type;
	if (code == SL_OK && !same)
		code = sl_fail(err, SL_E_PROTO, "plan", "the columns changed during the read");
	return code;
}

const struct sl_str *
sl_prep_key(const struct sl_prep *p)
{
	struct sl_str *key = SL_NEW(p->arena, struct sl_str, p->sync.nkey);

	for (size_t i = 0; key && i < p->sync.nkey; i++)
		key[i] = sl_str(p->sync.key[i]);
	return key;
}

void
sl_prep_diff(const struct sl_prep *p, const struct sl_digest_key *hash, struct sl_diff_spec *spec)
{
	*spec = (struct sl_diff_spec){
		.hash = *hash,
		.fingerprint = sl_mapper_fingerprint(p->mapper, hash),
		.full = p->sync.detect == SL_DETECT_FULL,
	};
	spec->key = sl_mapper_key(p->mapper, &spec->nkey);
	spec->used = sl_mapper_used(p->mapper, &spec->nused);
}

enum sl_code
sl_sync_identity(const struct sl_sync *s, const struct sl_digest_key *hash, struct sl_digest *out,
		 struct sl_err *err)
{
	struct sl_buf b;
	enum sl_code code = SL_OK;

	sl_buf_init(&b, 0);
	sl_buf_printf(&b, "%s", s->destination);
	for (size_t i = 0; i < s->nkey; i++) {
		sl_buf_putc(&b, '\0');
		sl_buf_puts(&b, s->key[i]);
	}
	if (b.failed)
		code = no_memory(err);
	*out = sl_digest(hash, b.ptr, b.len);
	sl_buf_free(&b);
	return code;
}

const char *
sl_prep_action(const struct sl_prep *p, enum sl_op op)
{
	if (op == SL_OP_REMOVE)
		return "delete";
	if (p->sync.mode == SL_MODE_UPDATE ||
	    (op == SL_OP_UPDATE && p->sync.mode != SL_MODE_APPEND))
		return "update";
	return "insert";
}
