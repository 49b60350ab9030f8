/* run.c - run, release: the commands that stay with a run. */
#include "tui/commands/follow.h"
#include "tui/commands/print.h"

#include <string.h>

#define AT_ONCE 16 /* runs of one call at most */

/* ---- run ------------------------------------------------------------------------------------------- */

static bool
is_held(const struct sl_run_stats *s)
{
	return strcmp(s->state, "held") == 0;
}

/* A held run goes on where the call said so beforehand. */
static bool
release_as_asked(struct cmd_call *c, struct follow *f, int *code)
{
	const struct sl_run_stats *s = &f->stats;
	struct sl_confirm yes = { -1, cmd_value(c, "plan"), s->sync };

	(void)cmd_number(c, "confirm-removes", 0, INT64_MAX, &yes.removes); /* checked before */
	if (!is_held(s) || f->released || (yes.removes < 0 && !cmd_value(c, "without-removes")))
		return false;
	/* Few of them may be confirmed by their number alone, before anybody saw the plan. */
	if (!yes.plan && s->removes * 2 <= s->live)
		yes.plan = s->plan;
	f->released =
		follow_started(c, sl_release(c->engine, s->run, yes.removes < 0 ? NULL : &yes),
			       code) != 0;
	return f->released;
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
begin(struct cmd_call *c, const char *sync, struct follow *f)
{
	int code = SL_EXIT_OK;

	*f = (struct follow){ .before = left_over(c, sync) };
	f->run = follow_started(c, sl_start(c->engine, sync, follow_flags(c)), &code);
	return code;
}

/* One that is over goes on, or is told of: then its exit code. */
static bool
end(struct cmd_call *c, struct follow *f, int *code)
{
	struct sl_run_stats first;
	int first_code = SL_EXIT_OK;

	*code = SL_EXIT_OK;
	if (release_as_asked(c, f, code))
		return false;
	if (f->before && sl_run_stats(c->engine, f->before, &first))
		first_code = follow_report_first(c, &first);
	if (*code == SL_EXIT_OK)
		*code = follow_report(c, &f->stats);
	if (*code == SL_EXIT_OK)
		*code = first_code;
	return true;
}

static int
run_run(struct cmd_call *c)
{
	struct follow f[AT_ONCE];
	int64_t most = 1, removes;
	unsigned n = 0, next = 0;
	int worst = SL_EXIT_OK, code;

	if (!cmd_number(c, "at-once", 1, AT_ONCE, &most) ||
	    !cmd_number(c, "confirm-removes", 0, INT64_MAX, &removes))
		return SL_EXIT_CONFIG;
	for (;;) {
		while (n < most && next < c->nwords && cmd_interrupts() == 0) {
			code = begin(c, c->word[next++], &f[n]);
			worst = code > worst ? code : worst;
			n += f[n].run != 0;
		}
		if (n == 0)
			return worst;
		follow_wait(c, f, n);
		for (unsigned i = 0; i < n;) {
			if (!f[i].over || !end(c, &f[i], &code)) {
				i++;
				continue;
			}
			worst = code > worst ? code : worst;
			f[i] = f[--n];
		}
	}
}

static const struct cmd_option run_options[] = {
	{ "at-once", "N", "work on so many of the syncs at the same time (1 to 16; default 1)" },
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
	.summary = "run syncs, one after the other or several at once",
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
