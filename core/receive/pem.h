/* pem.h - a certificate or key file in memory, as the HTTP library wants it. */
#ifndef SL_PEM_H
#define SL_PEM_H

#include "core/base/err.h"

/* *out: the file's text, NUL-terminated, for sl_pem_free(). SL_E_CONFIG: it cannot be read, or holds no
 * PEM block. `what` names the option in messages. */
enum sl_code sl_pem_read(const char *what, const char *path, char **out,
			 struct sl_err *err) SL_MUST;
/* Wipes it: it may be a key. NULL is allowed. */
void sl_pem_free(char *text);

#endif
