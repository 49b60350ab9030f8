/* keys.c - bytes of a terminal to events. */
#include "tui/keys.h"

#include <ctype.h>
#include <stdlib.h>

#define PASTE_MAX (4u << 20) /* bytes; more is cut */

void
tui_keys_init(struct tui_keys *k)
{
	*k = (struct tui_keys){ 0 };
	sl_buf_init(&k->in, 1 << 20);
	sl_buf_init(&k->paste, PASTE_MAX);
}

void
tui_keys_free(struct tui_keys *k)
{
	sl_buf_free(&k->in);
	sl_buf_free(&k->paste);
}

void
tui_keys_feed(struct tui_keys *k, const void *p, size_t n)
{
	if (k->pos == k->in.len) {
		sl_buf_reset(&k->in);
		k->pos = 0;
	}
	sl_buf_put(&k->in, p, n);
	k->in.failed = false; /* a flood of keys is dropped, not kept */
}

bool
tui_keys_waiting(const struct tui_keys *k)
{
	return k->pos < k->in.len && !k->pasting;
}

/* ---- single bytes --------------------------------------------------------------------------- */

static uint32_t
control_key(unsigned char c)
{
	switch (c) {
	case '\r':
	case '\n':
		return TUI_K_ENTER;
	case '\t':
		return TUI_K_TAB;
	case 0x7f:
	case '\b':
		return TUI_K_BACKSPACE;
	case 0x1b:
		return TUI_K_ESC;
	case 0:
		return TUI_CTRL | ' ';
	default:
		break;
	}
	return TUI_CTRL | (c < 0x1b ? 'a' + c - 1u : '@' + (uint32_t)c);
}

/* ---- escape sequences ----------------------------------------------------------------------- */

#define MAX_PARAMS 8

struct csi {
	char prefix; /* '<' '?' '>' or 0 */
	unsigned param[MAX_PARAMS];
	size_t n;
	char final;
};

static void
csi_digit(struct csi *s, unsigned digit)
{
	if (s->n == 0)
		s->n = 1;
	if (s->n <= MAX_PARAMS && s->param[s->n - 1] < 100000)
		s->param[s->n - 1] = s->param[s->n - 1] * 10 + digit;
}

#define CSI_MAX 64 /* bytes */

/* Read the CSI sequence at p (after ESC [). Bytes taken; 0 = incomplete. final stays 0 for what is no
 * sequence: what was read is dropped, the byte that does not fit is kept. */
static size_t
read_csi(const char *p, size_t len, struct csi *s)
{
	size_t i = 0;

	*s = (struct csi){ 0 };
	if (i < len && p[i] >= '<' && p[i] <= '?')
		s->prefix = p[i++];
	for (; i < len && i < CSI_MAX; i++) {
		unsigned char c = (unsigned char)p[i];
		if (c >= '0' && c <= '9')
			csi_digit(s, c - '0');
		else if (c == ';' || c == ':')
			s->n += s->n == 0 ? 2 : 1;
		else if (c < 0x20 || c > 0x2f)
			break; /* the end; others are intermediate bytes */
	}
	if (i == len)
		return 0;
	s->n = s->n > MAX_PARAMS ? MAX_PARAMS : s->n;
	if (i < CSI_MAX && p[i] >= 0x40 && p[i] <= 0x7e) {
		s->final = p[i];
		return i + 1;
	}
	return i ? i : 1;
}

static uint32_t
with_modifier(uint32_t key, unsigned m)
{
	uint32_t mod = 0;

	if (m < 2 || m > 16)
		return key;
	m--;
	mod |= m & 1 ? TUI_SHIFT : 0;
	mod |= m & 2 ? TUI_ALT : 0;
	mod |= m & 4 ? TUI_CTRL : 0;
	return key | mod;
}

/* Final letters of CSI and SS3 sequences. */
static uint32_t
letter_key(char c)
{
	switch (c) {
	case 'A':
		return TUI_K_UP;
	case 'B':
		return TUI_K_DOWN;
	case 'C':
		return TUI_K_RIGHT;
	case 'D':
		return TUI_K_LEFT;
	case 'H':
		return TUI_K_HOME;
	case 'F':
		return TUI_K_END;
	case 'M':
		return TUI_K_ENTER; /* SS3 only: the keypad */
	case 'Z':
		return TUI_K_BACKTAB;
	default:
		return c >= 'P' && c <= 'S' ? TUI_K_F1 + (uint32_t)(c - 'P') : TUI_K_NONE;
	}
}

/* The number before '~'. */
static uint32_t
tilde_key(unsigned n)
{
	static const uint32_t key[] = {
		[1] = TUI_K_HOME,     [2] = TUI_K_INS,      [3] = TUI_K_DEL,
		[4] = TUI_K_END,      [5] = TUI_K_PGUP,     [6] = TUI_K_PGDN,
		[7] = TUI_K_HOME,     [8] = TUI_K_END,      [11] = TUI_K_F1,
		[12] = TUI_K_F1 + 1,  [13] = TUI_K_F1 + 2,  [14] = TUI_K_F1 + 3,
		[15] = TUI_K_F1 + 4,  [17] = TUI_K_F1 + 5,  [18] = TUI_K_F1 + 6,
		[19] = TUI_K_F1 + 7,  [20] = TUI_K_F1 + 8,  [21] = TUI_K_F1 + 9,
		[23] = TUI_K_F1 + 10, [24] = TUI_K_F1 + 11,
	};

	return n < SL_COUNT(key) ? key[n] : TUI_K_NONE;
}

/* ESC [ < button ; column ; row M (pressed) or m (released). */
static void
mouse_event(const struct csi *s, struct tui_event *ev)
{
	unsigned button = s->param[0];

	if (s->n < 3 || s->param[1] == 0 || s->param[2] == 0)
		return;
	ev->x = (int)s->param[1] - 1;
	ev->y = (int)s->param[2] - 1;
	if (button & 64) {
		ev->mouse = button & 1 ? TUI_MOUSE_WHEEL_DOWN : TUI_MOUSE_WHEEL_UP;
	} else if (button & 32 || (button & 3) != 0) {
		return; /* motion, or not the left button */
	} else {
		ev->mouse = s->final == 'M' ? TUI_MOUSE_PRESS : TUI_MOUSE_RELEASE;
	}
	ev->type = TUI_EV_MOUSE;
}

static void
csi_event(struct tui_keys *k, const struct csi *s, struct tui_event *ev)
{
	uint32_t key = TUI_K_NONE;

	if (s->prefix == '<' && (s->final == 'M' || s->final == 'm')) {
		mouse_event(s, ev);
		return;
	}
	if (s->prefix)
		return; /* a report of the terminal */
	if (s->final == '~' && s->n > 0 && s->param[0] == 200) {
		k->pasting = true;
		sl_buf_reset(&k->paste);
		return;
	}
	if (s->final == '~' && s->n > 0)
		key = tilde_key(s->param[0]);
	else if (s->final != 'M' && s->final != 'R')
		key = letter_key(s->final);
	if (key == TUI_K_NONE)
		return;
	ev->type = TUI_EV_KEY;
	ev->key = with_modifier(key, s->n > 1 ? s->param[1] : 0);
}

/* After ESC [. */
static size_t
read_bracket(struct tui_keys *k, const char *p, size_t len, struct tui_event *ev)
{
	struct csi s;

	if (len > 2 && p[2] == '[') { /* linux console: F1..F5 are ESC [ [ A..E */
		if (len < 4)
			return 0;
		if (p[3] < 'A' || p[3] > 'E')
			return 3;
		ev->type = TUI_EV_KEY;
		ev->key = TUI_K_F1 + (uint32_t)(p[3] - 'A');
		return 4;
	}
	size_t n = read_csi(p + 2, len - 2, &s);
	if (n == 0)
		return 0;
	csi_event(k, &s, ev);
	return n + 2;
}

/* "rgb:RRRR/GGGG/BBBB", one to four digits each, to 0xRRGGBB. */
static bool
read_rgb(struct sl_str s, uint32_t *rgb)
{
	size_t i = 4;

	*rgb = 0;
	if (s.len < 9 || memcmp(s.ptr, "rgb:", 4) != 0)
		return false;
	for (int part = 0; part < 3; part++) {
		char digits[5] = "";
		size_t n = 0;
		while (i < s.len && n < 4 && isxdigit((unsigned char)s.ptr[i]))
			digits[n++] = s.ptr[i++];
		if (n == 0 || (part < 2 && (i == s.len || s.ptr[i++] != '/')))
			return false;
		uint32_t max = (1u << (4 * n)) - 1, v = (uint32_t)strtoul(digits, NULL, 16);
		*rgb = *rgb << 8 | v * 255 / max;
	}
	return true;
}

#define STRING_MAX 4096 /* bytes of a reply */

/* OSC, DCS, APC and PM: replies of the terminal, until BEL or ST. One is of use: its background. */
static size_t
read_string(const char *p, size_t len, struct tui_event *ev)
{
	size_t i = 2;

	while (i < len && p[i] != '\a' && p[i] != 0x1b)
		i++;
	if (i == len || (p[i] == 0x1b && i + 1 == len))
		return len > STRING_MAX ? len : 0;
	if (i > 5 && memcmp(p, "\033]11;", 5) == 0 &&
	    read_rgb((struct sl_str){ p + 5, i - 5 }, &ev->rgb))
		ev->type = TUI_EV_BACKGROUND;
	return p[i] == 0x1b ? i + 2 : i + 1;
}

/* ESC and a character: Alt. */
static size_t
read_alt(const char *p, size_t len, struct tui_event *ev)
{
	unsigned char c = (unsigned char)p[1];
	size_t pos = 1;
	uint32_t cp = c < 0x20 || c == 0x7f ? control_key(c)
					    : sl_utf8_next((struct sl_str){ p, len }, &pos);

	if (cp == UINT32_MAX)
		return 2;
	ev->type = TUI_EV_KEY;
	ev->key = cp | TUI_ALT;
	return pos > 1 ? pos : 2;
}

/* An escape at p[0]. Bytes taken, 0 = incomplete. *ev stays NONE for what means nothing to us. */
static size_t
read_escape(struct tui_keys *k, const char *p, size_t len, struct tui_event *ev)
{
	if (len < 2 || (p[1] == 'O' && len < 3))
		return 0;
	switch (p[1]) {
	case '[':
		return read_bracket(k, p, len, ev);
	case 'O':
		ev->key = letter_key(p[2]);
		ev->type = ev->key ? TUI_EV_KEY : TUI_EV_NONE;
		return 3;
	case 0x1b: /* two escapes: the first stands alone */
		ev->type = TUI_EV_KEY;
		ev->key = TUI_K_ESC;
		return 1;
	case ']':
	case 'P':
	case '_':
	case '^':
		return read_string(p, len, ev);
	default:
		return read_alt(p, len, ev);
	}
}

/* ---- paste ---------------------------------------------------------------------------------- */

/* Move pasted bytes until ESC [ 201 ~. Line ends become \n; other controls but Tab are dropped. */
static bool
read_paste(struct tui_keys *k, struct tui_event *ev)
{
	static const char end[] = "\033[201~";
	const char *p = k->in.ptr + k->pos;
	size_t len = k->in.len - k->pos;
	const char *stop = memmem(p, len, end, sizeof(end) - 1);
	size_t take = stop ? (size_t)(stop - p) : len > sizeof(end) ? len - sizeof(end) : 0;

	for (size_t i = 0; i < take; i++) {
		unsigned char c = (unsigned char)p[i];
		if (c == '\r')
			c = '\n';
		if (c >= 0x20 || c == '\n' || c == '\t')
			sl_buf_putc(&k->paste, (char)c);
	}
	k->pos += take;
	if (!stop)
		return false;
	k->pos += sizeof(end) - 1;
	k->pasting = false;
	ev->type = TUI_EV_PASTE;
	ev->paste = sl_buf_view(&k->paste);
	return true;
}

/* ---- events --------------------------------------------------------------------------------- */

/* Decode one thing at pos. Bytes taken; 0 = incomplete. */
static size_t
read_one(struct tui_keys *k, struct tui_event *ev)
{
	struct sl_str rest = { k->in.ptr + k->pos, k->in.len - k->pos };
	unsigned char c = (unsigned char)rest.ptr[0];
	size_t pos = 0;

	if (c == 0x1b)
		return read_escape(k, rest.ptr, rest.len, ev);
	ev->type = TUI_EV_KEY;
	if (c < 0x20 || c == 0x7f) {
		ev->key = control_key(c);
		return 1;
	}
	size_t want = c < 0xc2 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : c < 0xf5 ? 4 : 1;
	if (rest.len < want)
		return 0;
	ev->key = sl_utf8_next(rest, &pos);
	if (ev->key == UINT32_MAX)
		ev->type = TUI_EV_NONE;
	return pos;
}

/* Take equal keys that follow. */
static void
coalesce(struct tui_keys *k, struct tui_event *ev)
{
	bool wheel = ev->type == TUI_EV_MOUSE && ev->mouse >= TUI_MOUSE_WHEEL_UP;

	if (ev->type != TUI_EV_KEY && !wheel)
		return;
	while (k->pos < k->in.len && ev->count < 10000 && !k->pasting) {
		struct tui_event next = { .count = 1 };
		size_t n = read_one(k, &next);
		if (n == 0 || next.type != ev->type || next.key != ev->key ||
		    next.mouse != ev->mouse || k->pasting) {
			if (k->pasting)
				k->pos += n;
			return;
		}
		k->pos += n;
		ev->count++;
	}
}

bool
tui_keys_next(struct tui_keys *k, bool last, struct tui_event *ev)
{
	while (k->pos < k->in.len) {
		*ev = (struct tui_event){ .count = 1 };
		if (k->pasting) {
			if (!read_paste(k, ev))
				return false;
			return true;
		}
		size_t n = read_one(k, ev);
		if (n == 0 && !last)
			return false;
		if (n == 0) { /* unfinished: the Escape key, or a broken character */
			ev->type = k->in.ptr[k->pos] == 0x1b ? TUI_EV_KEY : TUI_EV_NONE;
			ev->key = TUI_K_ESC;
			n = 1;
		}
		k->pos += n;
		coalesce(k, ev);
		if (ev->type != TUI_EV_NONE)
			return true;
	}
	return false;
}
