/* pick.h - choosing a sync, on screens that were opened without one. */
#ifndef TUI_PICK_H
#define TUI_PICK_H

#include "tui/screens/asked.h"
#include "tui/widgets/table.h"

struct tui_pick {
	struct tui_table table;
	struct sl_table *list; /* owned: the answer of sl_list() */
	sl_ticket ask;
};

bool tui_pick_init(struct tui_pick *p) SL_MUST;
void tui_pick_free(struct tui_pick *p);
void tui_pick_list(const struct tui_screen *s, struct tui_pick *p); /* read the syncs */
bool tui_pick_message(struct tui_pick *p, const struct sl_msg *m);
/* Movement; Enter: *name is the sync that was chosen (until the next message), else NULL. */
bool tui_pick_action(struct tui_pick *p, const struct tui_cmd *cmd, int height, const char **name);
/* title: what is done with the choice. */
void tui_pick_draw(const struct tui_pick *p, const struct tui_canvas *c, const char *title);

#endif
