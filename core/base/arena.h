/* arena.h - bump allocator; one per batch, request or reply.
 *
 * sl_arena_free() frees everything at once; single objects are never freed. Used by the one thread
 * that holds it. Under ASan unused and reset memory is poisoned. */
#ifndef SL_ARENA_H
#define SL_ARENA_H

#include "core/base/base.h"

struct sl_arena;

/* max_bytes is a hard cap (0 = 1 GiB): an allocation beyond it returns NULL. */
struct sl_arena *sl_arena_new(size_t first_chunk, size_t max_bytes) SL_MUST;
void sl_arena_free(struct sl_arena *a);  /* NULL is allowed */
void sl_arena_reset(struct sl_arena *a); /* keeps the first chunk */
void *sl_arena_alloc(struct sl_arena *a, size_t n, size_t align) SL_MUST; /* not zeroed */
void *sl_arena_zalloc(struct sl_arena *a, size_t n, size_t align) SL_MUST;
/* NUL-terminated copy. */
char *sl_arena_strndup(struct sl_arena *a, const char *s, size_t n) SL_MUST;
/* printf into the arena; NULL without memory. */
char *sl_arena_printf(struct sl_arena *a, const char *fmt, ...) SL_PRINTF(2, 3) SL_MUST;

#define SL_NEW(a, T, n) ((T *)sl_arena_zalloc((a), sizeof(T) * (size_t)(n), _Alignof(T)))

#endif
