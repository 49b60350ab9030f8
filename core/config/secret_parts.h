/* secret_parts.h - what the files of secret*.c share. */
#ifndef SL_SECRET_PARTS_H
#define SL_SECRET_PARTS_H

#include "core/config/secret.h"

#define SL_SECRET_MAX (64 << 10) /* bytes */

/* Room for n bytes and a NUL in locked memory; out->len is n. */
bool sl_secret_alloc(struct sl_secret *out, size_t n) SL_MUST;
/* A copy without the newline at its end; refuses NUL bytes and an empty one. `what` names where it came
 * from. */
enum sl_code sl_secret_copy(const char *p, size_t n, const char *what, struct sl_secret *out,
			    struct sl_err *err) SL_MUST;
enum sl_code sl_secret_from_file(const char *path, const char *base_dir, struct sl_secret *out,
				 struct sl_err *err) SL_MUST;
enum sl_code sl_secret_from_exec(const char *text, int timeout_ms, struct sl_secret *out,
				 struct sl_err *err) SL_MUST;

#endif
