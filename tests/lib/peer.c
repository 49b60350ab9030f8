/* peer.c - a tiny scripted HTTP server on loopback. */
#include "tests/lib/peer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define CONNECTIONS_MAX 64
#define REQUESTS_MAX    256
#define GATHER_S        60

struct peer {
	int listener;
	unsigned port;
	char url[40];
	pthread_t acceptor;
	pthread_mutex_t lock; /* everything below */
	pthread_cond_t arrived;
	const struct peer_step *steps;
	size_t nsteps, taken;
	struct peer_request requests[REQUESTS_MAX];
	size_t nrequests;
	unsigned nconnections;
	pthread_t threads[CONNECTIONS_MAX];
	int sockets[CONNECTIONS_MAX]; /* -1 when closed */
	bool stopping;
};

struct connection {
	struct peer *peer;
	unsigned no; /* index into sockets */
	int fd;
	bool refused; /* close without reading */
	char *buf;    /* unread input */
	size_t len, cap;
};

static void
must(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "peer: %s: %s\n", what, strerror(errno));
	abort();
}

static bool
read_more(struct connection *c)
{
	ssize_t n;

	if (!c->buf || c->len + 1 >= c->cap) {
		c->cap = c->cap ? c->cap * 2 : 65536;
		c->buf = realloc(c->buf, c->cap);
		must(c->buf, "memory");
	}
	do {
		n = recv(c->fd, c->buf + c->len, c->cap - c->len - 1, 0);
	} while (n < 0 && errno == EINTR);
	if (n <= 0)
		return false;
	c->len += (size_t)n;
	c->buf[c->len] = 0;
	return true;
}

static void
consume(struct connection *c, size_t n)
{
	c->len -= n;
	memmove(c->buf, c->buf + n, c->len + 1);
}

char *
peer_header(const struct peer_request *r, const char *name)
{
	size_t n = strlen(name);

	for (const char *p = r->head; p && *p; p = strstr(p, "\r\n"), p = p ? p + 2 : NULL) {
		if (strncasecmp(p, name, n) == 0 && p[n] == ':') {
			const char *v = p + n + 1 + strspn(p + n + 1, " ");

			return strndup(v, strcspn(v, "\r"));
		}
	}
	return NULL;
}

/* Reads one request whole. False: the client is gone. */
static bool
read_request(struct connection *c, struct peer_request *r)
{
	const char *end;
	char *length;
	size_t head;

	memset(r, 0, sizeof(*r));
	r->connection = c->no + 1;
	while (!c->buf || !(end = memmem(c->buf, c->len, "\r\n\r\n", 4))) {
		if (!read_more(c))
			return false;
	}
	head = (size_t)(end - c->buf) + 4;
	must(sscanf(c->buf, "%15s %255s", r->method, r->path) == 2, "request line");
	r->head = strndup(c->buf, head - 2);
	must(r->head, "memory");
	length = peer_header(r, "Content-Length");
	r->body_len = length ? strtoul(length, NULL, 10) : 0;
	free(length);
	while (c->len < head + r->body_len) {
		if (!read_more(c)) {
			free(r->head);
			return false;
		}
	}
	r->body = malloc(r->body_len + 1);
	must(r->body, "memory");
	memcpy(r->body, c->buf + head, r->body_len);
	r->body[r->body_len] = 0;
	consume(c, head + r->body_len);
	return true;
}

static const struct peer_step *
next_step(struct peer *p)
{
	size_t i = p->taken < p->nsteps ? p->taken : p->nsteps - 1;

	p->taken++;
	return &p->steps[i];
}

/* Keeps the request, takes its step, waits for the others it wants to see. */
static const struct peer_step *
arrive(struct peer *p, const struct peer_request *r)
{
	const struct peer_step *s;
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += GATHER_S;
	pthread_mutex_lock(&p->lock);
	must(p->nrequests < REQUESTS_MAX, "too many requests");
	p->requests[p->nrequests++] = *r;
	s = next_step(p);
	pthread_cond_broadcast(&p->arrived);
	while (s->gather > p->nrequests && !p->stopping) {
		if (pthread_cond_timedwait(&p->arrived, &p->lock, &until) != 0)
			break;
	}
	pthread_mutex_unlock(&p->lock);
	return s;
}

static bool
send_all(int fd, const char *p, size_t n)
{
	while (n) {
		ssize_t w = send(fd, p, n, MSG_NOSIGNAL);

		if (w <= 0)
			return false;
		p += w;
		n -= (size_t)w;
	}
	return true;
}

static bool
answer(int fd, const struct peer_step *s)
{
	const char *body = s->body ? s->body : "";
	bool close_after = s->act != PEER_ANSWER;
	size_t n = strlen(body);
	char *text = NULL;
	int len = asprintf(&text, "HTTP/1.1 %d Word\r\nContent-Length: %zu\r\n%s%s\r\n%.*s",
			   s->status, n, s->headers ? s->headers : "",
			   close_after ? "Connection: close\r\n" : "",
			   (int)(s->act == PEER_HALF ? n / 2 : n), body);
	bool ok;

	must(len > 0, "memory");
	ok = send_all(fd, text, (size_t)len) && !close_after;
	free(text);
	return ok;
}

static void
reset(int fd)
{
	struct linger now = { .l_onoff = 1, .l_linger = 0 };

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
}

/* Says nothing until the client or the peer ends the connection. */
static void
stay_silent(struct connection *c)
{
	while (read_more(c))
		;
}

/* True: the connection stays open. */
static bool
act(struct connection *c, const struct peer_step *s)
{
	switch (s->act) {
	case PEER_ANSWER:
	case PEER_ANSWER_CLOSE:
	case PEER_HALF:
		return answer(c->fd, s);
	case PEER_RESET:
		reset(c->fd);
		return false;
	case PEER_NO_STATUS:
		send_all(c->fd, "what?\r\n\r\n", 9);
		return false;
	case PEER_RAW:
		send_all(c->fd, s->body, strlen(s->body));
		return false;
	case PEER_SILENT:
		stay_silent(c);
		return false;
	case PEER_CLOSE_EARLY:
	case PEER_CLOSE:
		break;
	}
	return false;
}

static void
end_connection(struct connection *c)
{
	pthread_mutex_lock(&c->peer->lock);
	close(c->fd);
	c->peer->sockets[c->no] = -1;
	pthread_mutex_unlock(&c->peer->lock);
	free(c->buf);
	free(c);
}

static void *
serve(void *arg)
{
	struct connection *c = arg;
	struct peer_request r;
	bool open = !c->refused;

	while (open && read_request(c, &r))
		open = act(c, arrive(c->peer, &r));
	end_connection(c);
	return NULL;
}

/* A step that refuses to read is taken by the connection itself. */
static bool
refuse(struct peer *p)
{
	size_t i = p->taken < p->nsteps ? p->taken : p->nsteps - 1;

	if (p->steps[i].act != PEER_CLOSE_EARLY)
		return false;
	p->taken++;
	return true;
}

static void *
accept_all(void *arg)
{
	struct peer *p = arg;
	int fd;

	while ((fd = accept4(p->listener, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
		struct connection *c = calloc(1, sizeof(*c));

		must(c && p->nconnections < CONNECTIONS_MAX, "too many connections");
		pthread_mutex_lock(&p->lock);
		*c = (struct connection){ .peer = p, .no = p->nconnections++, .fd = fd };
		p->sockets[c->no] = fd;
		c->refused = refuse(p);
		if (p->stopping)
			shutdown(fd, SHUT_RDWR);
		must(pthread_create(&p->threads[c->no], NULL, serve, c) == 0, "thread");
		pthread_mutex_unlock(&p->lock);
	}
	return NULL;
}

struct peer *
peer_start(const struct peer_step *steps, size_t nsteps)
{
	struct peer *p = calloc(1, sizeof(*p));
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(a);

	must(p, "memory");
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->arrived, NULL);
	p->steps = steps;
	p->nsteps = nsteps;
	p->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	must(p->listener >= 0 && bind(p->listener, (struct sockaddr *)&a, sizeof(a)) == 0 &&
		     listen(p->listener, 64) == 0 &&
		     getsockname(p->listener, (struct sockaddr *)&a, &len) == 0,
	     "listen");
	p->port = ntohs(a.sin_port);
	snprintf(p->url, sizeof(p->url), "http://127.0.0.1:%u", p->port);
	must(pthread_create(&p->acceptor, NULL, accept_all, p) == 0, "thread");
	return p;
}

static void
forget(struct peer *p)
{
	for (size_t i = 0; i < p->nrequests; i++) {
		free(p->requests[i].head);
		free(p->requests[i].body);
	}
	p->nrequests = 0;
}

void
peer_stop(struct peer *p)
{
	pthread_mutex_lock(&p->lock);
	p->stopping = true;
	pthread_cond_broadcast(&p->arrived);
	shutdown(p->listener, SHUT_RDWR);
	for (unsigned i = 0; i < p->nconnections; i++) {
		if (p->sockets[i] >= 0)
			shutdown(p->sockets[i], SHUT_RDWR);
	}
	pthread_mutex_unlock(&p->lock);
	pthread_join(p->acceptor, NULL);
	for (unsigned i = 0; i < p->nconnections; i++)
		pthread_join(p->threads[i], NULL);
	close(p->listener);
	forget(p);
	pthread_cond_destroy(&p->arrived);
	pthread_mutex_destroy(&p->lock);
	free(p);
}

void
peer_script(struct peer *p, const struct peer_step *steps, size_t nsteps)
{
	pthread_mutex_lock(&p->lock);
	forget(p);
	p->steps = steps;
	p->nsteps = nsteps;
	p->taken = 0;
	pthread_mutex_unlock(&p->lock);
}

unsigned
peer_port(const struct peer *p)
{
	return p->port;
}

const char *
peer_url(const struct peer *p)
{
	return p->url;
}

size_t
peer_requests(struct peer *p)
{
	size_t n;

	pthread_mutex_lock(&p->lock);
	n = p->nrequests;
	pthread_mutex_unlock(&p->lock);
	return n;
}

unsigned
peer_connections(struct peer *p)
{
	unsigned n;

	pthread_mutex_lock(&p->lock);
	n = p->nconnections;
	pthread_mutex_unlock(&p->lock);
	return n;
}

const struct peer_request *
peer_request(struct peer *p, size_t i)
{
	must(i < peer_requests(p), "no such request");
	return &p->requests[i];
}
