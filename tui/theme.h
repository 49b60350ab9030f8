/* theme.h - roles to colours: built in, or read from NAME.theme files (see themes/README.md).
 *
 * A theme is looked for in $XDG_CONFIG_HOME/sluice/themes, $SLUICE_DATADIR/themes, the tree the
 * program was built in, and the installed data directory. `mono` is built in and always works. */
#ifndef TUI_THEME_H
#define TUI_THEME_H

#include "tui/base.h"
#include "tui/role.h"

enum tui_depth { TUI_MONO, TUI_8, TUI_16, TUI_256, TUI_TRUE };

enum tui_color_kind {
	TUI_COLOR_UNSET,   /* as without it */
	TUI_COLOR_DEFAULT, /* the terminal's own foreground or background */
	TUI_COLOR_ANSI,    /* one of the 16 that the user chose for the terminal: c16 */
	TUI_COLOR_SET
};
struct tui_color {
	enum tui_color_kind kind;
	uint32_t rgb;  /* 0xRRGGBB */
	uint16_t c256; /* 0..255 */
	uint16_t c16;  /* 0..15 */
};

#define TUI_BOLD      1u
#define TUI_UNDERLINE 2u
#define TUI_REVERSE   4u
#define TUI_FAINT     8u
#define TUI_ITALIC    16u

struct tui_style {
	struct tui_color fg, bg;
	unsigned attr;
};

#define TUI_THEME_NAME 40
/* No padding anywhere: themes compare as bytes. */
struct tui_theme {
	char name[TUI_THEME_NAME];
	char file[256]; /* where it came from; "built in" */
	int background; /* 'd' dark, 'l' light, 'a' any: what it is made for */
	struct tui_style style[TUI_ROLES];
	unsigned mono[TUI_ROLES]; /* attributes where there are no colours */
};

/* The built-in mono theme. */
void tui_theme_mono(struct tui_theme *t);
/* Read a theme by name. On failure *t is as it was; err names file and line. */
enum sl_code tui_theme_load(const char *name, struct tui_theme *t, struct sl_err *err) SL_MUST;
/* The same from text; file is for messages. `inherits` reads other themes from the search path. */
enum sl_code tui_theme_parse(struct sl_str text, const char *file, struct tui_theme *t,
			     struct sl_err *err) SL_MUST;
/* Names of all themes that can be loaded, sorted, each once. Returns how many, at most cap. */
size_t tui_theme_list(char (*names)[TUI_THEME_NAME], size_t cap);
/* "auto": by $COLORFGBG, else terminal-16, which works on both backgrounds. */
const char *tui_theme_auto(void);

/* What a cell looks like: the role's style with `over` laid on it. */
struct tui_style tui_theme_style(const struct tui_theme *t, enum tui_role role, enum tui_role over,
				 enum tui_depth depth);
/* WCAG 2 contrast of two 0xRRGGBB colours, 1..21. */
double tui_contrast(uint32_t a, uint32_t b);

#endif
