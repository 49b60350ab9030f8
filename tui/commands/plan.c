/* plan.c - what a run would do, before it does it. */
#include "tui/commands/follow.h"
#include "tui/commands/print.h"
#include "tui/screens/changes.h"

#include <string.h>

/* A dry run has no record: what its numbers say is all there is. */
static int
plan_failed(const struct cmd_call *c, const struct sl_run_stats *s)
{
	struct sl_problem p = { .exit_code = s->exit_code, .kind = "plan" };

	(void)snprintf(p.message, sizeof(p.message), "%.380s",
		       s->error[0] ? s->error : "interrupted");
	return cmd_problem(c, &p);
}

/* The fields that differ, old -> new. Nothing where the old event is not kept any more. */
static bool
print_differences(const char *old, const char *body)
{
	struct tui_diff d = { 0 };
	bool any = false;

	if (!old || !body)
		return false;
	tui_change_diff(&d, old, body);
	for (size_t i = 0; i < d.n; i++) {
		const struct tui_diff_line *l = &d.line[i];

		if (l->mark == ' ')
			continue;
		(void)fputs(any ? ", " : "", stdout);
		print_text(stdout, l->field);
		(void)fputs(": ", stdout);
		print_text(stdout, l->old ? l->old : "(nothing)");
		(void)fputs(" -> ", stdout);
		print_text(stdout, l->now ? l->now : "(nothing)");
		any = true;
	}
	tui_diff_free(&d);
	return any;
}

static void
print_change(const struct sl_table *t, unsigned row)
{
	const char *op = sl_table_get(t, row, "op"), *body = sl_table_get(t, row, "body");
	const char *reason = sl_table_get(t, row, "reason");

	(void)printf("%-7s", op);
	print_text(stdout, sl_table_get(t, row, "key"));
	(void)fputs("  ", stdout);
	if (strcmp(op, "update") != 0 || !print_differences(sl_table_get(t, row, "old"), body))
		print_text(stdout, body ? body : "");
	if (reason && *reason) {
		(void)fputs("  cannot be sent: ", stdout);
		print_text(stdout, reason);
	}
	(void)fputc('\n', stdout);
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
	for (unsigned i = 0; i < sl_table_rows(changes); i++)
		print_change(changes, i);
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
	run = follow_started(c, sl_start(c->engine, c->word[0], SL_RUN_DRY | follow_flags(c)),
			     &code);
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
