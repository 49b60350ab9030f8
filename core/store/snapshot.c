/* snapshot.c - the snapshot of a sync for the diff, and the key texts of its entries for removes. */
#include "core/store/block.h"
#include "core/store/merge.h"
#include "core/store/part.h"

#include <stdlib.h>

/* ---- entries -------------------------------------------------------------------------------- */

struct load {
	sl_snap_fn *fn;
	void *arg;
};

static enum sl_code
load_entry(void *arg, const struct sl_snap *e, struct sl_str text, struct sl_err *err)
{
	const struct load *l = arg;

	(void)text;
	return l->fn(l->arg, e, err);
}

enum sl_code
sl_store_snapshot(struct sl_store *s, const char *sync, sl_snap_fn *fn, void *arg,
		  struct sl_err *err)
{
	struct load l = { fn, arg };
	struct sl_merge_spec m = {
		.sync = sync, .to = SL_MARK_END, .entry = load_entry, .arg = &l
	};
	bool own = false;
	enum sl_code code = sl_store_read_begin(s, &own, err);

	if (code == SL_OK)
		code = sl_fold_get(s, sync, &m.fold, err);
	if (code == SL_OK)
		code = sl_merge(s, &m, err);
	sl_store_read_end(s, own);
	if (own) /* the whole was read, and will not be again soon */
		sl_db_forget(s->db);
	/* never ran: nothing was acknowledged */
	return code == SL_E_NOTFOUND ? SL_OK : code;
}

enum sl_code
sl_store_snapshot_size(struct sl_store *s, const char *sync, uint64_t *n, struct sl_err *err)
{
	struct sl_unfolded u = { 0 };
	struct sl_fold fold;
	bool own = false;
	enum sl_code code = sl_store_read_begin(s, &own, err);

	*n = 0;
	if (code == SL_OK)
		code = sl_fold_get(s, sync, &fold, err);
	if (code == SL_OK)
		code = sl_parts_count(s, sync, fold.gen, n, err);
	if (code == SL_OK)
		code = sl_unfolded(s, sync, fold.mark, &u, err);
	sl_store_read_end(s, own);
	*n += u.acked;
	return code == SL_E_NOTFOUND ? SL_OK : code;
}

/* ---- key texts ------------------------------------------------------------------------------ */

struct texts {
	struct sl_store *s;
	const char *sync;
	struct sl_fold fold;
	struct sl_want want;
	struct sl_arena *arena;
	struct sl_str *out;
};

static enum sl_code
keep_text(struct texts *t, size_t i, const void *p, size_t len, struct sl_err *err)
{
	char *copy;

	if (len == 0)
		return SL_OK;
	copy = sl_arena_strndup(t->arena, p, len);
	if (!copy)
		return sl_fail(err, SL_E_NOMEM, "snapshot", "reading keys: out of memory");
	t->out[i] = (struct sl_str){ copy, len };
	sl_want_found(&t->want, i);
	return SL_OK;
}

/* The wanted keys from *i on that lie in this part. Both are sorted. */
static enum sl_code
texts_of_part(const struct sl_part *p, struct texts *t, size_t *i, struct sl_err *err)
{
	size_t at = (size_t)p->n * 4;
	enum sl_code code = SL_OK;

	for (uint32_t e = 0; code == SL_OK && e < p->n && *i < t->want.n; e++) {
		const struct sl_digest key = p->entries[e].key;
		uint32_t len = sl_get32(p->texts + (size_t)e * 4);

		while (*i < t->want.n && sl_digest_cmp(t->want.keys[*i], key) < 0)
			(*i)++;
		if (*i < t->want.n && sl_digest_eq(t->want.keys[*i], key) && !t->want.found[*i])
			code = keep_text(t, *i, p->texts + at, len, err);
		at += len;
	}
	return code;
}

/* The first key of the part after the one that key is in; false when that is the last. */
static enum sl_code
next_first(const struct texts *t, struct sl_digest key, bool *any, struct sl_digest *first,
	   struct sl_err *err)
{
	struct sl_q q;

	*any = false;
	sl_q_start(
		&q, t->s->db,
		"SELECT first FROM part WHERE sync=? AND gen=? AND first>? ORDER BY first LIMIT 1",
		err);
	sl_q_text(&q, t->sync);
	sl_q_int(&q, t->fold.gen);
	sl_q_digest(&q, key);
	if (sl_q_row(&q)) {
		*any = true;
		*first = sl_q_col_digest(&q, 0);
	}
	return sl_q_end(&q);
}

static enum sl_code
texts_at(struct texts *t, size_t *i, struct sl_err *err)
{
	struct sl_part part = { 0 };
	struct sl_q q;
	enum sl_code code;

	sl_q_start(&q, t->s->db,
		   "SELECT " SL_PART_COLUMNS " FROM part WHERE sync=? AND gen=? AND first<=?"
		   " ORDER BY first DESC LIMIT 1",
		   err);
	sl_q_text(&q, t->sync);
	sl_q_int(&q, t->fold.gen);
	sl_q_digest(&q, t->want.keys[*i]);
	if (sl_q_row(&q)) {
		code = sl_part_row(t->s, &q, true, &part, err);
		if (code == SL_OK)
			code = texts_of_part(&part, t, i, err);
		if (code != SL_OK)
			sl_q_stop(&q, code);
		sl_part_free(&part);
	}
	return sl_q_end(&q);
}

static enum sl_code
texts_of_parts(struct texts *t, struct sl_err *err)
{
	enum sl_code code = SL_OK;
	struct sl_digest next;
	bool any = true;
	size_t i = 0;

	while (code == SL_OK && any && i < t->want.n) {
		struct sl_digest key = t->want.keys[i];

		code = texts_at(t, &i, err);
		if (code == SL_OK)
			code = next_first(t, key, &any, &next, err);
		/* what lies between the parts may be in a block */
		while (code == SL_OK && any && i < t->want.n &&
		       sl_digest_cmp(t->want.keys[i], next) < 0)
			i++;
	}
	return code;
}

static enum sl_code
texts_of_block(struct texts *t, const struct sl_q *q, struct sl_err *err)
{
	struct sl_store *s = t->s;
	uint32_t n = 0, kend = 0, koff, klen;
	const uint8_t *digests = sl_block_digests(s, q, &n, err);
	void *meta = NULL, *keys = NULL;
	int64_t len = sl_q_col_int(q, 5);
	bool any = false;
	enum sl_code code;

	if (!digests)
		return err->code;
	for (uint32_t e = 0; !any && e < n; e++)
		any = sl_want_find(&t->want, sl_get_digest(digests + (size_t)e * 16)) != SIZE_MAX;
	if (!any)
		return SL_OK;
	code = sl_zip_unpack_new(s->zip, sl_q_col(q, 6), (size_t)n * SL_META, &meta);
	if (code == SL_OK)
		code = sl_zip_unpack_new(s->zip, sl_q_col(q, 8), (size_t)len, &keys);
	if (code != SL_OK)
		code = code == SL_E_NOMEM
			       ? sl_fail(err, code, "snapshot", "reading keys: out of memory")
			       : sl_db_damaged(s->db, err, "the keys of a block");
	for (uint32_t e = 0; code == SL_OK && e < n; e++) {
		size_t i = sl_want_find(&t->want, sl_get_digest(digests + (size_t)e * 16));

		sl_meta_key(meta, n, e, &kend, &koff, &klen);
		if (i != SIZE_MAX && (int64_t)koff + klen <= len)
			code = keep_text(t, i, (const char *)keys + koff, klen, err);
	}
	free(meta);
	free(keys);
	return code;
}

/* Blocks that are not folded, and those with events in doubt: their rows are in no snapshot. */
static enum sl_code
texts_of_blocks(struct texts *t, struct sl_err *err)
{
	struct sl_q q;
	enum sl_code code;

	sl_q_start(&q, t->s->db,
		   "SELECT " SL_BLOCK_COLUMNS
		   " FROM block b CROSS JOIN ack a ON a.run=b.run AND a.no=b.no"
		   " WHERE b.sync=? AND b.run>=? AND ((b.run, b.no)>=(?, ?) OR a.doubt>0)"
		   " ORDER BY b.run, b.no",
		   err);
	sl_q_text(&q, t->sync);
	sl_q_int(&q, t->fold.epoch_run);
	sl_q_int(&q, t->fold.mark.run);
	sl_q_int(&q, t->fold.mark.no);
	while (t->want.left > 0 && sl_q_row(&q)) {
		code = texts_of_block(t, &q, err);
		if (code != SL_OK)
			sl_q_stop(&q, code);
	}
	return sl_q_end(&q);
}

enum sl_code
// NOLINTNEXTLINE(readability-function-size): as the header has it
sl_store_keys(struct sl_store *s, const char *sync, const struct sl_digest *keys, size_t n,
	      struct sl_arena *a, struct sl_str *texts, struct sl_err *err)
{
	struct texts t = { .s = s, .sync = sync, .arena = a, .out = texts };
	bool own = false;
	enum sl_code code;

	for (size_t i = 0; i < n; i++)
		texts[i] = SL_LIT("");
	code = sl_want_init(&t.want, keys, n, err);
	if (code != SL_OK)
		return code;
	code = sl_store_read_begin(s, &own, err);
	if (code == SL_OK)
		code = sl_fold_get(s, sync, &t.fold, err);
	if (code == SL_OK)
		code = texts_of_parts(&t, err);
	if (code == SL_OK)
		code = texts_of_blocks(&t, err);
	sl_store_read_end(s, own);
	sl_want_free(&t.want);
	for (size_t i = 1; code == SL_OK && i < n; i++)
		if (sl_digest_eq(keys[i], keys[i - 1]))
			texts[i] = texts[i - 1];
	return code == SL_E_NOTFOUND ? SL_OK : code;
}
