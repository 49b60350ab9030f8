/* delay.h - answers that wait, without holding up the server's one thread: the connection is
 * suspended, and a second thread resumes it when its time has come. */
#ifndef SL_DELAY_H
#define SL_DELAY_H

#include "core/base/err.h"

struct sl_delay;

/* resume(what) is called from the second thread, without locks held. */
enum sl_code sl_delay_new(void (*resume)(void *what), struct sl_delay **out,
			  struct sl_err *err) SL_MUST;
/* suspend(what) is called before the wait is noted. false: shutting down or too many; nothing was
 * suspended, go on at once. */
bool sl_delay_add(struct sl_delay *d, void *what, int64_t us, void (*suspend)(void *what)) SL_MUST;
/* Resumes all that wait and takes no more; then joins and frees. NULL is allowed. */
void sl_delay_free(struct sl_delay *d);
void sl_delay_end(struct sl_delay *d);

#endif
