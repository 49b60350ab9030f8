/* faultproxy.c - a TCP proxy that spoils connections on purpose, for the scripts of this folder.
 *
 *	faultproxy TARGET PORTFILE
 *
 * TARGET is a port of 127.0.0.1 or the path of a Unix socket. PORTFILE gets two numbers: the port to
 * connect to, and the port that takes commands, a line each, answered by a line:
 *
 *	plan KIND [NAME=NUMBER ...]   what happens from now on
 *	stats                         connections NUMBER hits NUMBER
 *
 * Kinds: none · cut (close) and reset (RST, both sides) · half (stop reading, keep the sockets) · hole
 * (read on, forward nothing) · close (accept, then close) · refuse (nobody listens, for `ms`) · slow
 * (`rate` bytes a second, each piece late by `ms`) · slice (pieces of 1 to `slice` bytes).
 * Numbers: after=N bytes in the direction dir (1 = to the target, 2 = from it, 3 = whichever is first;
 * of hole: which way is lost), conns=N: only the first N connections from now (0 = all), seed=N.
 * A new plan ends what an older one left hanging. One thread, no limit of connections but memory. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define PIECE 16384

enum kind { NONE, CUT, RESET, HALF, HOLE, CLOSE, REFUSE, SLOW, SLICE, KINDS };

static const char *const kinds[KINDS] = { "none",  "cut",    "reset", "half", "hole",
					  "close", "refuse", "slow",  "slice" };

struct plan {
	enum kind kind;
	uint64_t after, dir, ms, rate, slice, conns, seed;
};

/* One direction of a connection. */
struct way {
	char buf[PIECE];
	size_t head, len;
	uint64_t passed;
	int64_t not_before; /* monotonic us */
	bool eof, shut;
};

struct pair {
	struct pair *next;
	int fd[2];         /* 0: who connected, 1: the target */
	struct way way[2]; /* way[i] reads from fd[i] */
	struct plan plan;
	bool hit;    /* its fault has happened: half and hole go on like that */
	bool broken; /* to be closed */
	bool rst;
};

struct proxy {
	const char *target;
	struct sockaddr_in at; /* where it listens */
	int listener, control;
	int64_t listen_again; /* us; 0 = it listens */
	struct plan plan;
	uint64_t taken, connections, hits, rng;
	struct pair *pairs;
};

static _Noreturn void __attribute__((format(printf, 1, 2))) die(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fputs("faultproxy: ", stderr);
	vfprintf(stderr, fmt, ap);
	fprintf(stderr, ": %s\n", strerror(errno));
	va_end(ap);
	exit(1);
}

static int64_t
now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static uint64_t
draw(struct proxy *p, uint64_t n)
{
	p->rng ^= p->rng << 13;
	p->rng ^= p->rng >> 7;
	p->rng ^= p->rng << 17;
	return n ? p->rng % n : 0;
}

/* ---- sockets ------------------------------------------------------------------------------------ */

static void
tune(int fd)
{
	const int on = 1;

	if (fcntl(fd, F_SETFL, O_NONBLOCK) != 0)
		die("fcntl");
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)); /* not of Unix sockets */
}

/* at->sin_port 0 = any free one, which is put there. */
static int
listen_at(struct sockaddr_in *at)
{
	socklen_t len = sizeof(*at);
	const int on = 1;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
	    bind(fd, (struct sockaddr *)at, len) != 0 || listen(fd, 64) != 0 ||
	    getsockname(fd, (struct sockaddr *)at, &len) != 0)
		die("cannot listen");
	tune(fd);
	return fd;
}

static int
connect_target(const struct proxy *p)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	struct sockaddr_in in = { .sin_family = AF_INET,
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	bool is_path = p->target[0] == '/';
	int fd = socket(is_path ? AF_UNIX : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	snprintf(un.sun_path, sizeof(un.sun_path), "%s", p->target);
	in.sin_port = htons((uint16_t)strtoul(p->target, NULL, 10));
	if (connect(fd, is_path ? (struct sockaddr *)&un : (struct sockaddr *)&in,
		    is_path ? sizeof(un) : sizeof(in)) != 0) {
		close(fd);
		return -1;
	}
	tune(fd);
	return fd;
}

static void
close_hard(int fd, bool rst)
{
	const struct linger now = { 1, 0 };

	if (rst)
		(void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	close(fd);
}

/* ---- one connection ------------------------------------------------------------------------------ */

static bool
watches(const struct plan *plan, int dir)
{
	return plan->dir == 0 || (plan->dir >> dir & 1) != 0;
}

static bool
stands(const struct pair *c)
{
	return c->hit && c->plan.kind == HALF;
}

/* The bytes up to the fault have passed. */
static void
hit(struct proxy *p, struct pair *c)
{
	c->hit = true;
	p->hits++;
	if (c->plan.kind == CUT || c->plan.kind == RESET) {
		c->broken = true;
		c->rst = c->plan.kind == RESET;
	}
}

/* How many bytes may go now; 0 = the fault is due. */
static size_t
allowance(struct proxy *p, const struct pair *c, int dir)
{
	const struct plan *plan = &c->plan;
	const struct way *w = &c->way[dir];
	size_t n = w->len;

	if (!c->hit && plan->kind >= CUT && plan->kind <= HOLE && watches(plan, dir) &&
	    n > plan->after - w->passed)
		n = (size_t)(plan->after - w->passed);
	if (plan->kind == SLICE && n > 0) {
		size_t most = 1 + (size_t)draw(p, plan->slice);

		n = n < most ? n : most;
	}
	if (plan->kind == SLOW && plan->rate > 0 && n > 1 + plan->rate / 50)
		n = 1 + (size_t)(plan->rate / 50);
	return n;
}

static void
consume(struct way *w, size_t n)
{
	w->head += n;
	w->len -= n;
	w->passed += n;
	if (w->len == 0)
		w->head = 0;
}

static void
forward(struct proxy *p, struct pair *c, int dir)
{
	struct way *w = &c->way[dir];
	size_t n = allowance(p, c, dir);
	ssize_t done;

	if (c->hit && c->plan.kind == HOLE && watches(&c->plan, dir)) {
		consume(w, w->len);
		return;
	}
	if (n == 0) {
		hit(p, c);
		return;
	}
	done = send(c->fd[!dir], w->buf + w->head, n, MSG_NOSIGNAL);
	if (done < 0 && errno != EAGAIN && errno != EINTR)
		c->broken = true;
	if (done <= 0)
		return;
	consume(w, (size_t)done);
	if (c->plan.kind == SLOW && c->plan.rate > 0)
		w->not_before = now_us() + done * 1000000 / (int64_t)c->plan.rate;
	else if (c->plan.kind == SLICE)
		w->not_before = now_us() + (int64_t)draw(p, 200);
}

static void
take(struct pair *c, int dir)
{
	struct way *w = &c->way[dir];
	ssize_t n = recv(c->fd[dir], w->buf, sizeof(w->buf), 0);

	if (n > 0) {
		w->len = (size_t)n;
		if (c->plan.kind == SLOW)
			w->not_before = now_us() + (int64_t)c->plan.ms * 1000;
	} else if (n == 0) {
		w->eof = true;
	} else if (errno != EAGAIN && errno != EINTR) {
		c->broken = true;
		c->rst = true;
	}
}

static void
pass_end_on(struct pair *c, int dir)
{
	struct way *w = &c->way[dir];

	if (!w->eof || w->len > 0 || w->shut)
		return;
	w->shut = true;
	/* Of a hole nobody hears the end. */
	if (c->hit || shutdown(c->fd[!dir], SHUT_WR) != 0 || c->way[!dir].shut)
		c->broken = true;
}

static short
wants(const struct pair *c, int side, int64_t now)
{
	const struct way *in = &c->way[side], *out = &c->way[!side];
	short events = 0;

	if (stands(c))
		return 0;
	if (in->len == 0 && !in->eof)
		events |= POLLIN;
	if (out->len > 0 && now >= out->not_before)
		events |= POLLOUT;
	return events;
}

static void
serve(struct proxy *p, struct pair *c, const struct pollfd *fds)
{
	for (int side = 0; side < 2; side++) {
		if (fds[side].revents & (POLLERR | POLLNVAL))
			c->broken = true;
		/* A hang-up comes unasked: what stands looks at nothing else. */
		if (stands(c) || fds[side].fd != c->fd[side])
			continue;
		if (fds[side].revents & POLLOUT && !c->broken)
			forward(p, c, !side);
		if (fds[side].revents & (POLLIN | POLLHUP) && !c->broken && !stands(c) &&
		    c->way[side].len == 0 && !c->way[side].eof)
			take(c, side);
	}
	for (int dir = 0; dir < 2 && !c->broken && !stands(c); dir++)
		pass_end_on(c, dir);
}

/* ---- all of them ---------------------------------------------------------------------------------- */

static void
accept_one(struct proxy *p)
{
	int fd = accept4(p->listener, NULL, NULL, SOCK_CLOEXEC);
	struct plan plan = { 0 };
	struct pair *c;

	if (fd < 0)
		return;
	p->connections++;
	if (p->plan.conns == 0 || p->taken < p->plan.conns)
		plan = p->plan;
	p->taken++;
	if (plan.kind == CLOSE) {
		p->hits++;
		close(fd);
		return;
	}
	c = calloc(1, sizeof(*c));
	if (!c)
		die("no memory");
	tune(fd);
	c->plan = plan;
	c->fd[0] = fd;
	c->fd[1] = connect_target(p);
	c->next = p->pairs;
	p->pairs = c;
	c->broken = c->fd[1] < 0;
}

static void
sweep(struct proxy *p, bool all_hit)
{
	for (struct pair **at = &p->pairs, *c; (c = *at);) {
		if (!c->broken && !(all_hit && c->hit)) {
			at = &c->next;
			continue;
		}
		*at = c->next;
		close_hard(c->fd[0], c->rst);
		if (c->fd[1] >= 0)
			close_hard(c->fd[1], c->rst);
		free(c);
	}
}

/* ---- commands -------------------------------------------------------------------------------------- */

static bool
set_number(struct plan *plan, const char *word)
{
	const struct {
		const char *name;
		uint64_t *to;
	} numbers[] = {
		{ "after", &plan->after }, { "dir", &plan->dir },     { "ms", &plan->ms },
		{ "rate", &plan->rate },   { "slice", &plan->slice }, { "conns", &plan->conns },
		{ "seed", &plan->seed },
	};
	const char *eq = strchr(word, '=');

	for (size_t i = 0; eq && i < sizeof(numbers) / sizeof(*numbers); i++) {
		size_t n = (size_t)(eq - word);
		char *end;

		if (strlen(numbers[i].name) != n || strncmp(numbers[i].name, word, n) != 0)
			continue;
		*numbers[i].to = strtoull(eq + 1, &end, 10);
		return end > eq + 1 && *end == '\0';
	}
	return false;
}

static bool
read_plan(char *words, struct plan *plan)
{
	char *rest, *word = strtok_r(words, " ", &rest);

	*plan = (struct plan){ .kind = KINDS };
	for (unsigned k = 0; word && k < KINDS; k++)
		if (strcmp(word, kinds[k]) == 0)
			plan->kind = (enum kind)k;
	while (plan->kind < KINDS && (word = strtok_r(NULL, " ", &rest)))
		if (!set_number(plan, word))
			return false;
	return plan->kind < KINDS;
}

static void
obey(struct proxy *p, char *line, char *reply, size_t cap)
{
	struct plan plan;

	if (strncmp(line, "plan ", 5) == 0 && read_plan(line + 5, &plan)) {
		sweep(p, true);
		p->plan = plan;
		p->taken = 0;
		p->rng = (plan.seed + 1) * 0x9e3779b97f4a7c15u;
		if (plan.kind == REFUSE && p->listener >= 0) {
			close(p->listener);
			p->listener = -1;
			p->hits++;
		}
		p->listen_again = now_us() + (int64_t)(plan.kind == REFUSE ? plan.ms : 0) * 1000;
		snprintf(reply, cap, "ok\n");
	} else if (strcmp(line, "stats") == 0) {
		snprintf(reply, cap, "connections %llu hits %llu\n",
			 (unsigned long long)p->connections, (unsigned long long)p->hits);
	} else {
		snprintf(reply, cap, "what?\n");
	}
}

/* A command is short and comes in one piece from this machine. */
static void
take_command(struct proxy *p)
{
	int fd = accept4(p->control, NULL, NULL, SOCK_CLOEXEC);
	char line[512], reply[128];
	ssize_t n;

	if (fd < 0)
		return;
	n = recv(fd, line, sizeof(line) - 1, 0);
	if (n > 0) {
		line[n] = '\0';
		line[strcspn(line, "\r\n")] = '\0';
		obey(p, line, reply, sizeof(reply));
		(void)send(fd, reply, strlen(reply), MSG_NOSIGNAL);
	}
	close(fd);
}

/* ---- the loop ---------------------------------------------------------------------------------------- */

/* How long nothing can happen, in ms. */
static int
patience(const struct proxy *p, int64_t now)
{
	int64_t least = 1000000;

	if (p->listener < 0 && p->listen_again - now < least)
		least = p->listen_again - now;
	for (const struct pair *c = p->pairs; c; c = c->next)
		for (int dir = 0; dir < 2; dir++)
			if (c->way[dir].len > 0 && c->way[dir].not_before > now &&
			    c->way[dir].not_before - now < least)
				least = c->way[dir].not_before - now;
	return least > 0 ? (int)((least + 999) / 1000) : 0;
}

static struct pollfd *
gather(const struct proxy *p, size_t *n)
{
	static struct pollfd *fds;
	static size_t room;
	const int64_t now = now_us();
	size_t need = 2;

	for (const struct pair *c = p->pairs; c; c = c->next)
		need += 2;
	if (need > room) {
		fds = realloc(fds, need * sizeof(*fds));
		if (!fds)
			die("no memory");
		room = need;
	}
	fds[0] = (struct pollfd){ .fd = p->listener, .events = POLLIN };
	fds[1] = (struct pollfd){ .fd = p->control, .events = POLLIN };
	*n = 2;
	for (const struct pair *c = p->pairs; c; c = c->next)
		for (int side = 0; side < 2; side++) {
			short events = wants(c, side, now);

			/* What wants nothing is not asked: its hang-up would wake us for ever. */
			fds[(*n)++] = (struct pollfd){ .fd = events ? c->fd[side] : -1,
						       .events = events };
		}
	return fds;
}

static void
turn(struct proxy *p)
{
	struct pair *old = p->pairs;
	size_t n, i = 2;
	struct pollfd *fds = gather(p, &n);

	if (poll(fds, (nfds_t)n, patience(p, now_us())) < 0 && errno != EINTR)
		die("poll");
	for (struct pair *c = old; c; c = c->next, i += 2)
		serve(p, c, fds + i);
	if (fds[0].revents)
		accept_one(p);
	if (fds[1].revents)
		take_command(p);
	if (p->listener < 0 && now_us() >= p->listen_again)
		p->listener = listen_at(&p->at);
	sweep(p, false);
}

int
main(int argc, char **argv)
{
	struct sockaddr_in control = { .sin_family = AF_INET,
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct proxy p = { .at = control, .rng = 1 };
	char temporary[4096];
	FILE *f;

	if (argc != 3) {
		fputs("usage: faultproxy TARGET PORTFILE\n", stderr);
		return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	p.target = argv[1];
	p.listener = listen_at(&p.at);
	p.control = listen_at(&control);
	snprintf(temporary, sizeof(temporary), "%s.new", argv[2]);
	f = fopen(temporary, "w");
	if (!f || fprintf(f, "%u %u\n", ntohs(p.at.sin_port), ntohs(control.sin_port)) < 0 ||
	    fclose(f) != 0 || rename(temporary, argv[2]) != 0)
		die("%s", argv[2]);
	for (;;)
		turn(&p);
}
