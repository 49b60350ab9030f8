/* keynames.c - keys as text and back. */
#include "tui/keys.h"

#include <stdio.h>
#include <strings.h>

static const struct {
	uint32_t key;
	const char *name;
} names[] = {
	{ TUI_K_ENTER, "Enter" }, { TUI_K_TAB, "Tab" },   { TUI_K_BACKTAB, "Shift-Tab" },
	{ TUI_K_ESC, "Esc" },     { TUI_K_UP, "Up" },     { TUI_K_BACKSPACE, "Backspace" },
	{ TUI_K_DOWN, "Down" },   { TUI_K_LEFT, "Left" }, { TUI_K_RIGHT, "Right" },
	{ TUI_K_HOME, "Home" },   { TUI_K_END, "End" },   { TUI_K_PGUP, "PgUp" },
	{ TUI_K_PGDN, "PgDn" },   { TUI_K_INS, "Ins" },   { TUI_K_DEL, "Del" },
	{ ' ', "Space" },
};

static const char *
base_name(uint32_t base, char out[8])
{
	for (size_t i = 0; i < SL_COUNT(names); i++) {
		if (names[i].key == base)
			return names[i].name;
	}
	if (base >= TUI_K_F1 && base <= TUI_K_F12)
		snprintf(out, 8, "F%u", (unsigned)(base - TUI_K_F1) + 1);
	else if (base < 0x110000)
		out[sl_utf8_put(base, out)] = '\0';
	else
		snprintf(out, 8, "?");
	return out;
}

const char *
tui_key_name(uint32_t key, char out[24])
{
	uint32_t base = key & 0x00ffffffu;
	char utf8[8];

	if (key & TUI_CTRL && base >= 'a' && base <= 'z')
		base -= 32;
	snprintf(out, 24, "%s%s%s%s", key & TUI_CTRL ? "Ctrl-" : "", key & TUI_ALT ? "Alt-" : "",
		 key & TUI_SHIFT ? "Shift-" : "", base_name(base, utf8));
	return out;
}

static bool
strip(struct sl_str *s, const char *prefix)
{
	size_t n = strlen(prefix);

	if (s->len <= n || strncasecmp(s->ptr, prefix, n) != 0)
		return false;
	s->ptr += n;
	s->len -= n;
	return true;
}

static uint32_t
parse_base(struct sl_str name)
{
	size_t pos = 0;
	int64_t n;

	for (size_t i = 0; i < SL_COUNT(names); i++) {
		if (strlen(names[i].name) == name.len &&
		    strncasecmp(names[i].name, name.ptr, name.len) == 0)
			return names[i].key;
	}
	if (name.len > 1 && (name.ptr[0] == 'F' || name.ptr[0] == 'f') &&
	    sl_str_to_i64((struct sl_str){ name.ptr + 1, name.len - 1 }, &n) && n >= 1 && n <= 12)
		return TUI_K_F1 + (uint32_t)n - 1;
	if (name.len == 0)
		return TUI_K_NONE;
	uint32_t cp = sl_utf8_next(name, &pos);
	return pos == name.len && cp != UINT32_MAX ? cp : TUI_K_NONE;
}

uint32_t
tui_key_parse(struct sl_str name)
{
	uint32_t mod = 0;

	if (name.len == 9 && strncasecmp(name.ptr, "Shift-Tab", 9) == 0)
		return TUI_K_BACKTAB;
	for (;;) {
		if (strip(&name, "Ctrl-"))
			mod |= TUI_CTRL;
		else if (strip(&name, "Alt-"))
			mod |= TUI_ALT;
		else if (strip(&name, "Shift-"))
			mod |= TUI_SHIFT;
		else
			break;
	}
	uint32_t base = parse_base(name);
	if (mod & TUI_CTRL && base >= 'A' && base <= 'Z')
		base += 32;
	return base == TUI_K_NONE ? TUI_K_NONE : base | mod;
}
