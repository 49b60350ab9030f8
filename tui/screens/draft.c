/* draft.c - a sync and its mapping while they are edited. */
#include "tui/screens/draft.h"

#include <ctype.h>
#include <stdio.h>

#define PACKED '\x1d' /* first byte of a packed draft: no name begins with it */

void
tui_draft_free(struct tui_draft *d)
{
	tui_pairs_free(&d->set);
	tui_pairs_free(&d->map);
	*d = (struct tui_draft){ 0 };
}

bool
tui_draft_copy(struct tui_draft *to, const struct tui_draft *from)
{
	if (!tui_pairs_copy(&to->set, &from->set) || !tui_pairs_copy(&to->map, &from->map))
		return false;
	memcpy(to->sync, from->sync, sizeof(to->sync));
	memcpy(to->profile, from->profile, sizeof(to->profile));
	return true;
}

bool
tui_draft_same(const struct tui_draft *a, const struct tui_draft *b)
{
	return strcmp(a->profile, b->profile) == 0 && tui_pairs_same(&a->set, &b->set) &&
	       tui_pairs_same(&a->map, &b->map);
}

struct sl_draft
tui_draft_request(const struct tui_draft *d)
{
	return (struct sl_draft){ .sync = d->sync[0] ? d->sync : NULL,
				  .set = d->set.pair,
				  .nset = d->set.n,
				  .profile = d->map.pair,
				  .nprofile = d->map.n };
}

struct sl_what
tui_draft_what(const struct tui_draft *d)
{
	const char *table = tui_pairs_get(&d->set, "table");
	const char *sql = tui_pairs_get(&d->set, "sql");

	return (struct sl_what){ .connection = tui_pairs_get(&d->set, "source"),
				 .table = *table ? table : NULL,
				 .sql = *sql ? sql : NULL };
}

/* ---- as an argument -------------------------------------------------------------------------- */

void
tui_draft_pack(const struct tui_draft *d, struct sl_buf *out)
{
	sl_buf_printf(out, "%c%s\n%s\n", PACKED, d->sync, d->profile);
	tui_pairs_pack(&d->set, out);
	tui_pairs_pack(&d->map, out);
}

static const char *
take_line(const char *p, char *out, size_t cap)
{
	size_t n = strcspn(p, "\n");

	if (!p[n] || n >= cap)
		return NULL;
	memcpy(out, p, n);
	out[n] = '\0';
	return p + n + 1;
}

bool
tui_draft_unpack(struct tui_draft *d, const char *arg)
{
	if (!arg || arg[0] != PACKED)
		return false;
	const char *p = take_line(arg + 1, d->sync, sizeof(d->sync));
	p = p ? take_line(p, d->profile, sizeof(d->profile)) : NULL;
	p = p ? tui_pairs_unpack(&d->set, p) : NULL;
	return p && tui_pairs_unpack(&d->map, p);
}

/* ---- the mapping ----------------------------------------------------------------------------- */

const char *
tui_draft_target(const char *setting)
{
	return strncmp(setting, "map.", 4) == 0 ? setting + 4 : NULL;
}

const char *
tui_draft_expr(const struct tui_draft *d, const char *to)
{
	char name[300];

	snprintf(name, sizeof(name), "map.%s", to);
	return tui_pairs_get(&d->map, name);
}

bool
tui_draft_map(struct tui_draft *d, const char *to, const char *expr)
{
	char name[300];

	return (size_t)snprintf(name, sizeof(name), "map.%s", to) < sizeof(name) &&
	       tui_pairs_set(&d->map, name, expr);
}

static bool
in_name(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '$' || (unsigned char)c >= 0x80;
}

/* The name as a word of its own; behind a dot it is a part of a path, behind a bar a transform. */
static bool
names(const char *expr, const char *column)
{
	size_t n = strlen(column);
	const char *from = strchr(expr, '|');

	for (const char *p = strstr(expr, column); p; p = strstr(p + 1, column)) {
		bool after_bar = from && p > from;
		bool begins = p == expr || (!in_name(p[-1]) && p[-1] != '.');
		if (begins && !in_name(p[n]) && !after_bar)
			return true;
	}
	return false;
}

bool
tui_draft_uses(const struct tui_draft *d, const char *column)
{
	for (size_t i = 0; *column && i < d->map.n; i++) {
		if (tui_draft_target(d->map.pair[i].name) && names(d->map.pair[i].value, column))
			return true;
	}
	return false;
}
