/* tui.c - do the screens stay within their budgets? The real program in a pseudo-terminal of 120x35 with
 * true colours, on a PostgreSQL of its own, sending to a receiver that counts.
 *
 * Each figure is a line as run.sh takes them: the gate is its target, the note tells the better value
 * that is aimed at. A key's time ends with the last byte before a pause; the median and the 99th
 * percentile are of KEYS keys, and the median of TRIES tries. "of 8,000 a second" is under a sync with
 * that rate, "at full speed" under one without a limit. Needs nothing but $SLUICE; a
 * word picks one scene: tui home. */
#include "core/base/clock.h"
#include "core/base/str.h"
#include "tests/lib/screen_world.h"
#include "tests/lib/ui_meter.h"
#include "tests/lib/vterm_pty.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define ROWS    35
#define COLS    120
#define KEYS    120 /* as many down as up */
#define TRIES   3
#define REST_S  10 /* how long resting screens are watched */
#define WAIT_MS 30000

/* ---- what is told -------------------------------------------------------------------------------- */

struct budget {
	const char *name, *unit;
	double target, gate; /* at most */
};

static void
tell(const struct budget *b, double value)
{
	printf("%s\t%.4g\t%s\t-\t-\t<= %g\tvalue\t-\t-\t-\t-\ttarget %g%s\n", b->name, value,
	       b->unit, b->gate, b->target, value <= b->target ? "" : ", not reached");
	(void)fflush(stdout);
}

static int
by_size(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Sorts. p from 0 to 1. */
static double
quantile(double *x, size_t n, double p)
{
	qsort(x, n, sizeof(*x), by_size);
	return n ? x[(size_t)(p * (double)(n - 1) + 0.5)] : 0;
}

/* ---- the program ---------------------------------------------------------------------------------- */

static void
start(struct screen_world *w, const char *color)
{
	char state[200], term[64];
	const char *program = getenv("SLUICE");
	const char *argv[] = {
		program ? program : "build/sluice", "-w", w->dir, "--theme", "dark", NULL
	};
	const char *env[] = { color, state, NULL };

	(void)snprintf(state, sizeof(state), "XDG_STATE_HOME=%s/xdg", w->dir);
	(void)snprintf(term, sizeof(term), "%s", color);
	env[0] = term;
	w->v = vt_start(argv, env, ROWS, COLS);
	if (!w->v)
		screen_world_die("cannot start %s", argv[0]);
}

static void
until(const struct screen_world *w, const char *text)
{
	if (!vt_until(w->v, text, WAIT_MS))
		screen_world_die("\"%s\" is never on the screen:\n%s", text, vt_text(w->v));
}

static void
quit(struct screen_world *w)
{
	int status;

	vt_type(w->v, "Q");
	if (!vt_exited(w->v, &status, WAIT_MS))
		screen_world_die("it does not end:\n%s", vt_text(w->v));
	vt_free(w->v);
	w->v = NULL;
}

static void
at_home(struct screen_world *w, const char *color)
{
	start(w, color);
	until(w, "sync-20");
	vt_settle(w->v, 300);
}

static const char true_color[] = "COLORTERM=truecolor";

/* ---- figures --------------------------------------------------------------------------------------- */

/* Milliseconds from these bytes to the last byte that they made, before a pause of that many ms. */
static double
answer_ms(struct vt *v, const char *bytes, int pause_ms)
{
	int64_t from = sl_mono_us();

	vt_type(v, bytes);
	vt_settle(v, pause_ms);
	return vt_last_us(v) < from ? 0 : (double)(vt_last_us(v) - from) / 1000;
}

static void
first_frame(struct screen_world *w)
{
	const struct budget b = { "first frame, 50 syncs", "ms", 20, 60 };
	double ms[5];

	for (size_t i = 0; i < SL_COUNT(ms); i++) {
		int64_t from = sl_mono_us();
		start(w, true_color);
		while (!vt_has(w->v, "sync-20") && sl_mono_us() < from + 1000 * (int64_t)WAIT_MS)
			vt_settle(w->v, 2);
		ms[i] = (double)(vt_last_us(w->v) - from) / 1000;
		vt_settle(w->v, 150);
		quit(w);
	}
	tell(&b, quantile(ms, SL_COUNT(ms), 0.5));
}

/* Down and up again, so that lists of any length do; as long as that word is on the screen. */
static void
keys(const struct screen_world *w, const char *during, const struct budget *p50,
     const struct budget *p99)
{
	double median[TRIES], slow[TRIES], ms[KEYS];
	/* Under load other frames follow: what the key made comes at once. */
	const int pause_ms = *during ? 5 : 30;
	size_t n = 0;

	for (; n < TRIES && vt_has(w->v, during); n++) {
		for (int k = 0; k < KEYS; k++) {
			ms[k] = answer_ms(w->v, k % 40 < 20 ? "j" : "k", pause_ms);
			(void)usleep(5000);
		}
		median[n] = quantile(ms, KEYS, 0.5);
		slow[n] = quantile(ms, KEYS, 0.99);
	}
	if (n == 0)
		screen_world_die("%s: the run was over before the first key:\n%s", p50->name,
				 vt_text(w->v));
	tell(p50, quantile(median, n, 0.5));
	tell(p99, quantile(slow, n, 0.5));
}

/* The median of ten times this key, from the top. */
static void
bytes_of(const struct screen_world *w, const char *key, const struct budget *b)
{
	double n[10];

	vt_type(w->v, "g");
	vt_settle(w->v, 100);
	for (size_t i = 0; i < SL_COUNT(n); i++) {
		size_t before = vt_bytes(w->v);
		vt_type(w->v, key);
		vt_settle(w->v, 40);
		n[i] = (double)(vt_bytes(w->v) - before);
	}
	tell(b, quantile(n, SL_COUNT(n), 0.5));
}

/* The clock's minute is no part of resting. */
static void
wait_for_a_minute_s_start(void)
{
	const time_t s = time(NULL) % 60;

	if (s + REST_S > 56)
		(void)sleep((unsigned)(62 - s));
}

struct rest {
	double wakes, bytes, cpu; /* a second; CPU in percent */
};

static struct rest
rest(const struct screen_world *w, bool all)
{
	wait_for_a_minute_s_start();
	vt_settle(w->v, 200);
	const size_t bytes = vt_bytes(w->v);
	const struct ui_use a = ui_use(vt_pid(w->v));
	for (int64_t end = a.at_us + REST_S * 1000000LL; sl_mono_us() < end;)
		vt_settle(w->v, 100);
	const struct ui_use b = ui_use(vt_pid(w->v));
	const double s = (double)(b.at_us - a.at_us) / 1e6;

	return (struct rest){
		(double)(all ? b.all_wakes - a.all_wakes : b.ui_wakes - a.ui_wakes) / s,
		(double)(vt_bytes(w->v) - bytes) / s,
		100 * (all ? b.all_s - a.all_s : b.ui_s - a.ui_s) / s,
	};
}

static void
resting(const struct screen_world *w)
{
	const struct budget wakes = { "at rest: wake-ups, all threads", "/s", 0, 0.2 };
	const struct budget bytes = { "at rest: bytes", "/s", 0, 0 };
	const struct budget cpu = { "at rest: CPU", "%", 0, 0.01 };
	const struct rest r = rest(w, true);

	tell(&wakes, r.wakes);
	tell(&bytes, r.bytes);
	tell(&cpu, r.cpu);
}

static void
poke(void *arg)
{
	vt_type(arg, "j");
}

/* Its system calls during keys, a burst of keys and resizes. */
static void
watched(const struct screen_world *w, const struct budget *longest, bool burst)
{
	const struct budget writes = { "writes a frame, the most", "", 1, 1 };
	const struct budget frames = { "200 keys at once: frames", "", 1, 1 };
	char down[201];
	struct ui_trace *t = ui_trace_start(vt_pid(w->v));

	if (!t) {
		(void)fprintf(stderr, "bench: screens: system calls cannot be watched here\n");
		return;
	}
	for (int k = 0; k < 60; k++) {
		vt_type(w->v, k % 40 < 20 ? "j" : "k");
		vt_settle(w->v, 15);
	}
	for (int k = 0; k < 10; k++) {
		vt_type(w->v, k < 5 ? "\033[6~" : "\033[5~");
		vt_settle(w->v, 40);
	}
	const struct ui_traced all = ui_trace_stop(t, poke, w->v);
	tell(longest, (double)all.longest_us / 1000);
	vt_settle(w->v, 100);
	if (!burst)
		return;
	tell(&writes, all.writes);
	t = ui_trace_start(vt_pid(w->v));
	if (!t)
		return;
	vt_type(w->v, "g");
	vt_settle(w->v, 100);
	const unsigned before = ui_trace_now(t).frames;
	memset(down, 'j', 200);
	down[200] = '\0';
	vt_type(w->v, down);
	vt_settle(w->v, 200);
	tell(&frames, ui_trace_now(t).frames - before);
	(void)ui_trace_stop(t, poke, w->v);
	vt_settle(w->v, 100);
}

static void
burst(const struct screen_world *w)
{
	const struct budget bytes = { "200 keys at once: bytes", "", 4096, 8192 };
	const struct budget ms = { "200 keys at once", "ms", 10, 30 };
	double took[TRIES], n[TRIES];
	char down[201];

	down[200] = '\0';
	for (int i = 0; i < TRIES; i++) {
		size_t before = vt_bytes(w->v);
		memset(down, i % 2 ? 'k' : 'j', 200);
		took[i] = answer_ms(w->v, down, 100);
		n[i] = (double)(vt_bytes(w->v) - before);
	}
	tell(&bytes, quantile(n, TRIES, 0.5));
	tell(&ms, quantile(took, TRIES, 0.5));
}

static void
resizes(const struct screen_world *w)
{
	const struct budget b = { "resize to complete repaint", "ms", 3, 16 };
	double ms[10];

	for (size_t i = 0; i < SL_COUNT(ms); i++) {
		int64_t from = sl_mono_us();
		vt_resize(w->v, i % 2 ? ROWS : 30, i % 2 ? COLS : 100);
		vt_settle(w->v, 60);
		ms[i] = (double)(vt_last_us(w->v) - from) / 1000;
	}
	tell(&b, quantile(ms, SL_COUNT(ms), 0.5));
}

/* ---- scenes ---------------------------------------------------------------------------------------- */

/* No syncs yet: the program alone. */
static void
scene_empty(struct screen_world *w)
{
	const struct budget b = { "memory, empty", "MiB", 12, 20 };

	start(w, true_color);
	until(w, "No syncs yet");
	vt_settle(w->v, 300);
	tell(&b, ui_rss_mib(vt_pid(w->v)));
	quit(w);
}

static void
scene_home(struct screen_world *w)
{
	static const struct budget p50 = { "key to last byte, median", "ms", 1, 3 };
	static const struct budget p99 = { "key to last byte, 99 %", "ms", 5, 16 };
	static const struct budget move = { "bytes a move, home", "", 330, 450 };
	static const struct budget longest = { "longest without poll, home", "ms", 8, 16 };

	at_home(w, true_color);
	resting(w);
	keys(w, "", &p50, &p99);
	bytes_of(w, "j", &move);
	watched(w, &longest, true);
	resizes(w);
	quit(w);
}

/* Table 0 of the tree is opened: `users`, the last one. */
static void
open_grid(const struct screen_world *w)
{
	vt_keys(w->v, "2");
	until(w, "grid");
	vt_settle(w->v, 100);
	vt_keys(w->v, "g j j j Enter");
	until(w, "User19@Example.com");
	vt_settle(w->v, 200);
}

static void
scene_big(struct screen_world *w)
{
	static const struct budget move = { "bytes a move, grid", "", 330, 450 };
	static const struct budget move256 = { "bytes a move, grid, 256 colours", "", 330, 450 };
	static const struct budget page = { "bytes a page, grid", "", 3072, 5120 };
	static const struct budget log_move = { "bytes a move, log", "", 330, 450 };
	static const struct budget log_page = { "bytes a page, log", "", 3072, 5120 };
	static const struct budget memory = { "memory, 50,000 rows and 200,000 lines", "MiB", 40,
					      64 };
	static const struct budget longest = { "longest without poll, grid", "ms", 8, 16 };

	at_home(w, "COLORTERM=");
	screen_world_log(w, 200000);
	open_grid(w);
	bytes_of(w, "j", &move256);
	quit(w);
	at_home(w, true_color);
	open_grid(w);
	bytes_of(w, "j", &move);
	bytes_of(w, "\033[6~", &page);
	burst(w);
	watched(w, &longest, false);
	for (int i = 0; i < 1000; i++) {
		vt_type(w->v, "\033[6~");
		vt_settle(w->v, 1);
	}
	vt_keys(w->v, "G");
	until(w, "User50000@Example.com");
	vt_keys(w->v, "6");
	until(w, "request of 500");
	vt_keys(w->v, "g");
	vt_settle(w->v, 500);
	bytes_of(w, "j", &log_move);
	bytes_of(w, "\033[6~", &log_page);
	vt_keys(w->v, "G");
	vt_settle(w->v, 500);
	tell(&memory, ui_rss_mib(vt_pid(w->v)));
	quit(w);
}

/* Starts the sync in this row of home, all of it, and goes to the given tab while it sends. */
static void
run(const struct screen_world *w, int row)
{
	vt_keys(w->v, "1 g");
	for (int i = 0; i < row; i++)
		vt_keys(w->v, "j");
	vt_keys(w->v, "R");
	until(w, "send all of it");
	vt_settle(w->v, 300);
	vt_keys(w->v, "S");
	until(w, "> sending");
}

static void
scene_monitor(struct screen_world *w)
{
	const struct budget wakes = { "monitor: wake-ups of its thread", "/s", 4, 6 };
	const struct budget bytes = { "monitor: bytes", "/s", 500, 1000 };
	const struct budget cpu = { "monitor: CPU of its thread", "%", 0.3, 1 };

	at_home(w, true_color);
	run(w, 0);
	(void)sleep(2);
	const struct rest r = rest(w, false);
	tell(&wakes, r.wakes);
	tell(&bytes, r.bytes);
	tell(&cpu, r.cpu);
	vt_free(w->v);
}

static void
scene_load(struct screen_world *w, int row, const struct budget *p50, const struct budget *p99,
	   const struct budget *share)
{
	at_home(w, true_color);
	run(w, row);
	vt_keys(w->v, "1");
	(void)sleep(1);
	const struct ui_use a = ui_use(vt_pid(w->v));
	vt_settle(w->v, 0);
	for (int i = 0; i < 30; i++)
		vt_settle(w->v, 40);
	const struct ui_use b = ui_use(vt_pid(w->v));
	tell(share, 100 * (b.ui_s - a.ui_s) / ((double)(b.at_us - a.at_us) / 1e6));
	keys(w, "RUNNING (1)", p50, p99);
	vt_free(w->v);
}

static void
scene_paced(struct screen_world *w)
{
	scene_load(w, 1, &(struct budget){ "key at 8,000 events/s, median", "ms", 1, 3 },
		   &(struct budget){ "key at 8,000 events/s, 99 %", "ms", 8, 25 },
		   &(struct budget){ "its thread at 8,000 events/s", "% CPU", 1, 3 });
}

static void
scene_fast(struct screen_world *w)
{
	scene_load(w, 2, &(struct budget){ "key at full speed, median", "ms", 1, 3 },
		   &(struct budget){ "key at full speed, 99 %", "ms", 8, 25 },
		   &(struct budget){ "its thread at full speed", "% CPU", 1, 3 });
}

/* ---- all of it -------------------------------------------------------------------------------------- */

int
main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*play)(struct screen_world *);
	} scenes[] = {
		{ "empty", scene_empty }, { "first", first_frame },     { "home", scene_home },
		{ "big", scene_big },     { "monitor", scene_monitor }, { "paced", scene_paced },
		{ "fast", scene_fast },
	};
	struct screen_world w;

	screen_world_open(&w);
	for (size_t i = 0; i < SL_COUNT(scenes); i++) {
		if (i == 1)
			screen_world_syncs(&w);
		if (argc < 2 || strcmp(argv[1], scenes[i].name) == 0)
			scenes[i].play(&w);
	}
	screen_world_close(&w);
	return 0;
}
