/* tally.h - counts events in a stream of JSON by their "messageId", without reading the JSON. */
#ifndef SL_TALLY_H
#define SL_TALLY_H

#include "core/base/base.h"

#define SL_TALLY_WORD "\"messageId\"" /* a quoted quote cannot match: \"messageId\" ends in \" */

struct sl_tally {
	uint64_t n;
	char tail[sizeof(SL_TALLY_WORD) -
		  2]; /* the end of the last piece: a word may be cut in two */
	size_t ntail;
};

/* Zero the struct, then feed the pieces in order. */
void sl_tally(struct sl_tally *t, const char *p, size_t n);

#endif
