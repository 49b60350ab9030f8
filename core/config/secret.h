/* secret.h - secrets by reference: env:NAME, file:PATH, exec:PROGRAM ARG..., pgpass, or nothing.
 *
 * A resolved secret lives in locked memory that is wiped when freed; it has no print path. file: must
 * be ours (or root's) and 0600 or stricter. exec: no shell, an absolute path, 10 s, 64 KiB, one
 * trailing newline cut, its stderr never shown. */
#ifndef SL_SECRET_H
#define SL_SECRET_H

#include "core/base/str.h"

struct sl_secret {
	char *ptr; /* NUL-terminated; NULL = none (empty reference or pgpass) */
	size_t len;
};

/* Relative file: paths start at base_dir. May block (exec, disk): never on the UI thread. */
enum sl_code sl_secret_resolve(const char *ref, const char *base_dir, struct sl_secret *out,
			       struct sl_err *err) SL_MUST;
void sl_secret_free(struct sl_secret *s); /* wipes; safe on a zeroed struct */

#endif
