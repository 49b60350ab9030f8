/* pairs.h - the settings of an object as they are edited: names and texts, in the order of the file. */
#ifndef TUI_PAIRS_H
#define TUI_PAIRS_H

#include "core/sluice.h"
#include "tui/base.h"

struct tui_pairs {
	struct sl_pair *pair; /* owned, as are its texts; for requests */
	char **block;         /* owned: name and value of each in one piece */
	size_t n;
};

void tui_pairs_free(struct tui_pairs *p); /* leaves it empty and usable */
const char *tui_pairs_get(const struct tui_pairs *p, const char *name); /* "" = not set */
/* An empty value removes the setting; a new name comes last. False: no memory. */
bool tui_pairs_set(struct tui_pairs *p, const char *name, const char *value);
bool tui_pairs_copy(struct tui_pairs *to, const struct tui_pairs *from);
bool tui_pairs_same(const struct tui_pairs *a, const struct tui_pairs *b);
/* From the answer to sl_get(). */
bool tui_pairs_read(struct tui_pairs *p, const struct sl_table *t);

/* As one text, and back: how a draft travels from screen to screen. Returns where the text of the
 * pairs ends, NULL = it is no such text. */
void tui_pairs_pack(const struct tui_pairs *p, struct sl_buf *out);
const char *tui_pairs_unpack(struct tui_pairs *p, const char *text);

#endif
