/* fresh.c - the first things in a new state: its seed, and where another one had been before, what a
 * person must know. */
#include "core/store/aside.h"
#include "core/store/state.h"

#include "core/base/clock.h"
#include "core/base/crashpoint.h"
#include "core/store/activity.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#define PROMISE                                                                                    \
	" A new one was begun: the first run of each sync sends every row again, with new ids, "   \
	"and "                                                                                     \
	"removes nothing. Rows that the source lost meanwhile stay at the destination."

static enum sl_code
get(struct sl_store *s, const char *key, void *out, size_t cap, size_t *len, struct sl_err *err)
{
	struct sl_q q;
	bool found = false;
	enum sl_code code;

	sl_q_start(&q, s->db, "SELECT v FROM meta WHERE k=?", err);
	sl_q_text(&q, key);
	if (sl_q_row(&q)) {
		struct sl_str v = sl_q_col(&q, 0);

		found = true;
		*len = v.len < cap ? v.len : cap;
		memcpy(out, v.ptr, *len);
	}
	code = sl_q_end(&q);
	return code == SL_OK && !found ? SL_E_NOTFOUND : code;
}

static enum sl_code
put(struct sl_store *s, const char *key, const void *v, size_t n, struct sl_err *err)
{
	struct sl_q q;

	sl_q_start(&q, s->db, "INSERT INTO meta(k, v) VALUES(?, ?)", err);
	sl_q_text(&q, key);
	sl_q_blob(&q, v, n);
	return sl_q_run(&q);
}

enum sl_code
sl_seed_load(struct sl_store *s, struct sl_err *err)
{
	uint8_t seed[sizeof s->seed + 1];
	size_t n = 0;
	enum sl_code code = get(s, "seed", seed, sizeof seed, &n, err);

	if (code == SL_E_NOTFOUND)
		return sl_fail(err, code, sl_db_path(s->db), "the state is empty");
	if (code == SL_OK && n != sizeof s->seed)
		return sl_db_damaged(s->db, err, "its seed is not whole");
	if (code == SL_OK)
		memcpy(s->seed, seed, sizeof s->seed);
	return code;
}

enum sl_code
sl_workspace_load(struct sl_store *s, struct sl_err *err)
{
	size_t n = 0;
	enum sl_code code = get(s, "workspace", s->workspace, SL_WORKSPACE_ID, &n, err);

	s->workspace[code == SL_OK ? n : 0] = 0;
	return code == SL_E_NOTFOUND ? SL_OK : code;
}

bool
sl_store_workspace(const struct sl_store *s, char id[SL_WORKSPACE_ID + 1])
{
	if (strlen(s->workspace) != SL_WORKSPACE_ID)
		return false;
	memcpy(id, s->workspace, sizeof s->workspace);
	return true;
}

/* The file with the name of the state before. */
static bool
read_name(const char *dir, char id[SL_WORKSPACE_ID + 1])
{
	char path[4200];
	FILE *f;
	size_t n;

	(void)snprintf(path, sizeof path, "%s/workspace.id", dir);
	f = fopen(path, "re");
	n = f ? fread(id, 1, SL_WORKSPACE_ID, f) : 0;
	if (f)
		(void)fclose(f);
	id[n] = 0;
	return strspn(id, "0123456789abcdef") == SL_WORKSPACE_ID;
}

void
sl_store_workspace_keep(const struct sl_store *s, const char *id)
{
	char path[4200], there[SL_WORKSPACE_ID + 1];
	int fd;

	if (read_name(s->dir, there) && strcmp(there, id) == 0)
		return;
	(void)snprintf(path, sizeof path, "%s/workspace.id", s->dir);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return;
	(void)dprintf(fd, "%s\n", id);
	(void)close(fd);
}

/* at_us, then the text. */
enum sl_code
sl_notice_load(struct sl_store *s, struct sl_err *err)
{
	char v[sizeof s->notice.at_us + sizeof s->notice.text];
	size_t n = 0;
	enum sl_code code = get(s, "notice", v, sizeof v - 1, &n, err);

	if (code == SL_E_NOTFOUND || (code == SL_OK && n <= sizeof s->notice.at_us))
		return SL_OK;
	if (code != SL_OK)
		return code;
	v[n] = 0;
	memcpy(&s->notice.at_us, v, sizeof s->notice.at_us);
	(void)snprintf(s->notice.text, sizeof s->notice.text, "%s", v + sizeof s->notice.at_us);
	return SL_OK;
}

static enum sl_code
put_notice(struct sl_store *s, struct sl_err *err)
{
	char v[sizeof s->notice.at_us + sizeof s->notice.text];
	const size_t n = strlen(s->notice.text);

	s->notice.at_us = sl_wall_us();
	s->notice.fresh = true;
	memcpy(v, &s->notice.at_us, sizeof s->notice.at_us);
	memcpy(v + sizeof s->notice.at_us, s->notice.text, n);
	return put(s, "notice", v, sizeof s->notice.at_us + n, err);
}

/* The activity log outlives a state: its lines must not be taken for those of new runs. */
static enum sl_code
start_numbers(struct sl_store *s, int64_t last, struct sl_err *err)
{
	struct sl_q q;

	sl_q_start(&q, s->db, "INSERT INTO sqlite_sequence(name, seq) VALUES('run', ?)", err);
	sl_q_int(&q, last);
	return sl_q_run(&q);
}

static void
find_words(struct sl_store *s, const char *why, int64_t last)
{
	char name[64];
	char *text = s->notice.text;
	const size_t cap = sizeof s->notice.text;

	/* Also where the one who moved it was killed before it could begin a new one. */
	if (sl_aside_newest(s->dir, name, sizeof name))
		(void)snprintf(text, cap, "%.120s; it was moved aside to %s." PROMISE,
			       why ? why : "The state was damaged", name);
	else if (last > 0)
		(void)snprintf(text, cap,
			       "The state was missing or empty, though runs were recorded here "
			       "before." PROMISE);
}

static enum sl_code
fill(struct sl_store *s, int64_t last, struct sl_err *err)
{
	enum sl_code code = sl_db_exec(s->db, "BEGIN IMMEDIATE", err);

	if (code == SL_OK)
		code = put(s, "seed", s->seed, sizeof s->seed, err);
	if (code == SL_OK && read_name(s->dir, s->workspace))
		code = put(s, "workspace", s->workspace, SL_WORKSPACE_ID, err);
	if (code == SL_OK && s->notice.text[0])
		code = put_notice(s, err);
	if (code == SL_OK && last > 0)
		code = start_numbers(s, last, err);
	if (code == SL_OK && s->notice.text[0])
		code = sl_store_audit(s, "sluice", "state begun anew", s->dir, s->notice.text, err);
	if (code == SL_OK)
		code = sl_db_exec(s->db, "COMMIT", err);
	sl_db_rollback(s->db);
	return code;
}

enum sl_code
sl_fresh_make(struct sl_store *s, const char *why, struct sl_err *err)
{
	const int64_t last = sl_activity_last_run(s->dir);

	if (!sl_random_bytes(s->seed, sizeof s->seed))
		return sl_fail(err, SL_E_IO, "state", "no random bytes from the system");
	find_words(s, why, last);
	sl_crashpoint("seed-before");
	return fill(s, last, err);
}
