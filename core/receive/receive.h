/* receive.h - a small local HTTP server that takes events, for the demo, the tests and anyone who
 * wants to see what arrives.
 *
 * It speaks the RudderStack / Segment HTTP API:
 *   POST /v1/{identify,track,page,screen,group,alias,record}   one event, its type is the path's
 *   POST /v1/{batch,import}                                    {"batch": [event, ...]}
 *   GET  /health /version
 * and takes webhooks (POST, PUT or PATCH): a JSON array, one JSON object, or one object a line:
 *   /hook  /hook/<name>          each object is an event; without "type" it is a "row"
 * and, from the same host only:
 *   GET  /_stats                 the counters below as JSON
 *   GET  /_fault, PUT /_fault    what goes wrong on purpose, as JSON (sl_receive_fault_help())
 *
 * 200 "OK" is sent only after the events are committed. As with rudder-server one bad event refuses
 * its whole request: 400 for broken JSON or an event without userId and anonymousId (records aside),
 * 413 above 4,096,000 bytes, 401 without the write key when there is one. Bodies may be gzip.
 *
 * The database is SQLite (tables in keep.sql): events (one row per messageId, repeats are counted),
 * conflicts (a repeat with another body), users and records (what a destination would now hold),
 * requests. Other programs may read it at any time.
 */
#ifndef SL_RECEIVE_H
#define SL_RECEIVE_H

#include "core/base/err.h"

struct sl_receiver;

struct sl_receive_options {
	const char *bind;      /* numeric address; NULL = 127.0.0.1. Others need a write key */
	uint16_t port;         /* 0 = any free one, see sl_receive_port() */
	const char *database;  /* a file, made when missing; NULL or "" = in memory */
	const char *write_key; /* NULL or "" = any key, or none, is fine */
	const char *faults;    /* a JSON object as PUT /_fault takes it; NULL = none */
	const char *tls_cert;  /* PEM files: speak HTTPS. NULL = both NULL, HTTP */
	const char *tls_key;
	bool discard;    /* look into nothing, store nothing, count requests, bytes, events */
	bool sync_full;  /* wait for the disk at each commit: survives a power cut too */
	size_t max_body; /* bytes, before and after gunzip; 0 = 16 MiB */
	unsigned max_connections; /* 0 = 256 */
	unsigned idle_seconds;    /* a silent connection is closed; 0 = 60 */
};

/* Since the start. Requests for /health, /version, /_stats and /_fault are not counted. */
struct sl_receive_stats {
	uint64_t requests;
	uint64_t ok;        /* answered 200 */
	uint64_t refused;   /* answered 4xx, faults included */
	uint64_t failed;    /* answered 5xx, 307 or not at all */
	uint64_t faults;    /* something went wrong on purpose */
	uint64_t bytes;     /* of request bodies, as they came */
	uint64_t events;    /* taken, repeats included; discard: occurrences of "messageId" */
	uint64_t repeats;   /* events whose messageId was there already */
	uint64_t conflicts; /* repeats whose body differs in more than sentAt and receivedAt */
	int64_t first_us, last_us; /* when the first and the last request came (wall); 0 = none */
};

/* Starts the server's thread; returns when it takes connections. SL_E_CONFIG: the options are wrong;
 * otherwise the port, the database or memory. The options are copied. */
enum sl_code sl_receive_start(const struct sl_receive_options *o, struct sl_receiver **out,
			      struct sl_err *err) SL_MUST;
uint16_t sl_receive_port(const struct sl_receiver *r);
/* Any thread, any time between start and stop. */
void sl_receive_stats(const struct sl_receiver *r, struct sl_receive_stats *out);
/* Closes the connections, finishes the request at hand, closes the database. NULL is allowed. */
void sl_receive_stop(struct sl_receiver *r);
/* What `faults` may hold, a line each, for a help text. Static; never NULL. */
const char *sl_receive_fault_help(void);

#endif
