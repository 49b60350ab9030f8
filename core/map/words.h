/* words.h - what names and values are about: the knowledge behind suggestions. */
#ifndef SL_WORDS_H
#define SL_WORDS_H

#include "core/model/model.h"

#define SL_WORD_MAX 64u /* bytes of a squeezed name, with its NUL */

/* "First Name", "first_name" and "firstName" -> "firstname". Longer names are cut. */
void sl_squeeze(struct sl_str name, char out[SL_WORD_MAX]);

/* How alike two names are, both squeezed: 1 the same or known as the same ("mail", "email"), 0 nothing in
 * common. Words in front that say whose it is (user_, customer_) do not count much. */
double sl_alike(const char *a, const char *b);
/* Is a squeezed name known for what `meaning` says ("userid", "groupid", "previousid", "event", "time")? */
bool sl_means(const char *name, const char *meaning);

enum sl_look { SL_LOOK_NONE, SL_LOOK_EMAIL, SL_LOOK_PHONE, SL_LOOK_URL, SL_LOOK_TIME };
/* What nearly all values of a column look like: text cells of sample, nrows times ncols. *seen: how many
 * there were that are neither NULL nor empty. */
enum sl_look sl_look_of(const struct sl_value *sample, uint32_t nrows, uint32_t ncols, uint32_t col,
			uint32_t *seen);
const char *sl_look_text(enum sl_look look); /* "e-mail addresses" */

#endif
