/* map_state.h - what the files of the mapping editor share. */
#ifndef TUI_SCREENS_MAP_STATE_H
#define TUI_SCREENS_MAP_STATE_H

#include "tui/app.h"
#include "tui/screens/asked.h"
#include "tui/screens/draft.h"
#include "tui/screens/pick.h"
#include "tui/widgets/table.h"

#define MAP_UNDO     64
#define MAP_DEBOUNCE 150000 /* us from a change to its check */
#define MAP_SURE     0.8    /* suggestions that A accepts */

enum map_kind {
	MAP_LINE,   /* a field that is mapped */
	MAP_FIELD,  /* a known field that is not */
	MAP_COLUMN, /* a column that goes nowhere */
	MAP_MORE    /* "+ 31 more fields" */
};

struct map_row {
	enum map_kind kind;
	const char *name; /* the field or the column; in the draft or a table below */
	const char *type;
	int target, suggestion, check, column; /* rows of the tables; -1 = none */
	bool identity, required;
};

struct map_ask {
	sl_ticket sync, profile, targets, columns, transforms, suggestions, check;
	sl_ticket profiles, syncs; /* lists, for P and for what a save implies */
	sl_ticket apply;           /* another profile's mapping */
	sl_ticket put_profile, put_sync;
};

struct map {
	struct tui_pick pick; /* while sync is empty */
	struct tui_draft draft, saved;
	struct tui_draft undo[MAP_UNDO]; /* ring */
	size_t nundo, iundo, nredo;
	struct map_ask ask;
	/* owned answers */
	struct sl_table *targets, *columns, *transforms, *suggestions, *checks, *profiles, *syncs;
	struct tui_pane pane; /* of the whole: reading the sync */
	struct sl_problem check_problem;
	bool check_failed;
	int64_t check_due_us; /* 0 = none */
	int64_t checked_us;
	struct map_row *row; /* owned */
	size_t nrows;
	struct tui_table table;
	bool all_fields;   /* also known fields without a column for them */
	char want[200];    /* field to go to once it is there */
	char waiting[72];  /* sync to open when the draft may be dropped */
	char editing[200]; /* field whose expression is in the prompt */
	char typed[400];   /* the expression so far */
	bool new_line;     /* `editing` was not mapped before */
	char applying[72]; /* profile that is being read for P */
	char save_as[72];  /* name for a new profile */
};

/* map_load.c */
void map_open(struct tui_screen *s, const char *sync);
bool map_load_message(struct tui_screen *s, const struct sl_msg *m);
void map_check_soon(struct tui_screen *s);
void map_check_now(struct tui_screen *s);
void map_ask_event(struct tui_screen *s); /* the fields of the event kind */
void map_ask_suggestions(struct tui_screen *s);
void map_forget(struct tui_screen *s);

/* map_rows.c */
bool map_rows_init(struct map *m);
void map_rows(struct map *m);                            /* after any change */
const struct map_row *map_selected(const struct map *m); /* NULL = none */
void map_draw_list(const struct map *m, const struct tui_canvas *c);
void map_select(struct map *m, const char *name);
const char *map_cell(const struct sl_table *t, int row, const char *name); /* "" = none */
double map_score(const struct map *m, const struct map_row *r);

/* map_edit.c */
bool map_keep(struct map *m); /* before a change: a step of undo */
void map_changed(struct tui_screen *s);
void map_undo(struct tui_screen *s);
void map_redo(struct tui_screen *s);
void map_edit(struct tui_screen *s);
void map_add(struct tui_screen *s);
void map_constant(struct tui_screen *s);
void map_unlink(struct tui_screen *s);
void map_transform(struct tui_screen *s);
void map_accept(struct tui_screen *s);
void map_accept_all(struct tui_screen *s);

/* map_complete.c */
struct tui_complete map_completion(const struct map *m);
struct tui_complete map_field_completion(const struct map *m);
/* The transform that the text is at, NULL = none: for its help. */
int map_transform_at(const struct map *m, const char *text);

/* map_save.c */
void map_save(struct tui_screen *s);
void map_profiles(struct tui_screen *s);
void map_options(struct tui_screen *s);
bool map_save_message(struct tui_screen *s, const struct sl_msg *m);
unsigned map_edits(const struct map *m); /* lines that differ from what is saved */

/* map_draw.c */
void map_draw(const struct tui_screen *s, const struct tui_canvas *c);
int map_height(const struct tui_screen *s);

#endif
