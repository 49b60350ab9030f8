/* run_look.c - the words and marks of run states. */
#include "tui/screens/run_look.h"

#include <stdio.h>

static const struct {
	const char *state;
	struct tui_look look;
} looks[] = {
	{ "never", { "-", "never", TUI_NEVER } },
	{ "new", { ">", "starting", TUI_RUN } },
	{ "planning", { ">", "planning", TUI_RUN } },
	{ "delivering", { ">", "sending", TUI_RUN } },
	{ "held", { "=", "held", TUI_PAUSE } },
	{ "paused", { "=", "paused", TUI_PAUSE } },
	{ "cancelled", { "-", "cancelled", TUI_NEVER } },
	{ "failed", { "\u2717", "failed", TUI_FAIL } },
	{ "broken", { "\u2717", "broken", TUI_FAIL } },
	{ "settled", { "\u2713", "ok", TUI_OK } },
};

struct tui_look
tui_run_look(const char *state, uint64_t missed)
{
	if (missed > 0 && strcmp(state, "settled") == 0)
		return (struct tui_look){ "!", "partial", TUI_WARN };
	for (size_t i = 0; i < SL_COUNT(looks); i++) {
		if (strcmp(looks[i].state, state) == 0)
			return looks[i].look;
	}
	return (struct tui_look){ "-", "unknown", TUI_NEVER };
}

const char *
tui_run_word(const char *state, uint64_t missed, char out[32])
{
	const struct tui_look l = tui_run_look(state, missed);

	snprintf(out, 32, "%s %s", l.mark, l.word);
	return out;
}

static uint64_t
number(const struct sl_table *t, unsigned row, const char *name)
{
	const int64_t v = sl_table_get_int(t, row, name);

	return v > 0 ? (uint64_t)v : 0;
}

static void
text(const struct sl_table *t, unsigned row, const char *name, char *out, size_t cap)
{
	const char *v = sl_table_get(t, row, name);

	sl_copy(out, cap, v ? v : "");
}

const char *
tui_run_promise(const char *promise)
{
	static const char *const words[][2] = {
		{ "snapshot", "every run reads all rows" },
		{ "fenced", "reads what is new; no late commit is lost" },
		{ "lagged", "reads what is new; a commit later than the lag is lost" },
		{ "best effort", "reads what is new; late commits may be lost" },
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (strcmp(words[i][0], promise) == 0)
			return words[i][1];
	return "";
}

void
tui_run_record(const struct sl_table *t, unsigned row, struct sl_run_stats *out)
{
	*out = (struct sl_run_stats){ .rows_est = -1, .eta_us = -1 };
	out->run = sl_table_get_int(t, row, "run");
	text(t, row, "sync", out->sync, sizeof(out->sync));
	text(t, row, "kind", out->kind, sizeof(out->kind));
	text(t, row, "state", out->state, sizeof(out->state));
	text(t, row, "error", out->error, sizeof(out->error));
	text(t, row, "details", out->details, sizeof(out->details));
	out->started_us = sl_table_get_int(t, row, "started");
	out->planned_us = sl_table_get_int(t, row, "planned");
	out->ended_us = sl_table_get_int(t, row, "ended");
	/* What it took is less than the time between, where it waited for a person. */
	if (out->ended_us)
		out->waited_us =
			out->ended_us - out->started_us - sl_table_get_int(t, row, "took_us");
	out->planned_all = out->planned_us != 0;
	out->null_cursors = (uint64_t)sl_table_get_int(t, row, "null_cursors");
	if (sl_table_get(t, row, "promise"))
		sl_copy(out->promise, sizeof(out->promise), sl_table_get(t, row, "promise"));
	text(t, row, "plan", out->plan, sizeof(out->plan));
	out->live = number(t, row, "live");
	out->removes_held = sl_table_get_int(t, row, "removes_held") != 0;
	out->rows_read = number(t, row, "rows_read");
	out->same = number(t, row, "same");
	out->skipped = number(t, row, "skipped");
	out->still_dead = number(t, row, "still_dead");
	out->adds = number(t, row, "adds");
	out->updates = number(t, row, "updates");
	out->removes = number(t, row, "removes");
	out->acked = number(t, row, "acked");
	out->dead = number(t, row, "dead");
	out->superseded = number(t, row, "superseded");
	out->cancelled = number(t, row, "cancelled");
	out->pending = number(t, row, "pending");
	out->requests = number(t, row, "requests");
	out->retries = number(t, row, "retries");
	out->bytes_sent = number(t, row, "bytes_sent");
}

uint64_t
tui_run_events(const struct sl_run_stats *s)
{
	return s->adds + s->updates + s->removes;
}

uint64_t
tui_run_missed(const struct sl_run_stats *s)
{
	const uint64_t arrived = s->acked + s->superseded;

	if (strcmp(s->state, "settled") != 0 || strcmp(s->kind, "dry") == 0)
		return s->dead;
	return tui_run_events(s) > arrived ? tui_run_events(s) - arrived : 0;
}

uint64_t
tui_run_missed_of(const struct sl_table *t, unsigned row)
{
	struct sl_run_stats s = { .adds = number(t, row, "adds"),
				  .updates = number(t, row, "updates"),
				  .removes = number(t, row, "removes"),
				  .acked = number(t, row, "acked"),
				  .superseded = number(t, row, "superseded"),
				  .dead = number(t, row, "dead") };

	text(t, row, "state", s.state, sizeof(s.state));
	return tui_run_missed(&s);
}

double
tui_run_part(const struct sl_run_stats *s)
{
	const uint64_t all = tui_run_events(s);
	const uint64_t over = s->acked + s->dead + s->superseded + s->cancelled;

	if (s->planning && s->rows_est > 0) {
		const double part = (double)s->rows_read / (double)s->rows_est;
		return part > 0.99 ? 0.99 : part; /* the estimate may be low */
	}
	if (s->planning)
		return -1;
	if (all == 0)
		return s->open ? -1 : 1;
	return (double)over / (double)all;
}

const char *
tui_run_brief(const struct sl_run_stats *s, char out[32])
{
	const double part = tui_run_part(s);

	if (!s->open || s->planning || part < 0 || strcmp(s->state, "delivering") != 0)
		return tui_run_word(s->state, tui_run_missed(s), out);
	snprintf(out, 32, "> sending %d%%", (int)(part * 100));
	return out;
}

void
tui_run_history(const char *letters, char out[64], enum tui_role *role)
{
	static const struct {
		char letter;
		const char *mark;
		enum tui_role role;
	} marks[] = {
		{ 's', "\u2582", TUI_SPARK }, { 'd', "!", TUI_WARN },  { 'f', "x", TUI_FAIL },
		{ 'c', "-", TUI_SPARK },      { 'r', ">", TUI_SPARK }, { 0, "=", TUI_SPARK },
	};
	size_t n = 0;

	*role = TUI_SPARK;
	for (const char *p = letters; *p && n + 4 < 64; p++) {
		size_t i = 0;
		while (marks[i].letter != *p && marks[i].letter != 0)
			i++;
		n += (size_t)snprintf(out + n, 64 - n, "%s", marks[i].mark);
		*role = marks[i].role;
	}
	out[n] = '\0';
}
