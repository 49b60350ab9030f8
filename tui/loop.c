/* loop.c - poll, feed, draw. */
#include "tui/loop.h"

#include <poll.h>
#include <signal.h>

/* Frames that only the engine asked for: one in this time, and a few at once after a rest, so that what a
 * key or the start asked for is seen as it comes. */
#define FRAME_US 100000
#define AT_ONCE  4

static int
sooner(int a, int b)
{
	return a < 0 ? b : b < 0 ? a : a < b ? a : b;
}

/* Fold everything the engine has to say; it folds its own counters, so this is bounded. */
static void
take_messages(struct tui_app *a, struct sl_engine *e)
{
	for (int i = 0; e && i < 256; i++) {
		struct sl_msg *m = sl_next(e);
		if (!m)
			return;
		tui_app_message(a, m);
		sl_msg_free(m);
	}
}

struct loop {
	struct tui_app *a;
	struct tui_term *t;
	struct sl_engine *engine;
	struct tui_grid grid;
	int64_t credit_us; /* what frames may take: each takes FRAME_US */
	int64_t at_us;     /* when credit_us was true */
	bool input;        /* since the last frame: the next one waits for nothing */
	bool stuck;        /* the terminal takes no more */
};

/* Microseconds until the engine may have a frame; 0 = now. */
static int64_t
until_frame(struct loop *l, int64_t now)
{
	l->credit_us += now - l->at_us;
	l->at_us = now;
	if (l->credit_us > AT_ONCE * FRAME_US)
		l->credit_us = AT_ONCE * FRAME_US;
	return l->credit_us >= FRAME_US ? 0 : FRAME_US - l->credit_us;
}

static void
wait_for_work(struct loop *l)
{
	bool pending = tui_app_dirty(l->a) || l->stuck;
	struct pollfd pf[3] = {
		{ .fd = tui_term_tty_fd(l->t), .events = POLLIN },
		{ .fd = tui_term_signal_fd(l->t), .events = POLLIN },
		{ .fd = l->engine && !pending ? sl_engine_fd(l->engine) : -1, .events = POLLIN },
	};
	int64_t now = sl_mono_us();
	int ms = sooner(tui_term_wait_ms(l->t), tui_app_wait_ms(l->a, now));

	if (pending && !l->input && !l->stuck) {
		int64_t left = until_frame(l, now);
		ms = sooner(ms, left > 0 ? (int)(left / 1000) + 1 : 0);
	} else if (l->stuck) {
		ms = sooner(ms, 50);
	} else if (pending) {
		ms = 0;
	}
	(void)poll(pf, 3, ms);
}

static void
take_input(struct loop *l)
{
	struct tui_event ev;

	while (!tui_app_done(l->a) && tui_term_read(l->t, &ev)) {
		tui_app_event(l->a, &ev);
		l->input = true;
	}
}

static void
draw(struct loop *l)
{
	int rows, cols;

	if (!tui_app_dirty(l->a) && !l->stuck)
		return;
	if (!l->input && !l->stuck) {
		if (until_frame(l, sl_mono_us()) > 0)
			return;
		l->credit_us -= FRAME_US;
	}
	tui_term_size(l->t, &rows, &cols);
	if (!tui_grid_resize(&l->grid, rows, cols))
		return;
	tui_app_draw(l->a, &l->grid);
	l->stuck = !tui_term_show(l->t, &l->grid, tui_app_theme(l->a));
	l->input = false;
}

int
tui_loop(struct tui_app *a, struct tui_term *t)
{
	struct loop l = { .a = a, .t = t, .engine = tui_app_engine(a), .input = true };
	int rows, cols;

	tui_term_size(t, &rows, &cols);
	if (!tui_grid_init(&l.grid, rows, cols, tui_term_ascii(t)))
		return 1;
	tui_app_attach(a, t);
	if (tui_app_wants_background(a))
		tui_term_ask_background(t);
	if (*tui_term_notice(t))
		tui_app_say(a, TUI_SEV_WARN, "%s", tui_term_notice(t));
	while (!tui_app_done(a)) {
		draw(&l);
		wait_for_work(&l);
		take_input(&l);
		take_messages(a, l.engine);
		tui_app_tick(a, sl_mono_us());
	}
	tui_app_attach(a, NULL);
	tui_grid_free(&l.grid);
	return tui_app_exit_code(a);
}
