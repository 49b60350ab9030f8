/* tree.h - an outline whose branches load when they are opened. */
#ifndef TUI_TREE_H
#define TUI_TREE_H

#include "tui/action.h"
#include "tui/widgets/pane.h"

#define TUI_NO_NODE UINT32_MAX

struct tui_node {
	char *label;  /* owned */
	char *note;   /* owned: dim, at the right end; may be NULL */
	uint64_t tag; /* the screen's own */
	enum tui_role role;
	uint32_t parent, next, child, last; /* indices, TUI_NO_NODE = none */
	uint16_t depth;
	bool branch, open, loaded, dead;
	struct tui_pane pane; /* of the children: loading, error */
};

struct tui_tree {
	struct tui_node *node; /* owned */
	uint32_t nnodes, cap;
	uint32_t first, last; /* of the top level */
	uint32_t *view;       /* owned: nodes shown, in order */
	uint32_t nview;
	uint32_t sel, top; /* positions in the view */
	char filter[64];
	char search[64];
	struct tui_pane pane;
};

void tui_tree_init(struct tui_tree *t);
void tui_tree_free(struct tui_tree *t);
/* Adds a last child (parent TUI_NO_NODE: top level). Returns its index, TUI_NO_NODE = no memory.
 * Indices stay valid until the node is cleared. Texts are copied. */
struct tui_leaf {
	const char *label, *note;
	uint64_t tag;
	enum tui_role role;
	bool branch;
};
uint32_t tui_tree_add(struct tui_tree *t, uint32_t parent, const struct tui_leaf *l);
void tui_tree_clear(struct tui_tree *t, uint32_t parent); /* drops the children */
void tui_tree_refresh(struct tui_tree *t);                /* after adding or clearing */
uint32_t tui_tree_selected(const struct tui_tree *t);     /* TUI_NO_NODE = none */
void tui_tree_select(struct tui_tree *t, uint32_t node);  /* opens its parents */
void tui_tree_filter(struct tui_tree *t, const char *text);

/* Movement; l/Right/Enter opens a branch, h/Left closes it or goes to the parent. *opened gets a branch
 * that was just opened and has not been loaded (load it, then set loaded), else TUI_NO_NODE. */
bool tui_tree_action(struct tui_tree *t, const struct tui_cmd *cmd, int height, uint32_t *opened);
/* Wheel and clicks, c as it was drawn. True = taken; *again: the selected node was clicked once more. */
bool tui_tree_mouse(struct tui_tree *t, const struct tui_event *ev, const struct tui_canvas *c,
		    bool *again);
void tui_tree_draw(const struct tui_tree *t, const struct tui_canvas *c, bool focus);

#endif
