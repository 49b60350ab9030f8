/* http_url.h - the address of an HTTP destination: parsed, checked, and shown without secrets. */
#ifndef SL_HTTP_URL_H
#define SL_HTTP_URL_H

#include "core/base/str.h"

struct sl_http_url {
	char *text; /* owned; normalised, without a fragment */
	bool loopback;
	bool blocked; /* its host is an address that sl_http_blocked() refuses */
	bool has_query;
};

/* Plain http is refused unless the host is this machine or allow_plaintext is set. So are user names
 * and passwords, which would be secrets in a config file. */
enum sl_code sl_http_url_parse(const char *text, bool allow_plaintext, struct sl_http_url *out,
			       struct sl_err *err) SL_MUST;
void sl_http_url_free(struct sl_http_url *u); /* safe on a zeroed struct */

/* Append the URL with the values of its query masked. */
void sl_http_url_show(const char *url, struct sl_buf *out);

struct sockaddr;
/* Link-local addresses, 0.0.0.0, multicast and the clouds' metadata services, also inside an address of
 * IPv6: never a destination. Private ranges are: that is where many receivers are. */
bool sl_http_blocked(const struct sockaddr *addr);

#endif
