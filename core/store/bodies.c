/* bodies.c - what the destination holds of a row: the body of its newest acknowledged event, found
 * in one pass over the log from its end. */
#include "core/store/block.h"

#include <stdlib.h>

struct seek {
	struct sl_want want;
	struct sl_arena *arena;
	struct sl_str *bodies;
	struct sl_block *block; /* of the present row, once it is needed; owned */
	bool erased;            /* the body of the present row is gone */
};

/* The key's newest acknowledged event is event at of the present row. */
static enum sl_code
take(struct sl_store *s, const struct sl_q *q, struct seek *k, uint32_t at, size_t i,
     struct sl_err *err)
{
	const struct sl_event *e;
	enum sl_code code;
	char *copy;

	sl_want_found(&k->want, i);
	if (k->erased)
		return SL_OK;
	if (!k->block) {
		code = sl_block_row(s, q, &k->block, err);
		k->erased = code == SL_E_NOTFOUND;
		if (code != SL_OK)
			return k->erased ? SL_OK : code;
	}
	e = &k->block->events[at];
	if (e->op == SL_OP_REMOVE) /* the destination holds nothing */
		return SL_OK;
	copy = sl_arena_strndup(k->arena, k->block->body + e->off, e->len);
	if (!copy)
		return sl_fail(err, SL_E_NOMEM, "log", "reading old events: out of memory");
	k->bodies[i] = (struct sl_str){ copy, e->len };
	return SL_OK;
}

static enum sl_code
search_row(struct sl_store *s, const struct sl_q *q, struct seek *k, struct sl_err *err)
{
	uint32_t n = 0;
	const uint8_t *digests = sl_block_digests(s, q, &n, err);
	uint8_t *verdicts = digests ? sl_block_verdicts(s, q, n, err) : NULL;
	enum sl_code code = SL_OK;

	if (!verdicts)
		return err->code;
	for (uint32_t at = n; code == SL_OK && at-- > 0 && k->want.left > 0;) {
		size_t i;

		if (verdicts[at] != SL_V_ACKED)
			continue;
		i = sl_want_find(&k->want, sl_get_digest(digests + (size_t)at * 16));
		if (i != SIZE_MAX)
			code = take(s, q, k, at, i, err);
	}
	free(verdicts);
	sl_block_free(k->block);
	k->block = NULL;
	k->erased = false;
	return code;
}

static enum sl_code
search(struct sl_store *s, const char *sync, int64_t before_run, struct seek *k, struct sl_err *err)
{
	struct sl_fold fold;
	struct sl_q q;
	enum sl_code code = sl_fold_get(s, sync, &fold, err);

	if (code != SL_OK)
		return code == SL_E_NOTFOUND ? SL_OK : code;
	sl_q_start(&q, s->db,
		   "SELECT " SL_BLOCK_COLUMNS
		   " FROM block b CROSS JOIN ack a ON a.run=b.run AND a.no=b.no"
		   " WHERE b.sync=? AND b.run>=? AND b.run<? ORDER BY b.run DESC, b.no DESC",
		   err);
	sl_q_text(&q, sync);
	sl_q_int(&q, fold.epoch_run);
	sl_q_int(&q, before_run > 0 ? before_run : INT64_MAX);
	while (k->want.left > 0 && sl_q_row(&q)) {
		code = search_row(s, &q, k, err);
		if (code != SL_OK)
			sl_q_stop(&q, code);
	}
	return sl_q_end(&q);
}

enum sl_code
// NOLINTNEXTLINE(readability-function-size): as the header has it
sl_store_last_bodies(struct sl_store *s, const char *sync, const struct sl_digest *keys, size_t n,
		     int64_t before_run, struct sl_arena *a, struct sl_str *bodies,
		     struct sl_err *err)
{
	struct seek k = { .arena = a, .bodies = bodies };
	bool own = false;
	enum sl_code code;

	for (size_t i = 0; i < n; i++)
		bodies[i] = SL_LIT("");
	code = sl_want_init(&k.want, keys, n, err);
	if (code != SL_OK)
		return code;
	code = sl_store_read_begin(s, &own, err);
	if (code == SL_OK)
		code = search(s, sync, before_run, &k, err);
	sl_store_read_end(s, own);
	sl_want_free(&k.want);
	for (size_t i = 1; code == SL_OK && i < n; i++)
		if (sl_digest_eq(keys[i], keys[i - 1]))
			bodies[i] = bodies[i - 1];
	return code;
}

enum sl_code
// NOLINTNEXTLINE(readability-function-size): as the header has it
sl_store_last_body(struct sl_store *s, const char *sync, struct sl_digest key, int64_t before_run,
		   struct sl_arena *a, struct sl_str *body, struct sl_err *err)
{
	enum sl_code code = sl_store_last_bodies(s, sync, &key, 1, before_run, a, body, err);

	if (code == SL_OK && body->len == 0)
		code = sl_fail(err, SL_E_NOTFOUND, sl_db_path(s->db),
			       "the log of %s keeps no acknowledged event of this row", sync);
	return code;
}
