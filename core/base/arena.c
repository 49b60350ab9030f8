/* arena.c - chunks of memory that are handed out by moving a pointer. */
#include "core/base/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(__SANITIZE_ADDRESS__)
#define ARENA_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENA_ASAN 1
#endif
#endif

#ifdef ARENA_ASAN
#include <sanitizer/asan_interface.h>
#define POISON(p, n)   ASAN_POISON_MEMORY_REGION(p, n)
#define UNPOISON(p, n) ASAN_UNPOISON_MEMORY_REGION(p, n)
/* Poisoned bytes between two objects, as far as the chunk has them. */
#define GAP(left) ((left) < 16 ? (left) : 16)
#else
#define POISON(p, n)   ((void)(p), (void)(n))
#define UNPOISON(p, n) ((void)(p), (void)(n))
#define GAP(left)      ((size_t)0)
#endif

#define CHUNK_MIN   ((size_t)1024)
#define CHUNK_GROW  ((size_t)1 << 20) /* chunks double up to this size */
#define MAX_DEFAULT ((size_t)1 << 30)

struct chunk {
	struct chunk *older;
	size_t size; /* of data */
	size_t fill; /* bytes of data in use, with padding */
	_Alignas(max_align_t) unsigned char data[];
};

struct sl_arena {
	struct chunk *newest;
	struct chunk *first;
	size_t used; /* bytes asked for */
	size_t max;
};

static struct chunk *
chunk_new(size_t size)
{
	struct chunk *c = malloc(sizeof(*c) + size);

	if (!c)
		return NULL;
	c->older = NULL;
	c->size = size;
	c->fill = 0;
	POISON(c->data, size);
	return c;
}

static void
chunk_free(struct chunk *c)
{
	UNPOISON(c->data, c->size);
	free(c);
}

struct sl_arena *
sl_arena_new(size_t first_chunk, size_t max_bytes)
{
	struct sl_arena *a = calloc(1, sizeof(*a));

	if (!a)
		return NULL;
	a->max = max_bytes ? max_bytes : MAX_DEFAULT;
	if (first_chunk < CHUNK_MIN)
		first_chunk = CHUNK_MIN;
	if (first_chunk > MAX_DEFAULT)
		first_chunk = MAX_DEFAULT;
	a->first = a->newest = chunk_new(first_chunk);
	if (!a->first) {
		free(a);
		return NULL;
	}
	return a;
}

/* Free every chunk but the first. */
static void
drop_later_chunks(struct sl_arena *a)
{
	while (a->newest != a->first) {
		struct chunk *older = a->newest->older;
		chunk_free(a->newest);
		a->newest = older;
	}
}

void
sl_arena_free(struct sl_arena *a)
{
	if (!a)
		return;
	drop_later_chunks(a);
	chunk_free(a->first);
	free(a);
}

void
sl_arena_reset(struct sl_arena *a)
{
	drop_later_chunks(a);
	POISON(a->first->data, a->first->size);
	a->first->fill = 0;
	a->used = 0;
}

/* n bytes of c at the alignment, or NULL when they do not fit. */
static void *
chunk_take(struct chunk *c, size_t n, size_t align)
{
	uintptr_t at = (uintptr_t)(c->data + c->fill);
	size_t pad = (align - at % align) % align;

	if (pad > c->size - c->fill || n > c->size - c->fill - pad)
		return NULL;
	void *p = c->data + c->fill + pad;
	c->fill += pad + n;
	c->fill += GAP(c->size - c->fill);
	UNPOISON(p, n);
	return p;
}

void *
sl_arena_alloc(struct sl_arena *a, size_t n, size_t align)
{
	if (n == 0)
		n = 1;
	if (align == 0)
		align = 1;
	if (n > a->max - a->used || align > CHUNK_MIN)
		return NULL;
	void *p = chunk_take(a->newest, n, align);
	if (!p) {
		size_t last = a->newest->size;
		size_t size = last < CHUNK_GROW / 2 ? last * 2 : CHUNK_GROW;
		if (size < n + align)
			size = n + align;
		struct chunk *c = chunk_new(size);
		if (!c)
			return NULL;
		c->older = a->newest;
		a->newest = c;
		p = chunk_take(c, n, align);
	}
	a->used += n;
	return p;
}

void *
sl_arena_zalloc(struct sl_arena *a, size_t n, size_t align)
{
	void *p = sl_arena_alloc(a, n, align);

	if (p)
		memset(p, 0, n);
	return p;
}

char *
sl_arena_strndup(struct sl_arena *a, const char *s, size_t n)
{
	if (n == SIZE_MAX)
		return NULL;
	char *p = sl_arena_alloc(a, n + 1, 1);
	if (!p)
		return NULL;
	if (n)
		memcpy(p, s, n);
	p[n] = '\0';
	return p;
}

char *
sl_arena_printf(struct sl_arena *a, const char *fmt, ...)
{
	va_list ap, again;
	va_start(ap, fmt);
	va_copy(again, ap);
	int n = vsnprintf(NULL, 0, fmt, ap);
	char *p = n < 0 ? NULL : sl_arena_alloc(a, (size_t)n + 1, 1);
	if (p)
		(void)vsnprintf(p, (size_t)n + 1, fmt, again);
	va_end(again);
	va_end(ap);
	return p;
}
