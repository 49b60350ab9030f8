/* body.c - several rendered events as one body. */
#include "core/dest/body.h"

const struct sl_body_frame sl_body_list = { "[", ",", "]" };

/* One growth for all of them: bodies, and `each` more bytes for every one. */
static bool
make_room(struct sl_buf *out, const struct sl_str *bodies, uint32_t n, size_t each)
{
	size_t total = 0;

	for (uint32_t i = 0; i < n; i++)
		total += bodies[i].len + each;
	return sl_buf_reserve(out, total);
}

void
sl_body_join(struct sl_buf *out, const struct sl_body_frame *f, const struct sl_str *bodies,
	     uint32_t n)
{
	sl_buf_puts(out, f->head);
	if (!make_room(out, bodies, n, strlen(f->sep)))
		return;
	for (uint32_t i = 0; i < n; i++) {
		if (i)
			sl_buf_puts(out, f->sep);
		sl_buf_put_str(out, bodies[i]);
	}
	sl_buf_puts(out, f->tail);
}

size_t
sl_body_stream_start(struct sl_body_stream *s)
{
	size_t total = strlen(s->frame.head) + strlen(s->frame.tail);

	s->piece = 0;
	s->at = 0;
	for (uint32_t i = 0; i < s->n; i++)
		total += s->bodies[i].len;
	return s->n ? total + (s->n - 1) * strlen(s->frame.sep) : total;
}

static struct sl_str
piece_of(const struct sl_body_stream *s)
{
	if (s->piece == 0)
		return sl_str(s->frame.head);
	if (s->piece == (s->n ? 2 * s->n : 1))
		return sl_str(s->frame.tail);
	return s->piece % 2 ? s->bodies[s->piece / 2] : sl_str(s->frame.sep);
}

size_t
sl_body_stream_read(struct sl_body_stream *s, char *to, size_t cap)
{
	const uint32_t pieces = s->n ? 2 * s->n + 1 : 2;
	size_t done = 0;

	while (done < cap && s->piece < pieces) {
		const struct sl_str p = piece_of(s);
		const size_t left = p.len - s->at, take = left < cap - done ? left : cap - done;

		if (take)
			memcpy(to + done, p.ptr + s->at, take);
		done += take;
		s->at += take;
		if (s->at == p.len) {
			s->piece++;
			s->at = 0;
		}
	}
	return done;
}

void
sl_body_lines(struct sl_buf *out, const struct sl_str *bodies, uint32_t n)
{
	if (!make_room(out, bodies, n, 1))
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
