/* key_text.h - the key of a row as a person reads it. */
#ifndef TUI_KEY_TEXT_H
#define TUI_KEY_TEXT_H

#include "tui/base.h"

/* ["5004"] -> 5004, ["eu",7] -> eu, 7; other text stays as it is. Returns out. */
const char *tui_key_text(const char *json, char *out, size_t cap);

#endif
