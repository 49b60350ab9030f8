/* keys.c - events from the names of keys. */
#include "tests/lib/keys.h"

struct tui_event
key_event(const char *name)
{
	return (struct tui_event){ .type = TUI_EV_KEY,
				   .key = tui_key_parse(sl_str(name)),
				   .count = 1 };
}

void
press(struct tui_app *a, const char *names)
{
	while (*names) {
		size_t n = strcspn(names, " ");
		if (n > 0) {
			struct tui_event ev = { .type = TUI_EV_KEY, .count = 1 };
			ev.key = tui_key_parse((struct sl_str){ names, n });
			tui_app_event(a, &ev);
		}
		names += n + (names[n] == ' ');
	}
}

void
type_text(struct tui_app *a, const char *text)
{
	struct sl_str s = sl_str(text);

	for (size_t pos = 0; pos < s.len;) {
		struct tui_event ev = { .type = TUI_EV_KEY, .count = 1 };
		ev.key = sl_utf8_next(s, &pos);
		tui_app_event(a, &ev);
	}
}
