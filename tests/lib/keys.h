/* keys.h - an app of the terminal UI driven by the names of keys, without a terminal. */
#ifndef TESTS_KEYS_H
#define TESTS_KEYS_H

#include "tui/app.h"

/* "j j Enter Ctrl-D": each one an event. */
void press(struct tui_app *a, const char *names);
/* Every character as a key. */
void type_text(struct tui_app *a, const char *text);
struct tui_event key_event(const char *name);

#endif
