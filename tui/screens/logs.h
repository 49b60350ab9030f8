/* logs.h - the log viewer: follows, filters, searches, opens a line to the event behind it. */
#ifndef TUI_SCREENS_LOGS_H
#define TUI_SCREENS_LOGS_H

#include "tui/screen.h"
#include "tui/screens/log_filter.h"
#include "tui/screens/log_window.h"
#include "tui/widgets/pane.h"

extern const struct tui_screen_ops tui_screen_logs;

/* ---- for the files of the viewer only -------------------------------------------------------- */

enum {
	LOGS_ACT_FOLLOW = TUI_ACT_OWN,
	LOGS_ACT_LEVEL,
	LOGS_ACT_NEXT_ERROR,
	LOGS_ACT_PREV_ERROR,
	LOGS_ACT_TIME,
	LOGS_ACT_ONLY_RUN,
	LOGS_ACT_EVENT,
	LOGS_ACT_DEAD,
	LOGS_ACT_MAP,
	LOGS_ACT_CHANGES
};

#define LOG_DETAILS 64 /* lines of an opened one */

struct log_detail {
	char *text; /* owned */
	enum tui_role role;
	const char *label; /* "event", "" = goes on */
};

struct logs {
	struct tui_log_window w;
	struct tui_log_filter filter;
	size_t sel, top;
	bool follow;
	size_t seen; /* rows of the window that were there when follow was turned off */
	enum tui_log_time time;
	sl_ticket newest, older, newer, event;
	bool stale;       /* something may have been logged since */
	int64_t poked_us; /* when a run last said so */
	int64_t asked_us; /* newer */
	char search[64];
	int64_t open; /* seq of the opened line; 0 = none */
	struct log_detail detail[LOG_DETAILS];
	size_t ndetails;
	struct sl_buf body; /* of the event, for the pager */
	struct tui_pane pane;
};

void logs_draw(const struct tui_screen *s, const struct tui_canvas *c);
size_t logs_top(const struct logs *h, int rows); /* first line to draw */
/* logs.c: what is read */
void logs_reload(struct tui_screen *s);   /* begin at the end of the log */
void logs_refilter(struct tui_screen *s); /* the same with another filter */
void logs_ask_newer(struct tui_screen *s);
void logs_ask_older(struct tui_screen *s);
void logs_to_end(struct logs *h);
/* logs_move.c */
void logs_go(struct tui_screen *s, long to);
void logs_follow(struct tui_screen *s);
void logs_unfollow(struct logs *h);
bool logs_movement(struct tui_screen *s, const struct tui_cmd *cmd);
void logs_searched(struct tui_screen *s, const char *text);
void logs_next_match(struct tui_screen *s, int by);
void logs_next_error(struct tui_screen *s, int by);
size_t logs_count_matches(const struct logs *h);
/* logs_keys.c */
bool logs_action(struct tui_screen *s, const struct tui_cmd *cmd);
bool logs_input(struct tui_screen *s, const struct tui_event *ev);
const char *logs_why_not(const struct tui_screen *s, int action);
/* logs_detail.c */
void logs_close(struct logs *h);
void logs_open_line(struct logs *h, const struct tui_log_row *r);
void logs_open_event(struct logs *h, const struct sl_table *facts);

#endif
