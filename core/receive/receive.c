/* receive.c - the server: one thread with epoll, given to the request logic piece by piece. */
#include "core/receive/receive.h"

#include "core/base/limit.h"
#include "core/receive/delay.h"
#include "core/receive/pem.h"
#include "core/receive/request.h"

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define MEMORY_KEEP    (128u << 10) /* read buffer of a connection, bytes */
#define HUGE_PIECE     (64u << 10)
#define MEMORY_DISCARD (512u << 10) /* larger pieces, fewer wake-ups */
#define FILES_LEAST    16           /* open ones: the database, the port, some connections */

struct sl_receiver {
	struct sl_request_ctx ctx;
	struct MHD_Daemon *daemon;
	struct MHD_Response *okay; /* the answer to almost all, made once */
	struct sl_delay *delay;
	char *cert, *key; /* PEM; NULL = plain HTTP */
	uint16_t port;
};

/* A request on its connection. */
struct exchange {
	struct sl_request *rq;
	struct sl_answer answer;
	bool answered; /* the answer is there, perhaps waiting */
};

static bool
is_local(const struct sockaddr *peer)
{
	if (peer->sa_family == AF_INET) {
		const struct sockaddr_in *v4 = (const void *)peer;
		return ntohl(v4->sin_addr.s_addr) >> 24 == 127;
	}
	const struct sockaddr_in6 *v6 = (const void *)peer;
	if (peer->sa_family != AF_INET6)
		return false;
	return IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr) ||
	       (IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr) && v6->sin6_addr.s6_addr[12] == 127);
}

static bool
peer_is_local(struct MHD_Connection *c)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(c, MHD_CONNECTION_INFO_CLIENT_ADDRESS);

	return info && info->client_addr && is_local(info->client_addr);
}

/* A peer that connects to the socket of no one resets the connection at once (tcp(7)); closing it
 * would be an orderly end. */
static void
reset_connection(struct MHD_Connection *c)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(c, MHD_CONNECTION_INFO_CONNECTION_FD);
	const struct sockaddr none = { .sa_family = AF_UNSPEC };

	if (info)
		(void)connect(info->connect_fd, &none, sizeof(none));
}

static struct sl_request *
new_request(struct sl_receiver *r, struct MHD_Connection *c, const char *method, const char *url)
{
	static const char bearer[] = "Bearer ";
	const char *auth = MHD_lookup_connection_value(c, MHD_HEADER_KIND, "Authorization");
	char *password = NULL, *user = NULL;
	struct sl_request_head h = {
		.method = method,
		.path = url,
		.encoding = MHD_lookup_connection_value(c, MHD_HEADER_KIND, "Content-Encoding"),
		.local = peer_is_local(c),
	};

	if (auth && strncmp(auth, bearer, sizeof(bearer) - 1) == 0)
		h.user = auth + sizeof(bearer) - 1;
	else if (auth)
		h.user = user = MHD_basic_auth_get_username_password(c, &password);
	struct sl_request *rq = sl_request_new(&r->ctx, &h);
	MHD_free(user);
	MHD_free(password);
	return rq;
}

static ssize_t
put_blanks(void *cls, uint64_t pos, char *buf, size_t max)
{
	(void)cls;
	(void)pos;
	memset(buf, ' ', max);
	return (ssize_t)max;
}

static enum MHD_Result
send_answer(struct sl_receiver *r, struct MHD_Connection *c, const struct sl_answer *a)
{
	char seconds[24];

	if (a->reset) {
		reset_connection(c);
		return MHD_NO;
	}
	if (a->close)
		return MHD_NO;
	if (a->status == 200 && !a->huge && sl_str_is(a->body, "OK"))
		return MHD_queue_response(c, MHD_HTTP_OK, r->okay);
	/* The library copies the body; it only reads it, whatever its prototype says. */
	struct MHD_Response *resp =
		a->huge ? MHD_create_response_from_callback(a->huge, HUGE_PIECE, put_blanks, NULL,
							    NULL)
			: MHD_create_response_from_buffer(a->body.len,
							  (void *)(uintptr_t)a->body.ptr,
							  MHD_RESPMEM_MUST_COPY);
	if (!resp)
		return MHD_NO;
	(void)snprintf(seconds, sizeof(seconds), "%lld", (long long)a->retry_after);
	const char *wait = a->retry_text ? a->retry_text : a->retry_after ? seconds : NULL;
	enum MHD_Result ok = MHD_add_response_header(resp, MHD_HTTP_HEADER_CONTENT_TYPE, a->type);
	if (ok == MHD_YES && wait)
		ok = MHD_add_response_header(resp, MHD_HTTP_HEADER_RETRY_AFTER, wait);
	if (ok == MHD_YES && a->location)
		ok = MHD_add_response_header(resp, MHD_HTTP_HEADER_LOCATION, a->location);
	if (ok == MHD_YES && a->status == 401)
		ok = MHD_add_response_header(resp, MHD_HTTP_HEADER_WWW_AUTHENTICATE,
					     "Basic realm=\"sluice\"");
	if (ok == MHD_YES)
		ok = MHD_queue_response(c, (unsigned)a->status, resp);
	MHD_destroy_response(resp);
	return ok;
}

static void
suspend(void *connection)
{
	MHD_suspend_connection(connection);
}

static void
resume(void *connection)
{
	MHD_resume_connection(connection);
}

static enum MHD_Result
answer(struct sl_receiver *r, struct MHD_Connection *c, struct exchange *x)
{
	if (!x->answered) {
		x->answered = true;
		sl_request_answer(x->rq, &x->answer);
		if (x->answer.slow_ms > 0 &&
		    sl_delay_add(r->delay, c, x->answer.slow_ms * 1000, suspend))
			return MHD_YES; /* comes here again when resumed */
	}
	return send_answer(r, c, &x->answer);
}

/* Called with the headers, then for each piece of the body, then once more. The library sets the
 * signature. */
static enum MHD_Result
// NOLINTNEXTLINE(readability-function-size)
on_request(void *cls, struct MHD_Connection *c, const char *url, const char *method,
	   const char *version, const char *data, size_t *size, void **state)
{
	struct sl_receiver *r = cls;
	struct exchange *x = *state;

	(void)version;
	if (!x) {
		*state = x = calloc(1, sizeof(*x));
		if (!x)
			return MHD_NO;
		x->rq = new_request(r, c, method, url);
		if (!x->rq)
			return MHD_NO;
		return sl_request_resets(x->rq) ? answer(r, c, x) : MHD_YES;
	}
	if (*size == 0)
		return answer(r, c, x);
	if (!sl_request_body(x->rq, data, *size))
		return MHD_NO;
	*size = 0;
	return MHD_YES;
}

static void
on_completed(void *cls, struct MHD_Connection *c, void **state,
	     enum MHD_RequestTerminationCode code)
{
	struct exchange *x = *state;

	(void)cls;
	(void)c;
	(void)code;
	if (!x)
		return;
	sl_request_free(x->rq);
	free(x);
	*state = NULL;
}

static enum sl_code
parse_address(const struct sl_receive_options *o, struct sockaddr_storage *sa, socklen_t *len,
	      struct sl_err *err)
{
	const char *text = o->bind && *o->bind ? o->bind : "127.0.0.1";
	struct sockaddr_in *v4 = (void *)sa;
	struct sockaddr_in6 *v6 = (void *)sa;

	memset(sa, 0, sizeof(*sa));
	if (inet_pton(AF_INET, text, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons(o->port);
		*len = sizeof(*v4);
	} else if (inet_pton(AF_INET6, text, &v6->sin6_addr) == 1) {
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons(o->port);
		*len = sizeof(*v6);
	} else {
		(void)sl_fail(err, SL_E_CONFIG, "bind", "\"%.64s\" is no numeric address", text);
		return sl_err_hint(err, "use 127.0.0.1, ::1 or an address of this host");
	}
	if (!is_local((const struct sockaddr *)sa) && (!o->write_key || !*o->write_key)) {
		(void)sl_fail(err, SL_E_CONFIG, "bind",
			      "%.64s can be reached from the network, and no write "
			      "key is set",
			      text);
		return sl_err_hint(err, "set a write key, or bind to 127.0.0.1");
	}
	return SL_OK;
}

static enum sl_code
listen_on(const struct sl_receive_options *o, int *fd, uint16_t *port, struct sl_err *err)
{
	struct sockaddr_storage sa;
	const int on = 1;
	socklen_t len = 0;
	enum sl_code rc = parse_address(o, &sa, &len, err);

	*fd = -1;
	if (rc != SL_OK)
		return rc;
	int s = socket(sa.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (s < 0 || setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
	    bind(s, (const struct sockaddr *)&sa, len) != 0 || listen(s, 128) != 0 ||
	    getsockname(s, (struct sockaddr *)&sa, &len) != 0) {
		int e = errno;
		if (s >= 0)
			(void)close(s);
		(void)sl_fail(err, SL_E_NET, "receiver", "cannot listen on port %u: %s", o->port,
			      strerror(e)); // NOLINT(concurrency-mt-unsafe): glibc's is thread-safe
		err->sys = e;
		return e == EADDRINUSE ? sl_err_hint(err, "take another port; 0 takes any free one")
				       : sl_err_limit(err, e, NULL);
	}
	*port = ntohs(sa.ss_family == AF_INET
			      ? ((const struct sockaddr_in *)(const void *)&sa)->sin_port
			      : ((const struct sockaddr_in6 *)(const void *)&sa)->sin6_port);
	*fd = s;
	return SL_OK;
}

/* The library's thread must not take the signals meant for the program. */
static enum sl_code
start_daemon(struct sl_receiver *r, const struct sl_receive_options *o, int fd, struct sl_err *err)
{
	unsigned connections = o->max_connections ? o->max_connections : 256;
	unsigned idle = o->idle_seconds ? o->idle_seconds : 60;
	size_t memory = o->discard ? MEMORY_DISCARD : MEMORY_KEEP;
	const unsigned tls = r->key ? MHD_USE_TLS : 0;
	/* Without TLS the list of options ends before these. */
	const enum MHD_OPTION https = tls ? MHD_OPTION_HTTPS_MEM_CERT : MHD_OPTION_END;
	sigset_t all, old;
	int sys;

	sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &old);
	errno = 0;
	r->daemon = MHD_start_daemon(
		MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | tls, 0, NULL, NULL,
		on_request, r, MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
		memory, MHD_OPTION_CONNECTION_LIMIT, connections, MHD_OPTION_CONNECTION_TIMEOUT,
		idle, MHD_OPTION_NOTIFY_COMPLETED, on_completed, NULL, https, r->cert,
		MHD_OPTION_HTTPS_MEM_KEY, r->key, MHD_OPTION_END);
	(void)pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (r->daemon)
		return SL_OK;
	sys = errno;
	(void)close(fd);
	(void)sl_fail(err, SL_E_IO, "receiver", "cannot start the server with %u connections%s",
		      connections, tls ? ", or certificate and key do not fit" : "");
	return sl_err_limit(err, sys, NULL);
}

static enum sl_code
read_tls(struct sl_receiver *r, const struct sl_receive_options *o, struct sl_err *err)
{
	enum sl_code rc;

	if (!o->tls_cert && !o->tls_key)
		return SL_OK;
	if (!o->tls_cert || !o->tls_key)
		return sl_fail(err, SL_E_CONFIG, "tls", "a certificate and its key go together");
	rc = sl_pem_read("tls-cert", o->tls_cert, &r->cert, err);
	return rc == SL_OK ? sl_pem_read("tls-key", o->tls_key, &r->key, err) : rc;
}

static enum sl_code
setup(struct sl_receiver *r, const struct sl_receive_options *o, struct sl_err *err)
{
	enum sl_code rc =
		sl_fault_put(&r->ctx.faults, o->faults ? sl_str(o->faults) : SL_LIT("{}"), err);
	bool database = o->database && *o->database;

	if (rc != SL_OK)
		return rc;
	if (o->discard && database)
		return sl_fail(err, SL_E_CONFIG, "discard",
			       "nothing is stored in discard mode, a database "
			       "makes no sense with it");
	r->ctx.max_body = o->max_body ? o->max_body : (16u << 20);
	r->ctx.arena = sl_arena_new(256u << 10, 256u << 20);
	if (o->write_key && *o->write_key)
		r->ctx.write_key = strdup(o->write_key);
	r->okay = MHD_create_response_from_buffer(2, (void *)(uintptr_t) "OK",
						  MHD_RESPMEM_PERSISTENT);
	if (!r->ctx.arena || !r->okay || (o->write_key && *o->write_key && !r->ctx.write_key) ||
	    MHD_add_response_header(r->okay, MHD_HTTP_HEADER_CONTENT_TYPE,
				    "text/plain; charset=utf-8") != MHD_YES)
		return sl_fail(err, SL_E_NOMEM, "receiver", "out of memory");
	rc = read_tls(r, o, err);
	if (rc == SL_OK && !o->discard)
		rc = sl_keep_open(o->database, o->sync_full, &r->ctx.keep, err);
	return rc == SL_OK ? sl_delay_new(resume, &r->delay, err) : rc;
}

enum sl_code
sl_receive_start(const struct sl_receive_options *o, struct sl_receiver **out, struct sl_err *err)
{
	struct sl_receiver *r = calloc(1, sizeof(*r));
	int fd = -1;

	*out = NULL;
	if (!r)
		return sl_fail(err, SL_E_NOMEM, "receiver", "out of memory");
	enum sl_code rc = sl_files_need(FILES_LEAST, "receiver", err);

	if (rc == SL_OK)
		rc = setup(r, o, err);
	if (rc == SL_OK)
		rc = listen_on(o, &fd, &r->port, err);
	if (rc == SL_OK)
		rc = start_daemon(r, o, fd, err);
	if (rc != SL_OK) {
		sl_receive_stop(r);
		return rc;
	}
	*out = r;
	return SL_OK;
}

uint16_t
sl_receive_port(const struct sl_receiver *r)
{
	return r->port;
}

void
sl_receive_stats(const struct sl_receiver *r, struct sl_receive_stats *out)
{
	*out = (struct sl_receive_stats){
		.requests = r->ctx.count.requests,
		.ok = r->ctx.count.ok,
		.refused = r->ctx.count.refused,
		.failed = r->ctx.count.failed,
		.faults = r->ctx.count.faults,
		.bytes = r->ctx.count.bytes,
		.events = r->ctx.count.events,
		.repeats = r->ctx.count.repeats,
		.conflicts = r->ctx.count.conflicts,
		.first_us = r->ctx.count.first_us,
		.last_us = r->ctx.count.last_us,
	};
}

void
sl_receive_stop(struct sl_receiver *r)
{
	if (!r)
		return;
	/* First nobody may wait: the library cannot stop while a connection is suspended. */
	if (r->delay)
		sl_delay_end(r->delay);
	if (r->daemon)
		MHD_stop_daemon(r->daemon);
	sl_delay_free(r->delay);
	if (r->okay)
		MHD_destroy_response(r->okay);
	sl_keep_close(r->ctx.keep);
	sl_arena_free(r->ctx.arena);
	sl_fault_free(&r->ctx.faults);
	if (r->ctx.write_key)
		explicit_bzero(r->ctx.write_key, strlen(r->ctx.write_key));
	free(r->ctx.write_key);
	sl_pem_free(r->cert);
	sl_pem_free(r->key);
	free(r);
}

const char *
sl_receive_fault_help(void)
{
	return sl_fault_help;
}
