/* key_text.c - a JSON array of key values to text. */
#include "tui/screens/key_text.h"

const char *
tui_key_text(const char *json, char *out, size_t cap)
{
	const size_t len = json ? strlen(json) : 0;
	size_t n = 0;
	bool string = false;

	/* Where an escape is in it, the JSON is the clearer form. */
	if (len < 2 || json[0] != '[' || json[len - 1] != ']' || strchr(json, '\\')) {
		sl_copy(out, cap, json ? json : "");
		return out;
	}
	for (size_t i = 1; i + 1 < len && n + 3 < cap; i++) {
		if (json[i] == '"') {
			string = !string;
		} else if (json[i] == ',' && !string) {
			out[n++] = ',';
			out[n++] = ' ';
		} else if (json[i] != ' ' || string) {
			out[n++] = json[i];
		}
	}
	out[n] = '\0';
	return out;
}
