/* tui_rig.c - drives an app without a terminal. */
#include "tests/lib/tui_rig.h"

#include "tests/lib/check.h"
#include "tui/screens.h"

#include <poll.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define WAIT_US   60000000 /* for a busy machine; every wait ends when its condition is met */
#define GOLDEN_US 20000000 /* until a screen is what it should be */
#define QUIET_US  250000   /* without a message: nothing more comes */
#define GUARD_US  420000   /* a dialog's 0.4 s, and a little */
#define GOLDEN    "tests/tui/golden"
#define TEXT_MAX_ (1u << 20)

/* ---- life ------------------------------------------------------------------------------------ */

struct tui_rig *
tui_rig_open(struct engine_rig *e, int rows, int cols)
{
	struct tui_rig *t = calloc(1, sizeof(*t));
	struct sl_err err;

	assert_non_null(t);
	const struct tui_app_opts opts = { .tabs = tui_screen_tabs,
					   .others = tui_screen_others,
					   .engine = e ? e->engine : NULL,
					   .read_only = e && sl_engine_read_only(e->engine),
					   .theme = "mono" };
	t->engine = e;
	t->app = tui_app_new(&opts, &err);
	if (!t->app)
		fail_msg("the app does not open: %s", err.msg);
	sl_buf_init(&t->text, TEXT_MAX_);
	assert_true(tui_grid_init(&t->grid, rows, cols, false));
	tui_app_draw(t->app, &t->grid);
	return t;
}

void
tui_rig_close(struct tui_rig *t)
{
	tui_app_free(t->app);
	tui_grid_free(&t->grid);
	sl_buf_free(&t->text);
	free(t);
}

void
tui_rig_resize(struct tui_rig *t, int rows, int cols)
{
	const struct tui_event ev = { .type = TUI_EV_RESIZE, .count = 1 };

	assert_true(tui_grid_resize(&t->grid, rows, cols));
	tui_app_event(t->app, &ev);
	tui_app_draw(t->app, &t->grid);
}

/* ---- keys ------------------------------------------------------------------------------------ */

static void
press(struct tui_rig *t, uint32_t key)
{
	const struct tui_event ev = { .type = TUI_EV_KEY, .key = key, .count = 1 };

	tui_app_event(t->app, &ev);
	tui_app_draw(t->app, &t->grid);
}

void
tui_rig_keys(struct tui_rig *t, const char *keys)
{
	while (*keys) {
		size_t n = strcspn(keys, " ");
		uint32_t key = tui_key_parse((struct sl_str){ keys, n });

		if (key == TUI_K_NONE)
			fail_msg("there is no key %.*s", (int)n, keys);
		press(t, key);
		keys += n + strspn(keys + n, " ");
	}
}

void
tui_rig_type(struct tui_rig *t, const char *text)
{
	const struct sl_str s = sl_str(text);
	size_t pos = 0;

	while (pos < s.len) {
		uint32_t cp = sl_utf8_next(s, &pos);

		press(t, cp == '\n' ? TUI_K_ENTER : cp);
	}
}

void
tui_rig_answer(struct tui_rig *t, const char *keys)
{
	(void)usleep(GUARD_US);
	tui_rig_keys(t, keys);
}

/* ---- waiting --------------------------------------------------------------------------------- */

/* One wait of the loop: messages, the clock, the picture. true: a message came. */
static bool
step(struct tui_rig *t)
{
	struct sl_engine *e = t->engine ? t->engine->engine : NULL;
	int ms = tui_app_wait_ms(t->app, sl_mono_us());
	struct pollfd p = { .fd = e ? sl_engine_fd(e) : -1, .events = POLLIN };
	bool any = false;

	(void)poll(&p, 1, ms < 0 || ms > 20 ? 20 : ms);
	for (struct sl_msg *m; e && (m = sl_next(e)) != NULL; any = true) {
		tui_app_message(t->app, m);
		sl_msg_free(m);
	}
	tui_app_tick(t->app, sl_mono_us());
	tui_app_draw(t->app, &t->grid);
	return any;
}

const char *
tui_rig_screen(struct tui_rig *t)
{
	sl_buf_reset(&t->text);
	tui_grid_text(&t->grid, &t->text);
	return sl_buf_cstr(&t->text);
}

bool
tui_rig_shows(struct tui_rig *t, const char *text)
{
	return strstr(tui_rig_screen(t), text) != NULL;
}

static void
wait_for(struct tui_rig *t, const char *text, bool there)
{
	const int64_t end = sl_mono_us() + WAIT_US;

	while (tui_rig_shows(t, text) != there) {
		if (sl_mono_us() > end)
			fail_msg("\"%s\" is %s the screen:\n%s", text,
				 there ? "never on" : "still on", tui_rig_screen(t));
		(void)step(t);
	}
}

void
tui_rig_until(struct tui_rig *t, const char *text)
{
	wait_for(t, text, true);
}

void
tui_rig_until_gone(struct tui_rig *t, const char *text)
{
	wait_for(t, text, false);
}

void
tui_rig_settle(struct tui_rig *t)
{
	const int64_t end = sl_mono_us() + WAIT_US;
	int64_t quiet = sl_mono_us() + QUIET_US;

	while (sl_mono_us() < quiet && sl_mono_us() < end) {
		if (step(t))
			quiet = sl_mono_us() + QUIET_US;
	}
}

/* ---- golden files ---------------------------------------------------------------------------- */

/* What differs from run to run, and what stands for it. Blanks around a time are part of it: its
 * length differs too. */
static const struct {
	const char *pattern, *text;
} noise[] = {
	{ "sluice-[0-9a-f]{32}", "sluice-ID" },
	{ "sluice-[0-9a-f]+~", "sluice-ID~" }, /* cut */
	{ "[0-9a-f]{16}/", "WORKSPACE/" },
	{ "127\\.0\\.0\\.1:[0-9]+", "127.0.0.1:PORT" },
	{ "[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9.]+Z", "ISO" },
	{ ">[0-9][0-9]:[0-9][0-9]:[0-9][0-9](\\.[0-9]{3})?", ">CLOCK" },
	{ " [0-9][0-9]:[0-9][0-9](:[0-9][0-9](\\.[0-9]{3})?)?", " CLOCK" },
	{ " now  ", " CLOCK" }, /* less than 10 s ago */
	{ " now$", " CLOCK" },
	{ " *[0-9]+(\\.[0-9])?(us|ms|s)([^0-9a-z]|$)", " TIME " },
	{ "took TIME +", "took TIME   " }, /* what stands at the right edge moves with it */
};

static void
replace_all(struct sl_buf *line, const char *pattern, const char *text)
{
	struct sl_buf out;
	regmatch_t m;
	regex_t re;
	const char *p = sl_buf_cstr(line);

	assert_int_equal(regcomp(&re, pattern, REG_EXTENDED), 0);
	sl_buf_init(&out, TEXT_MAX_);
	while (regexec(&re, p, 1, &m, 0) == 0 && m.rm_eo > 0) {
		sl_buf_put(&out, p, (size_t)m.rm_so);
		sl_buf_puts(&out, text);
		p += m.rm_eo;
	}
	sl_buf_puts(&out, p);
	regfree(&re);
	sl_buf_free(line);
	*line = out;
}

/* The first row, with the tabs of all screens, is another test's. */
static void
normalise(const char *screen, struct sl_buf *out)
{
	struct sl_buf line;

	for (const char *p = screen + strcspn(screen, "\n"); *p;) {
		size_t n = strcspn(p, "\n");

		sl_buf_init(&line, TEXT_MAX_);
		sl_buf_put(&line, p, n);
		for (size_t i = 0; i < SL_COUNT(noise); i++)
			replace_all(&line, noise[i].pattern, noise[i].text);
		while (line.len > 0 && line.ptr[line.len - 1] == ' ')
			line.len--;
		sl_buf_put_str(out, sl_buf_view(&line));
		sl_buf_putc(out, '\n');
		sl_buf_free(&line);
		p += n + (p[n] == '\n');
	}
}

static void
read_file(const char *path, struct sl_buf *out)
{
	FILE *f = fopen(path, "re");
	char part[4096];
	size_t n;

	while (f && (n = fread(part, 1, sizeof(part), f)) > 0)
		sl_buf_put(out, part, n);
	if (f)
		(void)fclose(f);
}

/* Is the screen that, or does it become that? An answer may be late on a busy machine. */
static bool
becomes(struct tui_rig *t, struct sl_str want, struct sl_buf *have)
{
	const int64_t end = sl_mono_us() + GOLDEN_US;

	for (;;) {
		sl_buf_reset(have);
		normalise(tui_rig_screen(t), have);
		if (sl_str_eq(sl_buf_view(have), want))
			return true;
		if (sl_mono_us() > end)
			return false;
		(void)step(t);
	}
}

void
tui_rig_golden(struct tui_rig *t, const char *name)
{
	const char *write = getenv("GOLDEN");
	struct sl_buf have, want;
	char path[300];

	(void)snprintf(path, sizeof(path), "%s/%s.txt", GOLDEN, name);
	sl_buf_init(&have, TEXT_MAX_);
	sl_buf_init(&want, TEXT_MAX_);
	if (write && strcmp(write, "write") == 0) {
		normalise(tui_rig_screen(t), &have);
		FILE *f = fopen(path, "we");
		assert_non_null(f);
		assert_int_equal(fwrite(have.ptr, 1, have.len, f), have.len);
		assert_int_equal(fclose(f), 0);
	}
	read_file(path, &want);
	if (!becomes(t, sl_buf_view(&want), &have))
		fail_msg("the screen is not %s; it is:\n%s\nit should be:\n%s", path,
			 sl_buf_cstr(&have), sl_buf_cstr(&want));
	sl_buf_free(&have);
	sl_buf_free(&want);
}
