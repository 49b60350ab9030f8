/* secret.c - references to secrets, and the memory they live in. */
#include "core/config/secret_parts.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define EXEC_TIMEOUT_MS 10000

/* Whole pages of its own: unlocking one secret never unlocks another. */
static size_t
pages(size_t n)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	return (n + 1 + page - 1) / page * page;
}

bool
sl_secret_alloc(struct sl_secret *out, size_t n)
{
	void *p = mmap(NULL, pages(n), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	*out = (struct sl_secret){ NULL, 0 };
	if (p == MAP_FAILED)
		return false;
	/* Best effort: a low limit on locked memory must not stop the work. */
	(void)mlock(p, pages(n));
	(void)madvise(p, pages(n), MADV_DONTDUMP);
	*out = (struct sl_secret){ p, n };
	return true;
}

void
sl_secret_free(struct sl_secret *s)
{
	if (!s->ptr)
		return;
	explicit_bzero(s->ptr, s->len + 1);
	munmap(s->ptr, pages(s->len));
	*s = (struct sl_secret){ NULL, 0 };
}

enum sl_code
sl_secret_copy(const char *p, size_t n, const char *what, struct sl_secret *out, struct sl_err *err)
{
	if (n > 0 && p[n - 1] == '\n')
		n--;
	if (n > 0 && p[n - 1] == '\r')
		n--;
	if (n == 0) {
		sl_fail(err, SL_E_CONFIG, what, "the secret is empty");
		return sl_err_hint(err, "put the secret there, on one line");
	}
	if (memchr(p, '\0', n)) {
		sl_fail(err, SL_E_CONFIG, what, "the secret has NUL bytes");
		return sl_err_hint(err, "it must be text");
	}
	if (!sl_secret_alloc(out, n))
		return sl_fail(err, SL_E_NOMEM, what, "no memory for the secret");
	memcpy(out->ptr, p, n);
	return SL_OK;
}

static enum sl_code
from_env(const char *name, struct sl_secret *out, struct sl_err *err)
{
	const char *value = getenv(name);

	if (!value) {
		sl_fail(err, SL_E_CONFIG, "env", "the environment variable %s is not set", name);
		return sl_err_hint(err, "set it before you start sluice: export %s=...", name);
	}
	if (strlen(value) > SL_SECRET_MAX)
		return sl_fail(err, SL_E_CONFIG, "env", "%s is longer than 64 KiB", name);
	return sl_secret_copy(value, strlen(value), name, out, err);
}

/* Only what looks like a name may be repeated in a message. */
static bool
is_env_name(const char *s)
{
	size_t n = strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_");

	return n > 0 && n < 128 && s[n] == '\0' && !(s[0] >= '0' && s[0] <= '9');
}

enum sl_code
sl_secret_resolve(const char *ref, const char *base_dir, struct sl_secret *out, struct sl_err *err)
{
	*out = (struct sl_secret){ NULL, 0 };
	if (!ref || ref[0] == '\0' || strcmp(ref, "pgpass") == 0)
		return SL_OK;
	if (strncmp(ref, "env:", 4) == 0 && is_env_name(ref + 4))
		return from_env(ref + 4, out, err);
	if (strncmp(ref, "file:", 5) == 0)
		return sl_secret_from_file(ref + 5, base_dir, out, err);
	if (strncmp(ref, "exec:", 5) == 0)
		return sl_secret_from_exec(ref + 5, EXEC_TIMEOUT_MS, out, err);
	/* It may be the secret itself: nothing of it is repeated. */
	sl_fail(err, SL_E_CONFIG, "", "this is not a reference to a secret");
	return sl_err_hint(err, "use env:NAME, file:/path, exec:/path/program or pgpass");
}
