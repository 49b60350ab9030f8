/* form.h - fields from a list of descriptions: labels, checks, inline errors, help of the field. */
#ifndef TUI_FORM_H
#define TUI_FORM_H

#include "tui/widgets/input.h"

enum tui_field_type {
	TUI_FIELD_TEXT,
	TUI_FIELD_NUMBER,
	TUI_FIELD_BOOL,   /* Space toggles; "true" "false" */
	TUI_FIELD_CHOICE, /* Space, Left and Right go through; or type its first letter */
	TUI_FIELD_SECRET, /* a reference: env:NAME file:PATH exec:CMD pgpass; never the secret itself */
	TUI_FIELD_LIST, /* comma-separated */
	TUI_FIELD_TITLE /* no field: a heading */
};

/* Copied by tui_form_add(). */
struct tui_field_def {
	const char *name, *label; /* label NULL = name */
	enum tui_field_type type;
	const char *choices; /* CHOICE: comma-separated */
	const char *def;     /* shown dim while the field is empty */
	const char *value;
	const char *help; /* one sentence, shown while the field has the focus */
	bool required;
	bool locked; /* shown, cannot be changed */
	struct tui_complete complete;
};

struct tui_field_state;
struct tui_form {
	struct tui_field_state *field; /* owned */
	size_t nfields, cap;
	size_t focus, top;
	bool changed;
	/* Called after each change of a field: write what is wrong into msg ("" = nothing). May be NULL. */
	void (*check)(const void *arg, const char *name, const char *value, char *msg, size_t cap);
	const void *arg;
};

void tui_form_init(struct tui_form *f);
void tui_form_free(struct tui_form *f);
bool tui_form_add(struct tui_form *f, const struct tui_field_def *d) SL_MUST;
const char *tui_form_value(const struct tui_form *f, const char *name); /* "" = empty or no such */
void tui_form_set(struct tui_form *f, const char *name, const char *value);
/* The i-th field for writing all out; name NULL for titles. */
const char *tui_form_field(const struct tui_form *f, size_t i, const char **value);
void tui_form_error(struct tui_form *f, const char *name, const char *msg); /* NULL or "": none */
/* Checks every field (required, number, choice, secret, check()); goes to the first mistake. */
bool tui_form_valid(struct tui_form *f);
/* True when taken: text, Tab, Shift-Tab, Up, Down, Space. Enter goes to the next field; on the last
 * one it is left to the caller, as are Esc and Ctrl keys. */
bool tui_form_event(struct tui_form *f, const struct tui_event *ev);
const char *tui_form_focused(const struct tui_form *f); /* name of the field; NULL = none */
void tui_form_draw(const struct tui_form *f, const struct tui_canvas *c, bool focus);

#endif
