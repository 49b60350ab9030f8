/* fuzz_config.c - any bytes as a file of the workspace. Nothing crashes; every mistake can be shown as
 * it is; what has no mistake is saved and loaded again as the same; and a secret that was written in
 * clear is in no message and in no setting, whatever surrounds it.
 * The first byte chooses: 0 connection, 1 profile, 2 sync, 3 a connection with a secret in clear. */
#include "core/base/text.h"
#include "core/config/config.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define SECRET "qZ7canary-in-clear"
#define START  "{\"type\": \"made\", \"password\": \"" SECRET "\""

static const char *const choices[] = { "one", "two", NULL };
static const struct sl_prop props[] = {
	{ "text", SL_P_STRING, 0, "x", 0, 0, NULL, "A text." },
	{ "password", SL_P_SECRET, 0, NULL, 0, 0, NULL, "A secret." },
	{ "number", SL_P_INT, 0, "5", 0, 100, NULL, "A number." },
	{ "flag", SL_P_BOOL, 0, "true", 0, 0, NULL, "A flag." },
	{ "choice", SL_P_ENUM, 0, "one", 0, 0, choices, "A choice." },
	{ "wait", SL_P_MILLIS, 0, "5s", 0, 0, NULL, "A duration." },
	{ "size", SL_P_BYTES, 0, "64k", 0, 0, NULL, "A size." },
	{ "url", SL_P_URL, 0, NULL, 0, 0, NULL, "An address." },
	{ "path", SL_P_PATH, 0, NULL, 0, 0, NULL, "A path." },
	{ "list", SL_P_LIST, 0, NULL, 0, 0, NULL, "A list." },
	{ "map", SL_P_MAP, 0, NULL, 0, 0, NULL, "A map." },
};
static const struct sl_driver_info drivers[] = {
	{ "made", "Made up", true, 0, props, SL_COUNT(props) },
	{ "sink", "A sink", false, SL_DST_REMOVES | SL_DST_EVENTS, props, SL_COUNT(props) },
};
static const char *const files[] = { "connections/f.json", "profiles/f.json", "syncs/f.json" };

static char dir[] = "/tmp/sluice-fuzz-XXXXXX";

static void
need(bool good)
{
	if (!good)
		abort();
}

static const char *
path_of(const char *file)
{
	static char path[64];

	snprintf(path, sizeof(path), "%s/%s", dir, file);
	return path;
}

static void
put(const char *file, const void *start, size_t n, const void *rest, size_t m)
{
	int fd = open(path_of(file), O_WRONLY | O_CREAT | O_TRUNC, 0600);

	need(fd >= 0 && write(fd, start, n) == (ssize_t)n && write(fd, rest, m) == (ssize_t)m);
	close(fd);
}

static void
put_text(const char *file, const char *text)
{
	put(file, text, strlen(text), "", 0);
}

static size_t
get(const char *file, char *out, size_t cap)
{
	int fd = open(path_of(file), O_RDONLY);
	ssize_t n = fd >= 0 ? read(fd, out, cap) : -1;

	need(n >= 0);
	close(fd);
	return (size_t)n;
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static void
remove_all(void)
{
	need(nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS) == 0);
}

/* Objects to refer to, made once. */
static void
make_workspace(void)
{
	struct sl_err err;

	need(mkdtemp(dir) && sl_config_init(dir, &err) == SL_OK);
	atexit(remove_all);
	put_text("connections/from.json", "{\"type\": \"made\"}");
	put_text("connections/to.json", "{\"type\": \"sink\"}");
	put_text("profiles/rows.json", "{\"event\": \"row\", \"map\": {\"id\": \"id\"}}");
}

static struct sl_config *
load(void)
{
	struct sl_config *c;
	struct sl_err err;

	need(sl_config_load(dir, drivers, SL_COUNT(drivers), &c, &err) == SL_OK);
	return c;
}

/* Fit for a screen as it is: valid UTF-8 without a control character. */
static void
check_shown(const char *text)
{
	struct sl_buf seen;

	sl_buf_init(&seen, 0);
	sl_visible(&seen, sl_str(text));
	need(sl_str_eq(sl_buf_view(&seen), sl_str(text)));
	sl_buf_free(&seen);
}

static void
check_problems(const struct sl_config *c, bool secret)
{
	for (size_t i = 0; i < c->nproblems; i++) {
		const struct sl_problem_def *p = &c->problems[i];
		const char *texts[] = { p->file, p->field, p->problem, p->mend };
		for (size_t k = 0; k < SL_COUNT(texts); k++) {
			check_shown(texts[k]);
			need(!secret || !strstr(texts[k], SECRET));
		}
		need(p->problem[0] && p->line >= 0);
	}
}

static void
check_no_secret(const struct sl_object_def *o)
{
	need(o->broken);
	for (size_t i = 0; i < o->nsettings; i++)
		need(!strstr(o->settings[i].value, SECRET));
}

static void
save(const struct sl_config *c, const struct sl_object_def *o)
{
	struct sl_config_check what = { c,       drivers,     SL_COUNT(drivers), o->kind,
					o->name, o->settings, o->nsettings };
	struct sl_err err;

	need(sl_config_save(&what, &err) == SL_OK);
}

/* What was saved has no mistake, and saving it once more gives the same bytes. */
static void
check_round_trip(const struct sl_config *c, const struct sl_object_def *o)
{
	static char one[1 << 21], two[1 << 21];

	save(c, o);
	size_t n = get(o->file, one, sizeof(one));
	struct sl_config *again = load();
	need(again->nproblems == 0);
	const struct sl_object_def *same = sl_config_find(again, o->kind, o->name);
	need(same && !same->broken);
	save(again, same);
	need(get(o->file, two, sizeof(two)) == n && memcmp(one, two, n) == 0);
	sl_config_free(again);
}

/* The views read what is right without a failure, and what is wrong without a crash. */
static void
check_views(const struct sl_object_def *o, bool good)
{
	struct sl_arena *a = sl_arena_new(4096, 0);
	struct sl_profile profile;
	struct sl_sync sync;
	struct sl_err err;
	enum sl_code code = SL_OK;

	need(a);
	if (o->kind == SL_KIND_PROFILE)
		code = sl_profile_read(o, a, &profile, &err);
	if (o->kind == SL_KIND_SYNC)
		code = sl_sync_read(o, a, &sync, &err);
	need(code == SL_OK || !good);
	sl_arena_free(a);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 1 || size > 4096)
		return 0;
	if (access(dir, F_OK) != 0)
		make_workspace();
	bool secret = data[0] % 4 == 3;
	enum sl_kind kind = secret ? SL_KIND_CONNECTION : (enum sl_kind)(data[0] % 4);
	size_t start = secret ? strlen(START) : 0;
	/* A fuzzer learns the secret from our comparison; written elsewhere it may be shown. */
	if (memmem(data, size, "canary", 6))
		return 0;
	put(files[kind], START, start, data + 1, size - 1);
	struct sl_config *c = load();
	const struct sl_object_def *o = sl_config_find(c, kind, "f");
	need(o);
	need(o->broken == (c->nproblems > 0));
	check_problems(c, secret);
	if (secret)
		check_no_secret(o);
	check_views(o, !o->broken);
	if (!o->broken)
		check_round_trip(c, o);
	sl_config_free(c);
	unlink(path_of(files[kind]));
	return 0;
}
