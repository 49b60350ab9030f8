/* req_rows.c - a page of rows as they are in the source: by key, forwards or backwards, never by
 * counting and skipping. */
#include "core/engine/mask.h"
#include "core/engine/model_of.h"
#include "core/engine/with_source.h"

#include <stdio.h>
#include <stdlib.h>

#define MOST_ROWS 5000
#define KEY_PARTS 32 /* columns of a key; what is beyond has no next page when it is masked */

struct sl_rows_args {
	struct sl_what_copy what;
	struct sl_str *key;
	const char **after; /* NULL = from the first row */
	uint32_t nkey;
	uint32_t limit;
	bool backwards;
	struct sl_mask mask;
};

/* A page as it comes in: batches, kept until the last row is known. */
struct page {
	struct sl_batch **batches;
	const struct sl_value **rows;
	uint32_t nbatches, nrows, room;
};

static void
page_free(struct page *p)
{
	for (uint32_t i = 0; i < p->nbatches; i++)
		sl_batch_free(p->batches[i]);
	free(p->batches);
	free(p->rows);
	*p = (struct page){ 0 };
}

static enum sl_code
page_new(struct page *p, uint32_t room, struct sl_err *err)
{
	*p = (struct page){ .room = room };
	p->batches = calloc(room, sizeof(struct sl_batch *));
	p->rows = calloc(room, sizeof(struct sl_value *));
	if (p->batches && p->rows)
		return SL_OK;
	return sl_fail(err, SL_E_NOMEM, "", "no memory for the rows");
}

/* Every batch has a row at least, so there is room for as many batches as rows. */
static enum sl_code
page_read(struct page *p, const struct sl_source_handle *h, struct sl_err *err)
{
	struct sl_batch *b;
	enum sl_code code;

	while ((code = h->driver->next(h->ctx, &b, err)) == SL_OK) {
		if (p->nbatches == p->room) {
			sl_batch_free(b);
			return SL_OK;
		}
		p->batches[p->nbatches++] = b;
		for (uint32_t i = 0; i < b->nrows && p->nrows < p->room; i++)
			p->rows[p->nrows++] = b->cells + (size_t)i * b->schema->ncols;
	}
	return code == SL_DONE ? SL_OK : code;
}

/* ---- the answer ------------------------------------------------------------------------------------ */

static enum sl_cell
cell_type(enum sl_type t)
{
	switch (t) {
	case SL_T_INT:
	case SL_T_DECIMAL:
	case SL_T_FLOAT:
		return SL_CELL_NUMBER;
	case SL_T_BOOL:
		return SL_CELL_BOOL;
	case SL_T_JSON:
		return SL_CELL_JSON;
	case SL_T_NULL:
	case SL_T_TEXT:
	case SL_T_BYTES:
	case SL_T_UUID:
	case SL_T_DATE:
	case SL_T_TIME:
	case SL_T_TIMESTAMP:
	case SL_T_TIMESTAMPTZ:
		break;
	}
	return SL_CELL_TEXT;
}

static void
put_value(struct sl_table *t, const struct sl_value *v)
{
	if (!v || v->type == SL_T_NULL)
		sl_cell_null(t);
	else
		sl_cell_str(t, (struct sl_str){ v->ptr, v->len });
}

/* Columns of the key that are masked: the next page cannot start after a mark, so their values come in
 * hidden columns too. */
static uint32_t
hidden_key(const struct sl_rows_args *a, const struct sl_schema *schema, struct sl_table *t,
	   uint32_t *col)
{
	char name[16];
	uint32_t n = 0;

	for (uint32_t i = 0; i < a->nkey && i < KEY_PARTS; i++) {
		const int at = sl_schema_find(schema, a->key[i]);

		if (at < 0 || !sl_mask_column(&a->mask, a->key[i]))
			continue;
		(void)snprintf(name, sizeof(name), "_key%u", (unsigned)i);
		sl_table_column(t, sl_str(name), SL_CELL_TEXT);
		col[n++] = (uint32_t)at;
	}
	return n;
}

static struct sl_table *
page_table(const struct page *p, const struct sl_schema *schema, const struct sl_rows_args *a)
{
	const bool more = p->nrows > a->limit;
	const uint32_t n = more ? a->limit : p->nrows;
	struct sl_table *t = sl_table_bare();
	uint32_t hidden[KEY_PARTS], nhidden;

	if (!t)
		return NULL;
	for (uint32_t c = 0; c < schema->ncols; c++)
		sl_table_column(t, schema->cols[c].name,
				sl_mask_column(&a->mask, schema->cols[c].name)
					? SL_CELL_TEXT
					: cell_type(schema->cols[c].type));
	sl_table_column(t, SL_LIT("_more"), SL_CELL_BOOL);
	nhidden = hidden_key(a, schema, t, hidden);
	for (uint32_t r = 0; r < n; r++) {
		/* Backwards they came in descending order. */
		const struct sl_value *row = p->rows[a->backwards ? n - 1 - r : r];
		const struct sl_value *shown = sl_mask_row(&a->mask, schema, row);

		sl_table_row(t);
		for (uint32_t c = 0; c < schema->ncols; c++)
			put_value(t, shown ? &shown[c] : NULL);
		sl_cell_bool(t, more);
		for (uint32_t k = 0; k < nhidden; k++)
			put_value(t, &row[hidden[k]]);
	}
	return t;
}

/* ---- the scan -------------------------------------------------------------------------------------- */

/* Key texts as values of the columns' types. */
static enum sl_code
take_after(struct sl_job *j, const struct sl_source_handle *h, const struct sl_rows_args *a,
	   struct sl_scan *scan, struct sl_err *err)
{
	struct sl_value *values;
	struct sl_schema schema;
	enum sl_code code;

	if (!a->after || a->nkey == 0)
		return SL_OK;
	code = h->driver->describe(h->ctx, j->arena, &scan->model, &schema, err);
	if (code != SL_OK)
		return code;
	values = SL_NEW(j->arena, struct sl_value, a->nkey);
	if (!values)
		return sl_fail(err, SL_E_NOMEM, "", "no memory for the key");
	for (uint32_t i = 0; i < a->nkey; i++) {
		const int at = sl_schema_find(&schema, a->key[i]);

		if (at < 0)
			return sl_fail(err, SL_E_CONFIG, "key", "there is no column \"%s\"",
				       a->key[i].ptr);
		values[i] = (struct sl_value){ a->after[i], (uint32_t)strlen(a->after[i]),
					       (uint8_t)schema.cols[at].type };
	}
	scan->after = values;
	return SL_OK;
}

static enum sl_code
read_page(struct sl_job *j, const struct sl_source_handle *h, void *arg, struct sl_err *err)
{
	const struct sl_rows_args *a = arg;
	struct sl_scan scan = { .order = a->key,
				.norder = a->nkey,
				.backwards = a->backwards && a->nkey > 0,
				.limit = (uint64_t)a->limit + 1 };
	struct sl_table *t = NULL;
	struct page page;
	struct sl_schema schema;
	enum sl_code code = sl_model_of(j, &a->what, &scan.model, err);

	if (code == SL_OK)
		code = take_after(j, h, a, &scan, err);
	if (code != SL_OK)
		return code;
	code = page_new(&page, a->limit + 1, err);
	if (code == SL_OK)
		code = h->driver->begin(h->ctx, j->arena, &scan, &schema, err);
	if (code == SL_OK)
		code = page_read(&page, h, err);
	if (code == SL_OK)
		t = page_table(&page, &schema, a);
	page_free(&page);
	h->driver->end(h->ctx);
	return code == SL_OK ? sl_job_done(j, t, err) : code;
}

static enum sl_code
rows_job(struct sl_job *j, struct sl_err *err)
{
	struct sl_rows_args *a = j->args;
	struct sl_config *c = NULL;
	enum sl_code code = sl_engine_config(j->engine, &c, err);

	if (code == SL_OK && !j->unmasked)
		code = sl_mask_source(&a->mask, j, c, a->what.connection,
				      a->what.sql ? NULL : a->what.table, err);
	if (code == SL_OK)
		code = sl_with_source(j, c, a->what.connection, read_page, a, err);
	sl_config_free(c);
	return code;
}

static bool
take_key(struct sl_job *j, struct sl_rows_args *a, const struct sl_page *p)
{
	a->key = SL_NEW(j->arena, struct sl_str, p->nkey + 1);
	a->after = p->after ? SL_NEW(j->arena, const char *, p->nkey + 1) : NULL;
	if (!a->key || (p->after && !a->after))
		return false;
	for (unsigned i = 0; i < p->nkey; i++) {
		a->key[i] = sl_str(sl_job_str(j, p->key[i]));
		if (a->after)
			a->after[i] = sl_job_str(j, p->after[i] ? p->after[i] : "");
	}
	a->nkey = p->nkey;
	return true;
}

sl_ticket
sl_rows(struct sl_engine *e, const struct sl_what *what, const struct sl_page *page)
{
	struct sl_job *j = sl_job_new(e, rows_job, sizeof(struct sl_rows_args));
	struct sl_rows_args *a;

	if (!j)
		return 0;
	a = j->args;
	*a = (struct sl_rows_args){ .what = sl_what_take(j, what),
				    .limit = page->limit > 0 && page->limit <= MOST_ROWS
						     ? page->limit
						     : MOST_ROWS,
				    .backwards = page->backwards };
	a->what.connection = a->what.connection ? a->what.connection : "";
	if (!take_key(j, a, page))
		a->nkey = 0;
	return sl_job_submit(j);
}
