/* place.h - where in a text something is, as people count. */
#ifndef SL_SOURCE_PLACE_H
#define SL_SOURCE_PLACE_H

#include "core/base/str.h"

struct sl_place {
	unsigned line, column; /* both from 1; columns count characters of UTF-8 */
};

static inline struct sl_place
sl_place(struct sl_str text, size_t at)
{
	struct sl_place p = { 1, 1 };

	for (size_t i = 0; i < at && i < text.len; i++) {
		if (text.ptr[i] == '\n')
			p = (struct sl_place){ p.line + 1, 1 };
		else if (((unsigned char)text.ptr[i] & 0xC0) != 0x80)
			p.column++;
	}
	return p;
}

#endif
