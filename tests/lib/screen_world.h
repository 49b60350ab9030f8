/* screen_world.h - what the screens are measured on: a private PostgreSQL with tables of four sizes, a receiver
 * that counts, a workspace. Every function ends the program with a message when it cannot do its part. */
#ifndef TESTS_SCREEN_WORLD_H
#define TESTS_SCREEN_WORLD_H

#include "core/base/base.h"
#include "tests/lib/pg.h"
#include "tests/lib/receiver.h"
#include "tests/lib/vterm_pty.h"

struct screen_world {
	struct test_pg *pg;
	struct test_receiver *rx;
	char dir[128]; /* of the workspace; its state is in dir/state */
	struct vt *v;  /* the program, when it runs: the caller's */
};

/* Tables few (3,000 rows), grid (50,000), many (300,000) and users (6,000,000); no syncs yet. */
void screen_world_open(struct screen_world *w);
void screen_world_close(struct screen_world *w);
/* 50: a-drip of `few` at 20 events a second, b-paced of `many` at 8,000, c-fast of `users` without a limit,
 * and others of `few` that never ran. */
void screen_world_syncs(const struct screen_world *w);
/* Lines for the activity log, a second apart, the last one now. The program does not run. */
void screen_world_log(const struct screen_world *w, int lines);

void screen_world_die(const char *fmt, ...) SL_PRINTF(1, 2) __attribute__((noreturn));

#endif
