/* doctor.c - is this workspace in good order? */
#include "tui/commands/command.h"

#include "tui/commands/print.h"

#include <string.h>
#include <unistd.h>

struct findings {
	const struct cmd_call *call;
	unsigned bad, warn, all;
	bool any; /* JSON: a row was printed */
};

static void
print_finding(const struct sl_table *t, unsigned r)
{
	const char *mend = sl_table_get(t, r, "mend");

	print_cell(stdout, t, r, "level", 6);
	print_cell(stdout, t, r, "area", 0);
	(void)fputs(": ", stdout);
	print_cell(stdout, t, r, "what", 0);
	(void)fputs(": ", stdout);
	print_cell(stdout, t, r, "detail", 0);
	if (mend) {
		(void)fputs("\n        ", stdout);
		print_text(stdout, mend);
	}
	(void)fputc('\n', stdout);
}

static void
show_findings(void *arg, const struct sl_table *t)
{
	struct findings *f = arg;

	for (unsigned r = 0; r < sl_table_rows(t); r++) {
		const char *level = sl_table_get(t, r, "level");

		f->all++;
		f->bad += strcmp(level, "bad") == 0;
		f->warn += strcmp(level, "warn") == 0;
		if (!f->call->json && (!f->call->quiet || strcmp(level, "ok") != 0))
			print_finding(t, r);
	}
	if (f->call->json)
		print_json_rows(stdout, t, &f->any);
	else
		(void)fflush(stdout); /* the next part may take a connection's time */
}

static int
print_grants(struct cmd_call *c)
{
	struct sl_msg *m;
	int code;

	m = cmd_answer(c, sl_grants(c->engine, c->nwords ? c->word[0] : NULL), &code);
	if (!m)
		return code;
	if (c->json)
		print_json(stdout, m->table);
	for (unsigned r = 0; !c->json && r < sl_table_rows(m->table); r++) {
		const char *sql = sl_table_get(m->table, r, "sql");

		/* A script: its lines stay lines, what is in them is made visible. */
		while (sql && *sql) {
			const size_t len = strcspn(sql, "\n");

			print_part(stdout, sql, len);
			(void)fputc('\n', stdout);
			sql += len + (sql[len] != '\0');
		}
	}
	if (sl_table_rows(m->table) == 0 && !c->json)
		(void)fputs("no source of this workspace has roles\n", stderr);
	sl_msg_free(m);
	return SL_EXIT_OK;
}

static int
run_doctor(struct cmd_call *c)
{
	struct findings f = { .call = c };
	struct sl_msg *m;
	int code;

	if (cmd_value(c, "print-grants"))
		return print_grants(c);
	if (c->nwords)
		return cmd_bad_usage(c, "a connection goes with --print-grants");
	if (c->json)
		(void)fputc('[', stdout);
	m = cmd_answer_parts(c, sl_doctor(c->engine), show_findings, &f, &code);
	if (!m)
		return code;
	show_findings(&f, m->table);
	sl_msg_free(m);
	if (c->json)
		(void)fputs("]\n", stdout);
	else if (!c->quiet || f.bad || f.warn)
		(void)printf("%u looked at, %u to think about, %u bad\n", f.all, f.warn, f.bad);
	return f.bad ? SL_EXIT_CONFIG : SL_EXIT_OK;
}

static const struct cmd_option doctor_options[] = {
	{ "print-grants", NULL,
	  "print the SQL of a role that may read what the syncs read, and nothing else" },
	{ NULL, NULL, NULL },
};
const struct cmd cmd_doctor = {
	.name = "doctor",
	.words = "[CONNECTION]",
	.summary = "look whether files, state, roles, clocks and connections are in good order",
	.help = "Connects to the sources and destinations of the workspace and to nothing else; "
		"sends no event.\n"
		"Exit code 0 when nothing is bad, 2 when something is; warnings do not count.\n"
		"With -q only what is not ok. A CONNECTION goes with --print-grants.\n",
	.max_words = 1,
	.needs = CMD_LOOKS,
	.options = doctor_options,
	.run = run_doctor,
};
