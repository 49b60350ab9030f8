/* fuzzy.c - matching names by parts of them. */
#include "tui/fuzzy.h"

#include <ctype.h>
#include <string.h>

static int
low(char c)
{
	return tolower((unsigned char)c);
}

static int
in_order(const char *name, const char *text)
{
	int gaps = 0;

	while (*text && *name) {
		if (low(*name) == low(*text))
			text++;
		else
			gaps++;
		name++;
	}
	return *text ? 0 : gaps < 40 ? 50 - gaps : 10;
}

int
tui_fuzzy(const char *name, const char *text)
{
	size_t n = strlen(text);

	if (n == 0)
		return 1;
	const char *at = strcasestr(name, text);
	if (!at)
		return in_order(name, text);
	if (at == name)
		return strlen(name) == n ? 400 : 300;
	return strchr(" ._-/", at[-1]) ? 200 : 100;
}
