/* base.h - compiler attributes and the smallest shared types. Depends on libc only. */
#ifndef SL_BASE_H
#define SL_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SL_MUST         __attribute__((warn_unused_result))
#define SL_PRINTF(f, a) __attribute__((format(printf, f, a)))
#define SL_NONNULL(...) __attribute__((nonnull(__VA_ARGS__)))
#define SL_COUNT(x)     (sizeof(x) / sizeof((x)[0]))

/* A view of bytes. Never owns, never NUL-terminated; print with SL_FMT/SL_ARG. */
struct sl_str {
	const char *ptr;
	size_t len;
};
#define SL_LIT(s) ((struct sl_str){ (s), sizeof(s) - 1 })
#define SL_FMT    "%.*s"
#define SL_ARG(s) (int)(s).len, (s).ptr

/* A 128-bit digest (see digest.h). All zero means "none". */
struct sl_digest {
	uint64_t hi;
	uint64_t lo;
};

#endif
