/* newsync_state.h - what the files of the new sync share. */
#ifndef TUI_SCREENS_NEWSYNC_STATE_H
#define TUI_SCREENS_NEWSYNC_STATE_H

#include "core/sluice.h"
#include "tui/widgets/form.h"
#include "tui/widgets/pane.h"

#define NEWSYNC_NEW "+ new" /* choice of a profile that is made with the sync */

struct newsync {
	struct tui_form form;
	struct tui_pane pane;
	sl_ticket ask_conns, ask_profiles, ask_columns, ask_tables, ask_profile, ask_sync;
	struct sl_table *conns, *profiles, *columns, *tables; /* owned */
	char conn[72], table[200];
	struct sl_buf sql;
	char asked[300]; /* source and table whose columns were asked for */
	char key[400];   /* that we filled in; another text is the person's own */
	int64_t due_us;  /* ask for the columns then; 0 = no */
	char made[72];   /* profile that was saved, while the sync was not */
	char name[72], profile[72];
};

/* newsync_form.c: the fields, filled in as far as is known. False: no memory. */
bool newsync_form(struct newsync *k);

#endif
