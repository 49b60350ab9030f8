/* term_env.c - the environment's word about the terminal. */
#include "tui/term_env.h"

#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>

bool
tui_env_set(const char *name)
{
	const char *v = getenv(name);

	return v && *v;
}

bool
tui_env_utf8(void)
{
	setlocale(LC_CTYPE, "");
	if (strcmp(nl_langinfo(CODESET), "UTF-8") == 0)
		return true;
	if (tui_env_set("LC_ALL") || tui_env_set("LC_CTYPE") || tui_env_set("LANG"))
		return false;
	return setlocale(LC_CTYPE, "C.UTF-8") != NULL;
}

bool
tui_env_modern(const char *term)
{
	static const char *const names[] = { "xterm",   "kitty",     "foot",  "ghostty",
					     "wezterm", "alacritty", "rio",   "contour",
					     "konsole", "vte",       "iterm", "st-" };

	for (size_t i = 0; i < SL_COUNT(names); i++) {
		if (strstr(term, names[i]))
			return true;
	}
	return tui_env_set("COLORTERM");
}

bool
tui_env_sync(const char *term)
{
	static const char *const names[] = { "kitty",   "foot",      "ghostty",
					     "wezterm", "alacritty", "contour" };
	const char *program = getenv("TERM_PROGRAM");

	for (size_t i = 0; i < SL_COUNT(names); i++) {
		if (strstr(term, names[i]) || (program && strcasestr(program, names[i])))
			return true;
	}
	return false;
}
