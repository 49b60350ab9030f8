/* log_window.c - the lines of the log around the place one looks at. */
#include "tui/screens/log_window.h"

#include <stdlib.h>

static void
drop_front(struct tui_log_window *w, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(w->mem[i]);
	memmove(w->row, w->row + n, (w->n - n) * sizeof(*w->row));
	memmove(w->mem, w->mem + n, (w->n - n) * sizeof(*w->mem));
	w->n -= n;
	if (n > 0)
		w->oldest = false;
}

static void
drop_back(struct tui_log_window *w, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(w->mem[--w->n]);
	if (n > 0)
		w->newest = false;
}

void
tui_log_window_free(struct tui_log_window *w)
{
	drop_back(w, w->n);
	free(w->row);
	free(w->mem);
	*w = (struct tui_log_window){ 0 };
}

static bool
room(struct tui_log_window *w, size_t more)
{
	size_t cap = w->cap ? w->cap : 512;
	struct tui_log_row *row;
	char **mem;

	while (cap < w->n + more)
		cap *= 2;
	if (cap == w->cap)
		return true;
	row = realloc(w->row, cap * sizeof(*row));
	if (row)
		w->row = row;
	mem = realloc(w->mem, cap * sizeof(*mem));
	if (mem)
		w->mem = mem;
	if (!row || !mem)
		return false;
	w->cap = cap;
	return true;
}

/* A copy of one text behind *p. */
static const char *
keep(char **p, const char *text)
{
	const size_t len = strlen(text) + 1;
	char *at = *p;

	memcpy(at, text, len);
	*p += len;
	return at;
}

static bool
copy_row(const struct sl_table *t, unsigned r, struct tui_log_row *row, char **mem)
{
	tui_log_read(t, r, row);
	const size_t need = strlen(row->level) + strlen(row->sync) + strlen(row->part) +
			    strlen(row->text) + strlen(row->answer) + 5;
	char *p = malloc(need);

	*mem = p;
	if (!p)
		return false;
	row->level = keep(&p, row->level);
	row->sync = keep(&p, row->sync);
	row->part = keep(&p, row->part);
	row->text = keep(&p, row->text);
	row->answer = keep(&p, row->answer);
	return true;
}

long
tui_log_window_older(struct tui_log_window *w, const struct sl_table *t)
{
	const unsigned n = sl_table_rows(t);
	size_t put = 0;

	if (!room(w, n))
		return 0;
	memmove(w->row + n, w->row, w->n * sizeof(*w->row));
	memmove(w->mem + n, w->mem, w->n * sizeof(*w->mem));
	/* Newest first: the first of them comes right before what is there. */
	while (put < n && copy_row(t, (unsigned)put, &w->row[n - 1 - put], &w->mem[n - 1 - put]))
		put++;
	if (put < n) {
		memmove(w->row, w->row + (n - put), (w->n + put) * sizeof(*w->row));
		memmove(w->mem, w->mem + (n - put), (w->n + put) * sizeof(*w->mem));
	}
	w->n += put;
	if (w->n > LOG_WINDOW)
		drop_back(w, w->n - LOG_WINDOW);
	return (long)put;
}

long
tui_log_window_newer(struct tui_log_window *w, const struct sl_table *t)
{
	const unsigned n = sl_table_rows(t);
	long fell = 0;

	if (!room(w, n))
		return 0;
	for (unsigned r = 0; r < n && copy_row(t, r, &w->row[w->n], &w->mem[w->n]); r++)
		w->n++;
	if (w->n > LOG_WINDOW) {
		fell = (long)(w->n - LOG_WINDOW);
		drop_front(w, (size_t)fell);
	}
	return -fell;
}

size_t
tui_log_window_find(const struct tui_log_window *w, int64_t seq)
{
	size_t lo = 0, hi = w->n;

	while (lo < hi) {
		const size_t mid = (lo + hi) / 2;
		if (w->row[mid].seq < seq)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < w->n && w->row[lo].seq == seq ? lo : SIZE_MAX;
}
