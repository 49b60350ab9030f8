/* run.c - plan, run, release: the commands that stay with a run. */
#include "tui/commands/follow.h"
#include "tui/commands/print.h"

#include <string.h>

/* ---- plan ---------------------------------------------------------------------------------------- */

/* A dry run has no record: what its numbers say is all there is. */
static int
plan_failed(const struct cmd_call *c, const struct sl_run_stats *s)
{
	struct sl_problem p = { .exit_code = s->exit_code, .kind = "plan" };

	(void)snprintf(p.message, sizeof(p.message), "%.380s",
		       s->error[0] ? s->error : "interrupted");
	return cmd_problem(c, &p);
}

static void
print_plan(const struct sl_run_stats *s, const struct sl_table *changes)
{
	char n[32];

	(void)printf("%s rows read", print_count(n, s->rows_read));
	(void)printf(": %s adds", print_count(n, s->adds));
	(void)printf(", %s updates", print_count(n, s->updates));
	(void)printf(", %s removes", print_count(n, s->removes));
	(void)printf(", %s the same", print_count(n, s->same));
	if (s->skipped)
		(void)printf(", %s skipped", print_count(n, s->skipped));
	if (s->dead)
		(void)printf(", %s that cannot be sent", print_count(n, s->dead));
	follow_promise(s);
	if (s->removes_held)
		(void)printf("\na run would be held for its removes (plan %s)", s->plan);
	(void)fputs("\nnothing was sent or stored\n", stdout);
	if (sl_table_rows(changes))
		print_table(stdout, changes, "op key bytes body reason");
}

static void
print_plan_json(const struct sl_run_stats *s, const struct sl_table *changes)
{
	(void)printf("{\"rows\": %llu, \"adds\": %llu, \"updates\": %llu, \"removes\": %llu, "
		     "\"same\": %llu, "
		     "\"skipped\": %llu, \"still_dead\": %llu, \"invalid\": %llu, \"held\": %s, "
		     "\"plan\": \"%s\", \"promise\": \"%s\", \"null_cursors\": %llu, \"changes\": ",
		     (unsigned long long)s->rows_read, (unsigned long long)s->adds,
		     (unsigned long long)s->updates, (unsigned long long)s->removes,
		     (unsigned long long)s->same, (unsigned long long)s->skipped,
		     (unsigned long long)s->still_dead, (unsigned long long)s->dead,
		     s->removes_held ? "true" : "false", s->plan, s->promise,
		     (unsigned long long)s->null_cursors);
	print_json(stdout, changes);
	(void)fputs("}\n", stdout);
}

static bool
is_op(const char *op)
{
	return strcmp(op, "add") == 0 || strcmp(op, "update") == 0 || strcmp(op, "remove") == 0;
}

static unsigned
flags_of(const struct cmd_call *c)
{
	return (cmd_value(c, "all") ? SL_RUN_ALL : 0) | (cmd_value(c, "whole") ? SL_RUN_WHOLE : 0);
}

static int
run_plan(struct cmd_call *c)
{
	const char *op = cmd_value(c, "op");
	struct sl_run_stats s;
	int64_t limit = 20, run;
	struct sl_msg *m;
	int code;

	if (!cmd_number(c, "limit", 0, 1000, &limit))
		return SL_EXIT_CONFIG;
	if (op && !is_op(op))
		return cmd_bad_usage(c, "--op takes add, update or remove, not \"%s\"", op);
	run = follow_started(c, sl_start(c->engine, c->word[0], SL_RUN_DRY | flags_of(c)), &code);
	if (!run)
		return code;
	follow_run(c, run, false, &s);
	if (s.exit_code != SL_EXIT_OK || s.error[0])
		return plan_failed(c, &s);
	m = cmd_answer(c, sl_changes(c->engine, run, op, 0, (unsigned)limit), &code);
	if (!m)
		return code;
	if (c->json)
		print_plan_json(&s, m->table);
	else
		print_plan(&s, m->table);
	sl_msg_free(m);
	return SL_EXIT_OK;
}

static const struct cmd_option plan_options[] = {
	{ "limit", "N", "show the first N changes, 0 to 1000 (default 20)" },
	{ "op", "OP", "show only add, update or remove" },
	{ "all", NULL, "as if every row had changed" },
	{ "whole", NULL, "with a cursor: read all rows, not only those from its place on" },
	CMD_UNMASK,
	{ NULL, NULL, NULL },
};
const struct cmd cmd_plan = {
	.name = "plan",
	.words = "SYNC",
	.summary = "count what a run would add, update and remove; send and store nothing",
	.help = "",
	.min_words = 1,
	.max_words = 1,
	.needs = CMD_LOOKS,
	.options = plan_options,
	.run = run_plan,
};

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
	const int64_t run = follow_started(c, sl_start(c->engine, sync, flags_of(c)), &code);

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
