/* expr.c - reads an expression from left to right: a source, then transforms after each `|`. */
#include "core/map/expr.h"

#include "core/base/text.h"

struct parser {
	struct sl_str s;
	size_t pos;
	struct sl_arena *a;
	struct sl_expr_fault *f;
};

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Letters, _ and everything beyond ASCII, as in SQL. */
static bool
is_name_start(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
	       (unsigned char)c >= 0x80;
}

static bool
is_name(char c)
{
	return is_name_start(c) || is_digit(c) || c == '$';
}

static char
peek(const struct parser *p)
{
	return p->pos < p->s.len ? p->s.ptr[p->pos] : '\0';
}

static bool
at_end(const struct parser *p)
{
	return p->pos >= p->s.len;
}

static void
skip_blanks(struct parser *p)
{
	while (!at_end(p) && is_blank(peek(p)))
		p->pos++;
}

static struct sl_str
span(const struct parser *p, size_t from)
{
	return (struct sl_str){ p->s.ptr + from, p->pos - from };
}

/* Characters before a byte position, from 1. */
static uint32_t
place(const struct parser *p, size_t pos)
{
	uint32_t n = 1;
	for (size_t i = 0; i < pos && i < p->s.len; i++)
		n += ((unsigned char)p->s.ptr[i] & 0xC0) != 0x80;
	return n;
}

static bool
fail_at(struct parser *p, size_t pos, const char *problem, const char *mend)
{
	*p->f = (struct sl_expr_fault){ place(p, pos), problem, mend };
	return false;
}

static bool
no_memory(struct parser *p)
{
	*p->f = (struct sl_expr_fault){ 0 };
	return false;
}

/* Text between quotes q, where a doubled quote stands for one. The text starts after the quote. */
static bool
quoted(struct parser *p, char q, struct sl_str *out)
{
	size_t start = p->pos++, n = 0, room = p->s.len - start;
	char *buf = sl_arena_alloc(p->a, room, 1);
	if (!buf)
		return no_memory(p);
	while (!at_end(p)) {
		char c = p->s.ptr[p->pos++];
		if (c == q) {
			if (peek(p) != q) {
				*out = (struct sl_str){ buf, n };
				return true;
			}
			p->pos++;
		}
		buf[n++] = c;
	}
	return fail_at(p, start, "a quote is not closed",
		       q == '\'' ? "close it with '; a quote inside is written twice: 'it''s'"
				 : "close it with \"; a quote inside is written twice");
}

static bool
column_name(struct parser *p, struct sl_str *out)
{
	size_t start = p->pos;
	if (peek(p) == '"') {
		if (!quoted(p, '"', out))
			return false;
		return out->len > 0 || fail_at(p, start, "a column name is empty",
					       "write its name between the quotes");
	}
	if (!is_name_start(peek(p)))
		return fail_at(p, start, "a column is expected here",
			       "names with other signs stand in double quotes: \"Odd Name\"");
	while (!at_end(p) && is_name(peek(p)))
		p->pos++;
	*out = span(p, start);
	return true;
}

/* One step of a path: a name, a number or "quoted". */
static bool
path_step(struct parser *p, struct sl_str *out)
{
	size_t start = p->pos;
	if (peek(p) == '"')
		return quoted(p, '"', out);
	while (!at_end(p) && is_name(peek(p)))
		p->pos++;
	*out = span(p, start);
	if (out->len > 0)
		return true;
	return fail_at(p, start, "a name or a number is expected after the dot",
		       "for example prefs.tags.0");
}

static bool
ref(struct parser *p, struct sl_expr_ref *r)
{
	struct sl_str steps[SL_EXPR_MAX_PATH];
	*r = (struct sl_expr_ref){ .at = place(p, p->pos) };
	if (!column_name(p, &r->column))
		return false;
	while (peek(p) == '.') {
		if (r->npath == SL_EXPR_MAX_PATH)
			return fail_at(p, p->pos, "the path has more than 16 steps", "");
		p->pos++;
		if (!path_step(p, &steps[r->npath++]))
			return false;
	}
	if (r->npath == 0)
		return true;
	r->path = SL_NEW(p->a, struct sl_str, r->npath);
	if (!r->path)
		return no_memory(p);
	memcpy(r->path, steps, r->npath * sizeof steps[0]);
	return true;
}

static bool
meta(struct parser *p, enum sl_meta *out)
{
	static const char *const names[] = { "$id", "$op", "$sync", "$run" };
	size_t start = p->pos++;
	while (!at_end(p) && is_name(peek(p)))
		p->pos++;
	for (size_t i = 0; i < SL_COUNT(names); i++)
		if (sl_str_is(span(p, start), names[i])) {
			*out = (enum sl_meta)i;
			return true;
		}
	return fail_at(p, start, "this name with $ is not known",
		       "there are $id, $op, $sync and $run");
}

static bool
ref_or_meta(struct parser *p, struct sl_expr_part *part)
{
	part->kind = peek(p) == '$' ? SL_PART_META : SL_PART_REF;
	return peek(p) == '$' ? meta(p, &part->meta) : ref(p, &part->ref);
}

static bool
add_part(struct parser *p, struct sl_expr *e, const struct sl_expr_part *part)
{
	if (e->nparts == SL_EXPR_MAX_PARTS)
		return fail_at(p, p->pos, "the template has more than 64 parts", "");
	if (!e->parts)
		e->parts = SL_NEW(p->a, struct sl_expr_part, SL_EXPR_MAX_PARTS);
	if (!e->parts)
		return no_memory(p);
	e->parts[e->nparts++] = *part;
	return true;
}

/* Keep the text that was collected since the last part, if there is any. */
static bool
add_text(struct parser *p, struct sl_expr *e, const char *from, const char *to)
{
	struct sl_expr_part part = { .kind = SL_PART_TEXT, .text = { from, (size_t)(to - from) } };
	return from == to || add_part(p, e, &part);
}

static bool
hole(struct parser *p, struct sl_expr *e)
{
	struct sl_expr_part part = { 0 };
	size_t start = p->pos++;
	skip_blanks(p);
	if (!ref_or_meta(p, &part))
		return false;
	skip_blanks(p);
	if (peek(p) != '}')
		return fail_at(p, start, "a { in the text is not closed",
			       "write {column}; for a brace itself write {{");
	p->pos++;
	return add_part(p, e, &part);
}

/* 'text with {column}'. Without a hole it is a constant. */
static bool
template_text(struct parser *p, struct sl_expr *e)
{
	size_t start = p->pos++;
	char *out = sl_arena_alloc(p->a, p->s.len - start, 1), *kept = out;
	if (!out)
		return no_memory(p);
	while (!at_end(p)) {
		char c = peek(p), next = p->pos + 1 < p->s.len ? p->s.ptr[p->pos + 1] : '\0';
		if (c == '\'' && next != '\'') {
			p->pos++;
			e->is_template = e->nparts > 0;
			e->is_constant = !e->is_template;
			e->constant = (struct sl_value){ kept, (uint32_t)(out - kept), SL_T_TEXT };
			return e->is_constant || add_text(p, e, kept, out);
		}
		if (c == '{' && next != '{') {
			if (!add_text(p, e, kept, out) || !hole(p, e))
				return false;
			kept = out;
			continue;
		}
		p->pos += (c == '\'' || c == '{' || c == '}') && next == c ? 2 : 1;
		*out++ = c;
	}
	return fail_at(p, start, "a quote is not closed",
		       "close it with '; a quote inside is written twice: 'it''s'");
}

/* Is it a number as JSON writes it? */
static bool
is_number(struct sl_str s, enum sl_type *type)
{
	size_t i = 0, digits = 0;
	*type = SL_T_INT;
	if (i < s.len && s.ptr[i] == '-')
		i++;
	if (i + 1 < s.len && s.ptr[i] == '0' && is_digit(s.ptr[i + 1]))
		return false;
	for (; i < s.len && is_digit(s.ptr[i]); i++)
		digits++;
	if (digits == 0 || i == s.len)
		return digits > 0;
	*type = SL_T_DECIMAL;
	if (s.ptr[i++] != '.' || i == s.len)
		return false;
	while (i < s.len && is_digit(s.ptr[i]))
		i++;
	return i == s.len;
}

/* What a bare word means as a value. */
static struct sl_value
typed(struct sl_str word)
{
	enum sl_type type = SL_T_TEXT;
	if (sl_str_is(word, "null"))
		return (struct sl_value){ 0 };
	if (sl_str_is(word, "true") || sl_str_is(word, "false"))
		type = SL_T_BOOL;
	else if (!is_number(word, &type))
		type = SL_T_TEXT;
	return (struct sl_value){ word.ptr, (uint32_t)word.len, (uint8_t)type };
}

static bool
number(struct parser *p, struct sl_expr *e)
{
	size_t start = p->pos++;
	while (!at_end(p) && (is_name(peek(p)) || peek(p) == '.'))
		p->pos++;
	e->is_constant = true;
	e->constant = typed(span(p, start));
	if (e->constant.type == SL_T_INT || e->constant.type == SL_T_DECIMAL)
		return true;
	return fail_at(p, start, "this is not a number",
		       "a number looks like 42 or -3.50; text stands in quotes; a column whose "
		       "name starts with "
		       "a digit stands in double quotes");
}

static bool
source(struct parser *p, struct sl_expr *e)
{
	struct sl_expr_part part = { 0 };
	char c = peek(p);
	if (at_end(p) || c == '|')
		return fail_at(p, p->pos, "the expression has no value to start from",
			       "name a column, or write a constant in quotes: 'text'");
	if (c == '\'')
		return template_text(p, e);
	if (is_digit(c) || c == '-')
		return number(p, e);
	if (!ref_or_meta(p, &part))
		return false;
	if (part.kind == SL_PART_REF && part.ref.npath == 0 && p->s.ptr[p->pos - 1] != '"') {
		struct sl_value v = typed(part.ref.column);
		if (v.type != SL_T_TEXT) {
			e->is_constant = true;
			e->constant = v;
			return true;
		}
	}
	return add_part(p, e, &part);
}

static bool
is_word(char c)
{
	return !is_blank(c) && c != '|' && c != '\'' && c != '=';
}

/* 'quoted' or a bare word. */
static bool
word(struct parser *p, struct sl_str *out, bool *was_quoted)
{
	size_t start = p->pos;
	*was_quoted = peek(p) == '\'';
	if (*was_quoted)
		return quoted(p, '\'', out);
	while (!at_end(p) && is_word(peek(p)))
		p->pos++;
	*out = span(p, start);
	return out->len > 0 ||
	       fail_at(p, start, "a value is expected here", "an empty text is written ''");
}

static bool
argument(struct parser *p, struct sl_expr_arg *arg)
{
	struct sl_str text;
	*arg = (struct sl_expr_arg){ .at = place(p, p->pos) };
	if (!word(p, &text, &arg->quoted))
		return false;
	if (peek(p) == '=') {
		p->pos++;
		arg->named = true;
		arg->name = text;
		arg->name_quoted = arg->quoted;
		if (!word(p, &text, &arg->quoted))
			return false;
	}
	arg->value = arg->quoted ? (struct sl_value){ text.ptr, (uint32_t)text.len, SL_T_TEXT }
				 : typed(text);
	if (!at_end(p) && !is_blank(peek(p)) && peek(p) != '|')
		return fail_at(p, p->pos, "a blank is missing here",
			       "separate values by blanks: map a='b' c=d");
	return true;
}

/* Arguments are collected in place: `args` grows by doubling inside the arena. */
static bool
add_arg(struct parser *p, struct sl_expr_call *c, const struct sl_expr_arg *arg)
{
	if (c->nargs == SL_EXPR_MAX_ARGS)
		return fail_at(p, p->pos, "more than 512 values",
			       "keep such a list in a table of the source and join it");
	if ((c->nargs & (c->nargs - 1)) == 0) { /* 0, 1, 2, 4, ...: full */
		struct sl_expr_arg *more =
			SL_NEW(p->a, struct sl_expr_arg, c->nargs ? c->nargs * 2 : 1);
		if (!more)
			return no_memory(p);
		if (c->nargs)
			memcpy(more, c->args, c->nargs * sizeof *more);
		c->args = more;
	}
	c->args[c->nargs++] = *arg;
	return true;
}

static bool
call(struct parser *p, struct sl_expr_call *c)
{
	size_t start = p->pos;
	*c = (struct sl_expr_call){ .at = place(p, start) };
	while (!at_end(p) && is_name(peek(p)))
		p->pos++;
	c->name = span(p, start);
	if (c->name.len == 0)
		return fail_at(p, start, "the name of a transform is expected after |",
			       "for example: | trim | lower");
	skip_blanks(p);
	while (!at_end(p) && peek(p) != '|') {
		struct sl_expr_arg arg;
		if (!argument(p, &arg) || !add_arg(p, c, &arg))
			return false;
		skip_blanks(p);
	}
	return true;
}

static bool
calls(struct parser *p, struct sl_expr *e)
{
	struct sl_expr_call list[SL_EXPR_MAX_CALLS];
	for (skip_blanks(p); peek(p) == '|'; skip_blanks(p)) {
		if (e->ncalls == SL_EXPR_MAX_CALLS)
			return fail_at(p, p->pos, "more than 32 transforms in one expression", "");
		p->pos++;
		skip_blanks(p);
		if (!call(p, &list[e->ncalls++]))
			return false;
	}
	if (!at_end(p))
		return fail_at(p, p->pos, "the expression should end here",
			       "a text with blanks stands in quotes; transforms follow a |");
	if (e->ncalls == 0)
		return true;
	e->calls = SL_NEW(p->a, struct sl_expr_call, e->ncalls);
	if (!e->calls)
		return no_memory(p);
	memcpy(e->calls, list, e->ncalls * sizeof list[0]);
	return true;
}

bool
sl_expr_parse(struct sl_str text, struct sl_arena *a, struct sl_expr *out, struct sl_expr_fault *f)
{
	struct parser p = { .s = text, .a = a, .f = f };
	*out = (struct sl_expr){ 0 };
	*f = (struct sl_expr_fault){ 0 };
	if (text.len > SL_EXPR_MAX_LEN)
		return fail_at(&p, 0, "the expression is longer than 8192 bytes",
			       "compute such a value in the SQL of the model");
	if (!sl_utf8_valid(text) || (text.len > 0 && memchr(text.ptr, '\0', text.len)))
		return fail_at(&p, 0, "the expression is not valid UTF-8 text", "type it again");
	skip_blanks(&p);
	return source(&p, out) && calls(&p, out);
}
