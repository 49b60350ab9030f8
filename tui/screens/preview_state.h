/* preview_state.h - what the files of the preview share. */
#ifndef TUI_SCREENS_PREVIEW_STATE_H
#define TUI_SCREENS_PREVIEW_STATE_H

#include "tui/app.h"
#include "tui/screens/asked.h"
#include "tui/screens/draft.h"
#include "tui/screens/pick.h"
#include "tui/widgets/diff.h"
#include "tui/widgets/pager.h"
#include "tui/widgets/table.h"

#include <limits.h>

#define PREVIEW_LIMIT 50
#define PREVIEW_WIDE  100 /* columns from which list and event are side by side */

enum preview_view { PREVIEW_DIFF, PREVIEW_EVENT, PREVIEW_RAW, PREVIEW_SOURCE, PREVIEW_VIEWS };

struct preview {
	struct tui_pick pick;   /* while there is no sync */
	struct tui_draft draft; /* only the sync's name when it is not a draft */
	bool is_draft;
	sl_ticket ask;
	struct sl_table *rows; /* owned: the answer */
	unsigned *order;       /* owned: rows, those with problems first */
	unsigned count[3];     /* ok, warn, error */
	struct tui_table table;
	struct tui_pane pane;
	enum preview_view view;
	bool right; /* the focus is on the event */
	bool only_problems;
	struct tui_diff diff; /* of the selected row */
	struct tui_pager pager;
	unsigned shown; /* row that diff and pager hold; UINT_MAX = none */
};

const char *preview_cell(const struct preview *p, size_t row, const char *name); /* "" = NULL */
unsigned preview_row(const struct preview *p); /* of the answer; UINT_MAX = none is selected */

/* preview_draw.c */
bool preview_table_init(struct preview *p);
void preview_draw(const struct tui_screen *s, const struct tui_canvas *c);
void preview_fill(struct preview *p);               /* diff and pager for the selected row */
struct tui_canvas preview_list(int rows, int cols); /* where the list is in such an area */
int preview_list_height(const struct tui_screen *s);
int preview_view_height(const struct tui_screen *s);

#endif
