/* req_check_draft.c - a mapping while it is edited: what is wrong with each line, and what it makes of
 * the first rows. */
#include "core/engine/block.h"
#include "core/engine/draft.h"
#include "core/engine/mask.h"
#include "core/engine/row_json.h"
#include "core/engine/with_source.h"
#include "core/map/json.h"
#include "core/map/mapper.h"

#include <stdio.h>

#define SAMPLE_ROWS 20

/* One line of the mapping, or one thing that is missing. */
struct line {
	const char *to;
	const char *expr; /* NULL: it is not mapped */
	int line;
	const char *level, *problem, *mend;
	struct sl_str input, output;
};

struct checking {
	struct sl_job *job;
	const struct sl_drafted *draft;
	struct sl_prep prep;
	struct sl_mask mask;
	struct line *lines;
	size_t n;
	uint32_t tried, refused; /* rows of the sample */
	char refusal[600];       /* why the first of them cannot be sent */
};

static enum sl_code
no_memory(struct sl_err *err)
{
	return sl_fail(err, SL_E_NOMEM, "", "no memory to check the mapping");
}

static struct sl_table *
line_table(const struct line *lines, size_t n)
{
	struct sl_table *t = sl_table_new("to level problem mend input output line:int");

	for (size_t i = 0; t && i < n; i++) {
		const struct line *l = &lines[i];

		sl_table_row(t);
		sl_cell_text(t, l->to);
		sl_cell_text(t, l->level);
		sl_cell_text(t, l->problem);
		sl_cell_text(t, l->mend);
		sl_cell_given(t, l->input);
		sl_cell_given(t, l->output);
		if (l->line > 0)
			sl_cell_int(t, l->line);
	}
	return t;
}

/* ---- mistakes -------------------------------------------------------------------------------------- */

static struct line *
find_line(struct checking *k, const char *to)
{
	for (size_t i = 0; i < k->n; i++)
		if (strcmp(k->lines[i].to, to) == 0)
			return &k->lines[i];
	return NULL;
}

/* A line shows the worst that was found about it: errors go before warnings. */
static void
put_issue(struct checking *k, const struct sl_map_issue *is)
{
	struct line *l = find_line(k, is->to);

	if (!l) {
		l = &k->lines[k->n++];
		*l = (struct line){ .to = is->to, .line = is->line, .level = "ok" };
	}
	if (l->problem && (!is->error || strcmp(l->level, "error") == 0))
		return;
	l->level = is->error ? "error" : "warn";
	l->problem = is->problem;
	l->mend = is->mend;
}

static enum sl_code
list_lines(struct checking *k, struct sl_err *err)
{
	const struct sl_profile *p = &k->prep.profile;

	k->lines = SL_NEW(k->job->arena, struct line, p->nmap + k->prep.nissues + 2);
	if (!k->lines)
		return no_memory(err);
	for (size_t i = 0; i < p->nmap; i++)
		k->lines[k->n++] = (struct line){ .to = p->map[i].to,
						  .expr = p->map[i].expr,
						  .line = p->map[i].line,
						  .level = "ok" };
	for (size_t i = 0; i < k->prep.nissues; i++)
		put_issue(k, &k->prep.issues[i]);
	return SL_OK;
}

/* ---- the sample ------------------------------------------------------------------------------------ */

/* The columns of one line as they are in the row: "email", or "first=Ana, last=B". */
static struct sl_str
input_of(struct checking *k, const struct line *l, const struct sl_value *row)
{
	struct sl_mapping map = { l->to, l->expr, l->line };
	const struct sl_profile one = { .event = k->prep.profile.event, .map = &map, .nmap = 1 };
	struct sl_arena *a = k->job->arena;
	struct sl_str *columns, out = { 0 };
	struct sl_buf b;
	uint32_t n = 0;

	if (sl_map_columns(&one, NULL, 0, a, &columns, &n) != SL_OK)
		return out;
	sl_buf_init(&b, 0);
	for (uint32_t i = 0; i < n; i++) {
		const int at = sl_schema_find(&k->prep.columns, columns[i]);

		if (at < 0)
			continue;
		if (b.len > 0)
			sl_buf_puts(&b, ", ");
		if (n > 1)
			sl_buf_printf(&b, SL_FMT "=", SL_ARG(columns[i]));
		sl_value_json(&b, &row[at]);
	}
	if (!b.failed && b.len > 0)
		out = (struct sl_str){ sl_arena_strndup(a, b.ptr, b.len), b.len };
	sl_buf_free(&b);
	return out.ptr ? out : (struct sl_str){ 0 };
}

/* What became of a line in the event; length 0: it was left out. */
static struct sl_str
output_of(struct checking *k, const struct line *l, struct sl_str body)
{
	struct sl_str out = { 0 };
	struct sl_target target;
	const char *problem;

	if (!sl_target_parse(l->to, k->job->arena, &target, &problem) ||
	    sl_json_find(body, target.steps, target.n, &out) != SL_JSON_OK)
		return (struct sl_str){ 0 };
	out.ptr = out.len ? sl_arena_strndup(k->job->arena, out.ptr, out.len) : NULL;
	return out.ptr ? out : (struct sl_str){ 0 };
}

/* The mark of a value as it stands in a body, so that it is the same in every answer. */
static struct sl_str
quoted_mark(struct checking *k, struct sl_str json)
{
	struct sl_value v = { .ptr = json.ptr, .len = (uint32_t)json.len };
	struct sl_str mark;
	const char *text;

	if (json.ptr[0] == '"' && !sl_json_to_value(json, k->job->arena, &v))
		return (struct sl_str){ 0 };
	mark = sl_mask_mark(&k->mask, (struct sl_str){ v.ptr, v.len });
	text = sl_arena_printf(k->job->arena, "\"" SL_FMT "\"", SL_ARG(mark));
	return sl_str(text ? text : "");
}

static void
show_first(struct checking *k, const struct sl_value *row, const struct sl_made *made)
{
	const struct sl_block *b = made->block;
	const struct sl_str body =
		b->n > 0 ? (struct sl_str){ b->body + b->events[0].off, b->events[0].len }
			 : (struct sl_str){ 0 };

	for (size_t i = 0; i < k->n; i++) {
		struct line *l = &k->lines[i];

		if (!l->expr)
			continue;
		l->input = input_of(k, l, row);
		if (body.len > 0 && strcmp(l->level, "error") != 0)
			l->output = output_of(k, l, body);
		if (sl_mask_field(&k->mask, l->to) && l->output.len > 0)
			l->output = quoted_mark(k, l->output);
	}
}

static enum sl_code
try_row(struct checking *k, struct sl_block_maker *mk, const struct sl_batch *b, uint32_t i,
	struct sl_err *err)
{
	const struct sl_value *row = b->cells + (size_t)i * b->schema->ncols;
	struct sl_change change = { .op = SL_OP_ADD, .row = i };
	struct sl_made made = { 0 };
	struct sl_diff_spec spec;
	enum sl_code code;

	sl_prep_diff(&k->prep, &mk->seed.key, &spec);
	change.key = sl_key_digest(&spec, row);
	change.digest = sl_row_digest(&spec, row);
	code = sl_made_render(mk, b, &change, 1, &made, err);
	if (code != SL_OK)
		return code;
	const struct sl_value *shown = sl_mask_row(&k->mask, b->schema, row);
	if (k->tried++ == 0 && shown)
		show_first(k, shown, &made);
	if (made.ndead > 0 && k->refused++ == 0)
		(void)snprintf(k->refusal, sizeof(k->refusal), "%s", made.dead[0].reason);
	sl_made_free(&made);
	return SL_OK;
}

static enum sl_code
try_rows(struct checking *k, const struct sl_source_handle *h, struct sl_err *err)
{
	struct sl_block_maker mk;
	struct sl_batch *b;
	enum sl_code code;

	sl_maker_init(&mk, k->job->engine, &k->prep, 1);
	while ((code = h->driver->next(h->ctx, &b, err)) == SL_OK) {
		for (uint32_t i = 0; i < b->nrows && code == SL_OK; i++)
			code = try_row(k, &mk, b, i, err);
		sl_batch_free(b);
		if (code != SL_OK)
			break;
	}
	sl_maker_free(&mk);
	return code == SL_DONE ? SL_OK : code;
}

/* Leave lines with errors out, so that the others can be tried. */
static bool
drop_bad_lines(struct checking *k)
{
	struct sl_profile *p = &k->prep.profile;
	size_t n = 0;

	for (size_t i = 0; i < p->nmap; i++)
		if (strcmp(k->lines[i].level, "error") != 0)
			p->map[n++] = p->map[i];
	p->nmap = n;
	return n > 0;
}

static enum sl_code
sample(struct checking *k, const struct sl_source_handle *h, struct sl_err *err)
{
	enum sl_code code;

	if (!drop_bad_lines(k))
		return SL_OK;
	code = sl_prep_scan(&k->prep, h, SAMPLE_ROWS, err);
	if (code == SL_OK)
		code = try_rows(k, h, err);
	h->driver->end(h->ctx);
	if (code == SL_E_CONFIG)
		return SL_OK; /* what is missing is in the list already */
	if (code == SL_OK && k->refused > 0) {
		const char *text =
			sl_arena_printf(k->job->arena, "%u of the first %u rows cannot be sent: %s",
					k->refused, k->tried, k->refusal);
		const struct sl_map_issue is = { .to = "", .problem = text ? text : k->refusal };

		put_issue(k, &is);
	}
	return code;
}

/* ---- the request ----------------------------------------------------------------------------------- */

static enum sl_code
check_source(struct sl_job *j, const struct sl_source_handle *h, void *arg, struct sl_err *err)
{
	const struct sl_drafted *draft = arg;
	struct checking k = { .job = j, .draft = draft };
	struct sl_table *t = NULL;
	enum sl_code code = sl_prep_draft(&k.prep, &draft->sync, &draft->profile, err);

	if (code == SL_OK && !j->unmasked)
		code = sl_mask_objects(&k.mask, j->engine, &draft->sync, &draft->profile, j->arena,
				       err);
	if (code == SL_OK)
		code = sl_prep_describe(&k.prep, h, err);
	if (code == SL_OK)
		code = list_lines(&k, err);
	if (code == SL_OK)
		code = sample(&k, h, err);
	if (code == SL_OK)
		t = line_table(k.lines, k.n);
	sl_prep_free(&k.prep);
	return code == SL_OK ? sl_job_done(j, t, err) : code;
}

/* Settings that are wrong: nothing more can be said before they are mended. */
static enum sl_code
answer_problems(struct sl_job *j, const struct sl_problem_def *p, size_t n, struct sl_err *err)
{
	struct line *lines = SL_NEW(j->arena, struct line, n);

	if (!lines)
		return no_memory(err);
	for (size_t i = 0; i < n; i++) {
		const bool map = strncmp(p[i].field, "map.", 4) == 0;

		lines[i] = (struct line){ .to = map ? p[i].field + 4 : "",
					  .line = p[i].line,
					  .level = "error",
					  .problem = p[i].problem,
					  .mend = p[i].mend };
	}
	return sl_job_done(j, line_table(lines, n), err);
}

static enum sl_code
check_draft_job(struct sl_job *j, struct sl_err *err)
{
	struct sl_problem_def *problems;
	struct sl_drafted draft;
	struct sl_config *c = NULL;
	size_t n = 0;
	enum sl_code code = sl_engine_config(j->engine, &c, err);

	if (code == SL_OK)
		code = sl_draft_make(j, c, &draft, err);
	if (code == SL_OK)
		code = sl_draft_check(j, &draft, &problems, &n, err);
	if (code == SL_OK && n > 0)
		code = answer_problems(j, problems, n, err);
	else if (code == SL_OK)
		code = sl_with_source(j, c, sl_object_get(&draft.sync, "source"), check_source,
				      &draft, err);
	sl_config_free(c);
	return code;
}

sl_ticket
sl_check_draft(struct sl_engine *e, const struct sl_draft *d)
{
	return sl_job_submit(sl_draft_job(e, check_draft_job, d));
}
