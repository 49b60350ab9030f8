/* conn_test.h - testing a connection: its steps as they come. */
#ifndef TUI_CONN_TEST_H
#define TUI_CONN_TEST_H

#include "tui/screens/asked.h"

#define CONN_STEPS 12

struct conn_step {
	char name[24];
	char detail[240];
	bool ok;
	int64_t took_us;
};

struct conn_test {
	char name[72]; /* of the connection; "" = a form */
	sl_ticket ask;
	int64_t started_us; /* mono */
	int64_t ended_us;   /* wall; 0 = not over, or never tested */
	bool failed;
	char message[384], hint[192];
	struct conn_step step[CONN_STEPS];
	unsigned nsteps;
};

/* Saved (set NULL), or as a form has it. */
void conn_test_start(const struct tui_screen *s, struct conn_test *t, const char *name,
		     const struct sl_pair *set, size_t n);
bool conn_test_message(struct conn_test *t, const struct sl_msg *m);
void conn_test_cancel(const struct tui_screen *s, struct conn_test *t);
/* "✓ ok 12ms" "✗ failed" "> testing" "- not tested"; returns its role. */
enum tui_role conn_test_state(const struct conn_test *t, char *out, size_t cap); /* t NULL: never */
/* The steps, one a line, then what went wrong. Returns the rows taken. */
int conn_test_draw(const struct conn_test *t, const struct tui_canvas *c, int y);

#endif
