/* retry.h - dead letters sent again as they were recorded: the same bytes, the same id. */
#ifndef SL_RETRY_H
#define SL_RETRY_H

#include "core/engine/run.h"

struct sl_retry; /* which dead letters a run sends again */

void sl_retry_free(struct sl_retry *r); /* NULL is allowed */
/* Write the events of t->retry into the log of the run. Each block is committed together with the
 * resolution of its dead letters, so that an event is in one place at any time. */
enum sl_code sl_retry_log(struct sl_run_task *t, struct sl_err *err) SL_MUST;

#endif
