/* fuzzy.h - does a name match what was typed? */
#ifndef TUI_FUZZY_H
#define TUI_FUZZY_H

/* 0 = no match. Higher is better: the whole at the start, then inside at a word, then inside, then all
 * letters in order. Letters in any case; an empty text matches everything alike. */
int tui_fuzzy(const char *name, const char *text);

#endif
