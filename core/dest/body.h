/* body.h - several rendered events as one body. Appends; failures show in out->failed. */
#ifndef SL_BODY_H
#define SL_BODY_H

#include "core/base/str.h"

/* [a,b,c] */
void sl_body_array(struct sl_buf *out, const struct sl_str *bodies, uint32_t n);

/* One event a line. A line break in JSON can only be blank space between tokens (in a string it is
 * written \n), so it becomes a space and the event stays on its line. */
void sl_body_lines(struct sl_buf *out, const struct sl_str *bodies, uint32_t n);

/* SL_E_NOMEM when an append had failed. */
enum sl_code sl_body_done(const struct sl_buf *out, struct sl_err *err) SL_MUST;

#endif
