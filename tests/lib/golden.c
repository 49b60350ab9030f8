/* golden.c - comparing pictures. */
#include "tests/lib/golden.h"

#include <stdio.h>

void
golden_check(const struct tui_grid *g, const char *expected, const char *file, int line)
{
	struct sl_buf text;

	sl_buf_init(&text, 0);
	tui_grid_text(g, &text);
	while (text.len > 0 && text.ptr[text.len - 1] == '\n')
		text.len--;
	sl_buf_putc(&text, '\n');
	const char *got = sl_buf_cstr(&text);
	bool same = strcmp(got, expected) == 0;
	if (!same)
		fprintf(stderr, "%s:%d: expected\n%s---- got\n%s----\n", file, line, expected, got);
	sl_buf_free(&text);
	assert_true(same);
}
