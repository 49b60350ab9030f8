/* limits.c - what a program takes of the machine when it starts. */
#include "core/sluice.h"

#include <malloc.h>
#include <pthread.h>
#include <sys/resource.h>

#define FILES_WANTED 1024 /* what is numbered below fits everywhere, also into select() */
#define STACK_BYTES  (1u << 20)

static void
use_files(void)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r) != 0 || r.rlim_cur >= FILES_WANTED)
		return;
	r.rlim_cur = r.rlim_max < FILES_WANTED ? r.rlim_max : FILES_WANTED;
	(void)setrlimit(RLIMIT_NOFILE, &r);
}

/* A thread takes 8 MiB of addresses for its stack and 64 for its memory, though it uses little of them. */
static void
be_sparing(void)
{
	struct rlimit r;
	pthread_attr_t attr;

	if (getrlimit(RLIMIT_AS, &r) != 0 || r.rlim_cur == RLIM_INFINITY)
		return;
	(void)mallopt(M_ARENA_MAX, 1);
	if (pthread_attr_init(&attr) != 0)
		return;
	if (pthread_attr_setstacksize(&attr, STACK_BYTES) == 0)
		(void)pthread_setattr_default_np(&attr);
	(void)pthread_attr_destroy(&attr);
}

void
sl_use_limits(void)
{
	use_files();
	be_sparing();
}
