/* erase.c - settled blocks are forgotten when they were kept long enough. secure_delete overwrites
 * what they held.
 *
 * A block that is folded goes whole. One that is not gives up the bodies of its events at once and
 * the rest with the fold; so does one whose events were not all acknowledged, after a while. Blocks of
 * runs that may still be counted stay. */
#include "core/store/state.h"

#include "core/base/clock.h"
#include "core/base/crashpoint.h"

/* How long an id may still be known to a destination that drops repeats: the digests of events that were
 * never acknowledged are kept as long, see sl_store_unsure(). */
#define UNSURE_US (7LL * 86400 * 1000000)
/* And of those that the destination may have: as long as a run may take that sends the row again, or its
 * remove, since nothing else knows that it is there. */
#define DOUBT_US (90LL * 86400 * 1000000)

/* A later date than this from now is that of a wrong clock. */
#define AHEAD_US (3600LL * 1000000)

/* Of a final run (?, ?, ?), written before the cut (?), of the sync (?). What a clock that was ahead has
 * dated into the future (?) is as old as the runs after it at least. */
#define OLD_AND_DONE                                                                               \
	"sync=?1 AND (at_us<?2 OR (at_us>?6 AND EXISTS (SELECT 1 FROM run l WHERE l.sync=?1 AND "  \
	"l.id>block.run AND l.ended_us>0 AND l.ended_us<?2)))"                                     \
	" AND EXISTS (SELECT 1 FROM run WHERE run.id=block.run AND run.state IN (?3, ?4, ?5))"

static void
bind_old(struct sl_q *q, const char *sync, int64_t cut)
{
	sl_q_text(q, sync);
	sl_q_int(q, cut);
	sl_q_int(q, SL_RUN_SETTLED);
	sl_q_int(q, SL_RUN_FAILED);
	sl_q_int(q, SL_RUN_CANCELLED);
	sl_q_int(q, sl_wall_us() + AHEAD_US);
}

enum sl_code
sl_erase_blocks(struct sl_store *s, const char *sync, int64_t keep_us, struct sl_err *err)
{
	int64_t cut = keep_us == 0 ? INT64_MAX : sl_wall_us() - keep_us;
	struct sl_fold fold;
	struct sl_q q;
	enum sl_code code = sl_fold_get(s, sync, &fold, err);

	/* A run that failed before its sync came into being has left nothing. */
	if (code == SL_E_NOTFOUND)
		return SL_OK;
	if (code != SL_OK || keep_us < 0)
		return code;
	sl_q_start(&q, s->db,
		   "DELETE FROM ack WHERE (run, no) IN (SELECT block.run, block.no FROM block"
		   /* a join: a look back at the outer row would read every block for each */
		   " CROSS JOIN ack a ON a.run=block.run AND a.no=block.no WHERE " OLD_AND_DONE
		   " AND (block.run, block.no)<(?7, ?8) AND (a.cancelled+a.dead=0"
		   " OR at_us<CASE WHEN a.doubt>0 THEN ?10 ELSE ?9 END))",
		   err);
	bind_old(&q, sync, cut);
	sl_q_int(&q, fold.mark.run);
	sl_q_int(&q, fold.mark.no);
	sl_q_int(&q, sl_wall_us() - UNSURE_US);
	sl_q_int(&q, sl_wall_us() - DOUBT_US);
	code = sl_q_run(&q);
	if (code != SL_OK)
		return code;
	sl_q_start(
		&q, s->db,
		"DELETE FROM block WHERE " OLD_AND_DONE
		" AND NOT EXISTS (SELECT 1 FROM ack WHERE ack.run=block.run AND ack.no=block.no)",
		err);
	bind_old(&q, sync, cut);
	code = sl_q_run(&q);
	if (code != SL_OK)
		return code;
	sl_crashpoint("erase-blocks-gone");
	sl_q_start(&q, s->db,
		   "UPDATE block SET body=NULL WHERE " OLD_AND_DONE " AND body IS NOT NULL", err);
	bind_old(&q, sync, cut);
	return sl_q_run(&q);
}
