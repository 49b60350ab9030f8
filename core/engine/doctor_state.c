/* doctor_state.c - what is in the state: runs that wait, syncs that no file names, the audit. */
#include "core/engine/doctor.h"
#include "core/engine/run_list.h"

#include "core/store/activity.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

/* ---- the lock -------------------------------------------------------------------------------------- */

/* Who holds a flock on the file, by the kernel's own list: to try the lock would disturb. 0 = nobody. */
static long
lock_holder(const struct stat *st)
{
	FILE *f = fopen("/proc/locks", "re");
	char line[256], file[64];
	long holder = 0;

	(void)snprintf(file, sizeof(file), " %02x:%02x:%lu ", major(st->st_dev), minor(st->st_dev),
		       (unsigned long)st->st_ino);
	/* 1: FLOCK  ADVISORY  WRITE 4711 08:01:1234 0 EOF */
	while (f && holder == 0 && fgets(line, sizeof(line), f)) {
		const char *pid = strstr(line, " WRITE ");

		if (pid && strstr(line, " FLOCK ") && strstr(line, file))
			holder = strtol(pid + 7, NULL, 10);
	}
	if (f)
		(void)fclose(f);
	return holder;
}

static void
check_lock(struct sl_doctor *d)
{
	char path[1100];
	struct stat st;
	long holder;

	(void)snprintf(path, sizeof(path), "%s/state.lock", d->job->engine->state_dir);
	if (stat(path, &st) != 0)
		return;
	holder = lock_holder(&st);
	if (holder > 0)
		sl_doctor_say(d, "lock", SL_GRADE_OK, "", "process %ld works on this state",
			      holder);
	else
		sl_doctor_say(d, "lock", SL_GRADE_OK, "",
			      "nobody works on this state; the lock file left of the last one is "
			      "harmless");
}

/* ---- runs and syncs --------------------------------------------------------------------------------- */

static void
check_run(struct sl_doctor *d, const struct sl_run *r)
{
	const bool held = r->state == SL_RUN_HELD;

	if (!sl_config_find(d->config, SL_KIND_SYNC, r->sync))
		sl_doctor_say(d, "run", SL_GRADE_WARN, "sluice stop gives it up",
			      "run %lld is %s and its sync %s is not in the workspace any more",
			      (long long)r->id, sl_run_state_name(r->state), r->sync);
	else if (held || r->state == SL_RUN_PAUSED)
		sl_doctor_say(d, "run", SL_GRADE_WARN,
			      held ? "look at its plan; then sluice release or sluice stop"
				   : "mend the cause; sluice run goes on with it",
			      "run %lld of %s is %s: %s", (long long)r->id, r->sync,
			      sl_run_state_name(r->state), r->error);
	else
		sl_doctor_say(
			d, "run", SL_GRADE_OK, "",
			"run %lld of %s is %s: the next sluice that may write goes on with it",
			(long long)r->id, r->sync, sl_run_state_name(r->state));
}

static enum sl_code
check_runs(struct sl_doctor *d, struct sl_store *s, struct sl_err *err)
{
	struct sl_run *open = NULL;
	uint32_t n = 0;
	enum sl_code code = sl_run_list_open(s, &open, &n, err);

	for (uint32_t i = 0; i < n && code == SL_OK; i++)
		check_run(d, &open[i]);
	if (code == SL_OK && n == 0)
		sl_doctor_say(d, "runs", SL_GRADE_OK, "", "no run is open");
	free(open);
	return code;
}

static enum sl_code
check_syncs(struct sl_doctor *d, struct sl_store *s, struct sl_err *err)
{
	struct sl_str *names;
	uint32_t n, lost = 0;
	enum sl_code code = sl_store_sync_names(s, d->job->arena, &names, &n, err);

	for (uint32_t i = 0; i < n && code == SL_OK; i++) {
		if (sl_config_find(d->config, SL_KIND_SYNC, names[i].ptr))
			continue;
		lost++;
		sl_doctor_say(d, "orphan", SL_GRADE_WARN,
			      "name the file again as it was, or the state keeps what it knew for "
			      "nothing",
			      "the state knows a sync %s that no file names", names[i].ptr);
	}
	if (code == SL_OK && lost == 0)
		sl_doctor_say(d, "syncs", SL_GRADE_OK, "", "%u in the state, all in the workspace",
			      n);
	return code;
}

static enum sl_code
check_audit(struct sl_doctor *d, struct sl_store *s, struct sl_err *err)
{
	struct sl_audit_sum sum;
	const enum sl_code code = sl_store_audit_read(s, NULL, NULL, &sum, err);

	if (code != SL_OK)
		return code;
	if (sum.broken || sum.cut)
		sl_doctor_say(d, "audit", SL_GRADE_BAD, "sluice audit --verify names the line",
			      "what operators did was changed afterwards");
	else
		sl_doctor_say(d, "audit", SL_GRADE_OK, "", "%llu lines, the chain is whole",
			      (unsigned long long)sum.lines);
	return SL_OK;
}

/* Every page, seal and sum; and was it begun anew? */
static enum sl_code
check_whole(struct sl_doctor *d, struct sl_store *s, struct sl_err *err)
{
	const enum sl_code code = sl_store_verify(s, err);

	if (code == SL_OK)
		sl_doctor_say(d, "content", SL_GRADE_OK, "",
			      "every page and every event is as it was written, every run adds up");
	if (code == SL_OK && *sl_engine_notice(d->job->engine, NULL))
		sl_doctor_say(d, "content", SL_GRADE_WARN, "", "%s",
			      sl_engine_notice(d->job->engine, NULL));
	return code;
}

/* ---- the whole ---------------------------------------------------------------------------------------- */

static void
check_log(struct sl_doctor *d)
{
	struct sl_activity *log = NULL;
	struct sl_err err;
	const enum sl_code code = sl_activity_open(d->job->engine->state_dir, true, &log, &err);

	sl_activity_close(log);
	if (code == SL_E_NOTFOUND)
		sl_doctor_say(d, "log", SL_GRADE_WARN, "the next run makes a new one",
			      "there is a state but no activity log: it was removed");
	else if (code != SL_OK)
		sl_doctor_say(d, "log", SL_GRADE_WARN, err.hint, "%s", err.msg);
}

void
sl_doctor_state(struct sl_doctor *d)
{
	struct sl_store *s = NULL;
	struct sl_err err;
	enum sl_code code;

	d->area = "state";
	check_lock(d);
	code = sl_engine_reader(d->job->engine, &s, &err);
	if (code == SL_E_NOTFOUND)
		return; /* said with the files */
	if (code == SL_OK)
		code = check_whole(d, s, &err);
	if (code == SL_OK)
		code = check_runs(d, s, &err);
	if (code == SL_OK)
		code = check_syncs(d, s, &err);
	if (code == SL_OK)
		code = check_audit(d, s, &err);
	sl_store_close(s);
	if (code != SL_OK)
		sl_doctor_say(d, "damage", SL_GRADE_BAD, err.hint, "%s", err.msg);
	else
		check_log(d);
}
