/* http_client.c - HTTP/1.1 over curl's multi interface. */
#include "core/dest/http_client.h"

#include "core/base/clock.h"
#include "core/base/limit.h"
#include "core/dest/gzip.h"
#include "core/dest/http_class.h"
#include "core/dest/http_url.h"
#include "core/dest/retry_after.h"

#include <curl/curl.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define CONNECT_MS      10000L
#define TIMEOUT_MS      60000
#define CHECK_MS        15000
#define LOW_SPEED_BYTES 100L /* a second */
#define LOW_SPEED_MIN_S 20
#define POLL_MS         1000 /* for a wait without an end */

struct slot {
	struct sl_http_call call; /* first: a call is cast back to its slot */
	CURL *easy;
	struct curl_slist gzip_line; /* "Content-Encoding: gzip", put before the caller's headers */
	struct sl_buf packed;
	struct sl_buf answer;
	bool busy;
	int said;     /* of the last status line, if it is one; else 0 */
	int status;   /* the same once its head was whole */
	bool cut;     /* the answer was longer than we read */
	bool blocked; /* a socket was refused */
	int sys;      /* errno where the last socket could not be made; 0 = it was */
	char error[CURL_ERROR_SIZE];
};

struct sl_http {
	CURLM *multi;
	struct sl_gzip *gzip;
	uint32_t nslots;
	int64_t timeout_ms;
	struct slot *slots; /* nslots, and one more for sl_http_once() */
	atomic_bool woken;  /* that one is to end */
	bool reached;       /* a request of this client has left this machine */
	bool dated;         /* its last answer had a date */
	int64_t ahead_us;   /* of the server's clock then */
};

static char gzip_text[] = "Content-Encoding: gzip";

static void
global_init(void)
{
	/* Fails only without memory; then so does curl_multi_init(). */
	(void)curl_global_init(CURL_GLOBAL_DEFAULT);
}

static size_t
take_answer(char *p, size_t size, size_t n, void *arg)
{
	struct slot *s = arg;
	size_t room = s->answer.max - s->answer.len;

	n *= size;
	sl_buf_put(&s->answer, p, n < room ? n : room);
	if (n <= room && !s->answer.failed)
		return n;
	s->cut = true;
	return 0; /* ends the transfer: the status is known, nobody waits for a flood */
}

/* Every line of the head. A status counts when its head has come to its end: curl also takes a torn
 * one for a whole answer. */
static size_t
take_line(char *p, size_t size, size_t n, void *arg)
{
	struct slot *s = arg;

	n *= size;
	if (n >= 5 && memcmp(p, "HTTP/", 5) == 0) {
		s->said = sl_http_status(p, n);
		s->status = 0;
	} else if (n > 0 && (p[0] == '\r' || p[0] == '\n')) {
		s->status = s->said;
	}
	return n;
}

static curl_socket_t
open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *a)
{
	struct slot *s = arg;

	int fd;

	(void)purpose;
	if (sl_http_blocked(&a->addr)) {
		s->blocked = true;
		return CURL_SOCKET_BAD;
	}
	fd = socket(a->family, a->socktype | SOCK_CLOEXEC, a->protocol);
	s->sys = fd < 0 ? errno : 0;
	/* The last ones are for the files of the state: a run without another connection is only slower. */
	if (fd >= 0 && (unsigned long)fd + SL_HTTP_FILES_KEPT >= sl_files_most()) {
		(void)close(fd);
		s->sys = EMFILE;
		return CURL_SOCKET_BAD;
	}
	return fd;
}

static size_t
give_body(char *to, size_t size, size_t n, void *arg)
{
	struct slot *s = arg;

	return sl_body_stream_read(&s->call.stream, to, size * n);
}

/* To send it once more from its start, when a connection that was kept open turns out to be dead. */
static int
rewind_body(void *arg, curl_off_t offset, int origin)
{
	struct slot *s = arg;

	if (offset != 0 || origin != SEEK_SET)
		return CURL_SEEKFUNC_CANTSEEK;
	(void)sl_body_stream_start(&s->call.stream);
	return CURL_SEEKFUNC_OK;
}

/* What never changes from request to request. */
static bool
configure(struct slot *s, int64_t timeout_ms)
{
	CURL *e = s->easy;
	long total = (long)timeout_ms, slow = (long)(timeout_ms / 2000);
	CURLcode rc = CURLE_OK;

	if (slow < LOW_SPEED_MIN_S)
		slow = LOW_SPEED_MIN_S;
	rc |= curl_easy_setopt(e, CURLOPT_PRIVATE, (char *)s);
	rc |= curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
	rc |= curl_easy_setopt(e, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	rc |= curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https");
	rc |= curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, 0L);
	rc |= curl_easy_setopt(e, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	rc |= curl_easy_setopt(e, CURLOPT_PROXY, "");
	rc |= curl_easy_setopt(e, CURLOPT_SSL_VERIFYPEER, 1L);
	rc |= curl_easy_setopt(e, CURLOPT_SSL_VERIFYHOST, 2L);
	rc |= curl_easy_setopt(e, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	rc |= curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS);
	rc |= curl_easy_setopt(e, CURLOPT_TIMEOUT_MS, total);
	rc |= curl_easy_setopt(e, CURLOPT_LOW_SPEED_LIMIT, LOW_SPEED_BYTES);
	rc |= curl_easy_setopt(e, CURLOPT_LOW_SPEED_TIME, slow);
	rc |= curl_easy_setopt(e, CURLOPT_TCP_KEEPALIVE, 1L);
	/* A look-up that hangs must not hold up the closing of the client. */
	rc |= curl_easy_setopt(e, CURLOPT_QUICK_EXIT, 1L);
	rc |= curl_easy_setopt(e, CURLOPT_ERRORBUFFER, s->error);
	rc |= curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, take_answer);
	rc |= curl_easy_setopt(e, CURLOPT_WRITEDATA, s);
	rc |= curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, take_line);
	rc |= curl_easy_setopt(e, CURLOPT_HEADERDATA, s);
	rc |= curl_easy_setopt(e, CURLOPT_OPENSOCKETFUNCTION, open_socket);
	rc |= curl_easy_setopt(e, CURLOPT_OPENSOCKETDATA, s);
	rc |= curl_easy_setopt(e, CURLOPT_READFUNCTION, give_body);
	rc |= curl_easy_setopt(e, CURLOPT_READDATA, s);
	rc |= curl_easy_setopt(e, CURLOPT_SEEKFUNCTION, rewind_body);
	rc |= curl_easy_setopt(e, CURLOPT_SEEKDATA, s);
	return rc == CURLE_OK;
}

/* Asked about once a second while nothing moves. */
static int
is_woken(void *arg, curl_off_t dltotal, curl_off_t dlnow, curl_off_t ultotal, curl_off_t ulnow)
{
	struct sl_http *h = arg;

	(void)dltotal;
	(void)dlnow;
	(void)ultotal;
	(void)ulnow;
	return atomic_load(&h->woken);
}

static bool
watch_wakeup(struct sl_http *h, struct slot *s)
{
	CURLcode rc = CURLE_OK;

	rc |= curl_easy_setopt(s->easy, CURLOPT_XFERINFOFUNCTION, is_woken);
	rc |= curl_easy_setopt(s->easy, CURLOPT_XFERINFODATA, h);
	rc |= curl_easy_setopt(s->easy, CURLOPT_NOPROGRESS, 0L);
	return rc == CURLE_OK;
}

static bool
slot_init(struct slot *s, int64_t timeout_ms)
{
	sl_buf_init(&s->call.body, 0);
	sl_buf_init(&s->packed, 0);
	sl_buf_init(&s->answer, SL_HTTP_BODY_MAX);
	s->gzip_line.data = gzip_text;
	s->easy = curl_easy_init();
	return s->easy && configure(s, timeout_ms);
}

struct sl_http *
sl_http_new(uint32_t inflight, int64_t timeout_ms, struct sl_err *err)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT; /* curl wants one start per process */
	struct sl_http *h = calloc(1, sizeof(*h));
	bool ok = true;

	pthread_once(&once, global_init);
	if (!h)
		goto nomem;
	h->nslots = inflight < 1                      ? 1
		    : inflight > SL_HTTP_INFLIGHT_MAX ? SL_HTTP_INFLIGHT_MAX
						      : inflight;
	h->timeout_ms = timeout_ms > 0 ? timeout_ms : TIMEOUT_MS;
	h->slots = calloc(h->nslots + 1, sizeof(*h->slots));
	h->multi = curl_multi_init();
	h->gzip = sl_gzip_new();
	if (!h->slots || !h->multi || !h->gzip)
		goto nomem;
	for (uint32_t i = 0; i < h->nslots; i++)
		ok = ok && slot_init(&h->slots[i], h->timeout_ms);
	ok = ok &&
	     slot_init(&h->slots[h->nslots], h->timeout_ms < CHECK_MS ? h->timeout_ms : CHECK_MS);
	ok = ok && watch_wakeup(h, &h->slots[h->nslots]);
	ok = ok && !curl_multi_setopt(h->multi, CURLMOPT_MAXCONNECTS, (long)h->nslots);
	ok = ok && !curl_multi_setopt(h->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, (long)h->nslots);
	if (ok)
		return h;
nomem:
	sl_http_free(h);
	sl_fail(err, SL_E_NOMEM, "http", "no memory for the HTTP client");
	return NULL;
}

void
sl_http_free(struct sl_http *h)
{
	if (!h)
		return;
	for (uint32_t i = 0; h->slots && i <= h->nslots; i++) {
		struct slot *s = &h->slots[i];

		if (s->busy)
			curl_multi_remove_handle(h->multi, s->easy);
		curl_easy_cleanup(s->easy);
		sl_buf_free(&s->call.body);
		sl_buf_free(&s->packed);
		sl_buf_free(&s->answer);
	}
	curl_multi_cleanup(h->multi);
	sl_gzip_free(h->gzip);
	free(h->slots);
	free(h);
}

void
sl_http_read_max(struct sl_http *h, size_t bytes)
{
	for (uint32_t i = 0; i <= h->nslots; i++)
		h->slots[i].answer.max = bytes < SL_HTTP_ANSWER_MAX ? bytes : SL_HTTP_ANSWER_MAX;
}

enum sl_code
sl_http_trust(struct sl_http *h, const char *path, struct sl_err *err)
{
	for (uint32_t i = 0; i <= h->nslots; i++) {
		/* Of the system's certificates none counts beside these. */
		if (curl_easy_setopt(h->slots[i].easy, CURLOPT_CAINFO, path) ||
		    curl_easy_setopt(h->slots[i].easy, CURLOPT_CAPATH, NULL))
			return sl_fail(err, SL_E_NOMEM, "ca_file", "no memory for a path");
	}
	return SL_OK;
}

struct sl_http_call *
sl_http_call(struct sl_http *h)
{
	for (uint32_t i = 0; i < h->nslots; i++) {
		if (h->slots[i].busy)
			continue;
		sl_buf_reset(&h->slots[i].call.body);
		h->slots[i].call.user = NULL;
		return &h->slots[i].call;
	}
	return NULL;
}

static CURLcode
set_stream(struct slot *s)
{
	const size_t len = sl_body_stream_start(&s->call.stream);
	CURL *e = s->easy;
	CURLcode rc = CURLE_OK;

	rc |= curl_easy_setopt(e, CURLOPT_POSTFIELDS, NULL);
	rc |= curl_easy_setopt(e, CURLOPT_POST, 1L);
	rc |= curl_easy_setopt(e, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)len);
	return rc;
}

static bool
set_body(struct slot *s, const struct sl_http_request *req, struct sl_str body)
{
	CURL *e = s->easy;
	CURLcode rc = CURLE_OK;

	if (strcmp(req->method, "GET") == 0 || strcmp(req->method, "OPTIONS") == 0) {
		rc |= curl_easy_setopt(e, CURLOPT_POSTFIELDS, NULL);
		rc |= curl_easy_setopt(e, CURLOPT_HTTPGET, 1L);
	} else if (req->streamed) {
		rc |= set_stream(s);
	} else {
		rc |= curl_easy_setopt(e, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body.len);
		rc |= curl_easy_setopt(e, CURLOPT_POSTFIELDS, body.ptr ? body.ptr : "");
	}
	rc |= curl_easy_setopt(e, CURLOPT_CUSTOMREQUEST, req->method);
	return rc == CURLE_OK;
}

static enum sl_code
prepare(struct sl_http *h, struct slot *s, const struct sl_http_request *req, struct sl_str body,
	struct sl_err *err)
{
	struct curl_slist *lines = sl_http_headers_list(req->headers);

	if (req->gzip) {
		enum sl_code rc;

		sl_buf_reset(&s->packed);
		rc = sl_gzip_pack(h->gzip, req->plain, &s->packed, err);
		if (rc != SL_OK)
			return rc;
		body = sl_buf_view(&s->packed);
		s->gzip_line.next = lines;
		lines = &s->gzip_line;
	}
	sl_buf_reset(&s->answer);
	s->cut = s->blocked = false;
	s->said = s->status = s->sys = 0;
	s->error[0] = 0;
	if (!set_body(s, req, body) || curl_easy_setopt(s->easy, CURLOPT_HTTPHEADER, lines) ||
	    curl_easy_setopt(s->easy, CURLOPT_URL, req->url))
		return sl_fail(err, SL_E_NOMEM, "http", "no memory for a request");
	return SL_OK;
}

enum sl_code
sl_http_start(struct sl_http *h, struct sl_http_call *call, const struct sl_http_request *req,
	      struct sl_err *err)
{
	struct slot *s = (struct slot *)call;
	enum sl_code rc;
	CURLMcode bad;

	if (call->body.failed)
		return sl_fail(err, SL_E_NOMEM, "http", "no memory for the body of a request");
	rc = prepare(h, s, req, sl_buf_view(&call->body), err);
	if (rc != SL_OK)
		return rc;
	bad = curl_multi_add_handle(h->multi, s->easy);
	if (bad)
		return sl_fail(err, bad == CURLM_OUT_OF_MEMORY ? SL_E_NOMEM : SL_E_BUG, "http",
			       "a request could not be started: %s", curl_multi_strerror(bad));
	s->busy = true;
	return SL_OK;
}

/* A name that was never found is a mistake; one that was found before will be found again. A handshake that
 * breaks off is no mistake either: networks cut it. */
static bool
is_setup_error(const struct sl_http *h, CURLcode code)
{
	switch (code) {
	case CURLE_COULDNT_RESOLVE_HOST:
		return !h->reached;
	case CURLE_URL_MALFORMAT:
	case CURLE_UNSUPPORTED_PROTOCOL:
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_ISSUER_ERROR:
	case CURLE_SSL_CERTPROBLEM:
	case CURLE_SSL_INVALIDCERTSTATUS:
	case CURLE_SSL_CIPHER:
		return true;
	default:
		return false;
	}
}

static const char *
header(struct slot *s, const char *name)
{
	struct curl_header *h;

	return curl_easy_header(s->easy, name, 0, CURLH_HEADER, -1, &h) == CURLHE_OK ? h->value
										     : NULL;
}

/* The first header that says something counts. Dates of the server are measured against the server's own
 * clock where it tells it. */
#define LAST_SECOND INT64_C(253402300799) /* of the year 9999; a date is the server's to write */

/* The server's own clock, where it tells it: microseconds since 1970. */
static bool
server_time(struct slot *s, int64_t *us)
{
	const char *date = header(s, "Date");
	const int64_t t = date ? (int64_t)curl_getdate(date, NULL) : -1;

	if (t < 0 || t > LAST_SECOND)
		return false;
	*us = t * 1000000;
	return true;
}

static int64_t
asked_to_wait(struct slot *s, int status)
{
	int64_t now;

	if (!server_time(s, &now))
		now = sl_wall_us();

	for (size_t i = 0; i < sl_wait_nheaders; i++) {
		const struct sl_wait_header *w = &sl_wait_headers[i];
		const char *value =
			w->status == 0 || w->status == status ? header(s, w->name) : NULL;
		int64_t us = value ? sl_wait_header_us(w, value, now) : 0;

		if (us > 0)
			return us;
	}
	return 0;
}

/* Nothing is wrong with the other side. */
static void
no_socket(struct slot *s)
{
	struct sl_err err;

	(void)sl_fail(&err, SL_E_IO, "", "no connection can be opened: %s",
		      strerror(s->sys)); // NOLINT(concurrency-mt-unsafe): glibc's is thread-safe
	(void)sl_err_limit(&err, s->sys, NULL);
	(void)sl_err_text(&err, s->error, sizeof(s->error));
}

static void
read_result(struct sl_http *h, struct slot *s, CURLcode code, struct sl_http_result *r)
{
	long status = 0, head = 0;
	curl_off_t up = 0, ready = 0;
	const char *server = header(s, "Server");

	curl_easy_getinfo(s->easy, CURLINFO_RESPONSE_CODE, &status);
	if (status != s->status)
		status = 0;
	curl_easy_getinfo(s->easy, CURLINFO_REQUEST_SIZE, &head);
	curl_easy_getinfo(s->easy, CURLINFO_SIZE_UPLOAD_T, &up);
	curl_easy_getinfo(s->easy, CURLINFO_PRETRANSFER_TIME_T, &ready);
	*r = (struct sl_http_result){ .status = (int)status,
				      .ok = code == CURLE_OK || s->cut,
				      .cut = s->cut,
				      .sent = head > 0 || up > 0,
				      .sys = (int)code,
				      .connect_us = (int64_t)ready,
				      .body = sl_buf_view(&s->answer),
				      .server = server ? server : "",
				      .bytes_sent = (size_t)up };
	r->retry_after_us = asked_to_wait(s, r->status);
	if (s->blocked && !r->sent && code == CURLE_COULDNT_CONNECT) {
		r->setup = true;
		r->error = "its address is link-local, a cloud's metadata service or no address of "
			   "one machine: never a destination";
		return;
	}
	if (s->sys && !r->sent && code == CURLE_COULDNT_CONNECT) {
		no_socket(s);
		r->error = s->error;
		return;
	}
	h->reached = h->reached || r->sent;
	r->setup = !r->sent && is_setup_error(h, code);
	r->error = r->ok ? "" : s->error[0] ? s->error : curl_easy_strerror(code);
}

/* Reports everything that has ended. Returns how many. */
static unsigned
drain(struct sl_http *h, sl_http_done_fn *done, void *arg)
{
	unsigned ended = 0;
	CURLMsg *m;
	int left;

	while ((m = curl_multi_info_read(h->multi, &left))) {
		CURLcode code = m->data.result;
		CURL *easy = m->easy_handle;
		struct sl_http_result r;
		struct slot *s = NULL;

		if (m->msg != CURLMSG_DONE ||
		    curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&s) || !s)
			continue;
		read_result(h, s, code, &r);
		curl_multi_remove_handle(h->multi, easy);
		s->busy = false;
		done(arg, &s->call, &r);
		ended++;
	}
	return ended;
}

enum sl_code
sl_http_poll(struct sl_http *h, int timeout_ms, sl_http_done_fn *done, void *arg,
	     struct sl_err *err)
{
	CURLMcode bad;
	int running;

	bad = curl_multi_perform(h->multi, &running);
	if (!bad && drain(h, done, arg))
		timeout_ms = 0;
	if (!bad)
		bad = curl_multi_poll(h->multi, NULL, 0, timeout_ms < 0 ? POLL_MS : timeout_ms,
				      NULL);
	if (!bad)
		bad = curl_multi_perform(h->multi, &running);
	if (bad)
		return sl_fail(err, bad == CURLM_OUT_OF_MEMORY ? SL_E_NOMEM : SL_E_BUG, "http",
			       "curl gave up: %s", curl_multi_strerror(bad));
	drain(h, done, arg);
	return SL_OK;
}

void
sl_http_wakeup(struct sl_http *h)
{
	if (!h)
		return;
	atomic_store(&h->woken, true);
	curl_multi_wakeup(h->multi);
}

static void
read_clock(struct sl_http *h, struct slot *s)
{
	int64_t theirs;

	h->dated = server_time(s, &theirs);
	if (h->dated)
		h->ahead_us = theirs - sl_wall_us();
}

bool
sl_http_ahead(const struct sl_http *h, int64_t *us)
{
	*us = h->ahead_us;
	return h->dated;
}

void
sl_http_library(char *out, size_t cap)
{
	const curl_version_info_data *v = curl_version_info(CURLVERSION_NOW);

	(void)snprintf(out, cap, "libcurl %s, %s", v->version,
		       v->ssl_version ? v->ssl_version : "no TLS");
}

enum sl_code
sl_http_once(struct sl_http *h, const struct sl_http_request *req, struct sl_str body,
	     struct sl_http_result *r, struct sl_err *err)
{
	struct slot *s = &h->slots[h->nslots];
	enum sl_code rc = prepare(h, s, req, body, err);
	CURLcode code;

	if (rc != SL_OK)
		return rc;
	code = curl_easy_perform(s->easy);
	read_result(h, s, code, r);
	read_clock(h, s);
	return code == CURLE_ABORTED_BY_CALLBACK ? sl_fail(err, SL_E_CANCELLED, "http", "cancelled")
						 : SL_OK;
}
