/* fuzz_redact.c - whatever is taken out of a text is gone, and the text stays a text in its field.
 * Input: a byte for the size of the field, a byte for the length of the value, the value, the text. */
#include "core/base/redact.h"
#include "core/base/text.h"

#include <stdlib.h>
#include <strings.h>

#define FIELD 300

static void
holds_text(const char *text, size_t cap, bool was_utf8)
{
	const size_t n = strnlen(text, cap);

	if (n == cap)
		abort();
	if (was_utf8 && !sl_utf8_valid((struct sl_str){ text, n }))
		abort();
}

static bool
contains(const char *text, struct sl_str value)
{
	for (const char *p = text; strlen(p) >= value.len; p++)
		if (strncasecmp(p, value.ptr, value.len) == 0)
			return true;
	return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char text[FIELD], value[64];
	size_t cap, nvalue, n;
	bool utf8;

	if (size < 2)
		return 0;
	cap = 16 + (size_t)data[0] % (FIELD - 16);
	nvalue = data[1] % sizeof(value);
	data += 2;
	size -= 2;
	if (nvalue > size)
		nvalue = size;
	memcpy(value, data, nvalue);
	n = size - nvalue < cap - 1 ? size - nvalue : cap - 1;
	memcpy(text, data + nvalue, n);
	text[n] = '\0';
	utf8 = sl_utf8_valid(sl_str(text));
	sl_redact_value(text, cap, (struct sl_str){ value, nvalue });
	/* What stands for a value may itself look like one. */
	if (nvalue >= 4 && !memchr(value, '\0', nvalue) && !memchr(value, 0xe2, nvalue) &&
	    !memchr(value, 0x80, nvalue) && !memchr(value, 0xa2, nvalue) &&
	    contains(text, (struct sl_str){ value, nvalue }))
		abort();
	if (nvalue == 0 || sl_utf8_valid((struct sl_str){ value, nvalue }))
		holds_text(text, cap, utf8);
	utf8 = sl_utf8_valid(sl_str(text));
	sl_redact_secrets(text, cap);
	holds_text(text, cap, utf8);
	sl_redact_quoted(text, cap);
	holds_text(text, cap, utf8);
	return 0;
}
