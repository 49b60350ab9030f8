/* build.c - one mapping, and the parts of an event that are ours. */
#include "core/map/build.h"

#include "core/base/near.h"

static bool
is_key(const struct sl_mapper *m, uint32_t col)
{
	for (uint32_t i = 0; i < m->nkey; i++)
		if (m->key[i] == col)
			return true;
	return false;
}

static void
note_used(struct sl_mapper *m, uint32_t col)
{
	for (uint32_t i = 0; i < m->nused; i++)
		if (m->used[i] == col)
			return;
	m->used[m->nused++] = col;
}

static bool
needs_key_only(const struct sl_mapper *m, const struct sl_program *p)
{
	for (uint32_t i = 0; i < p->nparts; i++)
		if (p->parts[i].kind == SL_PART_REF && !is_key(m, p->parts[i].col))
			return false;
	return true;
}

static bool
reads_tagged(const struct sl_build *b, const struct sl_program *p)
{
	const struct sl_profile *f = b->spec->profile;

	for (uint32_t i = 0; i < p->nparts; i++) {
		if (p->parts[i].kind != SL_PART_REF)
			continue;
		for (size_t k = 0; k < f->npii; k++)
			if (sl_str_is(b->spec->schema->cols[p->parts[i].col].name, f->pii[k]))
				return true;
	}
	return false;
}

static bool
omits_null(const struct sl_program *p)
{
	for (uint32_t i = 0; i < p->ncalls; i++)
		if (p->calls[i].fn == &sl_tf_omit_null)
			return true;
	return false;
}

static const struct sl_program *
compile(struct sl_build *b, const struct sl_mapping *map)
{
	struct sl_program *p = SL_NEW(b->a, struct sl_program, 1);
	struct sl_expr_fault f = { 0 };
	struct sl_expr e;
	if (p && sl_expr_parse(sl_str(map->expr), b->a, &e, &f) &&
	    sl_program_compile(&e, b->spec->schema, b->a, p, &f))
		return p;
	if (f.problem)
		sl_issue_fault(&b->issues, map, &f);
	else
		b->full = true;
	return NULL;
}

/* ---- targets --------------------------------------------------------------------------------- */

/* "did you mean userId?", or the place for fields of one's own. */
static const char *
target_mend(const struct sl_build *b, const char *to, struct sl_str first)
{
	const char *wanted = sl_arena_strndup(b->a, first.ptr, first.len);
	struct sl_near near = sl_near(wanted ? wanted : "");
	for (const struct sl_shape_field *f = b->m->shape->fields; f->name; f++)
		if (!(f->flags & SL_FIELD_OURS))
			sl_near_try(&near, f->name);
	if (near.best)
		return sl_arena_printf(b->a, "did you mean %s?", near.best);
	return sl_arena_printf(b->a, "write %s%s", b->m->shape->home, sl_shown(b->a, sl_str(to)));
}

/* May this target be mapped? Sets how it is written. */
static bool
check_target(struct sl_build *b, const struct sl_mapping *map, const struct sl_target *t,
	     struct sl_leaf *leaf)
{
	const struct sl_shape *shape = b->m->shape;
	const struct sl_shape_field *f = sl_shape_field(shape, t->steps[0]);
	const char *problem = NULL, *mend = "take this line out";
	leaf->as = SL_AS_VALUE;
	if (shape->bare)
		return true;
	if (!f) {
		problem = sl_arena_printf(b->a, "the event %s has no such field", shape->event);
		mend = target_mend(b, map->to, t->steps[0]);
	} else if (f->flags & SL_FIELD_OURS || (t->n > 1 && sl_str_is(t->steps[0], "context") &&
						sl_str_is(t->steps[1], "sources"))) {
		problem = "this field is written by sluice itself";
	} else if (t->n > 1 && !(f->flags & SL_FIELD_GROUP)) {
		problem = sl_arena_printf(b->a, "%s holds one value, not fields", f->name);
		mend = sl_arena_printf(b->a, "map %s", f->name);
	} else if (t->n == 1 && f->flags & SL_FIELD_GROUP && !(f->flags & SL_FIELD_WHOLE)) {
		problem = sl_arena_printf(b->a, "%s is made of parts", f->name);
		mend = sl_arena_printf(b->a, "map %s.<name>", f->name);
	} else if (t->n > 2 && f->as == SL_AS_IDENTIFIER) {
		problem = "an identifier is one value, it cannot hold fields";
		mend = "map identifiers.<name>";
	} else {
		leaf->as = t->n == 1 && f->flags & SL_FIELD_GROUP ? SL_AS_OBJECT : f->as;
		leaf->required = t->n == 1 && f->flags & SL_FIELD_REQUIRED;
		leaf->identity = t->n == 1 && f->flags & SL_FIELD_IDENTITY;
		leaf->identifier = f->as == SL_AS_IDENTIFIER;
		return true;
	}
	sl_issue_error(&b->issues, map->to, map->line, problem, mend);
	return false;
}

static const struct sl_leaf *
first_leaf(const struct sl_node *n)
{
	while (n && !n->leaf)
		n = n->child;
	return n ? n->leaf : NULL;
}

static void
report_clash(struct sl_build *b, const struct sl_mapping *map, const struct sl_node *in_the_way)
{
	const struct sl_leaf *other = first_leaf(in_the_way);
	const char *to = other ? other->to : "";
	const char *shown = sl_shown(b->a, sl_str(to));
	if (strcmp(to, map->to) == 0)
		sl_issue_error(&b->issues, map->to, map->line, "this field is mapped twice",
			       "take one of them out");
	else
		sl_issue_error(&b->issues, map->to, map->line,
			       sl_arena_printf(
				       b->a, "clashes with %s: a field has a value or holds fields",
				       shown),
			       "rename one of them, or take it out");
}

static void
hang(struct sl_build *b, const struct sl_mapping *map, const struct sl_target *t,
     const struct sl_leaf *leaf)
{
	bool full;
	const struct sl_node *clash = sl_tree_add(&b->root, t, leaf, b->a, &full);
	b->full |= full;
	if (clash)
		report_clash(b, map, clash);
}

/* profile.identifier names a trait: "email" and "traits.email" are both it. */
static bool
is_object_id(const struct sl_profile *p, const char *to)
{
	const char *traits = "traits.";
	if (!p->object || !p->identifier)
		return false;
	if (strncmp(to, traits, strlen(traits)) == 0)
		to += strlen(traits);
	return strcmp(to, p->identifier) == 0;
}

void
sl_build_mapping(struct sl_build *b, const struct sl_mapping *map)
{
	struct sl_leaf *leaf = &b->leaves[b->nleaves];
	const struct sl_program *p = compile(b, map);
	const char *problem;
	struct sl_target t;
	*leaf = (struct sl_leaf){
		.source = SL_SRC_PROGRAM, .program = p, .to = map->to, .line = map->line
	};
	if (!sl_target_parse(map->to, b->a, &t, &problem)) {
		if (problem)
			sl_issue_error(&b->issues, map->to, map->line, problem,
				       "a field looks like traits.address.city");
		b->full |= !problem;
		return;
	}
	bool object_id = is_object_id(b->spec->profile, map->to);
	if (!object_id && !check_target(b, map, &t, leaf))
		return;
	if (!p) {
		struct sl_leaf *broken =
			SL_NEW(b->a, struct sl_leaf, 1); /* the field counts as mapped */
		b->full |= !broken;
		if (broken) {
			*broken = *leaf;
			hang(b, map, &t, broken);
		}
		return;
	}
	int64_t col = sl_program_column(p);
	if (col >= 0) {
		leaf->source = SL_SRC_COLUMN;
		leaf->col = (uint32_t)col;
	}
	leaf->key_only = needs_key_only(b->m, p);
	leaf->tagged = reads_tagged(b, p);
	leaf->omit_null =
		(b->spec->profile->nulls == SL_NULLS_OMIT && !(p->is_constant && p->ncalls == 0)) ||
		omits_null(p);
	for (uint32_t i = 0; i < p->nparts; i++)
		if (p->parts[i].kind == SL_PART_REF)
			note_used(b->m, p->parts[i].col);
	b->nleaves++;
	if (object_id && b->object_id)
		sl_issue_error(&b->issues, map->to, map->line,
			       "what identifies the object is mapped twice",
			       "take one of them out");
	if (object_id)
		b->object_id = leaf;
	else
		hang(b, map, &t, leaf);
}

/* ---- ours ------------------------------------------------------------------------------------ */

/* The leaf at a path of ours, where the profile has not mapped it. */
static struct sl_leaf *
ours(struct sl_build *b, struct sl_node *parent, const char *name, enum sl_source source)
{
	struct sl_node *n = parent ? sl_node_child(parent, sl_str(name), b->a) : NULL;
	struct sl_leaf *l = n && !n->leaf && !n->child ? SL_NEW(b->a, struct sl_leaf, 1) : NULL;
	if (!n || (!l && !n->leaf && !n->child))
		b->full = true;
	if (!l)
		return NULL;
	*l = (struct sl_leaf){ .source = source,
			       .as = SL_AS_STRING,
			       .ours = true,
			       .key_only = true,
			       .to = name,
			       .text = "" };
	n->leaf = l;
	return l;
}

static void
our_text(struct sl_build *b, struct sl_node *parent, const char *name, const char *text)
{
	struct sl_leaf *l = ours(b, parent, name, SL_SRC_TEXT);
	if (l)
		l->text = text;
}

/* The shape in which visual mappings of RudderStack arrive: the object and what identifies it. */
static void
our_object(struct sl_build *b, struct sl_node *context)
{
	const struct sl_profile *p = b->spec->profile;
	our_text(b, context, "mappedToDestination", "true");
	struct sl_node *list = sl_node_child(context, SL_LIT("externalId"), b->a);
	if (!list || list->leaf || list->child || !b->object_id) {
		b->full |= !list;
		if (list && b->object_id)
			sl_issue_error(&b->issues, "context.externalId", 0,
				       "this field is written by sluice itself when the profile "
				       "has an object",
				       "take it out of the mapping");
		return;
	}
	list->list = true;
	our_text(b, list, "type", p->object);
	struct sl_node *id = sl_node_child(list, SL_LIT("id"), b->a);
	struct sl_node *user = sl_node_child(&b->root, SL_LIT("userId"), b->a);
	struct sl_leaf *leaves = SL_NEW(b->a, struct sl_leaf, 2);
	our_text(b, list, "identifierType", p->identifier);
	if (!id || !user || !leaves) {
		b->full = true;
		return;
	}
	leaves[0] = leaves[1] = *b->object_id;
	leaves[0].as = leaves[1].as = SL_AS_STRING;
	leaves[0].required = leaves[1].required = true;
	leaves[1].identity = true;
	id->leaf = &leaves[0];
	if (!user->leaf)
		user->leaf = &leaves[1];
}

void
sl_build_ours(struct sl_build *b)
{
	const struct sl_shape *shape = b->m->shape;
	if (shape->bare)
		return;
	our_text(b, &b->root, "type", shape->event);
	our_text(b, &b->root, "channel", "sources");
	(void)ours(b, &b->root, "messageId", SL_SRC_ID);
	if (b->m->nkey > 0)
		(void)ours(b, &b->root, "recordId", SL_SRC_KEY);
	if (shape->record && b->m->nkey > 0)
		(void)ours(b, &b->root, "rudderId", SL_SRC_KEY);
	if (shape->record)
		(void)ours(b, &b->root, "action", SL_SRC_ACTION);
	struct sl_node *context = sl_node_child(&b->root, SL_LIT("context"), b->a);
	if (context && b->spec->profile->object)
		our_object(b, context);
	struct sl_node *sources = context ? sl_node_child(context, SL_LIT("sources"), b->a) : NULL;
	(void)ours(b, sources, "job_id", SL_SRC_JOB);
	(void)ours(b, sources, "task_id", SL_SRC_TASK);
	(void)ours(b, sources, "job_run_id", SL_SRC_RUN);
	(void)ours(b, sources, "task_run_id", SL_SRC_RUN);
	our_text(b, sources, "version", "v1");
}
