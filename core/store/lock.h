/* lock.h - the directory of the state and the lock on it. */
#ifndef SL_STORE_LOCK_H
#define SL_STORE_LOCK_H

#include "core/base/err.h"

/* A system call on a file failed, errno says why: SL_E_IO, "what: why". */
enum sl_code sl_file_fail(const char *path, const char *what, struct sl_err *err);

/* Make dir and its parents (0700) where they are missing. SL_E_CONFIG: others may write there, so that
 * nothing in it can be trusted. A directory of ours that others may read is narrowed to 0700. */
enum sl_code sl_dir_make(const char *dir, struct sl_err *err) SL_MUST;
/* Make what was made, renamed or removed in the directory of this file durable. */
enum sl_code sl_dir_sync(const char *path, struct sl_err *err) SL_MUST;
/* Take dir/state.lock; *fd holds it until sl_lock_free(). SL_E_LOCKED names the holder, where it is sure
 * who that is. */
enum sl_code sl_lock_take(const char *dir, int *fd, struct sl_err *err) SL_MUST;
void sl_lock_free(int fd); /* -1 is allowed */

#endif
