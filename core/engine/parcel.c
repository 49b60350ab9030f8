#include "core/engine/parcel.h"

#include "core/base/clock.h"
#include "core/base/crashpoint.h"

#include <stdio.h>
#include <stdlib.h>

struct sl_buried {
	struct sl_buried *next;
	struct sl_dead dead; /* texts point into `text` */
	char text[];
};

struct sl_open_block *
sl_open_block_new(struct sl_block *b)
{
	struct sl_open_block *ob = calloc(1, sizeof(*ob));

	if (ob)
		ob->block = b;
	return ob;
}

static void
buried_free(struct sl_buried *b)
{
	while (b) {
		struct sl_buried *next = b->next;

		free(b);
		b = next;
	}
}

void
sl_open_block_free(struct sl_open_block *ob)
{
	buried_free(ob->buried);
	sl_block_free(ob->block);
	free(ob);
}

static struct sl_str
copy_to(char **at, struct sl_str s)
{
	const struct sl_str out = { *at, s.len };

	if (s.len)
		memcpy(*at, s.ptr, s.len);
	*at += s.len;
	return out;
}

enum sl_code
sl_open_block_bury(struct sl_open_block *ob, const struct sl_run_task *t, const struct sl_death *d,
		   struct sl_err *err)
{
	const struct sl_block *b = ob->block;
	const struct sl_event *ev = &b->events[d->idx];
	const struct sl_str key = { b->keys + ev->koff, ev->klen };
	const struct sl_str body = { b->body + ev->off, ev->len };
	const struct sl_str reason = sl_str(d->reason), detail = sl_str(d->detail);
	struct sl_buried *g = calloc(1, sizeof(*g) + key.len + body.len + reason.len + detail.len);
	char *at;

	if (!g)
		return sl_fail(err, SL_E_NOMEM, "send", "no memory for a dead letter");
	at = g->text;
	g->dead = (struct sl_dead){
		.run_id = b->run_id,
		.block_no = b->no,
		.idx = d->idx,
		.event = *ev,
		.key_text = copy_to(&at, key),
		.body = copy_to(&at, body),
		.status = d->status,
		.tries = d->tries,
		.at_us = sl_wall_us(),
		.dest = t->dest_print,
		.reason = copy_to(&at, reason),
		.detail = copy_to(&at, detail),
	};
	memcpy(g->dead.sync, t->rec.sync, sizeof(g->dead.sync));
	g->next = ob->buried;
	ob->buried = g;
	ob->buried_bytes += (size_t)(at - (char *)g);
	return SL_OK;
}

/* What one flush carries to the writer. */
struct sl_flush {
	struct sl_run_task *task;
	struct sl_block stub; /* run, number and verdicts only */
	struct sl_buried *buried;
	uint8_t verdicts[];
};

static enum sl_code
flush_write(struct sl_store *s, void *arg, struct sl_err *err)
{
	const struct sl_flush *f = arg;
	enum sl_code code = sl_run_may_write(f->task, err);

	if (code == SL_OK)
		code = sl_store_verdicts_put(s, &f->stub, err);
	sl_crashpoint("verdict-commit-before");

	for (const struct sl_buried *b = f->buried; b && code == SL_OK; b = b->next) {
		code = sl_store_dead_put(s, &b->dead, err);
		sl_crashpoint("dead-letter-written");
	}
	return code;
}

static void
flush_done(void *arg, enum sl_code code, const struct sl_err *err)
{
	struct sl_flush *f = arg;

	sl_crashpoint("verdict-commit-after");
	if (code != SL_OK)
		sl_run_write_failed(f->task, err);
	buried_free(f->buried);
	free(f);
}

enum sl_code
sl_open_block_flush(struct sl_open_block *ob, struct sl_run_task *t, struct sl_err *err)
{
	const struct sl_block *b = ob->block;
	struct sl_flush *f = malloc(sizeof(*f) + b->n);
	enum sl_code code;

	if (!f)
		return sl_fail(err, SL_E_NOMEM, "send", "no memory for verdicts");
	memcpy(f->verdicts, b->verdicts, b->n);
	f->task = t;
	f->stub = (struct sl_block){
		.run_id = b->run_id, .no = b->no, .n = b->n, .verdicts = f->verdicts
	};
	f->buried = ob->buried;
	code = sl_writer_push(t->engine->writer, flush_write, flush_done, f,
			      b->n + ob->buried_bytes);
	if (code != SL_OK) {
		free(f);
		return sl_writer_refused(code, err);
	}
	sl_crashpoint("verdicts-queued");
	ob->buried = NULL;
	ob->buried_bytes = 0;
	ob->dirty = false;
	return SL_OK;
}

struct sl_parcel *
sl_parcel_new(uint32_t room)
{
	struct sl_parcel *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->room = room ? room : 1;
	p->attempt = 1;
	p->delivery.owner = p;
	p->delivery.attempt = 1;
	p->delivery.bodies = calloc(p->room, sizeof(*p->delivery.bodies));
	p->delivery.outcomes = calloc(p->room, sizeof(*p->delivery.outcomes));
	p->ref = calloc(p->room, sizeof(*p->ref));
	p->step = calloc(p->room, 1);
	if (!p->delivery.bodies || !p->delivery.outcomes || !p->ref || !p->step) {
		sl_parcel_free(p);
		return NULL;
	}
	return p;
}

void
sl_parcel_free(struct sl_parcel *p)
{
	if (!p)
		return;
	free(p->delivery.bodies);
	free(p->delivery.outcomes);
	free(p->ref);
	free(p->step);
	if (p->search && --p->search->users == 0)
		free(p->search);
	free(p);
}

bool
sl_parcel_fits(const struct sl_parcel *p, const struct sl_dest_limits *l, size_t body_len)
{
	if (p->delivery.n == 0)
		return true;
	return p->delivery.n < p->room &&
	       (l->batch_bytes == 0 || p->bytes + body_len + 1 <= l->batch_bytes);
}

void
sl_parcel_add(struct sl_parcel *p, struct sl_open_block *ob, uint32_t idx)
{
	const struct sl_event *ev = &ob->block->events[idx];
	const uint32_t n = p->delivery.n++;

	p->ref[n] = (struct sl_ref){ .ob = ob, .idx = idx };
	p->delivery.bodies[n] = (struct sl_str){ ob->block->body + ev->off, ev->len };
	p->bytes += ev->len + 1; /* and the comma */
}

void
sl_parcels_push(struct sl_parcels *q, struct sl_parcel *p)
{
	p->next = NULL;
	if (q->first)
		q->last->next = p;
	else
		q->first = p;
	q->last = p;
}

struct sl_parcel *
sl_parcels_pop(struct sl_parcels *q)
{
	struct sl_parcel *p = q->first;

	if (p)
		q->first = p->next;
	return p;
}

/* A parcel for some of the events of p: what is known of these goes with them. */
static struct sl_parcel *
part_of(const struct sl_parcel *p, uint32_t room)
{
	struct sl_parcel *part = sl_parcel_new(room);

	if (!part)
		return NULL;
	part->attempt = p->attempt;
	part->waited = p->waited;
	part->retry = p->retry;
	part->first_us = p->first_us;
	part->not_before_us = p->not_before_us;
	part->search = p->search;
	if (part->search)
		part->search->users++;
	return part;
}

enum sl_code
sl_parcel_pick(const struct sl_parcel *p, enum sl_next_step step, unsigned parts,
	       struct sl_parcel **out, struct sl_err *err)
{
	uint32_t count = 0, share, done = 0;

	for (uint32_t i = 0; i < p->delivery.n; i++)
		count += p->step[i] == step;
	share = (count + parts - 1) / parts;
	for (uint32_t i = 0; i < p->delivery.n; i++) {
		struct sl_parcel **part;

		if (p->step[i] != step)
			continue;
		part = &out[share ? done / share : 0];
		if (!*part)
			*part = part_of(p, share);
		if (!*part) {
			for (unsigned k = 0; k < parts; k++) {
				sl_parcel_free(out[k]);
				out[k] = NULL;
			}
			return sl_fail(err, SL_E_NOMEM, "send", "no memory for a request");
		}
		sl_parcel_add(*part, p->ref[i].ob, p->ref[i].idx);
		done++;
	}
	return SL_OK;
}

enum sl_code
sl_parcels_cut_first(struct sl_parcels *q, struct sl_err *err)
{
	struct sl_parcel *p = q->first, *one = part_of(p, 1), *rest = part_of(p, p->delivery.n - 1);

	if (!one || !rest) {
		sl_parcel_free(one);
		sl_parcel_free(rest);
		return sl_fail(err, SL_E_NOMEM, "send", "no memory for a request");
	}
	sl_parcel_add(one, p->ref[0].ob, p->ref[0].idx);
	for (uint32_t i = 1; i < p->delivery.n; i++)
		sl_parcel_add(rest, p->ref[i].ob, p->ref[i].idx);
	one->next = rest;
	rest->next = p->next;
	q->first = one;
	if (q->last == p)
		q->last = rest;
	sl_parcel_free(p);
	return SL_OK;
}

enum sl_code
sl_parcel_search(struct sl_parcel *p, struct sl_err *err)
{
	if (p->search)
		return SL_OK;
	p->search = calloc(1, sizeof(*p->search));
	if (!p->search)
		return sl_fail(err, SL_E_NOMEM, "send", "no memory for a request");
	p->search->users = 1;
	return SL_OK;
}
