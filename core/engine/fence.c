#include "core/engine/fence.h"

const char *
sl_promise_name(enum sl_promise p)
{
	static const char *const names[] = { "snapshot", "fenced", "lagged", "best effort" };

	return (size_t)p < SL_COUNT(names) ? names[p] : "?";
}

/* The next word of a list that blanks part; false: no more. */
static bool
next_word(struct sl_str *list, struct sl_str *word)
{
	size_t n = 0;

	while (list->len > 0 && *list->ptr == ' ') {
		list->ptr++;
		list->len--;
	}
	while (n < list->len && list->ptr[n] != ' ')
		n++;
	*word = (struct sl_str){ list->ptr, n };
	list->ptr += n;
	list->len -= n;
	return n > 0;
}

/* "3/17=4242" is the transaction 3/17 of process 4242. */
static void
split(struct sl_str word, struct sl_str *id, struct sl_str *pid)
{
	const char *at = memchr(word.ptr, '=', word.len);

	*id = word;
	*pid = (struct sl_str){ 0 };
	if (!at)
		return;
	id->len = (size_t)(at - word.ptr);
	*pid = (struct sl_str){ at + 1, word.len - id->len - 1 };
}

static bool
holds(struct sl_str list, struct sl_str id)
{
	struct sl_str word, other, pid;

	while (next_word(&list, &word)) {
		split(word, &other, &pid);
		if (sl_str_eq(other, id))
			return true;
	}
	return false;
}

unsigned
sl_fence_pinned(const struct sl_cursor_place *was, const struct sl_fence *now, struct sl_buf *pids)
{
	struct sl_str list = was->open, word, id, pid;
	unsigned n = 0;

	while (next_word(&list, &word)) {
		split(word, &id, &pid);
		if (!holds(now->before, id))
			continue;
		if (pids)
			sl_buf_printf(pids, "%s" SL_FMT, n > 0 ? ", " : "", SL_ARG(pid));
		n++;
	}
	return n;
}

bool
sl_fence_passed(const struct sl_cursor_place *was, const struct sl_fence *now)
{
	return was->next.ptr && now->kind == SL_FENCE_OPEN &&
	       sl_fence_pinned(was, now, NULL) == 0 && now->xmin >= was->xmax && now->prepared == 0;
}

/* What to wait for from now on. */
static void
note_open(const struct sl_sight *now, struct sl_cursor_place *after)
{
	after->open = now->fence->after;
	after->xmax = now->fence->xmax;
	after->at_us = now->at_us;
}

static void
move_fenced(const struct sl_cursor_place *was, const struct sl_sight *now,
	    struct sl_cursor_place *after)
{
	if (sl_fence_passed(was, now->fence)) {
		after->low = was->next;
		after->next = (struct sl_str){ 0 };
	}
	if (after->next.ptr || !now->top.ptr)
		return;
	after->next = now->top;
	note_open(now, after);
}

void
sl_fence_move(const struct sl_cursor_place *was, const struct sl_sight *now,
	      struct sl_cursor_place *after)
{
	const struct sl_str origin = now->fence->origin;

	*after = *was;
	if (origin.len > 0)
		after->origin = origin;
	if (now->promise == SL_PROMISE_FENCED && now->fence->kind == SL_FENCE_OPEN) {
		move_fenced(was, now, after);
		return;
	}
	/* No candidate: the writers take turns, or the lag stands for them. */
	if (now->top.ptr)
		after->low = now->top;
	after->next = (struct sl_str){ 0 };
	if (sl_fence_pinned(was, now->fence, NULL) == 0)
		note_open(now, after);
}

bool
sl_fence_is_other(const struct sl_cursor_place *was, const struct sl_fence *now)
{
	if (was->origin.len > 0 && now->origin.len > 0 && !sl_str_eq(was->origin, now->origin))
		return true;
	return now->kind == SL_FENCE_OPEN && now->xmax < was->xmax;
}
