/* logs_detail.c - what is behind a line of the log: its whole text, the event, the answer. */
#include "tui/screens/logs.h"

#include "tui/screens/changes.h"
#include "tui/screens/key_text.h"
#include "tui/widgets/bar.h"
#include "tui/width.h"

#include <stdio.h>
#include <stdlib.h>

#define WRAP_COLS 100

void
logs_close(struct logs *h)
{
	while (h->ndetails > 0)
		free(h->detail[--h->ndetails].text);
	sl_buf_reset(&h->body);
	h->open = 0;
}

static void
add_line(struct logs *h, const char *label, enum tui_role role, struct sl_str text)
{
	if (h->ndetails == LOG_DETAILS)
		return;
	char *copy = strndup(text.ptr ? text.ptr : "", text.len);
	if (copy)
		h->detail[h->ndetails++] = (struct log_detail){ copy, role, label };
}

/* A text of any length, in as many lines as it takes. */
static void
add(struct logs *h, const char *label, enum tui_role role, const char *text)
{
	struct sl_str line;
	size_t pos = 0;

	while (text && *text && tui_wrap(sl_str(text), &pos, WRAP_COLS, &line)) {
		add_line(h, label, role, line);
		label = "";
	}
}

void
logs_open_line(struct logs *h, const struct tui_log_row *r)
{
	char at[25], text[200], took[32];

	logs_close(h);
	h->open = r->seq;
	sl_time_iso(r->at_us, at);
	snprintf(text, sizeof(text), "%s   run %lld of %s", at, (long long)r->run, r->sync);
	add(h, "line", TUI_DIM, text);
	add(h, "text", TUI_TEXT, r->text);
	if (r->events > 1 || r->took_us > 0) {
		snprintf(text, sizeof(text), "%lld event%s in %s", (long long)r->events,
			 r->events == 1 ? "" : "s", tui_fmt_span(r->took_us, took));
		add(h, "request", TUI_TEXT, text);
	}
	if (r->status > 0 || *r->answer) {
		snprintf(text, sizeof(text), "status %lld", (long long)r->status);
		add(h, "answer", r->status >= 400 ? TUI_WARN : TUI_TEXT,
		    r->status > 0 ? text : r->answer);
		if (r->status > 0)
			add(h, "", TUI_TEXT, r->answer);
	}
}

static const char *
fact(const struct sl_table *t, const char *name)
{
	for (unsigned r = 0; r < sl_table_rows(t); r++) {
		const char *is = sl_table_get(t, r, "name");
		if (is && strcmp(is, name) == 0)
			return sl_table_get(t, r, "value") ? sl_table_get(t, r, "value") : "";
	}
	return "";
}

static enum tui_role
role_of(char mark)
{
	return mark == '+' ? TUI_ADD : mark == '-' ? TUI_REMOVE : TUI_CHANGE;
}

/* What the event changes, field by field; all of its fields where nothing is known of before. */
static void
add_values(struct logs *h, const char *old, const char *body)
{
	struct tui_diff d = { 0 };
	struct sl_buf line;
	const char *label = *old ? "changes" : "body";

	sl_buf_init(&line, 4096);
	tui_change_diff(&d, *old ? old : NULL, body);
	for (size_t i = 0; i < d.n; i++) {
		const struct tui_diff_line *l = &d.line[i];
		if (l->mark == ' ' && *old)
			continue;
		sl_buf_reset(&line);
		if (*old)
			sl_buf_printf(&line, "%c ", l->mark);
		sl_buf_printf(&line, "%-24s ", l->field);
		if (*old && l->old)
			sl_buf_printf(&line, "%s%s", l->old, l->now ? "  \u2192  " : "");
		sl_buf_puts(&line, l->now ? l->now : "");
		add_line(h, label, *old ? role_of(l->mark) : TUI_TEXT, sl_buf_view(&line));
		label = "";
	}
	sl_buf_free(&line);
	tui_diff_free(&d);
}

void
logs_open_event(struct logs *h, const struct sl_table *facts)
{
	char text[400], key[160];

	snprintf(text, sizeof(text), "%s %s   %s   %s B   id %s", fact(facts, "op"),
		 tui_key_text(fact(facts, "key"), key, sizeof(key)), fact(facts, "verdict"),
		 fact(facts, "bytes"), fact(facts, "id"));
	add(h, "event", TUI_TITLE, text);
	if (*fact(facts, "reason")) {
		snprintf(text, sizeof(text), "%s   after %s tr%s", fact(facts, "reason"),
			 fact(facts, "tries"),
			 strcmp(fact(facts, "tries"), "1") == 0 ? "y" : "ies");
		add(h, "given up", TUI_WARN, text);
	}
	if (*fact(facts, "resolution"))
		add(h, "since then", TUI_OK, fact(facts, "resolution"));
	add_values(h, fact(facts, "old"), fact(facts, "body"));
	sl_buf_reset(&h->body);
	sl_buf_puts(&h->body, fact(facts, "body"));
}
