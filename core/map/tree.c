/* tree.c - targets as paths, and the tree of objects that they make. */
#include "core/map/mapper.h"

#include "core/base/text.h"

/* One step, up to the next dot; "quoted" may hold dots. */
static bool
read_step(const char **p, struct sl_arena *a, struct sl_str *out)
{
	const char *s = *p;
	char *copy = sl_arena_alloc(a, strlen(s) + 1, 1);
	size_t n = 0;
	if (!copy)
		return false;
	if (*s == '"') {
		for (s++; *s && (*s != '"' || s[1] == '"'); s++) {
			s += *s == '"';
			copy[n++] = *s;
		}
		s += *s == '"';
	} else {
		while (*s && *s != '.')
			copy[n++] = *s++;
	}
	*out = (struct sl_str){ copy, n };
	*p = s;
	return true;
}

bool
sl_target_parse(const char *to, struct sl_arena *a, struct sl_target *out, const char **problem)
{
	const char *p = to;
	*problem = NULL;
	out->n = 0;
	if (strlen(to) > SL_TARGET_MAX || !sl_utf8_valid(sl_str(to))) {
		*problem = "the name of the field is longer than 512 bytes or not UTF-8";
		return false;
	}
	for (;;) {
		if (out->n == SL_TARGET_DEPTH) {
			*problem = "the field is nested more than 16 deep";
			return false;
		}
		if (!read_step(&p, a, &out->steps[out->n]))
			return false;
		if (out->steps[out->n++].len == 0 || (*p && *p != '.')) {
			*problem = "the field has an empty step or a stray quote";
			return false;
		}
		if (!*p)
			return true;
		p++;
	}
}

struct sl_node *
sl_node_child(struct sl_node *parent, struct sl_str key, struct sl_arena *make)
{
	for (struct sl_node *n = parent->child; n; n = n->next)
		if (sl_str_eq(n->key, key))
			return n;
	struct sl_node *n = make ? SL_NEW(make, struct sl_node, 1) : NULL;
	if (!n)
		return NULL;
	n->key = key;
	if (parent->last)
		parent->last->next = n;
	else
		parent->child = n;
	parent->last = n;
	return n;
}

struct sl_node *
sl_tree_add(struct sl_node *root, const struct sl_target *t, const struct sl_leaf *leaf,
	    struct sl_arena *a, bool *full)
{
	struct sl_node *n = root;
	*full = false;
	for (uint32_t i = 0; i < t->n; i++) {
		n = sl_node_child(n, t->steps[i], a);
		if (!n) {
			*full = true;
			return NULL;
		}
		if (n->leaf)
			return n;
	}
	if (n->child)
		return n;
	n->leaf = leaf;
	return NULL;
}
