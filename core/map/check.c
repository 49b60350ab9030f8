/* check.c - rules about a mapping as a whole. */
#include "core/map/build.h"

#include "core/map/json.h"

#define SAFE_INT_DIGITS 16u /* 2^53 is 9007199254740992 */

static const struct sl_node *
top(const struct sl_build *b, const char *name)
{
	for (const struct sl_node *n = b->root.child; n; n = n->next)
		if (sl_str_is(n->key, name))
			return n;
	return NULL;
}

static bool
is_mapped(const struct sl_build *b, const char *name)
{
	const struct sl_node *n = top(b, name);
	return n && (n->leaf || n->child);
}

/* "id, region" */
static const char *
key_names(const struct sl_build *b)
{
	const char *list = "";
	for (size_t i = 0; i < b->spec->nkey && list; i++)
		list = sl_arena_printf(b->a, "%s%s%s", list, i ? ", " : "",
				       sl_shown(b->a, sl_str(b->spec->key[i])));
	return list ? list : "";
}

static void
check_required(struct sl_build *b)
{
	const struct sl_shape *s = b->m->shape;
	if (s->wants_identity && !is_mapped(b, "userId") && !is_mapped(b, "anonymousId") &&
	    !b->object_id)
		sl_issue_error(
			&b->issues, "userId", 0,
			sl_arena_printf(b->a, "the event %s needs userId or anonymousId", s->event),
			"map userId to the column that identifies the person, for example "
			"\"userId\": \"id\"");
	for (const struct sl_shape_field *f = s->fields; f->name; f++) {
		if (!(f->flags & SL_FIELD_REQUIRED) || is_mapped(b, f->name))
			continue;
		bool group = f->flags & SL_FIELD_GROUP;
		sl_issue_error(
			&b->issues, f->name, 0,
			sl_arena_printf(b->a, "the event %s needs %s%s", s->event,
					group ? "one of " : "", f->name),
			group ? "map identifiers.<name> to a column that identifies the record"
			      : "map it to a column, or to a constant in quotes");
	}
}

static void
check_object(struct sl_build *b)
{
	const struct sl_profile *p = b->spec->profile;
	if (!p->object && !p->identifier)
		return;
	if (!b->m->shape->wants_identity || strcmp(p->event, "identify") != 0)
		sl_issue_error(&b->issues, "", 0,
			       "object and identifier belong to the event identify",
			       "take them out, or use identify");
	else if (!p->object || !p->identifier)
		sl_issue_error(&b->issues, "", 0, "object and identifier stand together",
			       "give both, for example \"object\": \"HS-contacts\", "
			       "\"identifier\": \"email\"");
	else if (!b->object_id)
		sl_issue_error(
			&b->issues, "", 0,
			sl_arena_printf(
				b->a, "nothing is mapped to traits.%s, which identifies the object",
				sl_shown(b->a, sl_str(p->identifier))),
			"map it");
}

static bool
tells_operation(const struct sl_build *b)
{
	for (uint32_t i = 0; i < b->nleaves; i++) {
		const struct sl_program *p = b->leaves[i].program;
		for (uint32_t k = 0; k < p->nparts; k++)
			if (p->parts[k].kind == SL_PART_META && p->parts[k].meta == SL_META_OP)
				return true;
	}
	return false;
}

static bool
reads_columns(const struct sl_program *p)
{
	for (uint32_t i = 0; i < p->nparts; i++)
		if (p->parts[i].kind == SL_PART_REF)
			return true;
	return false;
}

/* A removed row has nothing but its key, and the event must say that it is gone. */
static void
check_mirror(struct sl_build *b)
{
	const struct sl_shape *s = b->m->shape;
	bool identified = !s->bare;
	if (b->spec->mode != SL_MODE_MIRROR)
		return;
	if (!s->record && !tells_operation(b))
		sl_issue_error(&b->issues, "", 0,
			       sl_arena_printf(b->a,
					       "mirror sends removes, but this %s event cannot say "
					       "that a row is gone",
					       s->event),
			       "use the event record, or map a field to $op");
	for (uint32_t i = 0; i < b->nleaves; i++) {
		const struct sl_leaf *l = &b->leaves[i];
		bool identity = l->identity || l->identifier || l->required || l == b->object_id;
		identified = identified || (l->key_only && reads_columns(l->program));
		if (identity && !l->key_only)
			sl_issue_error(&b->issues, l->to, l->line,
				       "in mirror mode this must come from the key: a removed row "
				       "has nothing else",
				       sl_arena_printf(b->a,
						       "use only %s here, or add the column to the "
						       "key of the sync",
						       key_names(b)));
	}
	if (!identified)
		sl_issue_error(
			&b->issues, "", 0, "a removed row would carry nothing that identifies it",
			sl_arena_printf(b->a, "map a field to a key column (%s)", key_names(b)));
}

/* The servers take the first of these as the time of the event when it comes from a warehouse. */
static void
warn_timestamp(struct sl_build *b, const struct sl_leaf *l)
{
	static const char *const traps[] = { "traits.timestamp", "properties.timestamp",
					     "context.timestamp", "context.traits.timestamp" };
	if (b->m->shape->bare || b->m->shape->record || b->spec->profile->object)
		return;
	for (size_t i = 0; i < SL_COUNT(traps); i++)
		if (strcmp(l->to, traps[i]) == 0)
			sl_issue_warn(
				&b->issues, l->to, l->line,
				"RudderStack takes a field of this name as the time of the event",
				"rename it, or map the top-level timestamp if that is what you "
				"want");
}

static bool
ends_with_id(const char *to)
{
	size_t n = strlen(to);
	return n >= 2 && (to[n - 2] == 'i' || to[n - 2] == 'I') &&
	       (to[n - 1] == 'd' || to[n - 1] == 'D');
}

static bool
is_wide_int(const struct sl_column *c)
{
	return c->type == SL_T_INT &&
	       (sl_str_is(c->native, "bigint") || sl_str_is(c->native, "int8"));
}

/* Many readers of JSON keep numbers as doubles. Identity fields are safe: they are always text. */
static void
warn_big_int(struct sl_build *b, const struct sl_leaf *l)
{
	const struct sl_value *v = &l->program->constant;
	bool column = l->source == SL_SRC_COLUMN && is_wide_int(&b->spec->schema->cols[l->col]);
	bool constant = l->program->is_constant && v->type == SL_T_INT && v->len > SAFE_INT_DIGITS;
	if ((l->as != SL_AS_VALUE && l->as != SL_AS_IDENTIFIER) ||
	    !(constant || (column && ends_with_id(l->to))))
		return;
	sl_issue_warn(&b->issues, l->to, l->line,
		      "many readers of JSON round integers above 9,007,199,254,740,992",
		      "add | string if the ids grow that large");
}

static void
check_types(struct sl_build *b, const struct sl_leaf *l)
{
	if (l->source != SL_SRC_COLUMN)
		return;
	enum sl_type type = b->spec->schema->cols[l->col].type;
	if ((l->as == SL_AS_STRING || l->as == SL_AS_IDENTIFIER) && type == SL_T_JSON)
		sl_issue_error(&b->issues, l->to, l->line, "an identity cannot be a JSON column",
			       "name a part of it by path: column.part");
	if (l->as == SL_AS_OBJECT && type != SL_T_JSON)
		sl_issue_error(
			&b->issues, l->to, l->line,
			sl_arena_printf(b->a, "only a JSON column can fill %s as a whole", l->to),
			sl_arena_printf(b->a, "map %s.<name>, or read a text with | json", l->to));
}

/* Where only one field identifies, it is required: that is checked faster and told more clearly. */
static void
require_only_one(struct sl_build *b)
{
	struct sl_leaf *only = NULL;
	uint32_t n = 0;
	for (uint32_t i = 0; i < b->nleaves; i++)
		if ((b->m->shape->wants_identity && b->leaves[i].identity) ||
		    b->leaves[i].identifier) {
			only = &b->leaves[i];
			n++;
		}
	if (n == 1 && !b->object_id)
		only->required = true;
}

void
sl_build_check(struct sl_build *b)
{
	require_only_one(b);
	check_object(b);
	check_required(b);
	check_mirror(b);
	if (b->spec->profile->nmap == 0)
		sl_issue_error(&b->issues, "", 0, "the profile maps nothing",
			       "map at least one field");
	for (uint32_t i = 0; i < b->nleaves; i++) {
		check_types(b, &b->leaves[i]);
		warn_timestamp(b, &b->leaves[i]);
		warn_big_int(b, &b->leaves[i]);
	}
}
