/* suggest.h - one column against one field. */
#ifndef SL_SUGGEST_H
#define SL_SUGGEST_H

#include "core/map/map.h"
#include "core/map/words.h"

/* One column while it is looked at. */
struct sl_candidate {
	const struct sl_column *col;
	char word[SL_WORD_MAX]; /* its squeezed name */
	enum sl_look look;
	uint32_t seen; /* sample values that were looked at */
	bool taken;
};

/* 0 (nothing in common) to 1 and a little more: name, type and values together. */
double sl_score(const struct sl_candidate *c, const struct sl_field_info *f);
/* The column as the field wants it ("zip | string"), and why they go together; NULL: out of memory. */
const char *sl_field_expr(struct sl_arena *a, const struct sl_candidate *c,
			  const struct sl_field_info *f);
const char *sl_field_reason(struct sl_arena *a, const struct sl_candidate *c,
			    const struct sl_field_info *f);

/* A column as an expression names it. */
const char *sl_column_expr(struct sl_arena *a, const struct sl_column *c);
/* "name", a quote inside doubled. */
const char *sl_in_quotes(struct sl_arena *a, struct sl_str s);

/* Traits that most destinations know, for those that list no fields. */
const struct sl_field_info *sl_usual_traits(size_t *n);

#endif
