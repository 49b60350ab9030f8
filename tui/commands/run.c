/* run.c - run, release: the commands that stay with a run. */
#include "tui/commands/follow.h"
#include "tui/commands/print.h"

#include <string.h>

/* ---- run ------------------------------------------------------------------------------------------- */

static bool
is_held(const struct sl_run_stats *s)
{
	return strcmp(s->state, "held") == 0;
}

/* A held run goes on where the call said so beforehand. */
static int
release_as_asked(struct cmd_call *c, struct sl_run_stats *s)
{
	struct sl_confirm yes = { -1, cmd_value(c, "plan"), s->sync };
	int code = SL_EXIT_OK;

	if (!cmd_number(c, "confirm-removes", 0, INT64_MAX, &yes.removes))
		return SL_EXIT_CONFIG;
	if (!is_held(s) || (yes.removes < 0 && !cmd_value(c, "without-removes")))
		return SL_EXIT_OK;
	/* Few of them may be confirmed by their number alone, before anybody saw the plan. */
	if (!yes.plan && s->removes * 2 <= s->live)
		yes.plan = s->plan;
	if (follow_started(c, sl_release(c->engine, s->run, yes.removes < 0 ? NULL : &yes),
			   &code) == 0)
		return code;
	follow_run(c, s->run, true, s);
	return SL_EXIT_OK;
}

/* The run that is in the log yet: a new one of the sync delivers it first. 0 = none. */
static int64_t
left_over(struct cmd_call *c, const char *sync)
{
	int code;
	struct sl_msg *m = cmd_answer(c, sl_runs(c->engine, sync, 0, 1), &code);
	int64_t run = 0;

	if (!m)
		return 0;
	if (sl_table_rows(m->table) && strcmp(sl_table_get(m->table, 0, "state"), "paused") == 0)
		run = sl_table_get_int(m->table, 0, "run");
	sl_msg_free(m);
	return run;
}

static int
run_one(struct cmd_call *c, const char *sync)
{
	struct sl_run_stats s, first;
	const int64_t before = left_over(c, sync);
	int code, first_code = SL_EXIT_OK;
	const int64_t run = follow_started(c, sl_start(c->engine, sync, follow_flags(c)), &code);

	if (!run)
		return code;
	follow_run(c, run, false, &s);
	code = release_as_asked(c, &s);
	if (before && sl_run_stats(c->engine, before, &first))
		first_code = follow_report_first(c, &first);
	if (code == SL_EXIT_OK)
		code = follow_report(c, &s);
	return code != SL_EXIT_OK ? code : first_code;
}

static int
run_run(struct cmd_call *c)
{
	int worst = SL_EXIT_OK;

	for (unsigned i = 0; i < c->nwords && cmd_interrupts() == 0; i++) {
		const int code = run_one(c, c->word[i]);

		if (code > worst)
			worst = code;
	}
	return worst;
}

static const struct cmd_option run_options[] = {
	{ "all", NULL, "send every row, changed or not" },
	{ "whole", NULL, "with a cursor: read all rows once, and send what changed" },
	{ "confirm-removes", "N", "if the run is held for its removes, let exactly N of them go" },
	{ "plan", "HASH", "and only those of this plan; needed where they are more than half" },
	{ "without-removes", NULL, "if the run is held for its removes, leave them out" },
	{ NULL, NULL, NULL },
};
const struct cmd cmd_run = {
	.name = "run",
	.words = "SYNC...",
	.summary = "run syncs, one after the other",
	.help = "First delivers what an interrupted run left in the log, then reads the source. "
		"Ctrl-C stops after what is\n"
		"in flight; nothing is lost: what was not acknowledged is planned again. With "
		"several syncs the exit code\n"
		"is the highest of them.\n",
	.min_words = 1,
	.max_words = CMD_WORDS,
	.needs = CMD_WRITES,
	.options = run_options,
	.run = run_run,
};

/* ---- release ------------------------------------------------------------------------------------------ */

static int
run_release(struct cmd_call *c)
{
	struct sl_run_stats s;
	struct sl_confirm yes = { -1, cmd_value(c, "plan"), cmd_value(c, "sync") };
	int64_t run = 0;
	int code;

	if (!cmd_number(c, "confirm-removes", 0, INT64_MAX, &yes.removes))
		return SL_EXIT_CONFIG;
	if (!sl_str_to_i64(sl_str(c->word[0]), &run) || run < 1)
		return cmd_bad_usage(c, "\"%s\" is no run; see: sluice status", c->word[0]);
	if (follow_started(c, sl_release(c->engine, run, yes.removes < 0 ? NULL : &yes), &code) ==
	    0)
		return code;
	follow_run(c, run, true, &s);
	return follow_report(c, &s);
}

static const struct cmd_option release_options[] = {
	{ "confirm-removes", "N", "send the removes too; N must be their exact number" },
	{ "plan", "HASH", "with --confirm-removes: the plan that was looked at" },
	{ "sync", "NAME", "with --confirm-removes, where more than half of the rows go" },
	{ NULL, NULL, NULL },
};
const struct cmd cmd_release = {
	.name = "release",
	.words = "RUN",
	.summary = "let a held run go, without its removes unless they are confirmed",
	.help = "What the run tells of itself must be repeated: the number, and the plan. A plan "
		"that is older than a day is\n"
		"cancelled instead; the next run plans anew.\n",
	.min_words = 1,
	.max_words = 1,
	.needs = CMD_WRITES,
	.options = release_options,
	.run = run_release,
};
