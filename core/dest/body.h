/* body.h - several rendered events as one body. Appends; failures show in out->failed. */
#ifndef SL_BODY_H
#define SL_BODY_H

#include "core/base/str.h"

/* What stands around the events: head a sep b sep c tail. */
struct sl_body_frame {
	const char *head, *sep; /* constant text */
	char tail[64];
};
extern const struct sl_body_frame sl_body_list; /* [a,b,c] */
void sl_body_join(struct sl_buf *out, const struct sl_body_frame *f, const struct sl_str *bodies,
		  uint32_t n);

/* The same without a copy: read piece by piece where the events lie, which outlive it. */
struct sl_body_stream {
	struct sl_body_frame frame;
	const struct sl_str *bodies;
	uint32_t n;
	uint32_t piece; /* head, event, sep, event, ... tail */
	size_t at;      /* bytes of it that were read */
};
/* Back to the start, too. Returns the number of bytes. */
size_t sl_body_stream_start(struct sl_body_stream *s);
size_t sl_body_stream_read(struct sl_body_stream *s, char *to, size_t cap); /* 0 = the end */

/* One event a line. A line break in JSON can only be blank space between tokens (in a string it is
 * written \n), so it becomes a space and the event stays on its line. */
void sl_body_lines(struct sl_buf *out, const struct sl_str *bodies, uint32_t n);

/* SL_E_NOMEM when an append had failed. */
enum sl_code sl_body_done(const struct sl_buf *out, struct sl_err *err) SL_MUST;

#endif
