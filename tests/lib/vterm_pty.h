/* vterm_pty.h - a program in a real pseudo-terminal, looked at through libvterm: what a person at the
 * other end would see. Times are in milliseconds; every wait ends early when its condition is met. */
#ifndef TESTS_VTERM_PTY_H
#define TESTS_VTERM_PTY_H

#include "core/base/str.h"

#include <sys/types.h>

struct vt;

/* argv and env ("K=V") end with NULL; env is added to ours. TERM is xterm-256color unless env says
 * otherwise; NO_COLOR, COLORTERM, LINES and COLUMNS are taken out first. NULL = failed. */
struct vt *vt_start(const char *const *argv, const char *const *env, int rows, int cols) SL_MUST;
void vt_free(struct vt *v); /* ends the program when it still runs */

void vt_type(struct vt *v, const char *bytes); /* as they are */
/* Keys by name between blanks: "j j Enter Ctrl-D PgDn Esc". */
void vt_keys(struct vt *v, const char *names);
void vt_resize(struct vt *v, int rows, int cols);
void vt_signal(struct vt *v, int sig);

bool vt_until(struct vt *v, const char *text, int ms);      /* the text is on the screen */
bool vt_until_gone(struct vt *v, const char *text, int ms); /* it is not */
void vt_settle(struct vt *v, int quiet_ms);                 /* nothing was written for that long */
bool vt_exited(struct vt *v, int *status, int ms);          /* wait status */
bool vt_stopped(struct vt *v, int ms);

/* The screen, one line a row, trailing blanks cut. Valid until the next call. */
const char *vt_text(struct vt *v);
const char *vt_row(struct vt *v, int row); /* from 0 */
bool vt_has(struct vt *v, const char *text);
void vt_cursor(struct vt *v, int *row, int *col);
bool vt_alternate(const struct vt *v); /* the alternate screen is shown */
bool vt_cooked(const struct vt *v);    /* the tty is in its normal mode */
uint32_t vt_color(struct vt *v, int row, int col, bool background); /* 0xRRGGBB */
size_t vt_bytes(const struct vt *v); /* that the program wrote so far */
int64_t
vt_last_us(const struct vt *v); /* when the last of them was read, monotonic; 0 = none came */
/* Did the program ever write these bytes? */
bool vt_wrote(const struct vt *v, const char *bytes);
pid_t vt_pid(const struct vt *v);

#endif
