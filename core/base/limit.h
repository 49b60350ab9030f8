/* limit.h - where the machine gives no more (files, threads, memory, room on a disk): how much there is, and
 * how a person gets more. Any thread. */
#ifndef SL_LIMIT_H
#define SL_LIMIT_H

#include "core/base/err.h"

/* Open files that this process may have. */
unsigned long sl_files_most(void);

/* How many more it may open now; others may open some at the same time. */
unsigned long sl_files_free(void);

/* SL_OK: at least so many may be open. where: who needs them. */
enum sl_code sl_files_need(unsigned long least, const char *where, struct sl_err *err) SL_MUST;

/* May files of this process grow only up to some size? */
bool sl_files_limited(void);

/* Where sys is an errno that stands for such a limit: puts how much there is, and the mend, into the hint of
 * an error that was just set. Other errnos change nothing. path: a file or directory, for limits of a disk;
 * NULL where there is none. Returns err->code. */
enum sl_code sl_err_limit(struct sl_err *err, int sys, const char *path) SL_NONNULL(1);

/* A thread could not be started; rc from sl_thread_start(), what: "the delivery thread". Fills *err. */
enum sl_code sl_thread_fail(struct sl_err *err, const char *where, const char *what, int rc)
	SL_NONNULL(1, 3);

#endif
