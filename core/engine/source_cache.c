#include "core/engine/source_cache.h"

#include "core/base/clock.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define IDLE_US 60000000 /* then it is closed */
#define MOST    8        /* idle connections */

struct idle {
	struct idle *next;
	char name[72];
	struct sl_digest settings;
	struct sl_source_handle handle;
	int64_t until_us; /* monotonic */
};

struct sl_source_cache {
	pthread_mutex_t lock; /* guards all below */
	pthread_cond_t changed;
	struct idle *list; /* the newest first */
	bool closing;
	pthread_t reaper;
};

/* Closing talks to a server: never with the lock held. */
static void
close_all(struct idle *i)
{
	while (i) {
		struct idle *next = i->next;

		sl_source_disconnect(&i->handle);
		free(i);
		i = next;
	}
}

/* Take out what is over its time or beyond the number kept; *next_us gets the time of the next one. */
static struct idle *
take_old(struct sl_source_cache *c, int64_t now, int64_t *next_us)
{
	struct idle **p = &c->list, *gone = NULL, *i;
	unsigned n = 0;

	*next_us = INT64_MAX;
	while ((i = *p)) {
		if (i->until_us > now && ++n <= MOST) {
			if (i->until_us < *next_us)
				*next_us = i->until_us;
			p = &i->next;
			continue;
		}
		*p = i->next;
		i->next = gone;
		gone = i;
	}
	return gone;
}

static void
sleep_until(struct sl_source_cache *c, int64_t at_us)
{
	const struct timespec ts = { .tv_sec = at_us / 1000000,
				     .tv_nsec = (at_us % 1000000) * 1000 };

	if (at_us == INT64_MAX)
		pthread_cond_wait(&c->changed, &c->lock);
	else
		pthread_cond_timedwait(&c->changed, &c->lock, &ts);
}

static void *
reaper_main(void *arg)
{
	struct sl_source_cache *c = arg;
	int64_t next_us;

	pthread_mutex_lock(&c->lock);
	while (!c->closing) {
		struct idle *gone = take_old(c, sl_mono_us(), &next_us);

		if (!gone) {
			sleep_until(c, next_us);
			continue;
		}
		pthread_mutex_unlock(&c->lock);
		close_all(gone);
		pthread_mutex_lock(&c->lock);
	}
	pthread_mutex_unlock(&c->lock);
	return NULL;
}

struct sl_source_cache *
sl_source_cache_new(void)
{
	struct sl_source_cache *c = calloc(1, sizeof(*c));
	pthread_condattr_t attr;
	int rc;

	if (!c)
		return NULL;
	pthread_mutex_init(&c->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&c->changed, &attr);
	pthread_condattr_destroy(&attr);
	rc = sl_thread_start(&c->reaper, "idle", reaper_main, c);
	if (rc == 0)
		return c;
	pthread_cond_destroy(&c->changed);
	pthread_mutex_destroy(&c->lock);
	free(c);
	errno = rc;
	return NULL;
}

void
sl_source_cache_free(struct sl_source_cache *c)
{
	if (!c)
		return;
	pthread_mutex_lock(&c->lock);
	c->closing = true;
	pthread_cond_broadcast(&c->changed);
	pthread_mutex_unlock(&c->lock);
	pthread_join(c->reaper, NULL);
	close_all(c->list);
	pthread_cond_destroy(&c->changed);
	pthread_mutex_destroy(&c->lock);
	free(c);
}

bool
sl_source_cache_take(struct sl_source_cache *c, const char *name, struct sl_digest settings,
		     struct sl_source_handle *out)
{
	struct idle **p = &c->list, *found = NULL, *stale = NULL, *i;

	pthread_mutex_lock(&c->lock);
	while ((i = *p)) {
		const bool ours = strcmp(i->name, name) == 0;
		const bool same = ours && sl_digest_eq(i->settings, settings);

		if (!ours || (same && found)) {
			p = &i->next;
			continue;
		}
		*p = i->next;
		if (same) {
			found = i;
		} else {
			i->next = stale;
			stale = i;
		}
	}
	pthread_mutex_unlock(&c->lock);
	close_all(stale);
	if (!found)
		return false;
	*out = found->handle;
	free(found);
	return true;
}

void
sl_source_cache_give(struct sl_source_cache *c, const char *name, struct sl_digest settings,
		     struct sl_source_handle *h)
{
	struct idle *i = calloc(1, sizeof(*i));

	if (!i) {
		sl_source_disconnect(h);
		return;
	}
	*i = (struct idle){ .settings = settings,
			    .handle = *h,
			    .until_us = sl_mono_us() + IDLE_US };
	(void)snprintf(i->name, sizeof(i->name), "%s", name);
	*h = (struct sl_source_handle){ 0 };
	pthread_mutex_lock(&c->lock);
	i->next = c->list;
	c->list = i;
	pthread_cond_broadcast(&c->changed);
	pthread_mutex_unlock(&c->lock);
}
