/* pg_resolve.c - looks a host up in a thread of its own, because libpq would do it with a blocking
 * call that neither a deadline nor cancel() can end. */
#include "core/source/pg.h"

#include "core/base/pool.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#define ADDRESSES_MAX 4u

struct lookup {
	atomic_int refs;
	int woken;            /* an eventfd, written when finished */
	atomic_bool finished; /* what follows is complete */
	int error;            /* of getaddrinfo() */
	unsigned n;
	char address[ADDRESSES_MAX][INET6_ADDRSTRLEN];
	char host[]; /* NUL-terminated */
};

static void
lookup_drop(struct lookup *l)
{
	if (atomic_fetch_sub(&l->refs, 1) == 1) {
		close(l->woken);
		free(l);
	}
}

static void *
lookup_main(void *arg)
{
	struct lookup *l = arg;
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG };
	struct addrinfo *found = NULL;

	l->error = getaddrinfo(l->host, NULL, &hints, &found);
	for (struct addrinfo *ai = found; ai != NULL && l->n < ADDRESSES_MAX; ai = ai->ai_next) {
		if (getnameinfo(ai->ai_addr, ai->ai_addrlen, l->address[l->n], sizeof l->address[0],
				NULL, 0, NI_NUMERICHOST) == 0)
			l->n++;
	}
	if (found != NULL)
		freeaddrinfo(found);
	atomic_store(&l->finished, true);
	/* Cannot fail: the counter is 0 and the descriptor is open as long as we hold l. */
	(void)!write(l->woken, &(uint64_t){ 1 }, sizeof(uint64_t));
	lookup_drop(l);
	return NULL;
}

static struct lookup *
lookup_start(const char *host)
{
	size_t n = strlen(host) + 1;
	struct lookup *l = calloc(1, sizeof *l + n);
	pthread_t thread;

	if (l == NULL)
		return NULL;
	memcpy(l->host, host, n);
	atomic_init(&l->refs, 2);
	l->woken = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (l->woken < 0 || sl_thread_start(&thread, "pg-resolve", lookup_main, l) != 0) {
		if (l->woken >= 0)
			close(l->woken);
		free(l);
		return NULL;
	}
	pthread_detach(thread);
	return l;
}

/* A directory, an address, or a list of hosts needs no look-up of ours. */
static bool
is_name(const char *host)
{
	unsigned char address[sizeof(struct in6_addr)];

	return host[0] != 0 && host[0] != '/' && host[0] != '@' && strchr(host, ',') == NULL &&
	       inet_pton(AF_INET, host, address) != 1 && inet_pton(AF_INET6, host, address) != 1;
}

enum sl_code
sl_pg_resolve(struct sl_pg *pg, const char *host, int64_t until, struct sl_buf *hosts,
	      struct sl_buf *addresses, struct sl_err *err)
{
	enum sl_code code;

	if (!is_name(host))
		return SL_OK;
	struct lookup *l = lookup_start(host);
	if (l == NULL)
		return sl_pg_nomem(err);
	do {
		code = sl_pg_wait(pg, l->woken, POLLIN, until, 0, err);
	} while (code == SL_OK && !atomic_load(&l->finished));
	if (code == SL_OK && (l->error != 0 || l->n == 0)) {
		sl_fail(err, SL_E_NET, SL_PG_WHERE, "host \"%s\" was not found: %s", host,
			gai_strerror(l->error != 0 ? l->error : EAI_NONAME));
		err->retryable = true;
		code = sl_err_hint(err, "check the host of the connection");
	}
	/* libpq takes a host (for TLS and .pgpass) and its address in lists of the same length. */
	for (unsigned i = 0; code == SL_OK && i < l->n; i++) {
		sl_buf_printf(hosts, "%s%s", i > 0 ? "," : "", host);
		sl_buf_printf(addresses, "%s%s", i > 0 ? "," : "", l->address[i]);
	}
	lookup_drop(l);
	return code;
}
