/* say.c - messages of the mapping in arena memory. */
#include "core/base/text.h"
#include "core/map/expr.h"

#include <stdarg.h>
#include <stdio.h>

#define MOST_SHOWN 60u /* bytes */

char *
sl_arena_printf(struct sl_arena *a, const char *fmt, ...)
{
	va_list ap, again;
	va_start(ap, fmt);
	va_copy(again, ap);
	int n = vsnprintf(NULL, 0, fmt, ap);
	char *p = n < 0 ? NULL : sl_arena_alloc(a, (size_t)n + 1, 1);
	if (p)
		(void)vsnprintf(p, (size_t)n + 1, fmt, again);
	va_end(again);
	va_end(ap);
	return p;
}

const char *
sl_shown(struct sl_arena *a, struct sl_str s)
{
	struct sl_buf b;
	bool cut = s.len > MOST_SHOWN;
	sl_buf_init(&b, 4096);
	if (cut)
		s.len = MOST_SHOWN;
	/* Not within a character. */
	while (cut && s.len > 0 && ((unsigned char)s.ptr[s.len] & 0xC0) == 0x80)
		s.len--;
	sl_visible(&b, s);
	if (cut)
		sl_buf_puts(&b, "...");
	char *p = sl_arena_strndup(a, sl_buf_cstr(&b), b.failed ? 0 : b.len);
	sl_buf_free(&b);
	return p ? p : "";
}
