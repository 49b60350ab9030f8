#include "core/base/crashpoint.h"

#ifdef SL_CRASHPOINTS

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_NAMES 256

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static const char *passed[MAX_NAMES]; /* names are literals */
static unsigned npassed, hits;

/* How often the place must be passed: 0 = it is not the one. */
static unsigned
wanted(const char *name)
{
	const char *want = getenv("SLUICE_CRASH");
	const size_t n = strlen(name);

	if (!want || strncmp(want, name, n) != 0)
		return 0;
	if (want[n] == '\0')
		return 1;
	return want[n] == ':' ? (unsigned)strtoul(want + n + 1, NULL, 10) : 0;
}

static void
note(const char *name)
{
	const char *path = getenv("SLUICE_CRASH_LIST");
	FILE *f;

	for (unsigned i = 0; i < npassed; i++)
		if (strcmp(passed[i], name) == 0)
			return;
	if (npassed < MAX_NAMES)
		passed[npassed++] = name;
	f = path ? fopen(path, "a") : NULL;
	if (f) {
		(void)fprintf(f, "%s\n", name);
		(void)fclose(f);
	}
}

void
sl_crashpoint(const char *name)
{
	unsigned want;

	(void)pthread_mutex_lock(&lock);
	note(name);
	want = wanted(name);
	if (want > 0 && ++hits == want)
		(void)raise(SIGKILL);
	(void)pthread_mutex_unlock(&lock);
}

#else
typedef int sl_no_crashpoints; /* a file may not be empty */
#endif
