/* screen.h - what a screen is.
 *
 * A screen holds its own state and never waits: it sends requests to the engine and folds the answers
 * that come to message(). draw() changes nothing. Every function but draw may be NULL. UI thread. */
#ifndef TUI_SCREEN_H
#define TUI_SCREEN_H

#include "core/sluice.h"
#include "tui/action.h"
#include "tui/canvas.h"

struct tui_app;
struct tui_screen;

struct tui_screen_ops {
	const char *id;    /* "home": also the palette's word */
	const char *title; /* "Home": tab and breadcrumb */
	size_t state_size; /* bytes of s->state, zeroed before init */
	const struct tui_action *actions;
	size_t nactions;

	bool (*init)(struct tui_screen *s); /* once; false: out of memory, fini() comes next */
	void (*fini)(struct tui_screen *s); /* once; also after half an init() */
	void (*enter)(struct tui_screen *s,
		      const char *arg);      /* is shown; arg NULL = as it was left */
	void (*leave)(struct tui_screen *s); /* another one is shown */

	/* Raw events before actions are looked up: text fields take them here. True = taken. Places of
	 * the mouse count from the corner of the screen's own part. */
	bool (*input)(struct tui_screen *s, const struct tui_event *ev);
	/* Letters go into a text now, so that keys that are letters do nothing: what Esc does, "leave the
	 * text"; NULL = they are keys. The last row follows. */
	const char *(*typing)(const struct tui_screen *s);
	/* Something was typed that leaving would lose: the screen stays until it is left by Esc. */
	bool (*unsaved)(const struct tui_screen *s);
	/* An action of the tables; true = handled. TUI_ACT_BACK: true = used up, false = go back. */
	bool (*action)(struct tui_screen *s, const struct tui_cmd *cmd);
	/* Why an action does not work now ("no run is paused"), NULL = it works. */
	const char *(*why_not)(const struct tui_screen *s, int action);
	/* A message of the engine; s may not be the one that is shown. True = redraw. */
	bool (*message)(struct tui_screen *s, const struct sl_msg *m);

	void (*draw)(const struct tui_screen *s,
		     const struct tui_canvas *c); /* rows between the bars */
	void (*crumb)(const struct tui_screen *s,
		      struct sl_buf *out); /* after the title: "users-to-crm" */
	void (*chips)(const struct tui_screen *s,
		      struct sl_buf *out); /* right end of the second row */

	/* Milliseconds until tick() should run, -1 = not at all (nothing moves). */
	int (*tick_ms)(const struct tui_screen *s);
	bool (*tick)(struct tui_screen *s, int64_t now_us); /* true = redraw */
};

struct tui_screen {
	const struct tui_screen_ops *ops;
	struct tui_app *app;
	void *state; /* owned by the app */
};

#endif
