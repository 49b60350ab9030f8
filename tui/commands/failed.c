/* failed.c - dead letters: failed, retry, discard. What is listed by some options is what these take. */
#include "tui/commands/follow.h"
#include "tui/commands/print.h"

#include <stdlib.h>
#include <string.h>

#define PAGE 1000

/* ---- which ones -------------------------------------------------------------------------------- */

#define FILTER_OPTIONS                                                                             \
	{ "reason", "TEXT", "only those with this text in their reason or answer" },               \
		{ "status", "N", "only those with this HTTP status" },                             \
	{                                                                                          \
		"since", "SPAN", "only those given up on since then: 30m, 12h, 7d"                 \
	}

/* "12h": so long ago. */
static bool
span_us(const char *text, int64_t *us)
{
	static const struct {
		char unit;
		int64_t us;
	} units[] = { { 's', 1000000LL },
		      { 'm', 60000000LL },
		      { 'h', 3600000000LL },
		      { 'd', 86400000000LL } };
	const size_t n = strlen(text);
	int64_t count;

	if (n < 2 || !sl_str_to_i64((struct sl_str){ text, n - 1 }, &count) || count < 0 ||
	    count > 100000)
		return false;
	for (size_t i = 0; i < SL_COUNT(units); i++)
		if (units[i].unit == text[n - 1]) {
			*us = count * units[i].us;
			return true;
		}
	return false;
}

/* What the options say; *any: they say something. false: a wrong one, said so. */
static bool
read_filter(const struct cmd_call *c, struct sl_dead_filter *f, bool *any)
{
	const char *since = cmd_value(c, "since");
	int64_t status = 0, ago = 0;

	*f = (struct sl_dead_filter){ .text = cmd_value(c, "reason") };
	if (!cmd_number(c, "status", 1, 999, &status))
		return false;
	if (since && !span_us(since, &ago)) {
		(void)cmd_bad_usage(c, "--since takes a span like 30m, 12h or 7d, not \"%s\"",
				    since);
		return false;
	}
	f->status = (int)status;
	if (since)
		f->since_us = sl_wall_us() - ago;
	*any = f->text || status || since;
	return true;
}

/* Ids of letters; owned. */
struct picked {
	int64_t *ids;
	size_t n;
};

static bool
pick_page(struct picked *p, const struct sl_table *t, size_t most, bool discarded)
{
	int64_t *more = realloc(p->ids, (p->n + sl_table_rows(t) + 1) * sizeof(*more));

	if (!more)
		return false;
	p->ids = more;
	for (unsigned i = 0; i < sl_table_rows(t) && p->n < most; i++) {
		const char *over = sl_table_get(t, i, "resolution");

		if (!discarded || (over && strncmp(over, "discarded", 9) == 0))
			p->ids[p->n++] = sl_table_get_int(t, i, "id");
	}
	return true;
}

/* All that the filter lets through, newest first. An exit code. */
static int
pick_like(struct cmd_call *c, const struct sl_dead_filter *f, size_t most, struct picked *p)
{
	int64_t before = 0;
	unsigned n = PAGE;
	int code = SL_EXIT_OK;

	while (n == PAGE && p->n < most) {
		struct sl_msg *m = cmd_answer(
			c, sl_failed_like(c->engine, c->word[0], f, before, PAGE), &code);

		if (!m)
			return code;
		n = sl_table_rows(m->table);
		if (n > 0)
			before = sl_table_get_int(m->table, n - 1, "id");
		if (before == 0)
			code = cmd_know_sync(c, m->table);
		if (code == SL_EXIT_OK && !pick_page(p, m->table, most, f->all))
			code = cmd_bad_usage(c, "no memory for so many dead letters");
		sl_msg_free(m);
		if (code != SL_EXIT_OK)
			return code;
	}
	return SL_EXIT_OK;
}

/* The ids that are named, or what the options say. *all: neither. An exit code; free p->ids. */
static int
pick(struct cmd_call *c, bool discarded, struct picked *p, bool *all)
{
	struct sl_dead_filter f;
	int64_t limit = INT64_MAX;
	bool any;

	if (!read_filter(c, &f, &any) || !cmd_number(c, "limit", 1, INT64_MAX, &limit))
		return SL_EXIT_CONFIG;
	any = any || cmd_value(c, "limit");
	if (any && c->nwords > 1)
		return cmd_bad_usage(c, "name ids, or say which by options; not both");
	*all = !any && c->nwords < 2;
	f.all = discarded;
	if (any || (*all && discarded))
		return pick_like(c, &f, (size_t)limit, p);
	p->ids = calloc(c->nwords, sizeof(*p->ids));
	if (!p->ids)
		return cmd_bad_usage(c, "no memory");
	for (unsigned i = 1; i < c->nwords; i++)
		if (!sl_str_to_i64(sl_str(c->word[i]), &p->ids[p->n++]))
			return cmd_bad_usage(c, "\"%s\" is no id; see: sluice failed %s",
					     c->word[i], c->word[0]);
	return SL_EXIT_OK;
}

static int
nothing(const struct cmd_call *c, const char *what)
{
	if (!c->quiet && !c->json)
		(void)printf("nothing to %s\n", what);
	return SL_EXIT_OK;
}

/* ---- failed ------------------------------------------------------------------------------------ */

static int
run_failed(struct cmd_call *c)
{
	struct sl_dead_filter f;
	int64_t limit = 100;
	struct sl_msg *m;
	bool any;
	int code;

	if (!read_filter(c, &f, &any) || !cmd_number(c, "limit", 1, 100000, &limit))
		return SL_EXIT_CONFIG;
	f.all = cmd_value(c, "all") != NULL;
	m = cmd_answer(
		c, sl_failed_like(c->engine, c->nwords ? c->word[0] : NULL, &f, 0, (unsigned)limit),
		&code);
	if (!m)
		return code;
	code = cmd_know_sync(c, m->table);
	if (code == SL_EXIT_OK && c->json)
		print_json(stdout, m->table);
	else if (code == SL_EXIT_OK)
		print_table(stdout, m->table,
			    "id sync run op key status tries reason answer at resolution");
	sl_msg_free(m);
	return code;
}

static const struct cmd_option failed_options[] = {
	FILTER_OPTIONS,
	{ "all", NULL, "also those that were dealt with" },
	{ "limit", "N", "the newest N (default 100)" },
	CMD_UNMASK,
	{ NULL, NULL, NULL },
};
const struct cmd cmd_failed = {
	.name = "failed",
	.words = "[SYNC]",
	.summary = "list the events that were given up on, with the reason and the destination's "
		   "words",
	.help = "A row is tried again by itself when it, the mapping or the destination changes; "
		"else: sluice retry SYNC.\n",
	.max_words = 1,
	.needs = CMD_LOOKS,
	.options = failed_options,
	.run = run_failed,
};

/* ---- retry ------------------------------------------------------------------------------------- */

static int
run_retry(struct cmd_call *c)
{
	struct picked p = { 0 };
	struct sl_run_stats s;
	bool all = false;
	int64_t run;
	int code = pick(c, false, &p, &all);

	if (code != SL_EXIT_OK || (!all && p.n == 0)) {
		free(p.ids);
		return code != SL_EXIT_OK ? code : nothing(c, "send again");
	}
	run = follow_started(c, sl_retry(c->engine, c->word[0], all ? NULL : p.ids, p.n), &code);
	free(p.ids);
	if (!run)
		return code != SL_EXIT_OK ? code : nothing(c, "send again");
	follow_run(c, run, false, &s);
	return follow_report(c, &s);
}

static const struct cmd_option retry_options[] = {
	FILTER_OPTIONS,
	{ "limit", "N", "the newest N of them" },
	{ NULL, NULL, NULL },
};
const struct cmd cmd_retry = {
	.name = "retry",
	.words = "SYNC [ID...]",
	.summary = "send failed events again as they were recorded: all open ones, those named, or "
		   "some",
	.help = "An event whose row was acknowledged in a newer form since is not sent. The "
		"options "
		"choose as those of\n"
		"`sluice failed` do.\n",
	.min_words = 1,
	.max_words = CMD_WORDS,
	.needs = CMD_WRITES,
	.options = retry_options,
	.run = run_retry,
};

/* ---- discard ----------------------------------------------------------------------------------- */

static int
run_discard(struct cmd_call *c)
{
	const char *note = cmd_value(c, "note");
	const bool undo = cmd_value(c, "undo") != NULL;
	struct picked p = { 0 };
	bool all = false;
	int code;

	if (!undo && (!note || !*note))
		return cmd_bad_usage(c, "say why with --note TEXT: it is kept");
	code = pick(c, undo, &p, &all);
	if (code == SL_EXIT_OK && all && !undo)
		code = cmd_bad_usage(c, "say which: ids, or --reason, --status, --since, --limit");
	else if (code == SL_EXIT_OK && p.n == 0)
		code = nothing(c, undo ? "take back" : "discard");
	else if (code == SL_EXIT_OK && undo)
		code = cmd_show(c, sl_undiscard(c->engine, c->word[0], p.ids, p.n), NULL);
	else if (code == SL_EXIT_OK)
		code = cmd_show(c, sl_discard(c->engine, c->word[0], p.ids, p.n, note), NULL);
	free(p.ids);
	return code;
}

static const struct cmd_option discard_options[] = {
	{ "note", "TEXT", "why; kept with the event" },
	FILTER_OPTIONS,
	{ "limit", "N", "the newest N of them" },
	{ "undo", NULL, "take a discard back: the events are open again" },
	{ NULL, NULL, NULL },
};
const struct cmd cmd_discard = {
	.name = "discard",
	.words = "SYNC [ID...]",
	.summary = "give up on failed events for good",
	.help = "The rows are left alone until they change. The options choose as those of `sluice "
		"failed` do.\n",
	.min_words = 1,
	.max_words = CMD_WORDS,
	.needs = CMD_WRITES,
	.options = discard_options,
	.run = run_discard,
};
