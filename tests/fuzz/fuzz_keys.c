/* fuzz_keys.c - what a terminal may send, in two pieces cut anywhere: no crash, an end, no control
 * character as a key. */
#include "tui/keys.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
take(struct tui_keys *k, bool last)
{
	struct tui_event ev;
	char name[24];

	while (tui_keys_next(k, last, &ev)) {
		if (ev.count < 1 || (ev.type == TUI_EV_KEY && (ev.key & 0xffffff) < 0x20))
			abort();
		if (ev.type == TUI_EV_KEY)
			(void)tui_key_name(ev.key, name);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tui_keys k;
	size_t cut = size ? data[0] % size : 0;

	tui_keys_init(&k);
	tui_keys_feed(&k, data, cut);
	take(&k, false);
	tui_keys_feed(&k, data + cut, size - cut);
	take(&k, false);
	take(&k, true);
	tui_keys_free(&k);
	return 0;
}
