/* doctor_process.c - libraries, what this process leaks when it dies, and where secrets come from. */
#include "core/engine/doctor.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>

/* ---- libraries ----------------------------------------------------------------------------------------- */

/* SQLite before 3.51.3 (but for two mended branches) can lose data of the WAL when two connections write
 * or checkpoint at the same moment. */
static bool
has_wal_reset(const char *text)
{
	char *end = NULL;
	long minor, patch;

	if (strncmp(text, "SQLite 3.", 9) != 0)
		return false;
	minor = strtol(text + 9, &end, 10);
	patch = *end == '.' ? strtol(end + 1, NULL, 10) : 0;
	if ((minor == 44 && patch >= 6) || (minor == 50 && patch >= 7))
		return false;
	return minor >= 7 && (minor < 51 || (minor == 51 && patch < 3));
}

static void
say_library(struct sl_doctor *d, const char *text)
{
	if (!has_wal_reset(text))
		sl_doctor_say(d, "library", SL_GRADE_OK, "", "%s", text);
	else
		sl_doctor_say(d, "library", SL_GRADE_OK, "",
			      "%s has the WAL-reset fault (mended in 3.51.3), which needs two "
			      "connections that write or checkpoint at once: of the state one "
			      "thread of one process does both",
			      text);
}

static void
check_libraries(struct sl_doctor *d)
{
	const struct sl_source_driver *s;
	const struct sl_dest_driver *dest;
	void (*said)(char *, size_t) = NULL;
	char text[200];

	d->area = "libraries";
	for (size_t i = 0; (s = sl_source_at(i)); i++) {
		if (!s->library)
			continue;
		s->library(text, sizeof(text));
		say_library(d, text);
	}
	for (size_t i = 0; (dest = sl_dest_at(i)); i++) {
		if (!dest->library || dest->library == said)
			continue;
		said = dest->library;
		said(text, sizeof(text));
		say_library(d, text);
	}
}

/* ---- the process ------------------------------------------------------------------------------------------ */

static void
check_dumps(struct sl_doctor *d)
{
	struct rlimit core = { 1, 1 };

	d->area = "process";
	if (getrlimit(RLIMIT_CORE, &core) == 0 && core.rlim_cur == 0 && prctl(PR_GET_DUMPABLE) == 0)
		sl_doctor_say(d, "core dumps", SL_GRADE_OK, "",
			      "off: no crash writes rows or secrets to disk");
	else
		sl_doctor_say(d, "core dumps", SL_GRADE_WARN, "ulimit -c 0",
			      "on: a crash could write rows and secrets to disk");
}

/* ---- secrets ------------------------------------------------------------------------------------------------ */

static void
check_secret(struct sl_doctor *d, const char *connection, const char *name, const char *ref)
{
	struct sl_secret secret = { 0 };
	struct sl_err err;
	char what[128];

	(void)snprintf(what, sizeof(what), "%s.%s", connection, name);
	/* A program is asked when the connection is opened, and once is enough. */
	if (strncmp(ref, "exec:", 5) == 0 || strcmp(ref, "pgpass") == 0) {
		sl_doctor_say(d, what, SL_GRADE_OK, "", "%s",
			      ref[0] == 'e' ? "comes from a program" : "is in the file pgpass");
		return;
	}
	if (sl_secret_resolve(ref, d->job->engine->workspace, &secret, &err) != SL_OK)
		sl_doctor_say(d, what, SL_GRADE_BAD, err.hint, "%s%s%s", err.where,
			      err.where[0] ? ": " : "", err.msg);
	else if (strncmp(ref, "env:", 4) == 0)
		sl_doctor_say(d, what, SL_GRADE_OK, "",
			      "comes from the environment, which every program started from the "
			      "same shell has too; a file (0600) or a program is tighter");
	else
		sl_doctor_say(d, what, SL_GRADE_OK, "", "is in a file that only you can read");
	sl_secret_free(&secret);
}

static void
check_secrets(struct sl_doctor *d)
{
	d->area = "secrets";
	for (size_t i = 0; i < d->config->nobjects; i++) {
		const struct sl_object_def *o = &d->config->objects[i];
		const struct sl_driver_info *drv =
			o->kind == SL_KIND_CONNECTION && !o->broken
				? sl_engine_driver(d->job->engine, sl_object_get(o, "type"))
				: NULL;

		for (size_t k = 0; drv && k < drv->nprops; k++) {
			const char *ref = drv->props[k].type == SL_P_SECRET
						  ? sl_object_get(o, drv->props[k].name)
						  : NULL;

			if (ref && *ref)
				check_secret(d, o->name, drv->props[k].name, ref);
		}
	}
}

void
sl_doctor_process(struct sl_doctor *d)
{
	check_libraries(d);
	check_dumps(d);
	check_secrets(d);
}
