/* simple.c - the commands that are one request and a table: tables, rows, status, log, check, init,
 * stop. */
#include "tui/commands/command.h"

#include "tui/commands/print.h"

#include <string.h>

/* ---- init, check ---------------------------------------------------------------------------------- */

static int
run_init(struct cmd_call *c)
{
	struct sl_problem problem;
	char dir[1024];

	if (!sl_workspace_init(c->nwords ? c->word[0] : c->workspace, dir, sizeof(dir), &problem))
		return cmd_problem(c, &problem);
	if (c->json) {
		(void)fputs("{\"workspace\": ", stdout);
		print_json_string(stdout, dir, strlen(dir));
		(void)fputs("}\n", stdout);
	} else if (!c->quiet) {
		(void)printf("A workspace is ready in %s\n"
			     "Its README.md shows the files. Or open the screens: sluice -w %s\n",
			     dir, dir);
	}
	return SL_EXIT_OK;
}

const struct cmd cmd_init = {
	.name = "init",
	.words = "[DIR]",
	.summary = "make a workspace: the folder that holds connections, profiles and syncs",
	.help = "What exists already is left as it is.\n",
	.max_words = 1,
	.run = run_init,
};

static void
print_mistake(const struct sl_table *t, unsigned r)
{
	const char *mend = sl_table_get(t, r, "mend"), *field = sl_table_get(t, r, "field");
	const int64_t line = sl_table_get_int(t, r, "line");

	print_text(stdout, sl_table_get(t, r, "file"));
	if (line > 0)
		(void)printf(":%lld", (long long)line);
	(void)printf(": %s", sl_table_get_int(t, r, "warning") ? "warning: " : "");
	if (field && *field) {
		print_text(stdout, field);
		(void)fputs(": ", stdout);
	}
	print_text(stdout, sl_table_get(t, r, "problem"));
	if (mend && *mend) {
		(void)fputs("\n  ", stdout);
		print_text(stdout, mend);
	}
	(void)fputc('\n', stdout);
}

/* Mistakes come in parts: the files', then those of each source. */
struct mistakes {
	const struct cmd_call *call;
	unsigned errors, down;
	bool any;
};

static void
show_mistakes(void *arg, const struct sl_table *t)
{
	struct mistakes *k = arg;

	for (unsigned r = 0; r < sl_table_rows(t); r++) {
		k->errors += !sl_table_get_int(t, r, "warning");
		k->down += sl_table_get_int(t, r, "down") != 0;
		if (!k->call->json)
			print_mistake(t, r);
	}
	if (k->call->json)
		print_json_rows(stdout, t, &k->any);
}

static void
count_mistakes(const struct mistakes *k)
{
	const unsigned own = k->errors - k->down;

	if (own)
		(void)printf("%u mistake%s", own, own == 1 ? "" : "s");
	if (k->down)
		(void)printf("%s%u connection%s down", own ? ", " : "", k->down,
			     k->down == 1 ? "" : "s");
	(void)fputc('\n', stdout);
}

static int
run_check(struct cmd_call *c)
{
	struct mistakes k = { .call = c };
	struct sl_msg *m;
	int code;

	if (c->json)
		(void)fputc('[', stdout);
	m = cmd_answer_parts(c, sl_check(c->engine, cmd_value(c, "online") != NULL), show_mistakes,
			     &k, &code);
	if (!m)
		return code;
	show_mistakes(&k, m->table);
	sl_msg_free(m);
	if (c->json)
		(void)fputs("]\n", stdout);
	else if (k.errors)
		count_mistakes(&k);
	else if (!c->quiet)
		(void)printf("%s: no mistakes\n", sl_engine_workspace(c->engine));
	if (k.errors > k.down)
		return SL_EXIT_CONFIG;
	return k.down ? SL_EXIT_DOWN : SL_EXIT_OK;
}

static const struct cmd_option check_options[] = {
	{ "online", NULL,
	  "also ask the sources whether mapped columns and keys are still there, and the "
	  "destinations whether they answer; sends no event" },
	{ NULL, NULL, NULL },
};
const struct cmd cmd_check = {
	.name = "check",
	.words = "",
	.summary = "find the mistakes in the workspace: every one, with file, line, field and mend",
	.help = "",
	.needs = CMD_LOOKS,
	.options = check_options,
	.run = run_check,
};

/* ---- drivers -------------------------------------------------------------------------------------- */

static int
run_drivers(struct cmd_call *c)
{
	if (c->nwords == 0)
		return cmd_show(c, sl_drivers(c->engine), "name=type title role help");
	return cmd_show(c, sl_props(c->engine, SL_CONNECTION, c->word[0]),
			"name=setting type required default choices help");
}

const struct cmd cmd_drivers = {
	.name = "drivers",
	.words = "[TYPE]",
	.summary = "list the types of connections, or the settings of one type",
	.help = "",
	.max_words = 1,
	.needs = CMD_LOOKS,
	.run = run_drivers,
};

/* ---- tables, rows ---------------------------------------------------------------------------------- */

static int
run_tables(struct cmd_call *c)
{
	const struct sl_what what = { .connection = c->word[0],
				      .table = c->nwords > 1 ? c->word[1] : NULL };

	if (what.table)
		return cmd_show(c, sl_columns(c->engine, &what), "name type native nullable key");
	return cmd_show(c, sl_tables(c->engine, c->word[0], cmd_value(c, "schema")),
			"table kind rows_est=rows~ detail");
}

static const struct cmd_option tables_options[] = {
	{ "schema", "NAME", "only this schema" },
	{ NULL, NULL, NULL },
};
const struct cmd cmd_tables = {
	.name = "tables",
	.words = "CONNECTION [TABLE]",
	.summary = "list the tables and views of a source, or the columns of one",
	.help = "rows~ is the source's own estimate.\n",
	.min_words = 1,
	.max_words = 2,
	.needs = CMD_LOOKS,
	.options = tables_options,
	.run = run_tables,
};

static int
run_rows(struct cmd_call *c)
{
	const struct sl_what what = { .connection = c->word[0],
				      .table = c->nwords > 1 ? c->word[1] : NULL,
				      .sql = cmd_value(c, "sql") };
	int64_t limit = 20;

	if (!cmd_number(c, "limit", 1, 5000, &limit))
		return SL_EXIT_CONFIG;
	if (!what.table == !what.sql)
		return cmd_bad_usage(c, "give a table, or a query with --sql");
	return cmd_show(c, sl_rows(c->engine, &what, &(struct sl_page){ .limit = (unsigned)limit }),
			NULL);
}

static const struct cmd_option rows_options[] = {
	{ "limit", "N", "how many rows, 1 to 5000 (default 20)" },
	{ "sql", "QUERY", "one SELECT instead of a table" },
	CMD_UNMASK,
	{ NULL, NULL, NULL },
};
const struct cmd cmd_rows = {
	.name = "rows",
	.words = "CONNECTION [TABLE]",
	.summary = "show the first rows of a table or a query",
	.help = "",
	.min_words = 1,
	.max_words = 2,
	.needs = CMD_LOOKS,
	.options = rows_options,
	.run = run_rows,
};

/* ---- status, log, failed ----------------------------------------------------------------------------- */

/* A table about the sync of the first word, or about all. */
static int
show_of_sync(struct cmd_call *c, sl_ticket t, const char *columns)
{
	int code;
	struct sl_msg *m = cmd_answer(c, t, &code);

	if (!m)
		return code;
	code = cmd_know_sync(c, m->table);
	if (code == SL_EXIT_OK && c->json)
		print_json(stdout, m->table);
	else if (code == SL_EXIT_OK)
		print_table(stdout, m->table, columns);
	sl_msg_free(m);
	return code;
}

static int
run_status(struct cmd_call *c)
{
	if (c->nwords == 0)
		return cmd_show(c, sl_list(c->engine, SL_SYNC),
				"name=sync source destination mode promise state ended=last adds "
				"updates removes "
				"dead open_dead=open error");
	return show_of_sync(
		c, sl_runs(c->engine, c->word[0], 0, 20),
		"run kind state started took_us=us rows_read=read adds updates removes acked dead "
		"cancelled retries plan promise null_cursors=nulls by error");
}

const struct cmd cmd_status = {
	.name = "status",
	.words = "[SYNC]",
	.summary = "show every sync and its last run, or the runs of one",
	.help = "",
	.max_words = 1,
	.needs = CMD_LOOKS,
	.run = run_status,
};

static void
print_log_lines(const struct sl_table *t)
{
	for (unsigned r = sl_table_rows(t);
	     r-- > 0;) { /* newest first came; people read downwards */
		const char *at = sl_table_get(t, r, "at"), *answer = sl_table_get(t, r, "answer");
		const int64_t status = sl_table_get_int(t, r, "status");

		(void)printf("%.10s %.12s  ", at ? at : "", at ? at + 11 : "");
		print_cell(stdout, t, r, "level", 7);
		print_cell(stdout, t, r, "sync", 0);
		(void)fputs(sl_table_get_int(t, r, "run") ? " #" : "", stdout);
		print_cell(stdout, t, r, "run", 0);
		(void)fputs("  ", stdout);
		print_cell(stdout, t, r, "part", 8);
		print_cell(stdout, t, r, "text", 0);
		if (sl_table_get_int(t, r, "events") == 1 && sl_table_get(t, r, "idx"))
			(void)printf("  event %lld of block %lld",
				     (long long)sl_table_get_int(t, r, "idx"),
				     (long long)sl_table_get_int(t, r, "block"));
		if (status)
			(void)printf("  [%lld]", (long long)status);
		if (answer && *answer) {
			(void)fputs("  ", stdout);
			print_text(stdout, answer);
		}
		(void)fputc('\n', stdout);
	}
}

static int
run_log(struct cmd_call *c)
{
	int64_t limit = 200, run = 0, status = 0;
	struct sl_log_filter f = { .sync = c->nwords ? c->word[0] : NULL,
				   .level = cmd_value(c, "level"),
				   .text = cmd_value(c, "text") };
	struct sl_msg *m;
	int code;

	if (!cmd_number(c, "limit", 1, 100000, &limit) ||
	    !cmd_number(c, "run", 1, INT64_MAX, &run) || !cmd_number(c, "status", 1, 999, &status))
		return SL_EXIT_CONFIG;
	f.run = run;
	f.status = (int)status;
	m = cmd_answer(c, sl_log(c->engine, &f, 0, 0, (unsigned)limit), &code);
	if (!m)
		return code;
	code = cmd_know_sync(c, m->table);
	if (code == SL_EXIT_OK && c->json)
		print_json(stdout, m->table);
	else if (code == SL_EXIT_OK)
		print_log_lines(m->table);
	sl_msg_free(m);
	return code;
}

static const struct cmd_option log_options[] = {
	{ "run", "N", "only this run" },
	{ "level", "L", "at least debug, info, warn or error" },
	{ "text", "T", "only lines that hold this text" },
	{ "status", "N", "only lines with this HTTP status" },
	{ "limit", "N", "the last N lines (default 200)" },
	{ NULL, NULL, NULL },
};
const struct cmd cmd_log = {
	.name = "log",
	.words = "[SYNC]",
	.summary = "read the activity log",
	.help = "It holds no row values; events are named by run, block and index.\n",
	.max_words = 1,
	.needs = CMD_LOOKS,
	.options = log_options,
	.run = run_log,
};

/* ---- stop ------------------------------------------------------------------------------- */

static bool
number_word(const struct cmd_call *c, unsigned i, int64_t *out)
{
	if (sl_str_to_i64(sl_str(c->word[i]), out) && *out > 0)
		return true;
	(void)cmd_bad_usage(c, "\"%s\" is not a number from the list", c->word[i]);
	return false;
}

static int
run_stop(struct cmd_call *c)
{
	int64_t run;

	if (!number_word(c, 0, &run))
		return SL_EXIT_CONFIG;
	return cmd_show(c, sl_stop(c->engine, run), NULL);
}

const struct cmd cmd_stop = {
	.name = "stop",
	.words = "RUN",
	.summary = "give up a held or paused run; its events are planned again next time",
	.help = "",
	.min_words = 1,
	.max_words = 1,
	.needs = CMD_WRITES,
	.run = run_stop,
};
