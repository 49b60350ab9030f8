/* say.c - messages of the mapping in arena memory. */
#include "core/base/text.h"
#include "core/map/expr.h"

#define MOST_SHOWN 60u /* bytes */

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
