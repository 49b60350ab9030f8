/* alloc_fail.c - see alloc_fail.h */
#include "tests/lib/alloc_fail.h"

#include <execinfo.h>
#include <jansson.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FRAMES 12
#define SLOTS  (1u << 20) /* of the table of live blocks */

/* What the linker calls the functions that it has put ours in front of; NULL in programs without. */
extern void *__real_malloc(size_t n) __attribute__((weak));
extern void *__real_calloc(size_t n, size_t size) __attribute__((weak));
extern void *__real_realloc(void *p, size_t n) __attribute__((weak));
extern void __real_free(void *p) __attribute__((weak));
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);
char *__wrap_strdup(const char *s);
char *__wrap_strndup(const char *s, size_t n);
int __wrap_asprintf(char **out, const char *fmt, ...);
void __wrap_free(void *p);

struct block {
	void *p; /* NULL = free slot */
	const void *owner;
};

static struct {
	atomic_bool armed, tracking, hit;
	atomic_ulong count;
	unsigned long nth;
	bool for_good;
	void *frames[FRAMES];
	int nframes;
	pthread_mutex_t lock; /* guards what follows */
	struct block *table;
	size_t live;
} at = { .lock = PTHREAD_MUTEX_INITIALIZER };

/* ---- which one fails ---------------------------------------------------------------------------- */

static bool
must_fail(void)
{
	unsigned long n;

	if (!atomic_load(&at.armed))
		return false;
	n = atomic_fetch_add(&at.count, 1) + 1;
	if (at.nth == 0 || (at.for_good ? n < at.nth : n != at.nth))
		return false;
	if (!atomic_exchange(&at.hit, true))
		at.nframes = backtrace(at.frames, FRAMES);
	return true;
}

void
alloc_fail_arm(unsigned long nth, bool for_good)
{
	if (!at.table)
		at.table = __real_calloc(SLOTS, sizeof(*at.table));
	if (!at.table)
		abort();
	at.nth = nth;
	at.for_good = for_good;
	atomic_store(&at.count, 0);
	atomic_store(&at.hit, false);
	atomic_store(&at.tracking, true);
	atomic_store(&at.armed, true);
}

void
alloc_fail_disarm(void)
{
	atomic_store(&at.armed, false);
}

bool
alloc_fail_hit(void)
{
	return atomic_load(&at.hit);
}

unsigned long
alloc_fail_count(void)
{
	return atomic_load(&at.count);
}

/* ---- what lives ----------------------------------------------------------------------------------- */

static size_t
home_of(const void *p)
{
	return (size_t)((uintptr_t)p * UINT64_C(0x9e3779b97f4a7c15) >> 44) % SLOTS;
}

static void *
note(void *p, const void *owner)
{
	if (!p || !atomic_load(&at.tracking))
		return p;
	pthread_mutex_lock(&at.lock);
	if (at.live++ > SLOTS / 2)
		abort();
	size_t i = home_of(p);
	while (at.table[i].p)
		i = (i + 1) % SLOTS;
	at.table[i] = (struct block){ p, owner };
	pthread_mutex_unlock(&at.lock);
	return p;
}

/* Linear probing: what comes behind a slot that gets free moves up. */
static void
empty(size_t i)
{
	size_t j = i;

	at.table[i].p = NULL;
	while (at.table[j = (j + 1) % SLOTS].p) {
		size_t home = home_of(at.table[j].p);

		if ((i < j) ? (home > i && home <= j) : (home > i || home <= j))
			continue;
		at.table[i] = at.table[j];
		at.table[j].p = NULL;
		i = j;
	}
}

static void
forget(const void *p)
{
	if (!p || !atomic_load(&at.tracking))
		return;
	pthread_mutex_lock(&at.lock);
	size_t i = home_of(p);
	while (at.table[i].p && at.table[i].p != p)
		i = (i + 1) % SLOTS;
	if (at.table[i].p) {
		empty(i);
		at.live--;
	}
	pthread_mutex_unlock(&at.lock);
}

size_t
alloc_fail_live(void)
{
	pthread_mutex_lock(&at.lock);
	size_t n = at.live;
	pthread_mutex_unlock(&at.lock);
	return n;
}

void
alloc_fail_say(void)
{
	if (at.nframes > 0) {
		(void)fprintf(stderr, "# allocation %lu failed at\n", at.nth);
		backtrace_symbols_fd(at.frames, at.nframes, STDERR_FILENO);
	}
	pthread_mutex_lock(&at.lock);
	for (size_t i = 0, said = 0; i < SLOTS && at.table && said < 8; i++) {
		void *owner = (void *)(uintptr_t)at.table[i].owner;

		if (!at.table[i].p)
			continue;
		said++;
		(void)fprintf(stderr, "# not freed, from\n");
		backtrace_symbols_fd(&owner, 1, STDERR_FILENO);
	}
	pthread_mutex_unlock(&at.lock);
}

/* ---- our own code --------------------------------------------------------------------------------- */

#define CALLER __builtin_return_address(0)

void *
__wrap_malloc(size_t n)
{
	return must_fail() ? NULL : note(__real_malloc(n), CALLER);
}

void *
__wrap_calloc(size_t n, size_t size)
{
	return must_fail() ? NULL : note(__real_calloc(n, size), CALLER);
}

void *
__wrap_realloc(void *p, size_t n)
{
	void *q;

	if (must_fail())
		return NULL;
	forget(p);
	q = __real_realloc(p, n);
	return note(q, CALLER);
}

static char *
copy(const char *s, size_t n, const void *owner)
{
	char *p = must_fail() ? NULL : note(__real_malloc(n + 1), owner);

	if (p) {
		memcpy(p, s, n);
		p[n] = '\0';
	}
	return p;
}

char *
__wrap_strdup(const char *s)
{
	return copy(s, strlen(s), CALLER);
}

char *
__wrap_strndup(const char *s, size_t n)
{
	return copy(s, strnlen(s, n), CALLER);
}

int
__wrap_asprintf(char **out, const char *fmt, ...)
{
	va_list ap;
	int n;

	if (must_fail())
		return -1;
	va_start(ap, fmt);
	n = vasprintf(out, fmt, ap);
	va_end(ap);
	if (n >= 0)
		(void)note(*out, CALLER);
	return n;
}

void
__wrap_free(void *p)
{
	forget(p);
	__real_free(p);
}

/* ---- libraries ------------------------------------------------------------------------------------ */

static sqlite3_mem_methods sqlite_memory;

static void *
sqlite_malloc(int n)
{
	return must_fail() ? NULL : sqlite_memory.xMalloc(n);
}

static void *
sqlite_realloc(void *p, int n)
{
	return must_fail() ? NULL : sqlite_memory.xRealloc(p, n);
}

/* jansson 2.14 writes beyond the buffer of a token that cannot grow (lex_save() does not look at what
 * strbuffer_append_byte() returns). Its sizes are powers of two from 32 on: those never fail. */
static void *
jansson_malloc(size_t n)
{
	const bool spare = n >= 32 && (n & (n - 1)) == 0;

	return !spare && must_fail() ? NULL : __real_malloc(n);
}

void
alloc_fail_libraries(void)
{
	sqlite3_mem_methods ours;
	void *frame;

	(void)backtrace(&frame, 1); /* its first call loads a library */
	(void)sqlite3_config(SQLITE_CONFIG_GETMALLOC, &sqlite_memory);
	ours = sqlite_memory;
	ours.xMalloc = sqlite_malloc;
	ours.xRealloc = sqlite_realloc;
	if (sqlite3_config(SQLITE_CONFIG_MALLOC, &ours) != SQLITE_OK)
		abort();
	json_set_alloc_funcs(jansson_malloc, __real_free);
}
