/* err.c - filling and printing the one error type. */
#include "core/base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#ifdef __clang_analyzer__
#undef sl_fail
#undef sl_err_hint
#undef sl_err_wrap
#endif

/* vsnprintf() cuts by bytes; drop a UTF-8 sequence that was cut in half at the end. */
static void
trim_cut_sequence(char *s)
{
	size_t len = strlen(s);
	size_t back = 0;

	while (back < 3 && back < len && ((unsigned char)s[len - 1 - back] & 0xc0) == 0x80)
		back++;
	if (back >= len)
		return;
	unsigned char lead = (unsigned char)s[len - 1 - back];
	size_t want = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : lead >= 0xc0 ? 1 : 0;
	if (want > back)
		s[len - 1 - back] = '\0';
}

static void format(char *out, size_t cap, const char *fmt, va_list ap) SL_PRINTF(3, 0);

static void
format(char *out, size_t cap, const char *fmt, va_list ap)
{
	int n = vsnprintf(out, cap, fmt, ap);

	if (n < 0)
		out[0] = '\0';
	else if ((size_t)n >= cap)
		trim_cut_sequence(out);
}

enum sl_code
sl_fail(struct sl_err *err, enum sl_code code, const char *where, const char *fmt, ...)
{
	struct sl_err e = { .code = code, .retryable = code == SL_E_NET || code == SL_E_TIMEOUT };
	va_list ap;

	va_start(ap, fmt);
	format(e.msg, sizeof(e.msg), fmt, ap);
	va_end(ap);
	if (where && (size_t)snprintf(e.where, sizeof(e.where), "%s", where) >= sizeof(e.where))
		trim_cut_sequence(e.where);
	/* Assigned last: where and the arguments may point into *err. */
	*err = e;
	return code;
}

enum sl_code
sl_err_hint(struct sl_err *err, const char *fmt, ...)
{
	char hint[sizeof(err->hint)];
	va_list ap;

	va_start(ap, fmt);
	format(hint, sizeof(hint), fmt, ap);
	va_end(ap);
	memcpy(err->hint, hint, sizeof(hint));
	return err->code;
}

enum sl_code
sl_err_wrap(struct sl_err *err, const char *fmt, ...)
{
	char prefix[sizeof(err->msg)];
	char msg[sizeof(err->msg)];
	va_list ap;

	va_start(ap, fmt);
	format(prefix, sizeof(prefix), fmt, ap);
	va_end(ap);
	if ((size_t)snprintf(msg, sizeof(msg), "%s: %s", prefix, err->msg) >= sizeof(msg))
		trim_cut_sequence(msg);
	memcpy(err->msg, msg, sizeof(msg));
	return err->code;
}

const char *
sl_err_text(const struct sl_err *err, char *out, size_t cap)
{
	if (cap == 0)
		return out;
	int n = snprintf(out, cap, "%s%s%s%s%s%s", err->where, err->where[0] ? ": " : "", err->msg,
			 err->hint[0] ? " (" : "", err->hint, err->hint[0] ? ")" : "");
	if (n >= 0 && (size_t)n >= cap)
		trim_cut_sequence(out);
	/* One line, whatever a peer put into its message. */
	for (char *p = out; *p; p++) {
		if (*p == '\n' || *p == '\r')
			*p = ' ';
	}
	return out;
}

const char *
sl_code_name(enum sl_code code)
{
	static const char *const names[] = {
		[SL_OK] = "ok",
		[SL_DONE] = "done",
		[SL_AGAIN] = "again",
		[SL_E_NOMEM] = "memory",
		[SL_E_CONFIG] = "config",
		[SL_E_AUTH] = "auth",
		[SL_E_IO] = "io",
		[SL_E_NET] = "net",
		[SL_E_TIMEOUT] = "timeout",
		[SL_E_PROTO] = "protocol",
		[SL_E_DATA] = "data",
		[SL_E_NOTFOUND] = "not found",
		[SL_E_LOCKED] = "locked",
		[SL_E_HELD] = "held",
		[SL_E_CANCELLED] = "cancelled",
		[SL_E_CORRUPT] = "corrupt",
		[SL_E_BUG] = "bug",
	};

	if ((size_t)code >= SL_COUNT(names))
		return "?";
	return names[code];
}
