/* http_sender.h - deliveries as HTTP requests: what drivers that send one request per delivery share.
 *
 * The sender holds the client and the fixed parts of the requests. A driver puts it first in its
 * context, and gives it an encoder and the statuses that mean something special there. */
#ifndef SL_HTTP_SENDER_H
#define SL_HTTP_SENDER_H

#include "core/dest/body.h"
#include "core/dest/dest.h"
#include "core/dest/http_class.h"
#include "core/dest/http_url.h"
#include "core/dest/results.h"

enum sl_http_gzip { SL_GZIP_AUTO, SL_GZIP_ON, SL_GZIP_OFF }; /* auto: not to this machine */

struct sl_http_sender {
	struct sl_http *http;
	struct sl_http_headers *headers;
	struct sl_http_url url;
	const char *method;
	enum sl_http_gzip gzip;
	const struct sl_http_rule *rules;
	size_t nrules;
	/* The driver's own encode() and the context to call it with. */
	enum sl_code (*encode)(const void *ctx, const struct sl_str *bodies, uint32_t n,
			       int64_t wall_us, struct sl_buf *out, struct sl_err *err);
	/* What encode() puts around the events, where that is all it does; false: it is not. May be
	 * NULL. Large bodies are then sent from where the events lie. */
	bool (*frame)(const void *ctx, int64_t wall_us, struct sl_body_frame *out);
	const void *ctx;
	struct sl_buf plain;                   /* of a body that is compressed */
	const struct sl_results_form *results; /* answers tell event by event; NULL: of them all */
};

/* Properties that every HTTP driver has, for its table. */
#define SL_HTTP_PROP_GZIP(def)                                                                     \
	{                                                                                          \
		"gzip", SL_P_ENUM, 0, def, 0, 0, sl_gzip_choices,                                  \
			"Compress request bodies; auto: unless the server runs on this machine."   \
	}
#define SL_HTTP_PROP_INFLIGHT(def)                                                                 \
	{                                                                                          \
		"inflight", SL_P_INT, 0, def, 1, SL_HTTP_INFLIGHT_MAX, NULL,                       \
			"Most requests on their way at once; it starts with two, and more are "    \
			"tried while every answer is good and more get through."                   \
	}
#define SL_HTTP_PROP_RATE                                                                          \
	{                                                                                          \
		"rate", SL_P_INT, 0, "0", 0, 10000000, NULL,                                       \
			"Most events a second, of all syncs together; 0 = no limit."               \
	}
#define SL_HTTP_PROP_TIMEOUT                                                                       \
	{                                                                                          \
		"timeout", SL_P_MILLIS, 0, "60s", 1000, 600000, NULL,                              \
			"Longest time of one request; one that stands still for half of it (at "   \
			"least 20s) ends too."                                                     \
	}
#define SL_HTTP_PROP_CA                                                                            \
	{                                                                                          \
		"ca_file", SL_P_PATH, 0, NULL, 0, 0, NULL,                                         \
			"Certificates (PEM) that the server's is checked by, instead of the "      \
			"system's."                                                                \
	}
#define SL_HTTP_PROP_PLAINTEXT                                                                     \
	{                                                                                          \
		"allow_plaintext", SL_P_BOOL, 0, "false", 0, 0, NULL,                              \
			"Allow http:// to other machines: rows and key travel unencrypted."        \
	}
extern const char *const sl_gzip_choices[];

/* Reads url, gzip, timeout, inflight, rate, ca_file and allow_plaintext; opens the client and the header list.
 * limits gets inflight and rate. Everything else of s is the driver's to fill. */
enum sl_code sl_http_sender_open(struct sl_http_sender *s, const struct sl_dest_driver *drv,
				 const struct sl_dest_config *cfg, struct sl_dest_limits *limits,
				 struct sl_err *err) SL_MUST;

/* Entries of the vtable, for drivers whose context starts with its sender. */
enum sl_code sl_http_sender_submit(void *ctx, struct sl_delivery *d, struct sl_err *err) SL_MUST;
enum sl_code sl_http_sender_poll(void *ctx, int timeout_ms, sl_complete_fn *done, void *arg,
				 struct sl_err *err) SL_MUST;
void sl_http_sender_wakeup(void *ctx);
void sl_http_sender_target(const void *ctx, struct sl_buf *out);
bool sl_http_sender_clock(const void *ctx, int64_t *ahead_us);
void sl_http_sender_close(void *ctx); /* wipes the headers */

/* For check(): turns an answer that means "this will not work" into an error. */
enum sl_code sl_http_check_result(const struct sl_http_sender *s, const struct sl_http_result *r,
				  struct sl_err *err) SL_MUST;

#endif
