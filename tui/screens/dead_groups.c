/* dead_groups.c - dead letters put together by cause: sync, status and reason. */
#include "tui/screens/dead.h"

#include <stdlib.h>

#define OPEN_LETTERS 20 /* with more of them in all, groups start closed */

void
dead_free(struct dead *h)
{
	while (h->npages > 0)
		sl_table_free(h->page[--h->npages]);
	free(h->letter);
	free(h->group);
	free(h->line);
	h->letter = NULL;
	h->group = NULL;
	h->line = NULL;
	h->nletters = h->ngroups = h->nlines = 0;
	h->whole = false;
}

bool
dead_add_page(struct dead *h, const struct sl_table *t)
{
	const unsigned n = sl_table_rows(t);
	struct sl_table *copy = sl_table_copy(t);
	struct dead_letter *more = realloc(h->letter, (h->nletters + n + 1) * sizeof(*h->letter));

	if (more)
		h->letter = more;
	if (!copy || !more || h->npages == DEAD_PAGES) {
		sl_table_free(copy);
		return false;
	}
	for (unsigned r = 0; r < n; r++)
		h->letter[h->nletters++] = (struct dead_letter){
			.id = sl_table_get_int(copy, r, "id"), .page = h->npages, .row = r
		};
	h->page[h->npages++] = copy;
	h->whole = n < DEAD_PAGE;
	return true;
}

const struct sl_table *
dead_row(const struct dead *h, size_t letter, unsigned *row)
{
	*row = 0;
	if (letter >= h->nletters)
		return NULL;
	*row = h->letter[letter].row;
	return h->page[h->letter[letter].page];
}

static const char *
text_of(const struct sl_table *t, unsigned row, const char *name)
{
	const char *v = sl_table_get(t, row, name);

	return v ? v : "";
}

/* The group of a letter, a new one where there is none; -1 = no memory. */
static long
group_of(struct dead *h, const struct sl_table *t, unsigned row)
{
	const char *sync = text_of(t, row, "sync"), *reason = text_of(t, row, "reason");
	const int64_t status = sl_table_get_int(t, row, "status");
	struct dead_group *more;

	for (size_t i = 0; i < h->ngroups; i++) {
		const struct dead_group *g = &h->group[i];
		if (g->status == status && strcmp(g->sync, sync) == 0 &&
		    strcmp(g->reason, reason) == 0)
			return (long)i;
	}
	more = realloc(h->group, (h->ngroups + 1) * sizeof(*more));
	if (!more)
		return -1;
	h->group = more;
	h->group[h->ngroups] =
		(struct dead_group){ .sync = sync, .reason = reason, .status = status };
	return (long)h->ngroups++;
}

void
dead_regroup(struct dead *h, bool fold)
{
	struct dead_group *before = h->group;
	const size_t nbefore = h->ngroups;

	h->group = NULL;
	h->ngroups = 0;
	for (size_t i = 0; i < h->nletters; i++) {
		unsigned row;
		const struct sl_table *t = dead_row(h, i, &row);
		const long g = group_of(h, t, row);
		const int64_t at = sl_table_get_int(t, row, "at");
		if (g < 0)
			break;
		h->letter[i].group = (uint32_t)g;
		struct dead_group *to = &h->group[g];
		to->n++;
		to->last_us = at > to->last_us ? at : to->last_us;
		to->first_us = to->first_us == 0 || at < to->first_us ? at : to->first_us;
	}
	for (size_t i = 0; i < h->ngroups; i++)
		h->group[i].open =
			i < nbefore && !fold ? before[i].open : h->nletters <= OPEN_LETTERS;
	free(before);
	dead_lines(h);
}

void
dead_lines(struct dead *h)
{
	struct dead_line *line = malloc((h->ngroups + h->nletters + 1) * sizeof(*line));
	size_t n = 0;

	if (!line)
		return;
	for (uint32_t g = 0; g < h->ngroups; g++) {
		line[n++] = (struct dead_line){ g, SIZE_MAX };
		for (size_t i = 0; h->group[g].open && i < h->nletters; i++) {
			if (h->letter[i].group == g)
				line[n++] = (struct dead_line){ g, i };
		}
	}
	free(h->line);
	h->line = line;
	h->nlines = n;
	h->table.model.rows = n;
	tui_table_refresh(&h->table);
}

/* ---- marks ----------------------------------------------------------------------------------- */

static size_t
mark_slot(const struct dead *h, int64_t id)
{
	size_t lo = 0, hi = h->nmarks;

	while (lo < hi) {
		const size_t mid = (lo + hi) / 2;
		if (h->mark[mid] < id)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

bool
dead_marked(const struct dead *h, int64_t id)
{
	const size_t i = mark_slot(h, id);

	return i < h->nmarks && h->mark[i] == id;
}

void
dead_mark(struct dead *h, int64_t id, bool on)
{
	const size_t i = mark_slot(h, id);
	int64_t *more;

	if (dead_marked(h, id) == on)
		return;
	if (!on) {
		memmove(h->mark + i, h->mark + i + 1, (h->nmarks - i - 1) * sizeof(*h->mark));
		h->nmarks--;
		return;
	}
	more = realloc(h->mark, (h->nmarks + 1) * sizeof(*more));
	if (!more)
		return;
	h->mark = more;
	memmove(more + i + 1, more + i, (h->nmarks - i) * sizeof(*more));
	more[i] = id;
	h->nmarks++;
}
