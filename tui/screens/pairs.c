/* pairs.c - names and texts. */
#include "tui/screens/pairs.h"

#include <stdlib.h>

#define UNIT   '\x1f' /* after each name and each value of a packed text */
#define RECORD '\x1e' /* ends the pairs */

static size_t
find(const struct tui_pairs *p, const char *name)
{
	size_t i = 0;

	while (i < p->n && strcmp(p->pair[i].name, name) != 0)
		i++;
	return i;
}

static char *
make_block(struct sl_str name, struct sl_str value)
{
	char *b = malloc(name.len + value.len + 2);

	if (!b)
		return NULL;
	memcpy(b, name.ptr, name.len);
	b[name.len] = '\0';
	if (value.len > 0)
		memcpy(b + name.len + 1, value.ptr, value.len);
	b[name.len + 1 + value.len] = '\0';
	return b;
}

static bool
put(struct tui_pairs *p, size_t i, struct sl_str name, struct sl_str value)
{
	char *b = make_block(name, value);

	if (!b)
		return false;
	if (i == p->n) {
		struct sl_pair *pair = realloc(p->pair, (i + 1) * sizeof(*pair));
		char **block = pair ? realloc(p->block, (i + 1) * sizeof(*block)) : NULL;
		p->pair = pair ? pair : p->pair;
		if (!block) {
			free(b);
			return false;
		}
		p->block = block;
		p->block[p->n++] = NULL;
	}
	free(p->block[i]);
	p->block[i] = b;
	p->pair[i] = (struct sl_pair){ b, b + name.len + 1 };
	return true;
}

void
tui_pairs_free(struct tui_pairs *p)
{
	for (size_t i = 0; i < p->n; i++)
		free(p->block[i]);
	free(p->block);
	free(p->pair);
	p->block = NULL;
	p->pair = NULL;
	p->n = 0;
}

const char *
tui_pairs_get(const struct tui_pairs *p, const char *name)
{
	size_t i = find(p, name);

	return i < p->n ? p->pair[i].value : "";
}

bool
tui_pairs_set(struct tui_pairs *p, const char *name, const char *value)
{
	size_t i = find(p, name);

	if (*value)
		return put(p, i, sl_str(name), sl_str(value));
	if (i < p->n) {
		free(p->block[i]);
		memmove(p->block + i, p->block + i + 1, (p->n - i - 1) * sizeof(*p->block));
		memmove(p->pair + i, p->pair + i + 1, (p->n - i - 1) * sizeof(*p->pair));
		p->n--;
	}
	return true;
}

bool
tui_pairs_copy(struct tui_pairs *to, const struct tui_pairs *from)
{
	struct tui_pairs copy = { 0 };
	bool ok = true;

	for (size_t i = 0; i < from->n && ok; i++)
		ok = put(&copy, i, sl_str(from->pair[i].name), sl_str(from->pair[i].value));
	if (!ok) {
		tui_pairs_free(&copy);
		return false;
	}
	tui_pairs_free(to);
	*to = copy;
	return true;
}

bool
tui_pairs_same(const struct tui_pairs *a, const struct tui_pairs *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++) {
		if (strcmp(tui_pairs_get(b, a->pair[i].name), a->pair[i].value) != 0)
			return false;
	}
	return true;
}

bool
tui_pairs_read(struct tui_pairs *p, const struct sl_table *t)
{
	tui_pairs_free(p);
	for (unsigned i = 0; i < sl_table_rows(t); i++) {
		const char *name = sl_table_get(t, i, "name"), *value = sl_table_get(t, i, "value");
		if (name && value && !tui_pairs_set(p, name, value))
			return false;
	}
	return true;
}

void
tui_pairs_pack(const struct tui_pairs *p, struct sl_buf *out)
{
	for (size_t i = 0; i < p->n; i++)
		sl_buf_printf(out, "%s%c%s%c", p->pair[i].name, UNIT, p->pair[i].value, UNIT);
	sl_buf_putc(out, RECORD);
}

const char *
tui_pairs_unpack(struct tui_pairs *p, const char *text)
{
	tui_pairs_free(p);
	while (*text != RECORD) {
		const char *mid = strchr(text, UNIT), *end = mid ? strchr(mid + 1, UNIT) : NULL;
		if (!end || !put(p, p->n, (struct sl_str){ text, (size_t)(mid - text) },
				 (struct sl_str){ mid + 1, (size_t)(end - mid - 1) }))
			return NULL;
		text = end + 1;
	}
	return text + 1;
}
