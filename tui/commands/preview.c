/* preview.c - the exact events of the first rows. */
#include "tui/commands/command.h"

#include "tui/commands/print.h"

static void
print_events(const struct sl_table *t)
{
	for (unsigned r = 0; r < sl_table_rows(t); r++) {
		const char *problem = sl_table_get(t, r, "problem"),
			   *body = sl_table_get(t, r, "body");

		print_cell(stdout, t, r, "change", 0);
		(void)fputc(' ', stdout);
		print_cell(stdout, t, r, "key", 0);
		(void)fputs("  ", stdout);
		print_cell(stdout, t, r, "check", 0);
		(void)printf("  %lld bytes", (long long)sl_table_get_int(t, r, "bytes"));
		if (problem && *problem) {
			(void)fputs("  ", stdout);
			print_text(stdout, problem);
		}
		(void)fputs("\n  ", stdout);
		print_text(stdout, body ? body : "(no event)");
		(void)fputc('\n', stdout);
	}
	if (sl_table_rows(t)) {
		(void)fputs("they would go to ", stdout);
		print_text(stdout, sl_table_get(t, 0, "request"));
		(void)fputs("; nothing was sent\n", stdout);
	} else {
		(void)puts("the source has no rows");
	}
}

static int
run_preview(struct cmd_call *c)
{
	const struct sl_draft draft = { .sync = c->word[0] };
	int64_t limit = 5;
	struct sl_msg *m;
	int code;

	if (!cmd_number(c, "limit", 1, 1000, &limit))
		return SL_EXIT_CONFIG;
	m = cmd_answer(c, sl_preview(c->engine, &draft, (unsigned)limit), &code);
	if (!m)
		return code;
	if (c->json)
		print_json(stdout, m->table);
	else
		print_events(m->table);
	sl_msg_free(m);
	return SL_EXIT_OK;
}

static const struct cmd_option preview_options[] = {
	{ "limit", "N", "how many rows, 1 to 1000 (default 5)" },
	CMD_UNMASK,
	{ NULL, NULL, NULL },
};
const struct cmd cmd_preview = {
	.name = "preview",
	.words = "SYNC",
	.summary = "show the exact events that the first rows would become, with what is wrong "
		   "with each",
	.help = "Until a first run has made the state, messageId and job_id are not those that "
		"will\n"
		"be sent.\n",
	.min_words = 1,
	.max_words = 1,
	.needs = CMD_LOOKS,
	.options = preview_options,
	.run = run_preview,
};
