/* audit.c - what an operator did, appended and never changed; each line is hashed onto the one before. */
#include "core/store/state.h"

#include "core/base/clock.h"

#define HASH 32 /* bytes of SHA-256 */

static void
put_text(struct sl_buf *b, struct sl_str s)
{
	sl_buf_put(b, s.ptr, s.len);
	sl_buf_putc(b, '\0');
}

static enum sl_code
hash_line(const uint8_t before[HASH], const struct sl_audit_line *l, uint8_t out[HASH],
	  struct sl_err *err)
{
	struct sl_buf b;
	bool ok;

	sl_buf_init(&b, 0);
	sl_buf_put(&b, before, HASH);
	sl_buf_printf(&b, "%lld", (long long)l->id);
	sl_buf_putc(&b, '\0');
	sl_buf_printf(&b, "%lld", (long long)l->at_us);
	sl_buf_putc(&b, '\0');
	put_text(&b, l->who);
	put_text(&b, l->action);
	put_text(&b, l->object);
	put_text(&b, l->detail);
	ok = !b.failed && sl_sha256(b.ptr, b.len, out);
	sl_buf_free(&b);
	return ok ? SL_OK : sl_fail(err, SL_E_NOMEM, "audit", "no memory for a line of the audit");
}

/* ---- the last hash, kept apart -------------------------------------------------------------------- */

/* Zeros, and *have false, while nothing was hashed yet. */
static enum sl_code
head_get(struct sl_store *s, uint8_t out[HASH], bool *have, struct sl_err *err)
{
	struct sl_q q;

	memset(out, 0, HASH);
	*have = false;
	sl_q_start(&q, s->db, "SELECT v FROM meta WHERE k='audit_head'", err);
	if (sl_q_row(&q)) {
		const struct sl_str v = sl_q_col(&q, 0);

		*have = true;
		if (v.len == HASH)
			memcpy(out, v.ptr, HASH);
	}
	return sl_q_end(&q);
}

static enum sl_code
head_put(struct sl_store *s, const uint8_t hash[HASH], struct sl_err *err)
{
	struct sl_q q;

	sl_q_start(&q, s->db, "INSERT OR REPLACE INTO meta(k, v) VALUES('audit_head', ?)", err);
	sl_q_blob(&q, hash, HASH);
	return sl_q_run(&q);
}

/* ---- writing ---------------------------------------------------------------------------------------- */

static enum sl_code
insert(struct sl_store *s, struct sl_audit_line *l, struct sl_err *err)
{
	struct sl_q q;
	enum sl_code code;

	sl_q_start(&q, s->db,
		   "INSERT INTO audit(at_us, who, action, object, detail) VALUES(?, ?, ?, ?, ?)",
		   err);
	sl_q_int(&q, l->at_us);
	sl_q_str(&q, l->who);
	sl_q_str(&q, l->action);
	sl_q_str(&q, l->object);
	sl_q_str(&q, l->detail);
	code = sl_q_run(&q);
	l->id = sl_db_last_id(s->db);
	return code;
}

enum sl_code
sl_store_audit(struct sl_store *s, const char *who, const char *action, const char *object,
	       const char *detail, struct sl_err *err)
{
	struct sl_audit_line l = { .at_us = sl_wall_us(),
				   .who = sl_str(who ? who : ""),
				   .action = sl_str(action ? action : ""),
				   .object = sl_str(object ? object : ""),
				   .detail = sl_str(detail ? detail : "") };
	uint8_t before[HASH], hash[HASH];
	struct sl_q q;
	bool have;
	enum sl_code code = sl_store_writing(s, err);

	if (code == SL_OK)
		code = head_get(s, before, &have, err);
	if (code == SL_OK)
		code = insert(s, &l, err);
	if (code == SL_OK)
		code = hash_line(before, &l, hash, err);
	if (code != SL_OK)
		return code;
	sl_q_start(&q, s->db, "UPDATE audit SET hash=? WHERE id=?", err);
	sl_q_blob(&q, hash, HASH);
	sl_q_int(&q, l.id);
	code = sl_q_run(&q);
	return code == SL_OK ? head_put(s, hash, err) : code;
}

/* ---- reading and checking ---------------------------------------------------------------------------- */

struct walk {
	uint8_t before[HASH]; /* hash of the line before */
	bool chained;         /* one with a hash came already */
};

static enum sl_code
check_line(struct walk *w, const struct sl_q *q, struct sl_audit_line *l, struct sl_err *err)
{
	const struct sl_str stored = sl_q_col(q, 6);
	uint8_t hash[HASH];
	enum sl_code code;

	l->hash[0] = '\0';
	l->chain = w->chained ? SL_CHAIN_BROKEN : SL_CHAIN_OLD;
	if (sl_q_col_null(q, 6))
		return SL_OK;
	l->chain = SL_CHAIN_BROKEN;
	w->chained = true;
	if (stored.len != HASH)
		return SL_OK;
	code = hash_line(w->before, l, hash, err);
	if (code == SL_OK && memcmp(hash, stored.ptr, HASH) == 0)
		l->chain = SL_CHAIN_OK;
	memcpy(w->before, stored.ptr, HASH);
	sl_hex(w->before, HASH, l->hash);
	return code;
}

static void
count(struct sl_audit_sum *sum, const struct sl_audit_line *l)
{
	sum->lines++;
	sum->old += l->chain == SL_CHAIN_OLD;
	if (l->chain != SL_CHAIN_BROKEN)
		return;
	sum->broken++;
	if (sum->first_broken == 0)
		sum->first_broken = l->id;
}

static enum sl_code
read_lines(struct sl_store *s, sl_audit_fn *fn, void *arg, struct sl_audit_sum *sum, struct walk *w,
	   struct sl_err *err)
{
	struct sl_q q;

	sl_q_start(&q, s->db,
		   "SELECT id, at_us, who, action, object, detail, hash FROM audit ORDER BY id",
		   err);
	while (sl_q_row(&q)) {
		struct sl_audit_line l = { .id = sl_q_col_int(&q, 0),
					   .at_us = sl_q_col_int(&q, 1),
					   .who = sl_q_col(&q, 2),
					   .action = sl_q_col(&q, 3),
					   .object = sl_q_col(&q, 4),
					   .detail = sl_q_col(&q, 5) };
		enum sl_code code = check_line(w, &q, &l, err);

		count(sum, &l);
		if (code == SL_OK && fn)
			code = fn(arg, &l, err);
		if (code != SL_OK)
			sl_q_stop(&q, code);
	}
	return sl_q_end(&q);
}

enum sl_code
sl_store_audit_read(struct sl_store *s, sl_audit_fn *fn, void *arg, struct sl_audit_sum *sum,
		    struct sl_err *err)
{
	uint8_t head[HASH];
	struct walk w = { 0 };
	bool own, have;
	enum sl_code code = sl_store_read_begin(s, &own, err);

	*sum = (struct sl_audit_sum){ 0 };
	if (code != SL_OK)
		return code;
	code = read_lines(s, fn, arg, sum, &w, err);
	if (code == SL_OK)
		code = head_get(s, head, &have, err);
	if (code == SL_OK)
		sum->cut = have != w.chained || memcmp(head, w.before, HASH) != 0;
	sl_store_read_end(s, own);
	return code;
}
