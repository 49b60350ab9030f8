/* lock.h - the directory of the state and the lock on it. */
#ifndef SL_STORE_LOCK_H
#define SL_STORE_LOCK_H

#include "core/base/err.h"

/* Make dir and its parents (0700) where they are missing. */
enum sl_code sl_dir_make(const char *dir, struct sl_err *err) SL_MUST;
/* Take dir/state.lock; *fd holds it until sl_lock_free(). SL_E_LOCKED names the holder. */
enum sl_code sl_lock_take(const char *dir, int *fd, struct sl_err *err) SL_MUST;
void sl_lock_free(int fd); /* -1 is allowed */

#endif
