/* fence.c - a number that every opening for writing raises and every transaction looks at. The lock keeps
 * a second process out; where it does not (somebody removed the lock file, or put a copy of the state in
 * place), the second one's number stops the first before its next write. */
#include "core/store/state.h"

#include "core/base/crashpoint.h"

static enum sl_code
read_fence(struct sl_store *s, uint64_t *out, struct sl_err *err)
{
	struct sl_q q;

	*out = 0;
	sl_q_start(&q, s->db, "SELECT v FROM meta WHERE k='fence'", err);
	if (sl_q_row(&q)) {
		struct sl_str v = sl_q_col(&q, 0);

		if (v.len == sizeof *out)
			memcpy(out, v.ptr, sizeof *out);
		else
			sl_q_stop(&q, sl_db_damaged(s->db, err, "its fence is not whole"));
	}
	return sl_q_end(&q);
}

static enum sl_code
write_fence(struct sl_store *s, struct sl_err *err)
{
	struct sl_q q;
	enum sl_code code = read_fence(s, &s->fence, err);

	if (code != SL_OK)
		return code;
	s->fence++;
	sl_q_start(&q, s->db, "INSERT OR REPLACE INTO meta(k, v) VALUES('fence', ?)", err);
	sl_q_blob(&q, &s->fence, sizeof s->fence);
	return sl_q_run(&q);
}

enum sl_code
sl_fence_raise(struct sl_store *s, struct sl_err *err)
{
	enum sl_code code = sl_db_exec(s->db, "BEGIN IMMEDIATE", err);

	if (code == SL_OK)
		code = write_fence(s, err);
	sl_crashpoint("fence-before");
	if (code == SL_OK)
		code = sl_db_exec(s->db, "COMMIT", err);
	sl_crashpoint("fence-after");
	sl_db_rollback(s->db);
	return code;
}

static enum sl_code
taken_over(const struct sl_store *s, struct sl_err *err)
{
	(void)sl_fail(
		err, SL_E_LOCKED, sl_db_path(s->db),
		"another process has taken this state over: its lock was removed, or its file "
		"replaced");
	return sl_err_hint(err,
			   "nothing more is sent or written by this one; leave state.lock alone");
}

static void
give_up(struct sl_store *s)
{
	s->lost = true;
	sl_db_abandon(s->db);
}

enum sl_code
sl_fence_stands(struct sl_store *s, struct sl_err *err)
{
	enum sl_code code;

	if (s->lost)
		return taken_over(s, err);
	code = sl_db_in_place(s->db, err);
	if (code != SL_OK)
		give_up(s);
	return code;
}

enum sl_code
sl_fence_check(struct sl_store *s, struct sl_err *err)
{
	uint64_t now;
	enum sl_code code = read_fence(s, &now, err);

	if (code != SL_OK || now == s->fence)
		return code;
	give_up(s);
	return taken_over(s, err);
}
