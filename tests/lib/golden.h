/* golden.h - pictures of the terminal UI compared as text. */
#ifndef TESTS_GOLDEN_H
#define TESTS_GOLDEN_H

#include "tests/lib/check.h"
#include "tui/canvas.h"

/* The grid shows exactly this text (lines end in \n; missing last lines are blank ones). On a
 * difference both pictures are printed. */
void golden_check(const struct tui_grid *g, const char *expected, const char *file, int line);
#define assert_picture(g, expected) golden_check(g, expected, __FILE__, __LINE__)

#endif
