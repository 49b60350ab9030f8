/* tui_rig.h - the screens on a real engine, driven by keys and looked at as text.
 *
 *	cmocka_unit_test_setup_teardown(f, engine_rig_fresh, engine_rig_close)
 *	in a test: struct tui_rig *t = tui_rig_open(*state, 24, 80); ... tui_rig_close(t);
 *
 * Pictures are compared with tests/tui/golden/NAME.txt. What differs from run to run (times, ports,
 * ids) is replaced first. GOLDEN=write in the environment writes them instead: look at the difference
 * before it is committed. Every function ends the test with a message when it cannot do its part. */
#ifndef TESTS_TUI_RIG_H
#define TESTS_TUI_RIG_H

#include "tests/lib/engine_rig.h"
#include "tui/app.h"

struct tui_rig {
	struct engine_rig *engine;
	struct tui_app *app;
	struct tui_grid grid;
	struct sl_buf text; /* of the last picture */
};

/* With the engine of the rig, or with none (NULL: for tests that need no engine). */
struct tui_rig *tui_rig_open(struct engine_rig *e, int rows, int cols);
void tui_rig_close(struct tui_rig *t);
void tui_rig_resize(struct tui_rig *t, int rows, int cols);

/* Keys by their names, between blanks: "j Enter Ctrl-R". */
void tui_rig_keys(struct tui_rig *t, const char *keys);
void tui_rig_type(struct tui_rig *t, const char *text);
/* A dialog drops the keys of its first 0.4 s: wait for it, then press them. */
void tui_rig_answer(struct tui_rig *t, const char *keys);

/* Let the engine's messages in and draw, until the text is on the screen (10 s at most), or is gone. */
void tui_rig_until(struct tui_rig *t, const char *text);
void tui_rig_until_gone(struct tui_rig *t, const char *text);
/* Until nothing came for a while: for pictures that have several answers in them. */
void tui_rig_settle(struct tui_rig *t);
const char *tui_rig_screen(struct tui_rig *t); /* the picture now; until the next call */
bool tui_rig_shows(struct tui_rig *t, const char *text);
void tui_rig_golden(struct tui_rig *t, const char *name);

#endif
