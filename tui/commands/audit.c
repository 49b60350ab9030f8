/* audit.c - what operators did, and whether anybody changed the record of it. */
#include "tui/commands/command.h"

#include "tui/commands/print.h"

#include <string.h>

struct verdict {
	unsigned lines, old, broken;
	int64_t first_broken; /* 0 = lines are missing at the end */
};

static struct verdict
judge(const struct sl_table *t)
{
	struct verdict v = { 0 };

	for (unsigned r = 0; r < sl_table_rows(t); r++) { /* newest first */
		const char *chain = sl_table_get(t, r, "chain");
		const int64_t id = sl_table_get_int(t, r, "id");

		v.lines += id != 0;
		v.old += strcmp(chain, "old") == 0;
		if (strcmp(chain, "broken") != 0)
			continue;
		v.broken++;
		v.first_broken = id;
	}
	return v;
}

static int
tell(const struct cmd_call *c, const struct verdict *v)
{
	if (v->broken == 0) {
		if (!c->quiet && !c->json)
			(void)printf("%u lines, the chain is whole%s\n", v->lines,
				     v->old ? " (the first ones are from before there was one)"
					    : "");
		return SL_EXIT_OK;
	}
	if (v->first_broken)
		(void)fprintf(stderr,
			      "sluice: the audit was changed: line %lld, or what stood before it, "
			      "is not what was written\n",
			      (long long)v->first_broken);
	else
		(void)fputs("sluice: the audit was changed: lines are missing at its end\n",
			    stderr);
	return SL_EXIT_STATE;
}

static int
run_audit(struct cmd_call *c)
{
	const bool verify = cmd_value(c, "verify") != NULL;
	struct verdict v;
	struct sl_msg *m;
	int64_t limit = 100000;
	int code;

	if (!cmd_number(c, "limit", 1, 100000, &limit))
		return SL_EXIT_CONFIG;
	m = cmd_answer(c, sl_audit(c->engine, 0, (unsigned)limit), &code);
	if (!m)
		return code;
	v = judge(m->table);
	if (c->json)
		for (unsigned r = sl_table_rows(m->table); r-- > 0;) {
			print_json_row(stdout, m->table, r);
			(void)fputc('\n', stdout);
		}
	else if (!verify)
		print_table(stdout, m->table, "id at who action object detail chain");
	sl_msg_free(m);
	return verify || v.broken ? tell(c, &v) : SL_EXIT_OK;
}

static const struct cmd_option audit_options[] = {
	{ "verify", NULL, "only check the chain of hashes" },
	{ "limit", "N", "the newest N lines (default: all, at most 100000)" },
	{ NULL, NULL, NULL },
};
const struct cmd cmd_audit = {
	.name = "audit",
	.words = "",
	.summary = "show what operators did: releases, discards, retries, unmasking, changes of "
		   "settings",
	.help = "Each line is hashed together with the one before it: a line that was changed or\n"
		"removed is named, and the exit code is 6. --json prints one object a line, "
		"oldest\n"
		"first, for another system to keep.\n",
	.needs = CMD_LOOKS,
	.options = audit_options,
	.run = run_audit,
};
