/* program.c - looks up what an expression names, once; then reads rows. */
#include "core/map/program.h"

#include "core/base/near.h"
#include "core/map/json.h"

#define NAMES_SHOWN 8u /* columns listed when none is near */

static bool
fault(struct sl_expr_fault *f, uint32_t at, const char *problem, const char *mend)
{
	*f = (struct sl_expr_fault){ at, problem, mend ? mend : "" };
	return false;
}

/* "did you mean email?", or the names there are. */
static const char *
column_mend(struct sl_str name, const struct sl_schema *schema, struct sl_arena *a)
{
	const char *wanted = sl_arena_strndup(a, name.ptr, name.len);
	struct sl_near near = sl_near(wanted ? wanted : "");
	for (uint32_t i = 0; i < schema->ncols; i++) {
		const char *known =
			sl_arena_strndup(a, schema->cols[i].name.ptr, schema->cols[i].name.len);
		if (known)
			sl_near_try(&near, known);
	}
	if (near.best)
		return sl_arena_printf(a, "did you mean %s?", sl_shown(a, sl_str(near.best)));
	const char *list = "";
	for (uint32_t i = 0; i < schema->ncols && i < NAMES_SHOWN && list; i++)
		list = sl_arena_printf(a, "%s%s%s", list, i ? ", " : "",
				       sl_shown(a, schema->cols[i].name));
	return sl_arena_printf(a, "the columns are %s%s; a constant text stands in quotes: 'text'",
			       list ? list : "", schema->ncols > NAMES_SHOWN ? ", ..." : "");
}

static bool
compile_ref(const struct sl_expr_ref *r, const struct sl_schema *schema, struct sl_arena *a,
	    struct sl_program_part *out, struct sl_expr_fault *f)
{
	int col = sl_schema_find(schema, r->column);
	if (col < 0)
		return fault(
			f, r->at,
			sl_arena_printf(a, "there is no column \"%s\"", sl_shown(a, r->column)),
			column_mend(r->column, schema, a));
	enum sl_type type = schema->cols[col].type;
	if (r->npath > 0 && type != SL_T_JSON && type != SL_T_TEXT)
		return fault(
			f, r->at,
			sl_arena_printf(a, "the column \"%s\" is %s, not JSON, so it has no parts",
					sl_shown(a, r->column), sl_type_name(type)),
			"take the path away");
	out->col = (uint32_t)col;
	out->path = r->path;
	out->npath = r->npath;
	return true;
}

bool
sl_program_compile(const struct sl_expr *e, const struct sl_schema *schema, struct sl_arena *a,
		   struct sl_program *out, struct sl_expr_fault *f)
{
	struct sl_program_part *parts = SL_NEW(a, struct sl_program_part, e->nparts + 1);
	struct sl_call *calls = SL_NEW(a, struct sl_call, e->ncalls + 1);
	*f = (struct sl_expr_fault){ 0 };
	*out = (struct sl_program){ .is_constant = e->is_constant,
				    .is_template = e->is_template,
				    .constant = e->constant,
				    .parts = parts,
				    .nparts = e->nparts,
				    .calls = calls,
				    .ncalls = e->ncalls };
	if (!parts || !calls)
		return false;
	for (uint32_t i = 0; i < e->nparts; i++) {
		parts[i] = (struct sl_program_part){ .kind = e->parts[i].kind,
						     .text = e->parts[i].text,
						     .meta = e->parts[i].meta };
		if (parts[i].kind == SL_PART_REF &&
		    !compile_ref(&e->parts[i].ref, schema, a, &parts[i], f))
			return false;
	}
	for (uint32_t i = 0; i < e->ncalls; i++)
		if (!sl_call_compile(&e->calls[i], a, &calls[i], f))
			return false;
	return true;
}

int64_t
sl_program_column(const struct sl_program *p)
{
	bool plain = !p->is_constant && !p->is_template && p->ncalls == 0 && p->nparts == 1 &&
		     p->parts[0].kind == SL_PART_REF && p->parts[0].npath == 0;
	return plain ? (int64_t)p->parts[0].col : -1;
}

static bool
meta_value(enum sl_meta meta, const struct sl_event_head *head, struct sl_eval_ctx *x,
	   struct sl_value *out)
{
	const char *text = "";
	char *id;
	switch (meta) {
	case SL_META_ID:
		id = sl_eval_room(x, SL_EVENT_ID_LEN + 1);
		if (!id)
			return false;
		sl_event_id_text(head->id, id);
		text = id;
		break;
	case SL_META_OP:
		text = head->action;
		break;
	case SL_META_SYNC:
		text = head->sync;
		break;
	case SL_META_RUN:
		text = head->run;
		break;
	}
	*out = (struct sl_value){ text, (uint32_t)strlen(text), SL_T_TEXT };
	return true;
}

/* A part of a JSON cell. What does not exist is NULL. */
static enum sl_eval
read_path(const struct sl_program_part *p, const struct sl_value *cell, struct sl_eval_ctx *x,
	  struct sl_value *out)
{
	struct sl_str found;
	*out = (struct sl_value){ 0 };
	if (cell->type == SL_T_NULL)
		return SL_EVAL_OK;
	if (cell->type != SL_T_JSON && cell->type != SL_T_TEXT)
		return sl_eval_fail(x, "is not JSON, so it has no parts");
	enum sl_json_fault f =
		sl_json_find((struct sl_str){ cell->ptr, cell->len }, p->path, p->npath, &found);
	if (f != SL_JSON_OK)
		return sl_eval_fail(x, "%s", sl_json_fault_text(f));
	x->problem = NULL;
	return sl_json_to_value(found, x->arena, out) ? SL_EVAL_OK : SL_EVAL_FAIL;
}

static enum sl_eval
read_part(const struct sl_program_part *p, const struct sl_program_input *in, struct sl_eval_ctx *x,
	  struct sl_value *out)
{
	switch (p->kind) {
	case SL_PART_TEXT:
		*out = (struct sl_value){ p->text.ptr, (uint32_t)p->text.len, SL_T_TEXT };
		return SL_EVAL_OK;
	case SL_PART_META:
		return meta_value(p->meta, in->head, x, out) ? SL_EVAL_OK : SL_EVAL_FAIL;
	case SL_PART_REF:
		break;
	}
	if (p->npath > 0)
		return read_path(p, &in->row[p->col], x, out);
	*out = in->row[p->col];
	return SL_EVAL_OK;
}

/* NULL is filled in as nothing, JSON as its text. */
static enum sl_eval
fill_in(const struct sl_program *p, const struct sl_program_input *in, struct sl_eval_ctx *x,
	struct sl_value *out)
{
	struct sl_str texts[SL_EXPR_MAX_PARTS];
	size_t total = 0, n = 0;
	for (uint32_t i = 0; i < p->nparts; i++) {
		struct sl_value v;
		enum sl_eval rc = read_part(&p->parts[i], in, x, &v);
		if (rc != SL_EVAL_OK)
			return rc;
		texts[i] = (struct sl_str){ v.ptr, v.len };
		if (v.type != SL_T_JSON && !sl_eval_text(&v, x, &texts[i]))
			return SL_EVAL_FAIL;
		total += texts[i].len;
	}
	char *text = sl_eval_room(x, total);
	if (!text)
		return SL_EVAL_FAIL;
	for (uint32_t i = 0; i < p->nparts; i++) {
		if (texts[i].len)
			memcpy(text + n, texts[i].ptr, texts[i].len);
		n += texts[i].len;
	}
	return sl_eval_set(out, SL_T_TEXT, text, n);
}

/* A JSON column may hold a bare text or number: transforms see that, not its JSON form. */
static bool
open_scalar(struct sl_value *v, struct sl_eval_ctx *x)
{
	struct sl_str s = sl_str_trim((struct sl_str){ v->ptr, v->len });
	if (v->type != SL_T_JSON || s.len == 0 || s.ptr[0] == '{' || s.ptr[0] == '[')
		return true;
	if (sl_json_check(s) != SL_JSON_OK) {
		(void)sl_eval_fail(x, "%s", sl_json_fault_text(SL_JSON_SYNTAX));
		return false;
	}
	x->problem = NULL;
	return sl_json_to_value(s, x->arena, v);
}

enum sl_eval
sl_program_run(const struct sl_program *p, const struct sl_program_input *in, struct sl_eval_ctx *x,
	       struct sl_value *out)
{
	enum sl_eval rc = SL_EVAL_OK;
	if (p->is_constant)
		*out = p->constant;
	else if (p->is_template)
		rc = fill_in(p, in, x, out);
	else
		rc = read_part(&p->parts[0], in, x, out);
	if (rc != SL_EVAL_OK || p->ncalls == 0)
		return rc;
	if (!open_scalar(out, x))
		return SL_EVAL_FAIL;
	return sl_calls_run(p->calls, p->ncalls, out, x);
}
