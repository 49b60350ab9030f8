/* fuzz_visible.c - no input gets a control past sl_visible(), and twice is as once. */
#include "core/base/text.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Written apart from the table in text.c, and only what must never be seen raw. */
static bool
is_harmful(uint32_t cp)
{
	return cp == UINT32_MAX || cp < 0x20 || (cp >= 0x7f && cp < 0xa0) || cp == 0x61c ||
	       (cp >= 0x200b && cp <= 0x200f) || (cp >= 0x2028 && cp <= 0x202e) ||
	       (cp >= 0x2066 && cp <= 0x2069) || cp == 0xfeff || (cp >= 0xe0000 && cp <= 0xe007f);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sl_str in = { (const char *)data, size };
	struct sl_buf once, twice;
	char utf8[4];

	sl_buf_init(&once, 0);
	sl_buf_init(&twice, 0);
	sl_visible(&once, in);
	struct sl_str seen = sl_buf_view(&once);
	for (size_t pos = 0; pos < seen.len;) {
		size_t at = pos;
		uint32_t cp = sl_utf8_next(seen, &pos);
		if (is_harmful(cp) || sl_utf8_put(cp, utf8) != pos - at ||
		    memcmp(utf8, seen.ptr + at, pos - at) != 0)
			abort();
	}
	sl_visible(&twice, seen);
	if (once.failed || twice.failed || !sl_str_eq(seen, sl_buf_view(&twice)))
		abort();
	sl_buf_free(&once);
	sl_buf_free(&twice);
	return 0;
}
