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

/* where: the property to name in an error. The message never holds the value. */
enum sl_code sl_http_headers_add(struct sl_http_headers *h, const char *where, struct sl_str name,
				 struct sl_str value, struct sl_err *err) SL_MUST;
/* "Authorization: Basic ..." */
enum sl_code sl_http_headers_basic(struct sl_http_headers *h, const char *where, const char *user,
				   const char *password, struct sl_err *err) SL_MUST;

/* The client's view of the list: a struct curl_slist. */
void *sl_http_headers_list(const struct sl_http_headers *h);

#endif
