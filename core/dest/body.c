/* body.c - several rendered events as one body. */
#include "core/dest/body.h"

/* One growth for all of them: bodies, and a byte after each. */
static bool
make_room(struct sl_buf *out, const struct sl_str *bodies, uint32_t n)
{
	size_t total = 2;

	for (uint32_t i = 0; i < n; i++)
		total += bodies[i].len + 1;
	return sl_buf_reserve(out, total);
}

void
sl_body_array(struct sl_buf *out, const struct sl_str *bodies, uint32_t n)
{
	if (!make_room(out, bodies, n))
		return;
	sl_buf_putc(out, '[');
	for (uint32_t i = 0; i < n; i++) {
		if (i)
			sl_buf_putc(out, ',');
		sl_buf_put_str(out, bodies[i]);
	}
	sl_buf_putc(out, ']');
}

void
sl_body_lines(struct sl_buf *out, const struct sl_str *bodies, uint32_t n)
{
	if (!make_room(out, bodies, n))
		return;
	for (uint32_t i = 0; i < n; i++) {
		struct sl_str b = bodies[i];
		char *at = out->ptr + out->len, *end = at + b.len;

		sl_buf_put_str(out, b);
		for (char *p = at; (p = memchr(p, '\n', (size_t)(end - p))); p++)
			*p = ' ';
		for (char *p = at; (p = memchr(p, '\r', (size_t)(end - p))); p++)
			*p = ' ';
		sl_buf_putc(out, '\n');
	}
}

enum sl_code
sl_body_done(const struct sl_buf *out, struct sl_err *err)
{
	if (out->failed)
		return sl_fail(err, SL_E_NOMEM, "body", "no memory for the body of a delivery");
	return SL_OK;
}
