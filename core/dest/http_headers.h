/* http_headers.h - the fixed header lines of a destination's requests.
 *
 * Values may be secrets: they live in this list only and are wiped with it. Names and values that
 * could break out of their line are refused. */
#ifndef SL_HTTP_HEADERS_H
#define SL_HTTP_HEADERS_H

#include "core/base/str.h"

struct sl_http_headers;

/* Starts with User-Agent and without Expect. */
struct sl_http_headers *sl_http_headers_new(void) SL_MUST;
void sl_http_headers_free(struct sl_http_headers *h); /* wipes; NULL is allowed */

/* where: the property to name in an error; all but "headers" hold a secret. The message never holds the
 * value. */
enum sl_code sl_http_headers_add(struct sl_http_headers *h, const char *where, struct sl_str name,
				 struct sl_str value, struct sl_err *err) SL_MUST;
/* "Authorization: Basic ..." */
enum sl_code sl_http_headers_basic(struct sl_http_headers *h, const char *where, const char *user,
				   const char *password, struct sl_err *err) SL_MUST;

/* Take the secret of the headers out of a text: as it is sent, and as it was before it was encoded. */
void sl_http_headers_hide(const struct sl_http_headers *h, char *text, size_t cap);

/* The client's view of the list: a struct curl_slist. */
void *sl_http_headers_list(const struct sl_http_headers *h);

#endif
