/* results.h - an answer that tells event by event what became of a request.
 *
 * It holds a list of items somewhere. An item may say
 *	status   a number as HTTP has them, or a word: ok, created, ... failed, rejected, ... retry, throttled
 *	ok       true or false; so does success
 *	error    null, false or "" = none; anything else is a refusal
 *	message  words for people (else those of error)
 * and an item that is only a number or a text is its own status. An event is acknowledged only where
 * one item, and one alone, clearly says so: what is missing, said twice, contradictory, unknown or
 * unreadable leaves the event UNKNOWN. */
#ifndef SL_RESULTS_H
#define SL_RESULTS_H

#include "core/model/model.h"

struct sl_results_form {
	const char *list; /* path of the list: "results" "data.items"; "." = the answer itself */
	/* Path within an item of what names its event; "" or NULL: items stand in the order of the
	 * events, one each. */
	const char *id;
	const char *match; /* path within an event of what id is compared with, as text */
};

/* An answer of success (2xx) to these n events; an empty one was not read to its end. Sets class,
 * status where the item has one, and detail of all n outcomes; the rest of them stays. */
void sl_results_read(const struct sl_results_form *f, struct sl_str answer,
		     const struct sl_str *bodies, uint32_t n, struct sl_outcome *out);

#endif
