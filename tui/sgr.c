/* sgr.c - numbers of 256 colours to true colours. */
#include "tui/sgr.h"

int
tui_slot(struct tui_slots *s, uint32_t rgb)
{
	for (unsigned i = 0; i < s->n; i++) {
		if (s->rgb[i] == rgb)
			return (int)i + 16;
	}
	if (s->n == TUI_SLOTS) /* more colours than themes can have: the last one stands for it */
		return TUI_SLOTS + 15;
	s->rgb[s->n] = rgb;
	return (int)s->n++ + 16;
}

/* "5;N" at p after "38;" or "48;": N and the bytes taken, 0 = something else. */
static size_t
read_number(const char *p, size_t len, unsigned *n)
{
	size_t i = 2;

	if (len < 3 || p[0] != '5' || p[1] != ';')
		return 0;
	for (*n = 0; i < len && p[i] >= '0' && p[i] <= '9' && i < 6; i++)
		*n = *n * 10 + (unsigned)(p[i] - '0');
	return i > 2 ? i : 0;
}

/* One "ESC [ ... m" without its ends. */
static void
rewrite_params(const struct tui_slots *s, struct sl_str in, struct sl_buf *out)
{
	size_t i = 0;

	while (i < in.len) {
		bool start = i == 0 || in.ptr[i - 1] == ';';
		unsigned n;
		if (start && in.len - i > 3 && (in.ptr[i] == '3' || in.ptr[i] == '4') &&
		    in.ptr[i + 1] == '8' && in.ptr[i + 2] == ';') {
			size_t took = read_number(in.ptr + i + 3, in.len - i - 3, &n);
			if (took && n >= 16 && n - 16 < s->n) {
				uint32_t c = s->rgb[n - 16];
				sl_buf_printf(out, "%c8;2;%u;%u;%u", in.ptr[i], c >> 16 & 0xff,
					      c >> 8 & 0xff, c & 0xff);
				i += 3 + took;
				continue;
			}
		}
		sl_buf_putc(out, in.ptr[i++]);
	}
}

/* "ESC [ n S" with the cursor in the last line of the region, or "T" with it in the first. */
static void
rewrite_scroll(struct sl_str params, char final, struct sl_buf *out)
{
	int64_t n = 1;

	if (params.len > 0 && (!sl_str_to_i64(params, &n) || n < 1 || n > 1000))
		n = 1;
	if (final == 'T')
		sl_buf_printf(out, "\033[%dL", (int)n);
	for (int64_t i = 0; final == 'S' && i < n; i++)
		sl_buf_putc(out, '\n');
}

/* The number of "ESC [ N b", whose final byte is at end. */
static void
repeat(struct sl_str number, struct sl_buf *out)
{
	int64_t n;
	char last = out->len ? out->ptr[out->len - 1] : ' ';

	if (!sl_str_to_i64(number, &n) || n > 1000)
		return;
	while (n-- > 0)
		sl_buf_putc(out, last);
}

void
tui_sgr_rewrite(const struct tui_slots *s, struct sl_str in, struct sl_buf *out)
{
	size_t i = 0;

	while (i < in.len) {
		const char *esc = memchr(in.ptr + i, 0x1b, in.len - i);
		size_t from = esc ? (size_t)(esc - in.ptr) : in.len;
		sl_buf_put(out, in.ptr + i, from - i);
		if (!esc)
			break;
		size_t end = from + 1;
		if (end < in.len && in.ptr[end] == '[') {
			end++;
			while (end < in.len &&
			       ((in.ptr[end] >= '0' && in.ptr[end] <= '9') || in.ptr[end] == ';'))
				end++;
		}
		struct sl_str params = { in.ptr + from, 0 };
		if (end > from + 2)
			params = (struct sl_str){ in.ptr + from + 2, end - from - 2 };
		if (end < in.len && in.ptr[end] == 'm' && params.len > 0) {
			sl_buf_puts(out, "\033[");
			rewrite_params(s, params, out);
		} else if (end < in.len && in.ptr[from + 1] == '[' &&
			   (in.ptr[end] == 'S' || in.ptr[end] == 'T')) {
			rewrite_scroll(params, in.ptr[end++], out);
		} else if (end < in.len && in.ptr[end] == 'b' && end > from + 2) {
			repeat((struct sl_str){ in.ptr + from + 2, end - from - 2 }, out);
			end++;
		} else {
			sl_buf_put(out, in.ptr + from, end - from);
		}
		i = end;
	}
}
