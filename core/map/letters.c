/* letters.c - upper and lower case without a locale, so that an event does not depend on the machine.
 *
 * Scripts with case that names and addresses are written in; everything else stays as it is. */
#include "core/map/transform.h"

/* In [first, last] every upper-case letter is `step` apart from the next. delta: upper + delta = lower. */
struct range {
	uint16_t first, last, step, delta;
};

static const struct range ranges[] = {
	{ 'A', 'Z', 1, 32 },       { 0x00C0, 0x00D6, 1, 32 },
	{ 0x00D8, 0x00DE, 1, 32 }, /* Latin-1 */
	{ 0x0100, 0x012E, 2, 1 },  { 0x0132, 0x0136, 2, 1 },
	{ 0x0139, 0x0147, 2, 1 }, /* Extended-A */
	{ 0x014A, 0x0176, 2, 1 },  { 0x0179, 0x017D, 2, 1 },
	{ 0x01CD, 0x01DB, 2, 1 },  { 0x01DE, 0x01EE, 2, 1 },
	{ 0x01F8, 0x021E, 2, 1 },  { 0x0222, 0x0232, 2, 1 }, /* Extended-B */
	{ 0x0386, 0x0386, 1, 38 }, { 0x0388, 0x038A, 1, 37 },
	{ 0x038C, 0x038C, 1, 64 }, /* Greek */
	{ 0x038E, 0x038F, 1, 63 }, { 0x0391, 0x03A1, 1, 32 },
	{ 0x03A3, 0x03AB, 1, 32 }, { 0x0400, 0x040F, 1, 80 },
	{ 0x0410, 0x042F, 1, 32 }, { 0x0460, 0x0480, 2, 1 }, /* Cyrillic */
	{ 0x048A, 0x04BE, 2, 1 },  { 0x04D0, 0x052E, 2, 1 },
	{ 0x0531, 0x0556, 1, 48 },                           /* Armenian */
	{ 0x1E00, 0x1E94, 2, 1 },  { 0x1EA0, 0x1EFE, 2, 1 }, /* Vietnamese */
};

uint32_t
sl_letter_lower(uint32_t cp)
{
	if (cp == 0x0178)
		return 0x00FF;
	for (size_t i = 0; i < SL_COUNT(ranges); i++) {
		const struct range *r = &ranges[i];
		if (cp >= r->first && cp <= r->last)
			return (cp - r->first) % r->step == 0 ? cp + r->delta : cp;
	}
	return cp;
}

uint32_t
sl_letter_upper(uint32_t cp)
{
	if (cp == 0x00FF)
		return 0x0178;
	if (cp == 0x03C2) /* final sigma */
		return 0x03A3;
	for (size_t i = 0; i < SL_COUNT(ranges); i++) {
		const struct range *r = &ranges[i];
		if (cp < r->first + (uint32_t)r->delta || cp > r->last + (uint32_t)r->delta)
			continue;
		if ((cp - r->first - r->delta) % r->step == 0)
			return cp - r->delta;
	}
	return cp;
}
