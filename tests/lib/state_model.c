#include "tests/lib/state_model.h"

#include "tests/lib/check.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const names[SMODEL_SYNCS] = { "users", "orders", "carts" };

uint64_t
smodel_below(struct smodel *r, uint64_t n)
{
	return sl_rng_below(&r->rng, n);
}

/* ---- one step of a transaction, in the store and in r->next --------------------------------------- */

static enum sl_code
step_sync(struct smodel *r, unsigned k, bool change)
{
	struct m_sync *m = &r->next.s[k];
	struct sl_sync_state state;
	uint64_t identity = m->identity && !change ? m->identity : m->identity + 1;
	enum sl_code code = sl_store_sync(r->store.s, names[k], (struct sl_digest){ identity, 1 },
					  &state, &r->store.err);

	if (identity != m->identity) {
		memset(m->rows, 0, sizeof m->rows);
		m->dead = 0;
	}
	m->identity = identity;
	return code;
}

/* An event for a row that has none in this run. */
static void
plan_event(struct smodel *r, const struct m_sync *m, uint32_t row, struct m_event *e)
{
	*e = (struct m_event){ .row = row, .verdict = SL_V_PENDING };
	if (m->rows[row].value == 0)
		e->op = SL_OP_ADD;
	else
		e->op = smodel_below(r, 4) == 0 ? SL_OP_REMOVE : SL_OP_UPDATE;
	if (e->op != SL_OP_REMOVE)
		e->value = ++r->next.next_value;
}

static struct sl_block *
block_of(const struct m_sync *m, uint32_t no)
{
	const struct m_run *run = &m->run;
	struct sl_block *b = srig_block(run->id, no, SMODEL_EVENTS);

	for (uint32_t i = 0; i < run->n[no]; i++) {
		const struct m_event *e = &run->e[no][i];

		srig_event(b, (enum sl_op)e->op, e->row, e->value, m->rows[e->row].version);
		b->verdicts[i] = e->verdict;
	}
	return b;
}

static enum sl_code
step_plan(struct smodel *r, unsigned k)
{
	struct m_sync *m = &r->next.s[k];
	struct sl_run run = { .kind = "run", .by = "test", .state = SL_RUN_DELIVERING, .epoch = 1 };
	uint32_t row = (uint32_t)smodel_below(r, SMODEL_ROWS);
	enum sl_code code;

	(void)snprintf(run.sync, sizeof run.sync, "%s", names[k]);
	code = sl_store_run_new(r->store.s, &run, &r->store.err);
	m->run = (struct m_run){ .id = run.id,
				 .nblocks = 1 + (uint32_t)smodel_below(r, SMODEL_BLOCKS) };
	r->next.last_run = run.id;
	for (uint32_t b = 0; b < m->run.nblocks && code == SL_OK; b++) {
		struct sl_block *block;

		m->run.n[b] = 1 + (uint32_t)smodel_below(r, SMODEL_EVENTS);
		for (uint32_t i = 0; i < m->run.n[b]; i++, row = (row + 1) % SMODEL_ROWS)
			plan_event(r, m, row, &m->run.e[b][i]);
		block = block_of(m, b);
		code = sl_store_block_put(r->store.s, names[k], block, &r->store.err);
		sl_block_free(block);
	}
	return code;
}

static enum sl_code
put_dead(struct smodel *r, unsigned k, const struct sl_block *b, uint32_t i)
{
	const struct sl_event *e = &b->events[i];
	struct sl_dead d = { .run_id = b->run_id,
			     .block_no = b->no,
			     .idx = i,
			     .event = *e,
			     .key_text = { b->keys + e->koff, e->klen },
			     .body = { b->body + e->off, e->len },
			     .status = 400,
			     .tries = 1,
			     .at_us = 1000,
			     .reason = SL_LIT("refused"),
			     .detail = SL_LIT("no") };

	(void)snprintf(d.sync, sizeof d.sync, "%s", names[k]);
	r->next.s[k].dead++;
	return sl_store_dead_put(r->store.s, &d, &r->store.err);
}

/* Verdicts for some events of a block: rows move with those that are acknowledged. */
static enum sl_code
step_verdicts(struct smodel *r, unsigned k)
{
	struct m_sync *m = &r->next.s[k];
	const uint32_t no = (uint32_t)smodel_below(r, m->run.nblocks);
	struct sl_block *b = block_of(m, no);
	enum sl_code code = SL_OK;

	for (uint32_t i = 0; i < b->n && code == SL_OK; i++) {
		struct m_event *e = &m->run.e[no][i];

		if (e->verdict != SL_V_PENDING || smodel_below(r, 4) == 0)
			continue;
		e->verdict = smodel_below(r, 8) == 0 ? SL_V_DEAD : SL_V_ACKED;
		b->verdicts[i] = e->verdict;
		if (e->verdict == SL_V_DEAD)
			code = put_dead(r, k, b, i);
		else
			m->rows[e->row] = (struct m_row){ e->value, m->rows[e->row].version + 1 };
	}
	if (code == SL_OK)
		code = sl_store_verdicts_put(r->store.s, b, &r->store.err);
	sl_block_free(b);
	return code;
}

static enum sl_code
step_end(struct smodel *r, unsigned k)
{
	struct m_sync *m = &r->next.s[k];
	struct m_over over = { .id = m->run.id, .state = SL_RUN_SETTLED };
	struct sl_run run;
	enum sl_code code = sl_store_run_get(r->store.s, m->run.id, &run, &r->store.err);

	for (uint32_t b = 0; b < m->run.nblocks; b++)
		for (uint32_t i = 0; i < m->run.n[b]; i++) {
			const uint8_t v = m->run.e[b][i].verdict;

			over.planned++;
			over.acked += v == SL_V_ACKED;
			over.dead += v == SL_V_DEAD;
			over.cancelled += v == SL_V_PENDING;
		}
	if (over.cancelled > 0)
		over.state = SL_RUN_CANCELLED;
	if (code == SL_OK)
		code = sl_store_run_end(r->store.s, &run, over.state,
					over.cancelled ? SL_V_CANCELLED : SL_V_PENDING,
					smodel_below(r, 3) ? 0 : -1, &r->store.err);
	m->run = (struct m_run){ 0 };
	r->next.over[r->next.nover++] = over;
	return code;
}

static enum sl_code
step(struct smodel *r)
{
	const unsigned k = (unsigned)smodel_below(r, SMODEL_SYNCS);
	const struct m_sync *m = &r->next.s[k];

	if (!m->identity || (!m->run.id && smodel_below(r, 60) == 0))
		return step_sync(r, k, true);
	if (!m->run.id)
		return step_plan(r, k);
	return smodel_below(r, 4) ? step_verdicts(r, k) : step_end(r, k);
}

/* A transaction of some steps. SL_OK: r->now has moved. */
enum sl_code
smodel_transaction(struct smodel *r)
{
	unsigned steps = 1 + (unsigned)smodel_below(r, 3);
	enum sl_code code = sl_store_begin(r->store.s, &r->store.err);

	r->next = r->now;
	while (code == SL_OK && steps-- > 0)
		code = step(r);
	if (code != SL_OK) { /* before the commit: it cannot be there */
		sl_store_rollback(r->store.s);
		return code;
	}
	code = sl_store_commit(r->store.s, &r->store.err);
	r->unsure = code != SL_OK;
	if (code == SL_OK)
		r->now = r->next;
	return code;
}

/* ---- is the state a model? -------------------------------------------------------------------------- */

static bool
same_rows(struct smodel *r, const struct m_sync *m, const char *name)
{
	struct sl_snap *snap;
	size_t n;
	bool same = true;

	srig_ok(srig_snapshot(r->store.s, name, &snap, &n, &r->store.err));
	for (uint32_t row = 0; row < SMODEL_ROWS; row++) {
		const struct sl_snap *e = srig_find(snap, n, row);
		const struct sl_digest want = srig_value(m->rows[row].value);

		same = same && (e ? sl_digest_eq(e->row, want) && e->version == m->rows[row].version
				  : m->rows[row].version == 0);
	}
	free(snap);
	return same && n <= SMODEL_ROWS;
}

static bool
same_block(struct smodel *r, const struct m_sync *m, uint32_t no)
{
	struct sl_block *want = block_of(m, no), *b;
	bool same;

	if (sl_store_block_get(r->store.s, m->run.id, no, &b, &r->store.err) != SL_OK) {
		sl_block_free(want);
		return false;
	}
	same = b->n == want->n && b->body_len == want->body_len &&
	       memcmp(b->verdicts, want->verdicts, b->n) == 0 &&
	       memcmp(b->body, want->body, b->body_len) == 0;
	sl_block_free(b);
	sl_block_free(want);
	return same;
}

static bool
same_sync(struct smodel *r, const struct m_sync *m, const char *name)
{
	struct sl_sync_state state;
	uint64_t dead = 0;
	const enum sl_code code = sl_store_sync_get(r->store.s, name, &state, &r->store.err);

	if (!m->identity)
		return code == SL_E_NOTFOUND;
	if (code != SL_OK || state.identity.hi != m->identity || !same_rows(r, m, name))
		return false;
	srig_ok(sl_store_dead_count(r->store.s, name, &dead, &r->store.err));
	for (uint32_t b = 0; b < m->run.nblocks; b++)
		if (!same_block(r, m, b))
			return false;
	return dead == m->dead;
}

static bool
same_over(struct smodel *r, const struct m_over *o)
{
	struct sl_run run;

	return sl_store_run_get(r->store.s, o->id, &run, &r->store.err) == SL_OK &&
	       run.state == o->state && run.acked == o->acked && run.dead == o->dead &&
	       run.cancelled == o->cancelled && run.adds + run.updates + run.removes == o->planned;
}

static bool
is_model(struct smodel *r, const struct m_state *m)
{
	struct sl_run newest;
	uint32_t n = 0;

	srig_ok(sl_store_runs(r->store.s, NULL, 0, 1, &newest, &n, &r->store.err));
	if ((n ? newest.id : 0) != m->last_run)
		return false;
	for (unsigned k = 0; k < SMODEL_SYNCS; k++)
		if (!same_sync(r, &m->s[k], names[k]))
			return false;
	/* Those of long ago were looked at before. */
	for (uint32_t i = m->nover > 12 ? m->nover - 12 : 0; i < m->nover; i++)
		if (!same_over(r, &m->over[i]))
			return false;
	return true;
}

void
smodel_nothing_aside(const struct smodel *r)
{
	DIR *d = opendir(r->store.dir);
	const struct dirent *e;

	assert_non_null(d);
	while ((e = readdir(d)))
		assert_null(strstr(e->d_name, "damaged"));
	(void)closedir(d);
}

/* The open state is sound and is one of the two. */
void
smodel_check(struct smodel *r)
{
	smodel_nothing_aside(r);
	assert_string_equal(sl_store_notice(r->store.s)->text, "");
	if (sl_store_verify(r->store.s, &r->store.err) != SL_OK)
		fail_msg("%s", r->store.err.msg);
	if (is_model(r, &r->now))
		return;
	if (!r->unsure || !is_model(r, &r->next))
		fail_msg("the state is neither that of the last commit nor of the one under way");
	r->now = r->next;
}

void
smodel_begin(struct smodel *r, uint64_t seed)
{
	*r = (struct smodel){ .rng = { seed } };
	srig_make(&r->store);
}
