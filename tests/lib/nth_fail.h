/* nth_fail.h - play a scene again and again while its 1st, 2nd, 3rd ... allocation fails.
 *
 * Each case is played in a child process: the scene with the failure, then once more without. With the
 * failure it either works all the same or ends with SL_E_NOMEM and words about memory; without it works.
 * Nothing crashes, hangs or leaks. Programs are linked as alloc_fail.h says. */
#ifndef TESTS_NTH_FAIL_H
#define TESTS_NTH_FAIL_H

#include "core/base/err.h"

struct nth_scene {
	const char *name;
	void (*before)(void *arg); /* in the test program, for each case; may assert; may be NULL */
	bool (*open)(void *arg);   /* in the child, before any allocation fails; may be NULL */
	/* Frees all that it allocates. SL_OK only when the result is what it should be. */
	enum sl_code (*play)(void *arg, struct sl_err *err);
	bool (*close)(void *arg); /* in the child: is everything in order? May be NULL */
	void (*after)(void *arg); /* in the test program; may be NULL */
	void *arg;
};

/* The test fails when one of the cases does. */
void nth_every(const struct nth_scene *s);
/* So many of them, spread at random by the seed; FAULT=long in the environment makes it 500. */
void nth_some(const struct nth_scene *s, unsigned samples, unsigned long seed);
/* What all of them came to, as one line. */
void nth_say(void);

#endif
