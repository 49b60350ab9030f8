/* app.h - the frame around the screens: tabs, stacks, messages, prompts, dialogs, palette, help.
 *
 * Knows no terminal: events go in, a grid comes out (loop.h joins it to one), so that tests drive it
 * whole. UI thread only. */
#ifndef TUI_APP_H
#define TUI_APP_H

#include "tui/screen.h"
#include "tui/theme.h"

#define TUI_TABS 9

struct tui_app_opts {
	const struct tui_screen_ops *const
		*tabs; /* TUI_TABS entries, NULL = no such tab; [0] is home */
	const struct tui_screen_ops *const *others; /* opened by id; NULL-terminated; may be NULL */
	struct sl_engine *engine;                   /* for the screens; not owned */
	const char *env;                            /* "PROD": in the first row; NULL = nothing */
	bool prod;                                  /* draw it as a warning */
	bool read_only;
	bool plain;            /* ASCII glyphs, no animation */
	const char *theme;     /* NULL = as the terminal suggests */
	const char *state_dir; /* histories and the chosen theme are kept here; NULL = nowhere */
	/* Folds engine messages before the screens see them, and says what is running; may be NULL. */
	void (*message)(void *arg, const struct sl_msg *m);
	void (*chips)(void *arg, struct sl_buf *out); /* second row, before the screen's own */
	unsigned (*live_runs)(void *arg);             /* runs that would stop with us */
	void *arg;
};

struct tui_app *tui_app_new(const struct tui_app_opts *opts, struct sl_err *err) SL_MUST;
void tui_app_free(struct tui_app *a); /* NULL is allowed */

/* ---- for screens -------------------------------------------------------------------------- */

const struct tui_app_opts *tui_app_opts(const struct tui_app *a);
struct sl_engine *tui_app_engine(const struct tui_app *a);

/* Show the screen with this id: its tab, or a new one on top of the present stack. arg goes to its
 * enter(). "Back" returns to where we are now. */
void tui_app_open(struct tui_app *a, const char *id, const char *arg);
/* The same in place of the screen that is shown, which is freed: going back leads to what was below. */
void tui_app_replace(struct tui_app *a, const char *id, const char *arg);
void tui_app_back(struct tui_app *a);
void tui_app_area(const struct tui_app *a, int *rows, int *cols); /* what draw() gets */

enum tui_sev { TUI_SEV_INFO, TUI_SEV_OK, TUI_SEV_WARN, TUI_SEV_ERROR };
/* The message row: newest wins, 8 s, then only in :messages. Text may be untrusted. */
void tui_app_say(struct tui_app *a, enum tui_sev sev, const char *fmt, ...) SL_PRINTF(3, 4);

/* Find the candidates for the text before the cursor: append them to out, one a line, and return how
 * many bytes before the cursor they replace. */
struct tui_complete {
	size_t (*find)(const void *arg, struct sl_str before, struct sl_buf *out);
	const void *arg;
};

/* One line of input in the message row. done gets NULL when it was given up. Callbacks go to the
 * screen that asked; they may ask again. */
struct tui_prompt {
	const char *label;   /* "/" or "name: " */
	const char *text;    /* to start with; NULL = empty */
	const char *history; /* name of the list of earlier lines; NULL = none is kept */
	bool secret;         /* shown as dots, never kept */
	struct tui_complete complete;
	void (*changed)(struct tui_screen *s, const char *text); /* after each key; may be NULL */
	void (*done)(struct tui_screen *s, const char *text);
};
void tui_app_prompt(struct tui_app *a, struct tui_screen *s, const struct tui_prompt *q);

/* A question. Enter never confirms: each choice has its own key, Esc and Enter mean Cancel. With
 * `word`, a choice marked typed works only after that word was typed, by Tab and Enter. Keys within
 * 0.4 s of opening are dropped. Strings are copied. */
struct tui_choice {
	uint32_t key;
	const char *label; /* "send all" */
	bool typed;
};
struct tui_dialog {
	const char *title;
	const char *text; /* lines; wrapped */
	const char *word;
	bool danger;
	const struct tui_choice *choices;
	size_t nchoices;                                         /* at most 6 */
	void (*done)(struct tui_screen *s, int tag, int choice); /* index, -1 = cancelled */
	int tag;                                                 /* handed back */
};
void tui_app_ask(struct tui_app *a, struct tui_screen *s, const struct tui_dialog *q);

/* A list to pick from; typing narrows it. Strings are copied. */
struct tui_menu_item {
	uint32_t key; /* picks it at once; 0 = none */
	const char *label;
	const char *note;    /* dim, to the right; may be NULL */
	const char *why_not; /* not NULL: cannot be picked, and this is why */
};
struct tui_menu {
	const char *title;
	const struct tui_menu_item *items;
	size_t nitems;
	size_t selected;
	bool filter; /* letters narrow the list instead of picking by key */
	void (*done)(struct tui_screen *s, int tag, int item); /* index, -1 = closed */
	int tag;
};
void tui_app_menu(struct tui_app *a, struct tui_screen *s, const struct tui_menu *q);

/* A text over the screen, to scroll and search (an error in full, a value). json: pretty-printed. */
void tui_app_view(struct tui_app *a, const char *title, struct sl_str text, bool json);

/* Hand text to the user's editor, and get it back. The terminal is given away meanwhile. suffix:
 * ".sql". SL_E_CANCELLED where there is no terminal. */
enum sl_code tui_app_editor(struct tui_app *a, struct sl_str text, const char *suffix,
			    struct sl_buf *out, struct sl_err *err) SL_MUST;
/* Put text on the clipboard and say how; `what` names it in the message. */
void tui_app_copy(struct tui_app *a, struct sl_str text, const char *what);

struct tui_theme *tui_app_theme(struct tui_app *a); /* the present one, for the picker */
enum sl_code tui_app_set_theme(struct tui_app *a, const char *name, bool keep,
			       struct sl_err *err) SL_MUST;

/* ---- for the loop and for tests ------------------------------------------------------------ */

void tui_app_event(struct tui_app *a, const struct tui_event *ev);
void tui_app_message(struct tui_app *a, const struct sl_msg *m);
void tui_app_tick(struct tui_app *a, int64_t now_us);
int tui_app_wait_ms(const struct tui_app *a,
		    int64_t now_us); /* until the next tick; -1 = for ever */
bool tui_app_dirty(const struct tui_app *a);
void tui_app_draw(struct tui_app *a, struct tui_grid *g); /* clears dirty */
bool tui_app_done(const struct tui_app *a);
int tui_app_exit_code(const struct tui_app *a); /* 0, or 128 + the signal that ended it */

/* What only a terminal can do; the loop sets it. All NULL in tests. */
struct tui_term;
bool tui_app_wants_background(const struct tui_app *a); /* see TUI_EV_BACKGROUND */
void tui_app_attach(struct tui_app *a, struct tui_term *t);

#endif
