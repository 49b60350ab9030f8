/* say.c - messages of the mapping in arena memory. */
#include "core/base/text.h"
#include "core/map/expr.h"

#define MOST_SHOWN 60u /* bytes */

/* Bytes of s up to `most`, not within a character. */
static size_t
cut(struct sl_str s, size_t most)
{
	if (s.len <= most)
		return s.len;
	while (most > 0 && ((unsigned char)s.ptr[most] & 0xC0) == 0x80)
		most--;
	return most;
}

const char *
sl_shown(struct sl_arena *a, struct sl_str s)
{
	struct sl_str head = { s.ptr, cut(s, MOST_SHOWN) };
	struct sl_buf b;
	sl_buf_init(&b, 4096);
	sl_visible(&b, head);
	/* Marks are longer than what they stand for. */
	size_t n = cut(sl_buf_view(&b), 2 * MOST_SHOWN);
	const char *p = b.failed ? ""
				 : sl_arena_printf(a, "%.*s%s", (int)n, b.ptr ? b.ptr : "",
						   n < b.len || head.len < s.len ? "..." : "");
	sl_buf_free(&b);
	return p ? p : "";
}
