#include "core/engine/event_rows.h"

#include <stdio.h>
#include <stdlib.h>

struct sl_event_row {
	struct sl_digest key;
	struct sl_str key_text, body, old; /* in the arena */
	int64_t n;
	uint32_t block, idx;
	uint8_t op, verdict;
	char id[40];
};

enum sl_code
sl_event_rows_begin(struct sl_event_rows *r, struct sl_store *s, const struct sl_run *run,
		    struct sl_table *out, struct sl_err *err)
{
	*r = (struct sl_event_rows){ .store = s, .run = run, .out = out };
	r->arena = sl_arena_new(65536, 0);
	return r->arena ? SL_OK : sl_fail(err, SL_E_NOMEM, "", "no memory for the events");
}

static struct sl_str
keep(struct sl_event_rows *r, const char *p, size_t n)
{
	return (struct sl_str){ sl_arena_strndup(r->arena, p, n), n };
}

void
sl_body_id(struct sl_str body, char out[40])
{
	static const char mark[] = "\"messageId\":\"";
	const char *p = body.len ? memmem(body.ptr, body.len, mark, sizeof(mark) - 1) : NULL;
	const char *end = NULL;
	size_t left;

	out[0] = '\0';
	if (p) {
		p += sizeof(mark) - 1;
		left = (size_t)(body.ptr + body.len - p);
		end = memchr(p, '"', left < 40 ? left : 40);
	}
	if (!end)
		return;
	memcpy(out, p, (size_t)(end - p));
	out[end - p] = '\0';
}

enum sl_code
sl_event_rows_add(struct sl_event_rows *r, uint32_t i, int64_t n, struct sl_err *err)
{
	const struct sl_block *b = r->block;
	const struct sl_event *ev = &b->events[i];
	struct sl_event_row *row;

	if (r->n == r->room) {
		const size_t room = r->room ? r->room * 2 : 64;

		row = realloc(r->rows, room * sizeof(*row));
		if (!row)
			return sl_fail(err, SL_E_NOMEM, "", "no memory for the events");
		r->rows = row;
		r->room = room;
	}
	row = &r->rows[r->n++];
	*row = (struct sl_event_row){ .key = ev->key,
				      .key_text = keep(r, b->keys + ev->koff, ev->klen),
				      .body = keep(r, b->body + ev->off, ev->len),
				      .n = n,
				      .block = b->no,
				      .idx = i,
				      .op = ev->op,
				      .verdict = (uint8_t)sl_verdict_of(b->verdicts[i]) };
	if (!row->key_text.ptr || !row->body.ptr)
		return sl_fail(err, SL_E_NOMEM, "", "no memory for the events");
	sl_body_id(row->body, row->id);
	return SL_OK;
}

static int
by_key(const void *a, const void *b)
{
	const struct sl_event_row *x = *(struct sl_event_row *const *)a;
	const struct sl_event_row *y = *(struct sl_event_row *const *)b;

	return sl_digest_cmp(x->key, y->key);
}

/* What the destination held before, for all rows in one pass over the log. */
static enum sl_code
find_old(struct sl_event_rows *r, struct sl_err *err)
{
	struct sl_event_row **sorted = calloc(r->n + 1, sizeof(struct sl_event_row *));
	struct sl_digest *keys = SL_NEW(r->arena, struct sl_digest, r->n + 1);
	struct sl_str *old = SL_NEW(r->arena, struct sl_str, r->n + 1);
	enum sl_code code = SL_OK;

	if (!sorted || !keys || !old)
		code = sl_fail(err, SL_E_NOMEM, "", "no memory for the events");
	for (size_t i = 0; i < r->n && code == SL_OK; i++)
		sorted[i] = &r->rows[i];
	if (code == SL_OK && r->n > 0)
		qsort(sorted, r->n, sizeof(struct sl_event_row *), by_key);
	for (size_t i = 0; i < r->n && code == SL_OK; i++)
		keys[i] = sorted[i]->key;
	if (code == SL_OK && r->n > 0)
		code = sl_store_last_bodies(r->store, r->run->sync, keys, r->n, r->run->id,
					    r->arena, old, err);
	for (size_t i = 0; i < r->n && code == SL_OK; i++)
		sorted[i]->old = old[i];
	free(sorted);
	return code;
}

enum sl_code
sl_event_rows_end(struct sl_event_rows *r, struct sl_err *err)
{
	const enum sl_code code = find_old(r, err);

	for (size_t i = 0; i < r->n && code == SL_OK; i++) {
		const struct sl_event_row *row = &r->rows[i];

		sl_table_row(r->out);
		sl_cell_int(r->out, row->n);
		sl_cell_text(r->out, sl_op_name(row->op));
		sl_cell_str(r->out, sl_mask_key(&r->mask, row->key_text));
		sl_cell_text(r->out, sl_verdict_name(row->verdict));
		sl_cell_int(r->out, row->block);
		sl_cell_int(r->out, row->idx);
		sl_cell_int(r->out, (int64_t)row->body.len);
		sl_cell_str(r->out, sl_mask_body(&r->mask, row->body));
		sl_cell_given(r->out, sl_mask_body(&r->mask, row->old));
		sl_cell_text(r->out, row->id);
		sl_cell_null(r->out);
	}
	return code;
}

void
sl_event_rows_free(struct sl_event_rows *r)
{
	sl_arena_free(r->arena);
	free(r->rows);
	*r = (struct sl_event_rows){ 0 };
}
