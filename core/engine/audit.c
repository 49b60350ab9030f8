/* audit.c - what operators did: written by requests, read back with its chain checked; and the permission
 * to see tagged values, which is given by a line of the audit. */
#include "core/engine/job.h"

#include <stdlib.h>

#define USUAL_LINES 1000
#define MOST_LINES  100000

/* ---- writing ----------------------------------------------------------------------------------------- */

struct line_write {
	const char *who, *action, *object, *detail;
};

static enum sl_code
write_line(struct sl_store *s, void *arg, struct sl_err *err)
{
	const struct line_write *w = arg;

	return sl_store_audit(s, w->who, w->action, w->object, w->detail, err);
}

enum sl_code
sl_engine_audit(const struct sl_engine *e, const char *action, const char *object,
		const char *detail, struct sl_err *err)
{
	struct line_write w = { e->who, action, object, detail };
	enum sl_code code = sl_engine_may_write(e, err);

	return code == SL_OK ? sl_writer_call(e->writer, write_line, &w, err) : code;
}

static enum sl_code
unmask_job(struct sl_job *j, struct sl_err *err)
{
	const char *const *what = j->args;
	struct sl_engine *e = j->engine;
	enum sl_code code = sl_engine_audit(e, "unmask", *what ? *what : "", "", err);

	if (code == SL_E_LOCKED)
		(void)sl_err_hint(err, "tagged values are shown only where the audit can be "
				       "written: not beside another sluice, nor with --read-only");
	if (code != SL_OK)
		return code;
	pthread_mutex_lock(&e->lock);
	e->may_unmask = true;
	pthread_mutex_unlock(&e->lock);
	return SL_OK;
}

sl_ticket
sl_unmask(struct sl_engine *e, const char *what)
{
	struct sl_job *j = sl_job_new(e, unmask_job, sizeof(const char *));

	if (!j)
		return 0;
	*(const char **)j->args = sl_job_str(j, what);
	j->order = true;
	return sl_job_submit(j);
}

void
sl_unmasked(struct sl_engine *e, bool on)
{
	pthread_mutex_lock(&e->lock);
	__atomic_store_n(&e->unmasked, on && e->may_unmask, __ATOMIC_RELAXED);
	if (!on)
		e->may_unmask = false;
	pthread_mutex_unlock(&e->lock);
}

/* ---- reading ----------------------------------------------------------------------------------------- */

struct audit_args {
	int64_t before;
	unsigned limit;
};

/* The newest lines below `before`, in a ring. */
struct audit_ring {
	const struct audit_args *a;
	struct sl_arena *arena;
	struct sl_audit_line *lines; /* of the arena */
	unsigned room, n, at;
};

static struct sl_str
keep(struct sl_arena *a, struct sl_str s)
{
	return (struct sl_str){ sl_arena_strndup(a, s.ptr, s.len), s.len };
}

static enum sl_code
keep_line(void *arg, const struct sl_audit_line *l, struct sl_err *err)
{
	struct audit_ring *r = arg;
	struct sl_audit_line *to = &r->lines[r->at];

	if (r->a->before > 0 && l->id >= r->a->before)
		return SL_OK;
	*to = *l;
	to->who = keep(r->arena, l->who);
	to->action = keep(r->arena, l->action);
	to->object = keep(r->arena, l->object);
	to->detail = keep(r->arena, l->detail);
	if (!to->who.ptr || !to->action.ptr || !to->object.ptr || !to->detail.ptr)
		return sl_fail(err, SL_E_NOMEM, "audit", "no memory for the audit");
	r->at = (r->at + 1) % r->room;
	r->n += r->n < r->room;
	return SL_OK;
}

static void
line_row(struct sl_table *t, const struct sl_audit_line *l)
{
	static const char *const chains[] = {
		[SL_CHAIN_OK] = "ok", [SL_CHAIN_BROKEN] = "broken", [SL_CHAIN_OLD] = "old"
	};

	sl_table_row(t);
	sl_cell_int(t, l->id);
	sl_cell_time(t, l->at_us);
	sl_cell_str(t, l->who);
	sl_cell_str(t, l->action);
	sl_cell_str(t, l->object);
	sl_cell_str(t, l->detail);
	sl_cell_given(t, sl_str(l->hash));
	sl_cell_text(t, chains[l->chain]);
}

static enum sl_code
read_ring(struct sl_job *j, struct audit_ring *r, struct sl_audit_sum *sum, struct sl_err *err)
{
	struct sl_store *s = NULL;
	enum sl_code code = sl_engine_reader(j->engine, &s, err);

	if (code == SL_OK)
		code = sl_store_audit_read(s, keep_line, r, sum, err);
	sl_store_close(s);
	return code == SL_E_NOTFOUND ? SL_OK : code; /* nothing was ever done */
}

static enum sl_code
audit_job(struct sl_job *j, struct sl_err *err)
{
	struct audit_ring r = { .a = j->args, .arena = j->arena };
	struct sl_audit_sum sum = { 0 };
	struct sl_table *t;
	enum sl_code code;

	r.room = r.a->limit == 0 ? USUAL_LINES : r.a->limit < MOST_LINES ? r.a->limit : MOST_LINES;
	r.lines = SL_NEW(j->arena, struct sl_audit_line, r.room);
	if (!r.lines)
		return sl_fail(err, SL_E_NOMEM, "audit", "no memory for the audit");
	code = read_ring(j, &r, &sum, err);
	if (code != SL_OK)
		return code;
	t = sl_table_new("id:int at:time who action object detail hash chain");
	if (t && sum.cut && r.a->before == 0)
		line_row(t, &(struct sl_audit_line){
				    .detail = SL_LIT("lines are missing behind the last one"),
				    .chain = SL_CHAIN_BROKEN });
	for (unsigned i = 0; t && i < r.n; i++)
		line_row(t, &r.lines[(r.at + r.room - 1 - i) % r.room]);
	return sl_job_done(j, t, err);
}

sl_ticket
sl_audit(struct sl_engine *e, int64_t before, unsigned limit)
{
	struct sl_job *j = sl_job_new(e, audit_job, sizeof(struct audit_args));

	if (!j)
		return 0;
	*(struct audit_args *)j->args = (struct audit_args){ before, limit };
	return sl_job_submit(j);
}
