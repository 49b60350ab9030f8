/* req_preview.c - the exact events that the first rows would become, made by the code that makes those of
 * a run. A row that cannot be sent is a row of the answer that says why. */
#include "core/engine/block.h"
#include "core/engine/draft.h"
#include "core/engine/mask.h"
#include "core/engine/past.h"
#include "core/engine/problem_table.h"
#include "core/engine/row_json.h"
#include "core/engine/with_source.h"

#include <stdio.h>
#include <stdlib.h>

#define COLUMNS    "op key check problem bytes:int body:json row:json id old:json request change"
#define USUAL_ROWS 20
#define MOST_ROWS  500

enum level { LEVEL_OK, LEVEL_WARN, LEVEL_ERROR };

struct preview_row {
	struct sl_str key_text, body, row, old, problem; /* in the arena */
	struct sl_digest key;
	enum level level;
	enum sl_op op;
	bool same;
	char id[40];
};

struct preview {
	struct sl_job *job;
	const struct sl_config *config;
	const struct sl_drafted *draft;
	struct sl_prep prep;
	struct sl_past past;
	struct sl_diff_spec spec;
	struct sl_block_maker maker;
	struct sl_mask mask;
	struct sl_buf target;     /* where events would go */
	struct sl_str no_target;  /* why that is not known */
	struct preview_row *rows; /* of the arena */
	uint32_t n, limit;
	/* What was acknowledged of the rows of the present batch, sorted; of the arena, `limit` of each. */
	struct sl_digest *keys;
	struct sl_snap *held;
	size_t nheld;
};

static enum sl_code
no_memory(struct sl_err *err)
{
	return sl_fail(err, SL_E_NOMEM, "", "no memory for the preview");
}

static struct sl_str
keep(struct preview *p, const char *s, size_t n)
{
	const char *copy = n ? sl_arena_strndup(p->job->arena, s, n) : NULL;

	return (struct sl_str){ copy, copy ? n : 0 };
}

static void
say(struct preview *p, struct preview_row *r, enum level level, const char *text)
{
	r->level = level;
	r->problem = keep(p, text, strlen(text));
}

/* ---- one row --------------------------------------------------------------------------------------- */

/* What the diff of a run would say of the row. */
static void
judge(struct preview *p, const struct sl_value *row, struct preview_row *r, struct sl_change *c)
{
	const struct sl_diff_spec *s = &p->spec;
	const struct sl_snap *old;

	*c = (struct sl_change){ .key = sl_key_digest(s, row), .digest = sl_row_digest(s, row) };
	old = sl_snap_find(p->held, p->nheld, c->key);
	old = old && old->version > 0 ? old : NULL;
	c->version = sl_next_version(s, c->key, c->digest, old ? old->version : 0);
	c->op = sl_snap_is_there(old) ? SL_OP_UPDATE : SL_OP_ADD;
	r->key = c->key;
	r->op = c->op;
	r->same = sl_diff_is_same(s, old, c->digest);
	if (!r->same && sl_diff_is_dead(s, c->key, c->digest, c->version))
		say(p, r, LEVEL_WARN,
		    "given up on before: left alone until the row changes or it is retried");
	for (uint32_t i = 0; i < s->nkey; i++)
		if (row[s->key[i]].type == SL_T_NULL)
			say(p, r, LEVEL_ERROR, "the key is NULL: the run would stop here");
	for (uint32_t i = 0; i < p->n; i++)
		if (sl_digest_eq(p->rows[i].key, c->key))
			say(p, r, LEVEL_ERROR, "the same key came before: the run would stop here");
}

static void
take_event(struct preview *p, struct preview_row *r, const struct sl_made *m)
{
	const struct sl_block *b = m->block;
	const struct sl_event *ev = &b->events[0];

	if (b->n == 0) {
		if (r->level == LEVEL_OK)
			say(p, r, LEVEL_WARN,
			    p->prep.sync.mode == SL_MODE_INSERT && r->op == SL_OP_UPDATE
				    ? "the mode insert sends new rows only"
				    : "the mapping skips this row");
		return;
	}
	r->key_text = keep(p, b->keys + ev->koff, ev->klen);
	r->body = keep(p, b->body + ev->off, ev->len);
	sl_event_id_text(sl_event_id(&p->maker.seed, ev->op, ev->key, ev->version, ev->row), r->id);
	if (m->ndead > 0)
		say(p, r, LEVEL_ERROR, m->dead[0].reason);
}

static enum sl_code
add_row(struct preview *p, const struct sl_batch *b, uint32_t i, struct sl_err *err)
{
	const struct sl_value *row = b->cells + (size_t)i * b->schema->ncols;
	struct preview_row *r = &p->rows[p->n];
	struct sl_made made = { 0 };
	struct sl_change change;
	enum sl_code code;

	*r = (struct preview_row){ 0 };
	judge(p, row, r, &change);
	change.row = i;
	const struct sl_value *shown = sl_mask_row(&p->mask, b->schema, row);
	if (!shown)
		return no_memory(err);
	r->row = sl_row_json(p->job->arena, b->schema, shown);
	code = sl_made_render(&p->maker, b, &change, 1, &made, err);
	if (code == SL_OK)
		take_event(p, r, &made);
	sl_made_free(&made);
	if (r->level == LEVEL_OK && p->no_target.len > 0) {
		r->level = LEVEL_WARN;
		r->problem = p->no_target;
	}
	p->n++;
	return code;
}

static enum sl_code
look_up(struct preview *p, const struct sl_batch *b, struct sl_err *err)
{
	uint32_t n = b->nrows < p->limit - p->n ? b->nrows : p->limit - p->n;

	for (uint32_t i = 0; i < n; i++)
		p->keys[i] = sl_key_digest(&p->spec, b->cells + (size_t)i * b->schema->ncols);
	sl_digest_sort(p->keys, n);
	p->nheld = n;
	return sl_past_entries(&p->past, p->prep.sync.name, p->keys, n, p->held, err);
}

static enum sl_code
read_rows(struct preview *p, const struct sl_source_handle *h, struct sl_err *err)
{
	struct sl_batch *b;
	enum sl_code code;

	while ((code = h->driver->next(h->ctx, &b, err)) == SL_OK) {
		code = look_up(p, b, err);
		for (uint32_t i = 0; i < b->nrows && p->n < p->limit && code == SL_OK; i++)
			code = add_row(p, b, i, err);
		sl_batch_free(b);
		if (code != SL_OK)
			return code;
	}
	return code == SL_DONE ? SL_OK : code;
}

/* ---- what the destination holds ------------------------------------------------------------------------ */

static int
by_key(const void *a, const void *b)
{
	const struct preview_row *x = *(struct preview_row *const *)a;
	const struct preview_row *y = *(struct preview_row *const *)b;

	return sl_digest_cmp(x->key, y->key);
}

static enum sl_code
find_old(struct preview *p, struct sl_err *err)
{
	struct sl_arena *a = p->job->arena;
	struct preview_row **sorted = SL_NEW(a, struct preview_row *, p->n + 1);
	struct sl_digest *keys = SL_NEW(a, struct sl_digest, p->n + 1);
	struct sl_str *old = SL_NEW(a, struct sl_str, p->n + 1);
	enum sl_code code;

	if (!sorted || !keys || !old)
		return no_memory(err);
	if (!p->past.known || p->n == 0)
		return SL_OK;
	for (uint32_t i = 0; i < p->n; i++)
		sorted[i] = &p->rows[i];
	qsort(sorted, p->n, sizeof(struct preview_row *), by_key);
	for (uint32_t i = 0; i < p->n; i++)
		keys[i] = sorted[i]->key;
	code = sl_store_last_bodies(p->past.reader, p->prep.sync.name, keys, p->n, 0, a, old, err);
	for (uint32_t i = 0; i < p->n && code == SL_OK; i++)
		sorted[i]->old = old[i];
	return code;
}

/* ---- the answer ------------------------------------------------------------------------------------ */

static struct sl_table *
answer(const struct preview *p)
{
	static const char *const levels[] = { "ok", "warn", "error" };
	struct sl_table *t = sl_table_new(COLUMNS);

	for (uint32_t i = 0; t && i < p->n; i++) {
		const struct preview_row *r = &p->rows[i];

		sl_table_row(t);
		sl_cell_text(t, sl_op_name(r->op));
		sl_cell_given(t, sl_mask_key(&p->mask, r->key_text));
		sl_cell_text(t, levels[r->level]);
		sl_cell_given(t, r->problem);
		sl_cell_int(t, (int64_t)r->body.len);
		sl_cell_given(t, sl_mask_body(&p->mask, r->body));
		sl_cell_given(t, r->row);
		sl_cell_given(t, sl_str(r->id));
		sl_cell_given(t, sl_mask_body(&p->mask, r->old));
		sl_cell_given(t, sl_buf_view(&p->target));
		sl_cell_text(t, r->same ? "same" : sl_op_name(r->op));
	}
	return t;
}

/* ---- the whole --------------------------------------------------------------------------------------- */

/* A destination that cannot be opened now is no reason to show no events. */
static void
open_destination(struct preview *p)
{
	struct sl_dest_handle d;
	struct sl_err why;
	char text[800], whole[900];

	sl_buf_init(&p->target, 0);
	if (sl_dest_connect(p->job->engine, p->config, p->prep.sync.destination, &d, &why) ==
	    SL_OK) {
		p->maker.max_event_bytes = d.limits.event_bytes;
		d.driver->target(d.ctx, &p->target);
	} else {
		(void)snprintf(whole, sizeof(whole), "the destination cannot be opened now: %s",
			       sl_err_text(&why, text, sizeof(text)));
		p->no_target = keep(p, whole, strlen(whole));
	}
	sl_dest_disconnect(&d);
}

static enum sl_code
prepare(struct preview *p, const struct sl_source_handle *h, struct sl_err *err)
{
	struct sl_engine *e = p->job->engine;
	enum sl_code code = sl_prep_draft(&p->prep, &p->draft->sync, &p->draft->profile, err);

	if (code == SL_OK && !p->job->unmasked)
		code = sl_mask_objects(&p->mask, e, &p->draft->sync, &p->draft->profile,
				       p->job->arena, err);

	if (code == SL_OK)
		code = sl_prep_describe(&p->prep, h, err);
	if (code == SL_OK)
		code = sl_prep_issue(&p->prep, err);
	if (code == SL_OK)
		code = sl_prep_scan(&p->prep, h, p->limit, err);
	if (code == SL_OK)
		code = sl_dest_print(p->config, p->prep.sync.destination, &e->hash, &p->prep.dest,
				     err);
	if (code == SL_OK)
		code = sl_past_load(&p->past, e, &p->prep, SL_PAST_FEW, err);
	if (code != SL_OK)
		return code;
	sl_prep_diff(&p->prep, &e->hash, &p->spec);
	sl_past_spec(&p->past, &p->spec);
	sl_maker_init(&p->maker, e, &p->prep, p->past.epoch);
	open_destination(p);
	p->rows = SL_NEW(p->job->arena, struct preview_row, p->limit);
	p->keys = SL_NEW(p->job->arena, struct sl_digest, p->limit);
	p->held = SL_NEW(p->job->arena, struct sl_snap, p->limit);
	return p->rows && p->keys && p->held ? SL_OK : no_memory(err);
}

static enum sl_code
preview_source(struct sl_job *j, const struct sl_source_handle *h, void *arg, struct sl_err *err)
{
	const struct preview *given = arg;
	struct preview p = {
		.job = j, .config = given->config, .draft = given->draft, .limit = given->limit
	};
	struct sl_table *t = NULL;
	enum sl_code code = prepare(&p, h, err);

	if (code == SL_OK)
		code = read_rows(&p, h, err);
	h->driver->end(h->ctx);
	if (code == SL_OK)
		code = find_old(&p, err);
	if (code == SL_OK)
		t = answer(&p);
	sl_buf_free(&p.target);
	sl_maker_free(&p.maker);
	sl_past_free(&p.past);
	sl_prep_free(&p.prep);
	return code == SL_OK ? sl_job_done(j, t, err) : code;
}

static enum sl_code
preview_draft(struct sl_job *j, const struct sl_config *c, struct sl_err *err)
{
	const struct sl_draft_args *a = j->args;
	struct sl_problem_def *problems;
	struct sl_drafted draft;
	struct preview p = { .draft = &draft,
			     .limit = a->limit == 0          ? USUAL_ROWS
				      : a->limit < MOST_ROWS ? a->limit
							     : MOST_ROWS };
	size_t n;
	enum sl_code code = sl_draft_make(j, c, &draft, err);

	if (code == SL_OK)
		code = sl_draft_check(j, &draft, &problems, &n, err);
	if (code == SL_OK && n > 0)
		code = sl_problem_error(&problems[0], err);
	if (code != SL_OK)
		return code;
	p.config = draft.config;
	return sl_with_source(j, c, sl_object_get(&draft.sync, "source"), preview_source, &p, err);
}

static enum sl_code
preview_job(struct sl_job *j, struct sl_err *err)
{
	struct sl_config *c = NULL;
	enum sl_code code = sl_engine_config(j->engine, &c, err);

	if (code == SL_OK)
		code = preview_draft(j, c, err);
	sl_config_free(c);
	return code;
}

sl_ticket
sl_preview(struct sl_engine *e, const struct sl_draft *d, unsigned limit)
{
	struct sl_job *j = sl_draft_job(e, preview_job, d);

	if (j)
		((struct sl_draft_args *)j->args)->limit = limit;
	return sl_job_submit(j);
}
