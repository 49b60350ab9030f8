/* sgr.c - gathers colours and attributes, and passes on the rest. */
#include "tui/sgr.h"

#include <stdio.h>

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

void
tui_sgr_forget(struct tui_sgr *s)
{
	s->known = s->odd = s->ascii = false;
	s->want = (struct tui_ink){ 0 };
}

/* ---- what is drawn with ------------------------------------------------------------------------- */

/* Numbers of a sequence, each with a ';' behind it. */
struct numbers {
	char text[96]; /* nine attributes and two colours take 27 + 2 * 17 */
	size_t len;
};

static void
add(struct numbers *out, unsigned n)
{
	out->len += (size_t)snprintf(out->text + out->len, sizeof(out->text) - out->len, "%u;", n);
}

static void
add_color(struct numbers *out, uint32_t c, unsigned base)
{
	const unsigned n = c & 0xff;

	if (c & TUI_INK_RGB) {
		add(out, base + 8);
		add(out, 2);
		add(out, c >> 16 & 0xff);
		add(out, c >> 8 & 0xff);
		add(out, n);
	} else if (!(c & TUI_INK_INDEX)) {
		add(out, base + 9);
	} else if (n < 16) {
		add(out, n < 8 ? base + n : base + 60 + n - 8);
	} else {
		add(out, base + 8);
		add(out, 5);
		add(out, n);
	}
}

#define BOLD_OR_FAINT (1u << 1 | 1u << 2)

/* What leads from one to the other. */
static void
add_change(struct numbers *out, const struct tui_ink *from, const struct tui_ink *to)
{
	unsigned off = from->attr & ~to->attr, on = to->attr & ~from->attr;

	if (off & BOLD_OR_FAINT) { /* one number for both */
		add(out, 22);
		off &= ~BOLD_OR_FAINT;
		on |= to->attr & BOLD_OR_FAINT;
	}
	for (unsigned n = 1; n < 10; n++) {
		if (off & 1u << n)
			add(out, n + 20);
		if (on & 1u << n)
			add(out, n);
	}
	if (to->fg != from->fg)
		add_color(out, to->fg, 30);
	if (to->bg != from->bg)
		add_color(out, to->bg, 40);
}

/* Before something is drawn: in steps from what is, or from nothing, whichever is shorter. */
static void
settle(struct tui_sgr *s, struct sl_buf *out)
{
	const struct tui_ink *is = &s->is, *want = &s->want, plain = { 0 };
	const bool to_own = (is->fg && !want->fg) || (is->bg && !want->bg);
	struct numbers anew = { .len = 0 }, step = { .len = 0 };
	const struct numbers *use = &anew;

	if (s->odd || (s->known && memcmp(is, want, sizeof(*is)) == 0))
		return;
	add_change(&anew, &plain, want);
	if (anew.len > 0) {
		anew.len = 0;
		add(&anew, 0);
		add_change(&anew, &plain, want);
	}
	add_change(&step, is, want);
	if (s->known && (!(is->attr & ~want->attr) || s->single_off) &&
	    (!to_own || s->own_colors) && step.len < anew.len)
		use = &step;
	sl_buf_puts(out, "\033[");
	sl_buf_put(out, use->text, use->len ? use->len - 1 : 0);
	sl_buf_putc(out, 'm');
	s->is = s->want;
	s->known = true;
}

/* ---- what curses asks for ------------------------------------------------------------------------ */

/* The next number of "N;N;N"; an empty one is 0. */
static bool
next_number(struct sl_str *in, unsigned *n)
{
	size_t i = 0;

	if (in->len == 0)
		return false;
	for (*n = 0; i < in->len && in->ptr[i] != ';'; i++)
		*n = *n < 1000 ? *n * 10 + (unsigned)(in->ptr[i] - '0') : *n;
	i += i < in->len;
	in->ptr += i;
	in->len -= i;
	return true;
}

/* What follows 38 or 48. */
static bool
take_color(const struct tui_sgr *s, struct sl_str *in, uint32_t *c)
{
	unsigned kind, n, r, g, b;

	if (!next_number(in, &kind))
		return false;
	if (kind == 5 && next_number(in, &n) && n < 256) {
		*c = n >= 16 && n - 16 < s->slots.n ? TUI_INK_RGB | s->slots.rgb[n - 16]
						    : TUI_INK_INDEX | n;
		return true;
	}
	if (kind != 2 || !next_number(in, &r) || !next_number(in, &g) || !next_number(in, &b))
		return false;
	*c = TUI_INK_RGB | (r & 0xff) << 16 | (g & 0xff) << 8 | (b & 0xff);
	return true;
}

static bool
take_number(struct tui_sgr *s, unsigned n, struct sl_str *rest)
{
	struct tui_ink *w = &s->want;

	if (n == 0)
		*w = (struct tui_ink){ 0 };
	else if (n < 10)
		w->attr |= 1u << n;
	else if (n == 22)
		w->attr &= ~BOLD_OR_FAINT;
	else if (n > 22 && n < 30)
		w->attr &= ~(1u << (n - 20));
	else if (n == 38 || n == 48)
		return take_color(s, rest, n == 38 ? &w->fg : &w->bg);
	else if (n == 39 || n == 49)
		*(n == 39 ? &w->fg : &w->bg) = 0;
	else if (n >= 30 && n < 50)
		*(n < 40 ? &w->fg : &w->bg) = TUI_INK_INDEX | n % 10;
	else if ((n >= 90 && n < 98) || (n >= 100 && n < 108))
		*(n < 100 ? &w->fg : &w->bg) = TUI_INK_INDEX | (n % 10 + 8);
	else
		return false;
	s->own_colors = s->own_colors || n == 39 || n == 49;
	return true;
}

/* The numbers of a whole sequence. What is not understood goes out as it is, and so does all that follows
 * until curses begins anew. */
static void
take_sequence(struct tui_sgr *s, struct sl_str whole, struct sl_str in, struct sl_buf *out)
{
	unsigned n = 0;

	if (s->odd) {
		struct sl_str first = in;
		if (next_number(&first, &n) && n != 0) {
			sl_buf_put_str(out, whole);
			return;
		}
		s->odd = s->known = false;
	}
	const struct tui_ink before = s->want;
	if (in.len == 0)
		s->want = (struct tui_ink){ 0 };
	while (next_number(&in, &n)) {
		if (take_number(s, n, &in))
			continue;
		s->want = before;
		settle(s, out);
		sl_buf_put_str(out, whole);
		s->odd = true;
		return;
	}
}

/* ---- all other sequences --------------------------------------------------------------------------- */

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

/* The number of "ESC [ N b". */
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

/* "ESC [ params final", whole. */
static void
control(struct tui_sgr *s, struct sl_str whole, struct sl_buf *out)
{
	const char final = whole.ptr[whole.len - 1];
	const struct sl_str params = { whole.ptr + 2, whole.len - 3 };

	if (final == 'm') {
		take_sequence(s, whole, params, out);
		return;
	}
	if (!strchr("ABCDEFGHdf", final)) /* those only move the cursor */
		settle(s, out);
	if (final == 'S' || final == 'T')
		rewrite_scroll(params, final, out);
	else if (final == 'b' && params.len > 0)
		repeat(params, out);
	else
		sl_buf_put_str(out, whole);
}

/* Length of the sequence at p, which begins with ESC; 0: it has no end, or is of a kind that is not looked
 * into. */
static size_t
sequence(const char *p, size_t len)
{
	size_t i = 2;

	if (len >= 3 && p[1] == '(')
		return 3;
	if (len < 3 || p[1] != '[')
		return 0;
	while (i < len && ((p[i] >= '0' && p[i] <= '9') || p[i] == ';'))
		i++;
	return i < len && p[i] >= '@' && p[i] <= '~' ? i + 1 : 0;
}

void
tui_sgr_rewrite(struct tui_sgr *s, struct sl_str in, struct sl_buf *out)
{
	while (in.len > 0) {
		const char *esc = memchr(in.ptr, 0x1b, in.len);
		size_t n = esc ? (size_t)(esc - in.ptr) : in.len;

		if (n > 0) {
			settle(s, out);
			sl_buf_put(out, in.ptr, n);
		} else if ((n = sequence(in.ptr, in.len)) == 0) {
			n = in.len > 1 ? 2 : 1;
			settle(s, out);
			sl_buf_put(out, in.ptr, n);
			s->known = s->known &&
				   !(n == 2 && in.ptr[1] == '8'); /* brings back what was */
		} else if (in.ptr[1] == '[') {
			control(s, (struct sl_str){ in.ptr, n }, out);
		} else {
			const bool usual = in.ptr[2] == 'B';
			if (!usual || !s->ascii)
				sl_buf_put(out, in.ptr, n);
			s->ascii = usual;
		}
		in.ptr += n;
		in.len -= n;
	}
	settle(s, out);
}
