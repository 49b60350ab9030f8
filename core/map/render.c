/* render.c - one row along the plan: literals and values, appended to the buffer of the block. */
#include "core/map/mapper.h"

#include "core/base/redact.h"
#include "core/base/text.h"
#include "core/map/instant.h"
#include "core/map/json.h"

#include <stdio.h>
#include <stdlib.h>

#define SCRATCH_FIRST (16u << 10)
#define SCRATCH_MAX   (64u << 20) /* most memory that the transforms of one row may take */

struct sl_map_scratch {
	struct sl_arena *arena;
	bool used; /* since the last reset */
};

/* One call of sl_map_render(). */
struct job {
	const struct sl_mapper *m;
	struct sl_program_input in;
	struct sl_map_scratch *scratch;
	struct sl_buf *out;
	const struct sl_leaf *leaf;   /* the present one, for errors */
	char id[SL_EVENT_ID_LEN + 1]; /* as text, where a leaf wants it */
	uint32_t identities, identifiers;
	size_t opened[SL_TARGET_DEPTH + 4]; /* where objects start that may be taken back */
	uint32_t depth;
	struct sl_err *err;
};

struct sl_map_scratch *
sl_map_scratch_new(void)
{
	struct sl_map_scratch *s = calloc(1, sizeof *s);
	if (s)
		s->arena = sl_arena_new(SCRATCH_FIRST, SCRATCH_MAX);
	if (s && !s->arena) {
		free(s);
		return NULL;
	}
	return s;
}

void
sl_map_scratch_free(struct sl_map_scratch *s)
{
	if (!s)
		return;
	sl_arena_free(s->arena);
	free(s);
}

/* ---- errors ---------------------------------------------------------------------------------- */

static enum sl_code
no_memory(struct job *j)
{
	return sl_fail(j->err, SL_E_NOMEM, "map", "no memory left to write an event");
}

static enum sl_code
bad_field(struct job *j, const char *problem, const char *hint)
{
	struct sl_buf where;
	char said[300];
	sl_buf_init(&where, 1024);
	sl_visible(&where, sl_str(j->leaf->to));
	sl_copy(said, sizeof said, problem);
	if (j->leaf->tagged)
		sl_redact_quoted(said, sizeof said);
	enum sl_code rc =
		sl_fail(j->err, SL_E_DATA, sl_buf_cstr(&where), "%s %s", sl_buf_cstr(&where), said);
	sl_buf_free(&where);
	return hint ? sl_err_hint(j->err, "%s", hint) : rc;
}

static enum sl_code
bad_value(struct job *j, enum sl_json_fault f)
{
	static const char *const hints[] = {
		[SL_JSON_UTF8] =
			"convert the text in the model: convert_from(...), or encode(..., 'hex')",
		[SL_JSON_NUL] = "cut the NUL characters in the model",
		[SL_JSON_SYNTAX] = "use | string to send the text as it is",
		[SL_JSON_NUMBER] = "use | string to send the text as it is",
	};
	if (f == SL_JSON_FULL)
		return no_memory(j);
	return bad_field(j, sl_json_fault_text(f), hints[f]);
}

/* ---- values ---------------------------------------------------------------------------------- */

static enum sl_code
key_value(struct job *j, struct sl_value *v)
{
	const struct sl_mapper *m = j->m;
	if (m->nkey == 1) {
		*v = j->in.row[m->key[0]];
		return SL_OK;
	}
	struct sl_buf b;
	sl_buf_init(&b, SL_TRANSFORM_MAX_TEXT);
	sl_map_key_json(m, j->in.row, &b);
	j->scratch->used = true;
	char *text = b.failed ? NULL : sl_arena_strndup(j->scratch->arena, b.ptr, b.len);
	*v = (struct sl_value){ text, (uint32_t)b.len, SL_T_TEXT };
	sl_buf_free(&b);
	return text ? SL_OK : no_memory(j);
}

static enum sl_code
program_value(struct job *j, struct sl_value *v, bool *omit)
{
	struct sl_eval_ctx x = { .arena = j->scratch->arena };
	j->scratch->used = true;
	switch (sl_program_run(j->leaf->program, &j->in, &x, v)) {
	case SL_EVAL_OK:
		return SL_OK;
	case SL_EVAL_SKIP:
		return SL_DONE;
	case SL_EVAL_OMIT:
		*v = (struct sl_value){ 0 };
		*omit = true;
		return SL_OK;
	case SL_EVAL_FAIL:
		break;
	}
	return x.problem ? bad_field(j, x.problem, NULL) : no_memory(j);
}

/* SL_DONE: the mapping leaves this row out. */
static enum sl_code
value_of(struct job *j, struct sl_value *v, bool *omit)
{
	const struct sl_event_head *head = j->in.head;
	const char *text = "";
	switch (j->leaf->source) {
	case SL_SRC_COLUMN:
		*v = j->in.row[j->leaf->col];
		return SL_OK;
	case SL_SRC_PROGRAM:
		return program_value(j, v, omit);
	case SL_SRC_KEY:
		return key_value(j, v);
	case SL_SRC_TEXT:
		text = j->leaf->text;
		break;
	case SL_SRC_ACTION:
		text = head->action;
		break;
	case SL_SRC_TASK:
		text = head->task;
		break;
	case SL_SRC_RUN:
		text = head->run;
		break;
	case SL_SRC_JOB:
		text = head->job;
		break;
	case SL_SRC_ID:
		sl_event_id_text(head->id, j->id);
		text = j->id;
		break;
	}
	*v = (struct sl_value){ text, (uint32_t)strlen(text), SL_T_TEXT };
	return SL_OK;
}

/* Text in quotes, whatever the type. */
static enum sl_json_fault
put_as_text(struct sl_buf *b, const struct sl_value *v)
{
	char time[SL_TIME_TEXT];
	size_t n = v->type == SL_T_TIMESTAMP || v->type == SL_T_TIMESTAMPTZ ? sl_time_json(v, time)
									    : 0;
	return n ? sl_json_put_string(b, time, n) : sl_json_put_string(b, v->ptr, v->len);
}

/* A time as the event's own: ISO 8601 in UTC. */
static enum sl_code
put_time(struct job *j, struct sl_value *v)
{
	const struct sl_call iso = { .fn = &sl_tf_iso };
	struct sl_eval_ctx x = { .arena = j->scratch->arena };
	enum sl_json_fault f;
	if (v->type == SL_T_TIMESTAMPTZ) {
		f = sl_json_put_value(j->out, v);
		return f == SL_JSON_OK ? SL_OK : bad_value(j, f);
	}
	j->scratch->used = true;
	if (sl_calls_run(&iso, 1, v, &x) != SL_EVAL_OK)
		return x.problem ? bad_field(j, x.problem, NULL) : no_memory(j);
	f = sl_json_put_value(j->out, v);
	return f == SL_JSON_OK ? SL_OK : bad_value(j, f);
}

static bool
is_object(const struct sl_value *v)
{
	struct sl_str s = sl_str_trim((struct sl_str){ v->ptr, v->len });
	return v->type == SL_T_JSON && s.len > 0 && s.ptr[0] == '{';
}

/* A value that is there, in the form its field wants. */
static enum sl_code
put_as(struct job *j, struct sl_value *v)
{
	enum sl_json_fault f = SL_JSON_OK;
	bool number = v->type == SL_T_INT || v->type == SL_T_DECIMAL;
	switch (j->leaf->as) {
	case SL_AS_VALUE:
		f = sl_json_put_value(j->out, v);
		break;
	case SL_AS_OBJECT:
		if (!is_object(v))
			return bad_field(j, "is not a JSON object", "map its parts one by one");
		f = sl_json_put_value(j->out, v);
		break;
	case SL_AS_TIME:
		return put_time(j, v);
	case SL_AS_STRING:
	case SL_AS_IDENTIFIER:
		if (v->type == SL_T_JSON)
			return bad_field(j, "is JSON, but an identity is a text or a number",
					 "name a part of it by path");
		if (j->leaf->as == SL_AS_IDENTIFIER && number &&
		    sl_json_number_len(v->ptr, v->len) == v->len)
			f = sl_json_put_value(j->out, v);
		else
			f = put_as_text(j->out, v);
		break;
	}
	return f == SL_JSON_OK ? SL_OK : bad_value(j, f);
}

/* ---- steps ----------------------------------------------------------------------------------- */

static void
put_literal(struct sl_buf *out, struct sl_str lit)
{
	if (lit.len == 0 || !sl_buf_room(out, lit.len))
		return;
	size_t skip = lit.ptr[0] == ',' && out->len > 0 && out->ptr[out->len - 1] == '{';
	sl_put_bytes(out->ptr + out->len, lit.ptr + skip, lit.len - skip);
	out->len += lit.len - skip;
}

/* Is there nothing to write? Only plain fields tell null from absent. */
static bool
is_empty(const struct sl_leaf *l, const struct sl_value *v)
{
	if (v->type == SL_T_NULL)
		return true;
	return (l->as == SL_AS_STRING || l->as == SL_AS_IDENTIFIER || l->as == SL_AS_TIME) &&
	       v->len == 0;
}

static enum sl_code
put_leaf(struct job *j, const struct sl_step *step)
{
	const struct sl_leaf *l = step->leaf;
	struct sl_value v = { 0 };
	enum sl_json_fault f;
	bool omit = false;
	j->leaf = l;
	if (l->source == SL_SRC_COLUMN && l->as == SL_AS_VALUE) { /* the hot case */
		const struct sl_value *cell = &j->in.row[l->col];
		if (cell->type == SL_T_NULL && l->omit_null)
			return SL_OK;
		put_literal(j->out, step->lit);
		f = sl_json_put_value(j->out, cell);
		return f == SL_JSON_OK ? SL_OK : bad_value(j, f);
	}
	size_t before = j->out->len;
	put_literal(j->out, step->lit);
	enum sl_code rc = value_of(j, &v, &omit);
	if (rc != SL_OK)
		return rc;
	if (is_empty(l, &v) && !l->ours) {
		if (l->required)
			return bad_field(
				j, "is null or empty, but every event needs it",
				"leave such rows out with | skip_null, or give a | default");
		if (!omit && !l->omit_null && l->as == SL_AS_VALUE)
			return sl_json_put_value(j->out, &v) == SL_JSON_OK ? SL_OK : no_memory(j);
		j->out->len = before;
		return SL_OK;
	}
	rc = put_as(j, &v);
	if (rc == SL_OK && v.type == SL_T_NULL && l->as == SL_AS_TIME)
		j->out->len = before; /* infinity */
	j->identities += l->identity;
	j->identifiers += l->identifier;
	return rc;
}

static enum sl_code
run_step(struct job *j, const struct sl_step *step)
{
	switch (step->kind) {
	case SL_STEP_LITERAL:
		put_literal(j->out, step->lit);
		return SL_OK;
	case SL_STEP_LEAF:
		return put_leaf(j, step);
	case SL_STEP_OPEN:
		j->opened[j->depth++] = j->out->len;
		put_literal(j->out, step->lit);
		return SL_OK;
	case SL_STEP_CLOSE:
		if (j->out->failed)
			return no_memory(j);
		j->depth--;
		if (j->out->ptr[j->out->len - 1] == '{')
			j->out->len = j->opened[j->depth];
		else
			put_literal(j->out, step->lit);
		return SL_OK;
	}
	return SL_OK;
}

/* "41,233" */
static void
put_grouped(struct sl_buf *b, size_t n)
{
	char digits[24];
	int len = snprintf(digits, sizeof digits, "%zu", n);
	for (int i = 0; i < len; i++) {
		if (i > 0 && (len - i) % 3 == 0)
			sl_buf_putc(b, ',');
		sl_buf_putc(b, digits[i]);
	}
}

static enum sl_code
too_large(struct job *j, size_t n, size_t max_bytes)
{
	struct sl_buf b;
	sl_buf_init(&b, 256);
	sl_buf_puts(&b, "event has ");
	put_grouped(&b, n);
	sl_buf_puts(&b, " bytes, the destination takes ");
	put_grouped(&b, max_bytes);
	(void)sl_fail(j->err, SL_E_DATA, "", "%s", sl_buf_cstr(&b));
	sl_buf_free(&b);
	return sl_err_hint(j->err, "leave out a field, or cut it with | substr");
}

static enum sl_code
check_event(struct job *j, size_t start)
{
	size_t max_bytes = j->in.head->max_bytes, n = j->out->len - start;
	if (j->out->failed)
		return no_memory(j);
	if (j->m->shape->wants_identity && j->identities == 0) {
		(void)sl_fail(j->err, SL_E_DATA, "userId",
			      "neither userId nor anonymousId has a value in this row");
		return sl_err_hint(j->err, "leave such rows out with | skip_null");
	}
	if (j->m->shape->record && j->identifiers == 0) {
		(void)sl_fail(j->err, SL_E_DATA, "identifiers",
			      "none of the identifiers has a value in this row");
		return sl_err_hint(j->err, "leave such rows out with | skip_null");
	}
	if (max_bytes > 0 && n > max_bytes)
		return too_large(j, n, max_bytes);
	return SL_OK;
}

enum sl_code
sl_map_render(const struct sl_mapper *m, struct sl_map_scratch *s, const struct sl_value *row,
	      const struct sl_event_head *head, struct sl_buf *out, struct sl_err *err)
{
	const struct sl_plan *plan = head->op == SL_OP_REMOVE ? &m->remove : &m->upsert;
	struct job j = { .m = m, .in = { row, head }, .scratch = s, .out = out, .err = err };
	size_t start = out->len;
	bool failed = out->failed;
	enum sl_code rc = SL_OK;
	if (s->used) {
		sl_arena_reset(s->arena);
		s->used = false;
	}
	for (uint32_t i = 0; i < plan->n && rc == SL_OK; i++)
		rc = run_step(&j, &plan->steps[i]);
	if (rc == SL_OK)
		rc = check_event(&j, start);
	if (rc != SL_OK) {
		out->len = start;
		out->failed = failed;
	}
	return rc;
}
