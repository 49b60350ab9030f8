/* draft.h - a sync and its mapping while they are edited, and how they travel between screens. */
#ifndef TUI_DRAFT_H
#define TUI_DRAFT_H

#include "tui/screens/pairs.h"

struct tui_draft {
	char sync[72];        /* "" = not saved yet */
	char profile[72];     /* where the mapping came from, and where it is saved */
	struct tui_pairs set; /* of the sync */
	struct tui_pairs map; /* of the profile: event, nulls, ..., map.<field> */
};

void tui_draft_free(struct tui_draft *d);
bool tui_draft_copy(struct tui_draft *to, const struct tui_draft *from);
bool tui_draft_same(const struct tui_draft *a, const struct tui_draft *b);
/* For sl_check_draft() and its kin; points into d. */
struct sl_draft tui_draft_request(const struct tui_draft *d);
/* What is read: connection and table or SELECT; points into d. */
struct sl_what tui_draft_what(const struct tui_draft *d);

/* As an argument of tui_app_open(); a plain name is not a packed draft. */
void tui_draft_pack(const struct tui_draft *d, struct sl_buf *out);
bool tui_draft_unpack(struct tui_draft *d, const char *arg);

/* "map.traits.email" -> "traits.email"; NULL = this is no line of the mapping. */
const char *tui_draft_target(const char *setting);
/* The expression of a field; "" = not mapped. */
const char *tui_draft_expr(const struct tui_draft *d, const char *to);
bool tui_draft_map(struct tui_draft *d, const char *to, const char *expr);
/* Does an expression of the mapping read this column? */
bool tui_draft_uses(const struct tui_draft *d, const char *column);

#endif
