/* problems.c - the list of mistakes, each with its place and its mend. */
#include "core/config/parts.h"

#include "core/base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define FILE_MAX 100 /* mistakes told of one file */
#define TEXT_MAX 480 /* bytes of one text */

/* Visible form of s, cut to TEXT_MAX bytes at a character. */
static const char *
safe_text(struct sl_problems *ps, struct sl_str s)
{
	struct sl_buf seen;

	sl_buf_init(&seen, 0);
	if (s.len > TEXT_MAX) {
		s.len = TEXT_MAX;
		while (s.len > 0 && ((unsigned char)s.ptr[s.len] & 0xc0) == 0x80)
			s.len--;
	}
	sl_visible(&seen, s);
	char *text = seen.failed ? NULL : sl_arena_strndup(ps->arena, sl_buf_cstr(&seen), seen.len);
	sl_buf_free(&seen);
	ps->nomem |= !text;
	return text ? text : "";
}

SL_PRINTF(2, 0)
static const char *
safe_vprintf(struct sl_problems *ps, const char *fmt, va_list ap)
{
	char text[TEXT_MAX + 8];

	vsnprintf(text, sizeof(text), fmt, ap);
	return safe_text(ps, sl_str(text));
}

static bool
make_room(struct sl_problems *ps)
{
	if (ps->n < ps->cap)
		return true;
	size_t cap = ps->cap ? ps->cap * 2 : 16;
	struct sl_problem_def *items = SL_NEW(ps->arena, struct sl_problem_def, cap);
	if (!items) {
		ps->nomem = true;
		return false;
	}
	if (ps->n > 0)
		memcpy(items, ps->items, ps->n * sizeof(*items));
	ps->items = items;
	ps->cap = cap;
	return true;
}

void
sl_problem_add(struct sl_problems *ps, struct sl_place at, const char *fmt, ...)
{
	va_list ap;

	ps->total++;
	if (at.file != ps->file)
		ps->in_file = 0;
	ps->file = at.file;
	if (++ps->in_file > FILE_MAX || !make_room(ps))
		return;
	struct sl_problem_def *p = &ps->items[ps->n++];
	*p = (struct sl_problem_def){ safe_text(ps, sl_str(at.file)), at.line,
				      safe_text(ps, sl_str(at.field)), "", "" };
	if (ps->in_file == FILE_MAX) {
		p->problem = "more mistakes follow in this file";
		p->mend = "mend the ones before, then check again";
		return;
	}
	va_start(ap, fmt);
	p->problem = safe_vprintf(ps, fmt, ap);
	va_end(ap);
}

void
sl_problem_mend(struct sl_problems *ps, const char *fmt, ...)
{
	va_list ap;

	if (ps->n == 0 || ps->in_file >= FILE_MAX || ps->nomem)
		return;
	va_start(ap, fmt);
	ps->items[ps->n - 1].mend = safe_vprintf(ps, fmt, ap);
	va_end(ap);
}

static int
compare(const void *pa, const void *pb)
{
	const struct sl_problem_def *a = pa, *b = pb;
	int by_file = strcmp(a->file, b->file);
	int by_line = (a->line > b->line) - (a->line < b->line);

	if (by_file || by_line)
		return by_file ? by_file : by_line;
	int by_field = strcmp(a->field, b->field);
	return by_field ? by_field : strcmp(a->problem, b->problem);
}

void
sl_problems_sort(struct sl_problems *ps)
{
	if (ps->n > 1)
		qsort(ps->items, ps->n, sizeof(*ps->items), compare);
}
