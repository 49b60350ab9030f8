/* err.h - the one error type.
 *
 * A function that can fail returns enum sl_code and is SL_MUST. It fills *err (never NULL) once, at
 * the place that knows most. Callers may add context with sl_err_wrap(); they do not log and do not
 * reword. Logging happens once, where the error is handled (a run, a request). */
#ifndef SL_ERR_H
#define SL_ERR_H

#include "core/base/base.h"

enum sl_code {
	SL_OK = 0,
	SL_DONE,  /* iterator exhausted; not an error */
	SL_AGAIN, /* would block, queue full; not an error */
	SL_E_NOMEM,
	SL_E_CONFIG, /* the user can mend it in a file or a form; where and hint are set */
	SL_E_AUTH,   /* credentials refused */
	SL_E_IO,     /* a local file or the state store */
	SL_E_NET,    /* connect, TLS, reset, DNS */
	SL_E_TIMEOUT,
	SL_E_PROTO, /* the peer spoke, but not our language; includes SQL errors */
	SL_E_DATA,  /* this row or event is bad; others may be fine */
	SL_E_NOTFOUND,
	SL_E_LOCKED, /* another process owns the state, or another run the sync */
	SL_E_HELD,   /* a plan waits for a person's word */
	SL_E_CANCELLED,
	SL_E_CORRUPT, /* the state failed its own checks: stop */
	SL_E_BUG      /* an invariant broke */
};

struct sl_err {
	enum sl_code code;
	bool retryable;  /* the same call may succeed later, unchanged */
	int sys;         /* errno, CURLcode, SQLite code, ...; 0 if none */
	char where[128]; /* "syncs/users.json:14: key", or a part of the program; may be empty */
	char msg[384];   /* for a person: what failed, then the cause */
	char hint[192];  /* how to mend it; may be empty */
};

/* Set *err and return code, so that callers write: return sl_fail(err, ...);
 * `where` may be NULL. `retryable` starts as true for NET and TIMEOUT, `sys` as 0; set them after
 * the call where they differ. */
enum sl_code sl_fail(struct sl_err *err, enum sl_code code, const char *where, const char *fmt, ...)
	SL_PRINTF(4, 5) SL_NONNULL(1, 4);

/* Add how to mend it to an error that was just set. Returns err->code. */
enum sl_code sl_err_hint(struct sl_err *err, const char *fmt, ...) SL_PRINTF(2, 3) SL_NONNULL(1, 2);

/* Prefix err->msg with context ("reading syncs/a.json: ..."). Keeps everything else. Returns err->code. */
enum sl_code sl_err_wrap(struct sl_err *err, const char *fmt, ...) SL_PRINTF(2, 3) SL_NONNULL(1, 2);

/* "where: msg (hint)" on one line into out. Returns out. */
const char *sl_err_text(const struct sl_err *err, char *out, size_t cap) SL_NONNULL(1, 2);

const char *sl_code_name(enum sl_code code); /* "config", "net", ... */

#ifdef __clang_analyzer__
/* The analyzer does not see into err.c: it has to be told that these never return SL_OK. */
static inline enum sl_code
sl_not_ok(enum sl_code code)
{
	if (code == SL_OK)
		__builtin_unreachable();
	return code;
}
#define sl_fail(...)     sl_not_ok(sl_fail(__VA_ARGS__))
#define sl_err_hint(...) sl_not_ok(sl_err_hint(__VA_ARGS__))
#define sl_err_wrap(...) sl_not_ok(sl_err_wrap(__VA_ARGS__))
#endif

#endif
