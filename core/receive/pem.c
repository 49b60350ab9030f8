/* pem.c - see pem.h. */
#include "core/receive/pem.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PEM_MAX (256u << 10) /* bytes: chains are some KiB */

enum sl_code
sl_pem_read(const char *what, const char *path, char **out, struct sl_err *err)
{
	FILE *f = fopen(path, "re");
	char *text;
	size_t n;

	*out = NULL;
	if (!f)
		return sl_fail(
			err, SL_E_CONFIG, what, "%s: %s", path,
			strerror(errno)); // NOLINT(concurrency-mt-unsafe): glibc's is thread-safe
	text = calloc(1, PEM_MAX + 1);
	n = text ? fread(text, 1, PEM_MAX, f) : 0;
	(void)fclose(f);
	if (!text)
		return sl_fail(err, SL_E_NOMEM, what, "out of memory");
	if (n == PEM_MAX || !strstr(text, "-----BEGIN ")) {
		sl_pem_free(text);
		(void)sl_fail(err, SL_E_CONFIG, what, "%s is no PEM file", path);
		return sl_err_hint(err, "it begins with -----BEGIN ...");
	}
	*out = text;
	return SL_OK;
}

void
sl_pem_free(char *text)
{
	if (text)
		explicit_bzero(text, PEM_MAX);
	free(text);
}
