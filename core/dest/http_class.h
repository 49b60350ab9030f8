/* http_class.h - what an HTTP answer means for the events of a request. */
#ifndef SL_HTTP_CLASS_H
#define SL_HTTP_CLASS_H

#include "core/dest/http_client.h"
#include "core/model/model.h"

/* A status that means something else at one destination. */
struct sl_http_rule {
	int status;
	enum sl_class cls;
};

/* n: events in the request. A refusal of several events without saying which is a SPLIT, of one a
 * REJECT. rules come before the common table. The whole outcome: class, status, wait, and the server's words (else curl's), cut at 199 bytes and
 * never inside a character. */
void sl_http_outcome(const struct sl_http_result *r, uint32_t n, const struct sl_http_rule *rules,
		     size_t nrules, struct sl_outcome *out);

/* The status in a line that starts with HTTP/: "HTTP/1.1 200 OK" or "HTTP/2 200"; 0: it has none. curl takes
 * any such line for a 200. */
int sl_http_status(const char *p, size_t n);

/* The peer's words as the detail: blanks around them cut, and what is too long. */
void sl_outcome_words(struct sl_outcome *out, struct sl_str words);

#endif
