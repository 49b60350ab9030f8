/* plan.c - flattens the tree of an event into literals and values.
 *
 * Braces, keys and fixed texts that follow one another become one literal, so that a row of twelve
 * fields is about twelve copies and twelve values. */
#include "core/map/mapper.h"

#include "core/map/json.h"

struct builder {
	const bool only_key;
	struct sl_arena *a;
	struct sl_buf *lits;
	struct sl_plan *out;
	uint32_t room;
	size_t start; /* of the literal that is being collected */
};

static bool
is_kept(const struct sl_leaf *l, bool only_key)
{
	return !only_key || l->key_only || l->ours;
}

static bool
may_be_left_out(const struct sl_leaf *l)
{
	return !l->ours && !l->required && (l->omit_null || l->as != SL_AS_VALUE);
}

/* Is there anything of this node to write at all? */
static bool
is_there(const struct sl_node *n, bool only_key)
{
	if (n->leaf)
		return is_kept(n->leaf, only_key);
	if (only_key && n->not_in_removes)
		return false;
	for (const struct sl_node *c = n->child; c; c = c->next)
		if (is_there(c, only_key))
			return true;
	return n->always;
}

/* Is it written for every row? */
static bool
is_sure(const struct sl_node *n, bool only_key)
{
	if (!is_there(n, only_key))
		return false;
	if (n->leaf)
		return !may_be_left_out(n->leaf);
	for (const struct sl_node *c = n->child; c; c = c->next)
		if (is_sure(c, only_key))
			return true;
	return n->always;
}

static bool
add_step(struct builder *b, enum sl_step_kind kind, const struct sl_leaf *leaf)
{
	if (b->out->n == b->room) {
		uint32_t room = b->room ? b->room * 2 : 32;
		struct sl_step *more = SL_NEW(b->a, struct sl_step, room);
		if (!more)
			return false;
		if (b->out->n)
			memcpy(more, b->out->steps, b->out->n * sizeof *more);
		b->out->steps = more;
		b->room = room;
	}
	b->out->steps[b->out->n++] = (struct sl_step){ .kind = kind,
						       .lit = { NULL, b->lits->len - b->start },
						       .leaf = leaf };
	b->start = b->lits->len;
	return !b->lits->failed;
}

/* End the literal that is being collected, where it has any bytes. */
static bool
flush(struct builder *b)
{
	return b->lits->len == b->start || add_step(b, SL_STEP_LITERAL, NULL);
}

static bool
put_key(struct builder *b, struct sl_str key)
{
	/* Within one literal the comma is known to be wrong behind a brace. */
	bool first = b->lits->len > b->start && b->lits->ptr[b->lits->len - 1] == '{';
	if (!first)
		sl_buf_putc(b->lits, ',');
	if (sl_json_put_string(b->lits, key.ptr, key.len) != SL_JSON_OK)
		return false;
	sl_buf_putc(b->lits, ':');
	return true;
}

/* A constant that is written for every row as it stands. */
static bool
is_fixed(const struct sl_leaf *l)
{
	if (l->source != SL_SRC_PROGRAM || !l->program->is_constant || l->program->ncalls > 0 ||
	    may_be_left_out(l))
		return false;
	const struct sl_value *v = &l->program->constant;
	return l->as == SL_AS_VALUE ? !l->required || v->type != SL_T_NULL
				    : l->as == SL_AS_STRING && v->type == SL_T_TEXT && v->len > 0;
}

static bool
put_leaf(struct builder *b, const struct sl_node *n)
{
	const struct sl_leaf *l = n->leaf;
	if (may_be_left_out(l) && !flush(b))
		return false;
	if (!put_key(b, n->key))
		return false;
	if (l->source == SL_SRC_TEXT)
		return sl_json_put_string(b->lits, l->text, strlen(l->text)) == SL_JSON_OK;
	if (is_fixed(l))
		return sl_json_put_value(b->lits, &l->program->constant) == SL_JSON_OK;
	return add_step(b, SL_STEP_LEAF, l);
}

static bool put_node(struct builder *b, const struct sl_node *n);

static bool
put_children(struct builder *b, const struct sl_node *n)
{
	for (const struct sl_node *c = n->child; c; c = c->next)
		if (is_there(c, b->only_key) && !put_node(b, c))
			return false;
	return true;
}

/* The depth of the recursion is that of a target path. */
static bool
put_node(struct builder *b, const struct sl_node *n)
{
	if (n->leaf)
		return put_leaf(b, n);
	bool sure = is_sure(n, b->only_key);
	if (!sure && !flush(b))
		return false;
	if (!put_key(b, n->key))
		return false;
	sl_buf_puts(b->lits, n->list ? "[{" : "{");
	if (!sure && !add_step(b, SL_STEP_OPEN, NULL))
		return false;
	if (!put_children(b, n))
		return false;
	if (!sure && !flush(b))
		return false;
	sl_buf_puts(b->lits, n->list ? "}]" : "}");
	return sure || add_step(b, SL_STEP_CLOSE, NULL);
}

bool
sl_plan_build(const struct sl_node *root, bool only_key, struct sl_arena *a, struct sl_buf *lits,
	      struct sl_plan *out)
{
	struct builder b = {
		.only_key = only_key, .a = a, .lits = lits, .out = out, .start = lits->len
	};
	*out = (struct sl_plan){ 0 };
	sl_buf_putc(lits, '{');
	if (!put_children(&b, root))
		return false;
	sl_buf_putc(lits, '}');
	return flush(&b) && !lits->failed;
}

void
sl_plan_settle(struct sl_plan *p, const char *literals)
{
	for (uint32_t i = 0; i < p->n; i++) {
		p->steps[i].lit.ptr = literals;
		literals += p->steps[i].lit.len;
	}
}
