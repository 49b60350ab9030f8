/* bar.h - progress bars and sparklines, and numbers as people read them. */
#ifndef TUI_BAR_H
#define TUI_BAR_H

#include "tui/canvas.h"

/* [######   ] in `width` columns; part 0..1, below 0 = not known. */
void tui_bar(const struct tui_canvas *c, int y, int x, int width, double part);
/* One column a value, scaled to the greatest (at least `least`); newest at the right end. */
void tui_spark(const struct tui_canvas *c, struct tui_span at, const double *v, size_t n,
	       double least);

/* All return out. */
const char *tui_fmt_count(uint64_t n, char out[32]);  /* 1,234,567 */
const char *tui_fmt_short(uint64_t n, char out[32]);  /* 94.2k 1.2M: at most 5 columns */
const char *tui_fmt_bytes(uint64_t n, char out[32]);  /* 412 B, 1.2 MB (1000-based) */
const char *tui_fmt_rate(double per_s, char out[32]); /* 987/s 12.3k/s */
const char *tui_fmt_span(int64_t us, char out[32]);   /* 210ms 1.9s 2m44s 3h05m 2d */
const char *tui_fmt_ago(int64_t wall_us, int64_t now_us,
			char out[32]); /* "now" "13:45" "mon 09:00" "2026-01-05" local */
const char *tui_fmt_clock(int64_t wall_us, char out[32]); /* 14:03:21 local; "-" for 0 */

#endif
