/* app_state.h - what the files of the app share. Screens see app.h only. */
#ifndef TUI_APP_STATE_H
#define TUI_APP_STATE_H

#include "tui/app.h"
#include "tui/widgets/input.h"

#define TUI_DEPTH      8 /* screens on top of each other in one tab */
#define TUI_OVERLAYS   4
#define TUI_BACK_STEPS 32
#define TUI_SAID       200 /* messages kept */
#define TUI_HISTORIES  8

/* Something over the screen that takes all events: prompt, dialog, menu, palette, help, text. */
struct tui_overlay;
struct tui_overlay_ops {
	void (*event)(struct tui_app *a, struct tui_overlay *o, const struct tui_event *ev);
	void (*draw)(const struct tui_app *a, const struct tui_overlay *o,
		     const struct tui_canvas *c);
	void (*fini)(struct tui_overlay *o); /* frees o->state */
	bool in_line;                        /* drawn in the message row, nothing is dimmed */
	const char *keys;                    /* for the last row: "Enter take it|Esc cancel" */
};
struct tui_overlay {
	const struct tui_overlay_ops *ops;
	void *state;              /* owned */
	struct tui_screen *owner; /* who asked; its callbacks are called */
	const char *keys;         /* at first those of ops */
};

struct tui_stack {
	struct tui_screen *s[TUI_DEPTH];
	int n;
};

struct tui_said {
	enum tui_sev sev;
	int64_t wall_us;
	char text[400];
};

struct tui_app {
	struct tui_app_opts o;
	struct tui_term *term;
	struct tui_theme theme;
	struct tui_stack tab[TUI_TABS];
	int cur;
	int back[TUI_BACK_STEPS];
	int nback;
	int previous;
	struct tui_overlay over[TUI_OVERLAYS];
	int nover;
	struct tui_said *said; /* owned ring of TUI_SAID */
	size_t nsaid;          /* ever */
	int64_t say_until_us;  /* mono; 0 = no message is shown */
	struct {
		char name[24];
		struct tui_history h;
	} history[TUI_HISTORIES];
	int rows, cols; /* of the last picture: the whole, then the screen's part */
	int area_y, area_rows, area_cols;
	int64_t minute;       /* of the clock in the first row */
	sl_ticket ask_unmask; /* 0 = nothing was asked */
	bool withheld;        /* the other screens have to read again afterwards */
	bool unmasked;        /* the screen that is shown has personal data in clear */
	bool mouse;
	bool auto_theme; /* nobody chose one: the terminal's background decides */
	bool dirty, done;
	int exit_signal;
};

/* app.c */
struct tui_screen *tui_app_top(const struct tui_app *a);
bool tui_app_run(struct tui_app *a, const struct tui_action *act, const struct tui_cmd *cmd);
const char *tui_app_why_not(const struct tui_app *a, int action); /* NULL = it works */
void tui_app_go_tab(struct tui_app *a, int tab, const char *arg);
void tui_app_quit(struct tui_app *a);
void tui_app_suspend(struct tui_app *a);

/* overlays; NULL = no room or no memory, and state was freed */
struct tui_overlay *tui_overlay_push(struct tui_app *a, struct tui_screen *owner,
				     const struct tui_overlay_ops *ops, void *state);
/* Takes o off before its callback is called: the caller hands its state's owner over. */
void tui_overlay_pop(struct tui_app *a);
struct tui_history *tui_app_history(struct tui_app *a, const char *name);
void tui_open_help(struct tui_app *a);
void tui_open_palette(struct tui_app *a);
void tui_open_messages(struct tui_app *a);

/* unmask.c: personal data on the screen that is shown */
void tui_unmask(struct tui_app *a); /* ask, or mask again */
void tui_unmask_message(struct tui_app *a, const struct sl_msg *m);
/* News that would make a screen in the background read values in clear: it reads them afterwards. */
bool tui_unmask_withholds(struct tui_app *a, const struct sl_msg *m);
void tui_unmask_end(struct tui_app *a); /* the screen is about to be left */

/* app_draw.c */
const struct tui_said *tui_app_saying(const struct tui_app *a); /* NULL = nothing */
/* A centred part of c for a pop-up of about this size. */
struct tui_canvas tui_popup(const struct tui_canvas *c, int rows, int cols);
/* What a click in the first or the last row means: a tab (0..8) or -1; an action id or 0. */
int tui_tab_at(const struct tui_app *a, int x);
int tui_footer_at(const struct tui_app *a, int x);

/* app_files.c: what is kept between runs */
void tui_app_load(struct tui_app *a);
void tui_app_save(const struct tui_app *a);

/* Everything that can be done here, for help and palette. */
struct tui_entry {
	const struct tui_action *act;
	const char *why_not;
	bool global;
};
size_t tui_app_entries(const struct tui_app *a, struct tui_entry *out, size_t cap);

#endif
