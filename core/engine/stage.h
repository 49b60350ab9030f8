/* stage.h - which stage of a run the others wait for.
 *
 * The halves of a run note what they are about to do; the time between two notes counts for the stage that
 * held up the run meanwhile. That is asked from the end: a destination that must be left alone, then one
 * that has events to take and has not answered, then whatever keeps the reader from reading on, and else
 * the reading. What counts is the last seconds.
 *
 * Every function is called with the lock of the task. Times are microseconds of the monotonic clock. */
#ifndef SL_STAGE_H
#define SL_STAGE_H

#include "core/engine/account.h"

enum sl_stage {
	SL_STAGE_READING,
	SL_STAGE_DIFFING,
	SL_STAGE_MAPPING,
	SL_STAGE_STORING,
	SL_STAGE_SENDING,
	SL_STAGE_WAITING /* for the destination to be asked again */
};
#define SL_STAGES 6
const char *sl_stage_name(enum sl_stage s); /* "reading" ... */

struct sl_stages {
	/* What the halves are at; whoever changes it calls sl_stage_note() before. */
	unsigned reading; /* readers that have not come to the end of the source */
	unsigned no_room; /* those of them that wait for batches to go on */
	unsigned diffing, mapping, storing; /* batches that are at it */
	bool sending;                       /* requests are on their way */
	bool behind;                        /* more events wait to go */
	bool backs_off;                     /* and some wait for their next try */
	enum sl_gate gate;                  /* what the next request waits for */
	/* Kept by sl_stage_note(). */
	int64_t noted_us, aged_us;
	int64_t us[SL_STAGES];
};

/* Count the time until now for the stage that held up the run. */
void sl_stage_note(struct sl_stages *s, int64_t now_us);
/* The stage that held it up most of the last seconds. */
enum sl_stage sl_stage_most(struct sl_stages *s, int64_t now_us);

#endif
