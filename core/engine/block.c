#include "core/engine/block.h"

#include "core/base/clock.h"
#include "core/store/pack.h"

#include <stdio.h>
#include <stdlib.h>

#define EVENT_BYTES 512        /* until a block was made */
#define BODY_FIRST  (4u << 20) /* most room that is made before it is needed */

void
sl_maker_init(struct sl_block_maker *m, const struct sl_engine *e, const struct sl_prep *p,
	      uint32_t epoch)
{
	*m = (struct sl_block_maker){ .prep = p };
	pthread_mutex_init(&m->lock, NULL);
	m->seed.key = e->hash;
	m->seed.epoch = epoch;
	(void)snprintf(m->seed.sync, sizeof(m->seed.sync), "%s", p->sync.name);
	(void)snprintf(m->seed.destination, sizeof(m->seed.destination), "%s", p->sync.destination);
	/* Not the run's own number: a change that is planned again after a crash must have the same
	 * bytes as before. */
	(void)snprintf(m->epoch_text, sizeof(m->epoch_text), "e%u", epoch);
	(void)snprintf(m->job_text, sizeof(m->job_text), "%s/%s", e->workspace_id, p->sync.name);
	m->head = (struct sl_event_head){
		.sync = p->sync.name,
		.run = m->epoch_text,
		.task = p->sync.table ? p->sync.table : "sql",
		.job = m->job_text,
	};
}

enum sl_code
sl_maker_limits(struct sl_block_maker *m, const struct sl_engine *e, const struct sl_config *c,
		struct sl_err *err)
{
	struct sl_dest_handle d;
	enum sl_code code = sl_dest_connect(e, c, m->prep->sync.destination, &d, err);

	m->max_event_bytes = d.limits.event_bytes;
	sl_dest_disconnect(&d);
	return code;
}

static void
free_tools(struct sl_tools *t)
{
	sl_map_scratch_free(t->map);
	sl_zip_free(t->zip);
}

void
sl_maker_free(struct sl_block_maker *m)
{
	if (!m->prep)
		return;
	for (unsigned i = 0; i < m->ntools; i++)
		free_tools(&m->tools[i]);
	pthread_mutex_destroy(&m->lock);
	*m = (struct sl_block_maker){ 0 };
}

/* false: no memory; they are given back all the same. */
static bool
take_tools(struct sl_block_maker *m, struct sl_tools *t)
{
	*t = (struct sl_tools){ 0 };
	pthread_mutex_lock(&m->lock);
	if (m->ntools > 0)
		*t = m->tools[--m->ntools];
	pthread_mutex_unlock(&m->lock);
	if (!t->map)
		t->map = sl_map_scratch_new();
	if (!t->zip)
		t->zip = sl_zip_new();
	return t->map && t->zip;
}

static void
give_tools(struct sl_block_maker *m, struct sl_tools *t)
{
	pthread_mutex_lock(&m->lock);
	if (m->ntools < SL_COUNT(m->tools)) {
		m->tools[m->ntools++] = *t;
		*t = (struct sl_tools){ 0 };
	}
	pthread_mutex_unlock(&m->lock);
	free_tools(t);
}

void
sl_made_free(struct sl_made *m)
{
	sl_block_free(m->block);
	sl_packed_free(&m->pack);
	free(m->dead);
	free(m->replaced);
	*m = (struct sl_made){ 0 };
}

/* A block under construction. */
struct sl_making {
	struct sl_block_maker *mk;
	struct sl_tools tools;
	struct sl_made *out;
	struct sl_buf body, keys;
	struct sl_err *err;
};

static enum sl_code
no_memory(struct sl_err *err)
{
	return sl_fail(err, SL_E_NOMEM, "plan", "no memory for a block of events");
}

/* So that the body need not move while it grows. */
static size_t
first_room(const struct sl_block_maker *mk, uint32_t events)
{
	const size_t each = mk->event_bytes;
	const size_t all = events * (each ? each : EVENT_BYTES);

	return all < BODY_FIRST ? all : BODY_FIRST;
}

/* What was too much is given back. */
static void
fit_body(struct sl_block *b, const struct sl_buf *body)
{
	b->body = body->ptr;
	b->body_len = body->len;
	if (body->cap - body->len > body->cap / 4) {
		char *fit = realloc(b->body, body->len + 1);

		b->body = fit ? fit : b->body;
	}
}

static enum sl_code
making_begin(struct sl_making *g, uint32_t room)
{
	const bool has_tools = take_tools(g->mk, &g->tools);
	struct sl_block *b;

	sl_buf_init(&g->body, 0);
	sl_buf_init(&g->keys, 0);
	*g->out = (struct sl_made){ .block = calloc(1, sizeof(*b)), .dest = g->mk->prep->dest };
	b = g->out->block;
	if (b) {
		b->events = malloc((room ? room : 1) * sizeof(*b->events));
		b->verdicts = calloc(room ? room : 1, 1);
	}
	g->out->replaced = calloc(room ? room : 1, sizeof(*g->out->replaced));
	if (!b || !b->events || !b->verdicts || !g->out->replaced || !has_tools ||
	    !sl_buf_reserve(&g->body, first_room(g->mk, room)))
		return no_memory(g->err);
	return SL_OK;
}

static enum sl_code
making_end(struct sl_making *g, enum sl_code code)
{
	struct sl_block *b = g->out->block;

	give_tools(g->mk, &g->tools);
	if (code == SL_OK && (g->body.failed || g->keys.failed))
		code = no_memory(g->err);
	if (code != SL_OK) {
		sl_buf_free(&g->body);
		sl_buf_free(&g->keys);
		sl_made_free(g->out);
		return code;
	}
	fit_body(b, &g->body);
	b->keys = g->keys.ptr;
	b->keys_len = g->keys.len;
	if (b->n > 0)
		g->mk->event_bytes = b->body_len / b->n * 9 / 8;
	return SL_OK;
}

static enum sl_code
add_stillborn(struct sl_making *g, uint32_t idx)
{
	struct sl_made *m = g->out;
	struct sl_stillborn *d = realloc(m->dead, (m->ndead + 1) * sizeof(*d));

	if (!d)
		return no_memory(g->err);
	m->dead = d;
	d[m->ndead].idx = idx;
	(void)snprintf(d[m->ndead].reason, sizeof(d[m->ndead].reason), "%s", g->err->msg);
	m->ndead++;
	m->block->verdicts[idx] = SL_V_DEAD;
	return SL_OK;
}

/* One event. SL_OK also where the row was skipped or cannot be sent: that is in the counts. */
static enum sl_code
make_event(struct sl_making *g, const struct sl_change *c, const struct sl_value *row)
{
	const struct sl_prep *p = g->mk->prep;
	struct sl_event_head head = g->mk->head;
	struct sl_block *b = g->out->block;
	struct sl_event *ev = &b->events[b->n];
	enum sl_code code;

	head.op = c->op;
	head.max_bytes = g->mk->max_event_bytes;
	head.action = sl_prep_action(p, c->op);
	head.id = sl_event_id(&g->mk->seed, c->op, c->key, c->version, c->digest);
	*ev = (struct sl_event){ .key = c->key,
				 .row = c->digest,
				 .version = c->version,
				 .off = (uint32_t)g->body.len,
				 .koff = (uint32_t)g->keys.len,
				 .op = (uint8_t)c->op };
	code = sl_map_render(p->mapper, g->tools.map, row, &head, &g->body, g->err);
	if (code == SL_DONE) {
		g->out->skipped++;
		return SL_OK;
	}
	if (code != SL_OK && code != SL_E_DATA)
		return code;
	ev->len = (uint32_t)(g->body.len - ev->off);
	sl_map_key_json(p->mapper, row, &g->keys);
	ev->klen = (uint32_t)(g->keys.len - ev->koff);
	g->out->adds += c->op == SL_OP_ADD;
	g->out->updates += c->op == SL_OP_UPDATE;
	g->out->removes += c->op == SL_OP_REMOVE;
	if (c->replaces_dead)
		g->out->replaced[g->out->nreplaced++] = c->key;
	b->n++;
	return code == SL_E_DATA ? add_stillborn(g, b->n - 1) : SL_OK;
}

enum sl_code
sl_made_render(struct sl_block_maker *mk, const struct sl_batch *b, const struct sl_change *changes,
	       uint32_t n, struct sl_made *out, struct sl_err *err)
{
	struct sl_making g = { .mk = mk, .out = out, .err = err };
	enum sl_code code = making_begin(&g, n);

	for (uint32_t i = 0; i < n && code == SL_OK; i++) {
		if (changes[i].op == SL_OP_UPDATE && mk->prep->sync.mode == SL_MODE_INSERT) {
			out->skipped++;
			continue;
		}
		code = make_event(&g, &changes[i],
				  b->cells + (size_t)changes[i].row * b->schema->ncols);
	}
	code = making_end(&g, code);
	if (code == SL_OK)
		out->block->rows_read = b->nrows;
	return code;
}

enum sl_code
sl_made_removes(struct sl_block_maker *mk, const struct sl_gone *gone, const struct sl_str *texts,
		size_t n, struct sl_made *out, struct sl_err *err)
{
	struct sl_making g = { .mk = mk, .out = out, .err = err };
	struct sl_arena *a = sl_arena_new(65536, 0);
	struct sl_value *row = a ? SL_NEW(a, struct sl_value, mk->prep->columns.ncols) : NULL;
	enum sl_code code = making_begin(&g, (uint32_t)n);

	if (!row && code == SL_OK)
		code = no_memory(err);
	for (size_t i = 0; i < n && code == SL_OK; i++) {
		const struct sl_change c = { .op = SL_OP_REMOVE,
					     .key = gone[i].key,
					     .version = gone[i].version,
					     .replaces_dead = true };

		code = texts[i].len == 0
			       ? sl_fail(err, SL_E_CORRUPT, "state",
					 "a remove has lost its key in the snapshot")
			       : sl_map_key_parse(mk->prep->mapper, texts[i], a, row, err);
		if (code == SL_OK)
			code = make_event(&g, &c, row);
	}
	sl_arena_free(a);
	return making_end(&g, code);
}

enum sl_code
sl_made_pack(struct sl_block_maker *mk, struct sl_made *m, struct sl_err *err)
{
	struct sl_tools tools;
	enum sl_code code = SL_E_NOMEM;

	if (take_tools(mk, &tools))
		code = sl_block_pack(tools.zip, m->block, &m->pack, err);
	else
		(void)no_memory(err);
	give_tools(mk, &tools);
	m->packed = code == SL_OK;
	return code;
}

static void *
grow(void *p, size_t used, size_t more, size_t size)
{
	return realloc(p, (used + more ? used + more : 1) * size);
}

static bool
join_arrays(struct sl_made *dst, const struct sl_made *src)
{
	struct sl_block *d = dst->block;
	const struct sl_block *s = src->block;
	void *p;

#define GROW(field, used, more)                                                                    \
	do {                                                                                       \
		p = grow(field, used, more, sizeof(*(field)));                                     \
		if (!p)                                                                            \
			return false;                                                              \
		(field) = p;                                                                       \
	} while (0)
	GROW(d->events, d->n, s->n);
	GROW(d->verdicts, d->n, s->n);
	GROW(d->body, d->body_len, s->body_len);
	GROW(d->keys, d->keys_len, s->keys_len);
	GROW(dst->dead, dst->ndead, src->ndead);
	GROW(dst->replaced, dst->nreplaced, src->nreplaced);
#undef GROW
	return true;
}

enum sl_code
sl_made_join(struct sl_made *dst, struct sl_made *src, struct sl_err *err)
{
	struct sl_block *d, *s = src->block;

	if (!dst->block) {
		*dst = *src;
		*src = (struct sl_made){ 0 };
		return SL_OK;
	}
	if (!join_arrays(dst, src))
		return no_memory(err);
	d = dst->block;
	for (uint32_t i = 0; i < s->n; i++) {
		d->events[d->n + i] = s->events[i];
		d->events[d->n + i].off += (uint32_t)d->body_len;
		d->events[d->n + i].koff += (uint32_t)d->keys_len;
		d->verdicts[d->n + i] = s->verdicts[i];
	}
	if (s->body_len)
		memcpy(d->body + d->body_len, s->body, s->body_len);
	if (s->keys_len)
		memcpy(d->keys + d->keys_len, s->keys, s->keys_len);
	for (uint32_t i = 0; i < src->ndead; i++) {
		dst->dead[dst->ndead + i] = src->dead[i];
		dst->dead[dst->ndead + i].idx += d->n;
	}
	for (uint32_t i = 0; i < src->nreplaced; i++)
		dst->replaced[dst->nreplaced + i] = src->replaced[i];
	d->body_len += s->body_len;
	d->keys_len += s->keys_len;
	d->rows_read += s->rows_read;
	d->n += s->n;
	dst->ndead += src->ndead;
	dst->nreplaced += src->nreplaced;
	dst->adds += src->adds;
	dst->updates += src->updates;
	dst->removes += src->removes;
	sl_made_free(src);
	return SL_OK;
}

enum sl_code
sl_made_write(struct sl_store *s, const struct sl_made *m, const char *sync, int64_t run,
	      struct sl_err *err)
{
	const struct sl_block *b = m->block;
	enum sl_code code = sl_store_block_put_packed(s, sync, b, &m->pack, err);
	char why[64];

	if (code == SL_OK && m->nreplaced > 0) {
		sl_digest_sort(m->replaced, m->nreplaced);
		(void)snprintf(why, sizeof(why), "planned anew in run %lld", (long long)run);
		code = sl_store_dead_replaced(s, sync, m->replaced, m->nreplaced, why, err);
	}
	for (uint32_t i = 0; i < m->ndead && code == SL_OK; i++) {
		const struct sl_event *ev = &b->events[m->dead[i].idx];
		struct sl_dead d = { .run_id = run,
				     .block_no = b->no,
				     .idx = m->dead[i].idx,
				     .event = *ev,
				     .key_text = { b->keys + ev->koff, ev->klen },
				     .at_us = sl_wall_us(),
				     .dest = m->dest,
				     .reason = sl_str(m->dead[i].reason) };

		(void)snprintf(d.sync, sizeof(d.sync), "%s", sync);
		code = sl_store_dead_put(s, &d, err);
	}
	return code;
}

void
sl_made_sample(const struct sl_made *m, uint32_t i, const struct sl_block_maker *mk,
	       struct sl_table *t)
{
	const struct sl_block *b = m->block;
	const struct sl_event *ev = &b->events[i];
	const char *reason = NULL;
	char id[40];

	for (uint32_t k = 0; k < m->ndead; k++)
		if (m->dead[k].idx == i)
			reason = m->dead[k].reason;
	sl_event_id_text(sl_event_id(&mk->seed, ev->op, ev->key, ev->version, ev->row), id);
	sl_table_row(t);
	sl_cell_int(t, sl_table_rows(t) - 1);
	sl_cell_text(t, sl_op_name(ev->op));
	sl_cell_str(t, (struct sl_str){ b->keys + ev->koff, ev->klen });
	sl_cell_text(t, sl_verdict_name(b->verdicts[i]));
	sl_cell_null(t);
	sl_cell_null(t);
	sl_cell_int(t, ev->len);
	sl_cell_str(t, (struct sl_str){ b->body + ev->off, ev->len });
	sl_cell_null(t);
	sl_cell_text(t, id);
	sl_cell_text(t, reason);
}
