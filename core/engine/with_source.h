/* with_source.h - a request's work with an open source: the connection comes from the idle ones or is
 * opened, sl_cancel() reaches it, and afterwards it is kept for the next request. */
#ifndef SL_WITH_SOURCE_H
#define SL_WITH_SOURCE_H

#include "core/engine/job.h"

/* Works with the source; may be called a second time, on a new connection, when the kept one had been
 * closed by its server: so it answers only at its end, once all reading is done. */
typedef enum sl_code sl_source_fn(struct sl_job *j, const struct sl_source_handle *h, void *arg,
				  struct sl_err *err);

enum sl_code sl_with_source(struct sl_job *j, const struct sl_config *c, const char *connection,
			    sl_source_fn *fn, void *arg, struct sl_err *err) SL_MUST;

#endif
