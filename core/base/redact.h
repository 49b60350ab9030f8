/* redact.h - taking out of a text what must not be in it: the last net before a log, a state or a screen.
 *
 * All work in place on a NUL-terminated text in a field of cap bytes; what does not fit after a
 * replacement is cut at a character. Without memory the whole text is replaced. */
#ifndef SL_REDACT_H
#define SL_REDACT_H

#include "core/base/str.h"

#define SL_REDACTED "\xe2\x80\xa2\xe2\x80\xa2\xe2\x80\xa2" /* three bullets */

/* Every place where value stands, without regard to ASCII case; at the end of the text, which may have
 * been cut there, also its beginning. One of less than four bytes counts as a whole word only. */
void sl_redact_value(char *text, size_t cap, struct sl_str value);
/* What stands in quotes of any kind: servers quote the values that they complain about. */
void sl_redact_quoted(char *text, size_t cap);
/* What looks like a secret: https://user:pass@host, password=..., Bearer ..., api_key: ... */
void sl_redact_secrets(char *text, size_t cap);

#endif
