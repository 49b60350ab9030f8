/* fuzz_answer.c - any bytes as the answer of an HTTP server, through the whole client: status line,
 * headers, chunks, body, as they would come from a hostile peer. Every event gets exactly one class;
 * success is never made up; a wait is never longer than an hour. The first byte chooses the form of the
 * answer; the second where it is cut in two on its way. */
#include "core/dest/dest.h"
#include "core/dest/retry_after.h"

#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define EVENTS  2u
#define WALL_US INT64_C(1767607200123000)

static int listener;
static char url[64];
/* What the server says to the next request; set before the request is made. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static uint8_t say[65536];
static size_t say_len, say_cut;

static void
must(bool holds)
{
	if (!holds)
		abort();
}

static void
put_all(int fd, const uint8_t *p, size_t n)
{
	while (n > 0) {
		ssize_t done = send(fd, p, n, MSG_NOSIGNAL);

		if (done <= 0)
			return;
		p += done;
		n -= (size_t)done;
	}
}

/* One request a connection: the end of the headers and the body that we know come in a moment. */
static void *
serve(void *arg)
{
	static uint8_t answer[sizeof(say)];
	char in[8192];
	size_t have, len, cut;

	for (;;) {
		int fd = accept(listener, NULL, NULL);
		ssize_t n = 1;

		if (fd < 0)
			return arg;
		for (have = 0; have < sizeof(in) - 1 && n > 0; have += n > 0 ? (size_t)n : 0) {
			in[have] = '\0';
			if (have > 2 && in[have - 1] == ']' && strstr(in, "\r\n\r\n"))
				break;
			n = recv(fd, in + have, sizeof(in) - 1 - have, 0);
		}
		/* A client that has heard enough goes on to its next request at once. */
		pthread_mutex_lock(&lock);
		len = say_len;
		cut = say_cut;
		memcpy(answer, say, len);
		pthread_mutex_unlock(&lock);
		put_all(fd, answer, cut);
		put_all(fd, answer + cut, len - cut);
		shutdown(fd, SHUT_WR);
		while (recv(fd, in, sizeof(in), 0) > 0)
			;
		close(fd);
	}
}

static void
start(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(at);
	pthread_t thread;

	listener = socket(AF_INET, SOCK_STREAM, 0);
	must(listener >= 0 && bind(listener, (struct sockaddr *)&at, len) == 0 &&
	     listen(listener, 8) == 0 && getsockname(listener, (struct sockaddr *)&at, &len) == 0);
	snprintf(url, sizeof(url), "http://127.0.0.1:%u", ntohs(at.sin_port));
	must(pthread_create(&thread, NULL, serve, NULL) == 0);
}

static void
done(void *arg, struct sl_delivery *d)
{
	(void)d;
	*(bool *)arg = true;
}

static bool
has(const char *word)
{
	return memmem(say, say_len, word, strlen(word)) != NULL;
}

static void
check(const struct sl_outcome *o, bool results)
{
	for (uint32_t i = 0; i < EVENTS; i++) {
		must(o[i].cls > SL_C_NONE && o[i].cls <= SL_C_CONFIG);
		must(o[i].retry_after_us >= 0 && o[i].retry_after_us <= SL_RETRY_AFTER_MAX_US);
		must(memchr(o[i].detail, '\0', sizeof(o[i].detail)) != NULL);
		if (o[i].cls != SL_C_ACK)
			continue;
		must(o[i].status >= 200 && o[i].status <= 299 && has("HTTP/") && has(" 2"));
		/* A good word or number must be in it somewhere; chunks may cut the name. */
		must(!results || has("[") || has("chunked") || has("CHUNKED"));
	}
	must(o[EVENTS].status == 0x5a5a5a5a);
}

static void
ask(bool results, bool by_id)
{
	const struct sl_dest_driver *drv = sl_dest_find("webhook");
	struct sl_setting set[] = { { "url", url, 0 },
				    { "timeout", "5s", 0 },
				    { "inflight", "1", 0 },
				    { "results", results ? "results" : "", 0 },
				    { "results_id", results && by_id ? "id" : "", 0 } };
	struct sl_dest_config cfg = { .settings = set, .nsettings = SL_COUNT(set) };
	struct sl_str bodies[] = { SL_LIT("{\"messageId\":\"a\"}"),
				   SL_LIT("{\"messageId\":\"b\"}") };
	struct sl_outcome out[EVENTS + 1];
	struct sl_delivery d = { .n = EVENTS, .bodies = bodies, .outcomes = out, .attempt = 1 };
	struct sl_dest_limits limits;
	struct sl_err err;
	bool over = false;
	void *ctx = calloc(1, drv->ctx_size);

	must(ctx != NULL);
	memset(out, 0x5a, sizeof(out));
	for (uint32_t i = 0; i < EVENTS; i++)
		out[i] = (struct sl_outcome){ 0 };
	must(drv->open(ctx, &cfg, &limits, &err) == SL_OK);
	must(drv->submit(ctx, &d, &err) == SL_OK);
	while (!over)
		must(drv->poll(ctx, 1000, done, &over, &err) == SL_OK);
	check(out, results);
	drv->close(ctx);
	free(ctx);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text;

	if (size < 2 || size > sizeof(say))
		return 0;
	if (listener == 0)
		start();
	pthread_mutex_lock(&lock);
	say_len = size - 2;
	say_cut = data[1] * say_len / 256;
	memcpy(say, data + 2, say_len);
	pthread_mutex_unlock(&lock);
	ask(data[0] & 1, data[0] & 2);
	text = strndup((const char *)data + 2, size - 2);
	must(text != NULL);
	for (size_t i = 0; i < sl_wait_nheaders; i++) {
		int64_t wait = sl_wait_header_us(&sl_wait_headers[i], text, WALL_US);

		must(wait >= 0 && wait <= SL_RETRY_AFTER_MAX_US);
	}
	free(text);
	return 0;
}
