/* pg_copy.c - rows of a big table by COPY, in the server's binary form.
 *
 * libpq makes a result of every row that a SELECT returns, with the names of all columns in it; of a COPY
 * it hands the bytes on: a third of the client's work. COPY has no types in it. So the SELECT is prepared
 * first: what it names is locked from then on, and its columns are those that were looked up. */
#include "core/source/pg.h"
#include "core/source/query.h"

#include <libpq-fe.h>

#define SIGNATURE     "PGCOPY\n\377\r\n" /* and a NUL */
#define SIGNATURE_LEN 11
#define CRITICAL      0xffff0000u /* flags that change the form of the rows */

static void
put_copy(const struct sl_pg *pg, struct sl_buf *b, const struct sl_schema *schema,
	 const struct sl_scan *scan)
{
	sl_buf_puts(b, "COPY (SELECT ");
	for (uint32_t i = 0; i < schema->ncols; i++) {
		const char *out = sl_pg_wire_out((enum sl_pg_wire)pg->how[i].wire);
		const char *end = "";

		sl_buf_puts(b, i > 0 ? ", " : "");
		if (pg->how[i].to_json) {
			sl_buf_puts(b, "pg_catalog.to_jsonb(");
			end = ")";
		} else if (out != NULL) {
			sl_buf_printf(b, "pg_catalog.textin(pg_catalog.%s(", out);
			end = "))";
		}
		sl_buf_puts(b, "q.");
		sl_query_ident(b, schema->cols[i].name);
		sl_buf_puts(b, end);
	}
	sl_buf_puts(b, " FROM ");
	sl_query_from(b, &scan->model, NULL);
	sl_pg_put_part(b, &scan->part);
	sl_buf_puts(b, ") TO STDOUT (FORMAT binary)");
}

static enum sl_code
send(struct sl_pg *pg, const char *sql, struct sl_err *err)
{
	if (!PQsendQueryParams(pg->conn, sql, 0, NULL, NULL, NULL, NULL, 0))
		return sl_pg_fail_lost(pg, err);
	return sl_pg_flush(pg, sl_pg_deadline(pg, SL_PG_CATALOG_MS), err);
}

enum sl_code
sl_pg_copy(struct sl_pg *pg, const struct sl_schema *schema, const struct sl_scan *scan,
	   const char *select, struct sl_err *err)
{
	const struct sl_pg_command cmd = { .sql = select, .ms = SL_PG_CATALOG_MS };
	PGresult *r = NULL;
	struct sl_buf b;
	enum sl_code code;

	for (uint32_t i = 0; i < schema->ncols; i++)
		if (pg->how[i].wire == SL_PG_W_NONE)
			return SL_DONE;
	code = sl_pg_prepare(pg, &cmd, &r, err);
	if (code != SL_OK)
		return code;
	code = sl_pg_check_shape(pg, schema, r, err);
	PQclear(r);
	if (code != SL_OK)
		return code;
	sl_buf_init(&b, 0);
	put_copy(pg, &b, schema, scan);
	const char *sql = sl_buf_cstr(&b);
	code = b.failed ? sl_pg_nomem(err) : send(pg, sql, err);
	sl_buf_free(&b);
	pg->copy = SL_PG_C_BEGIN;
	pg->head = pg->tail = false;
	return code;
}

static enum sl_code
garbled(struct sl_err *err)
{
	return sl_fail(err, SL_E_PROTO, SL_PG_WHERE, "what the server sent is no binary COPY");
}

/* A number of n bytes at the front of s; false: it is shorter. */
static bool
take_number(struct sl_str *s, size_t n, uint32_t *out)
{
	*out = 0;
	if (s->len < n)
		return false;
	for (size_t i = 0; i < n; i++)
		*out = *out << 8 | (unsigned char)s->ptr[i];
	s->ptr += n;
	s->len -= n;
	return true;
}

static bool
take_head(struct sl_str *s)
{
	uint32_t flags, more;

	if (s->len < SIGNATURE_LEN || memcmp(s->ptr, SIGNATURE, SIGNATURE_LEN) != 0)
		return false;
	s->ptr += SIGNATURE_LEN;
	s->len -= SIGNATURE_LEN;
	if (!take_number(s, 4, &flags) || (flags & CRITICAL) || !take_number(s, 4, &more) ||
	    more > s->len)
		return false;
	s->ptr += more;
	s->len -= more;
	return true;
}

static enum sl_code
take_value(struct sl_pg *pg, uint32_t i, struct sl_value *cell, struct sl_str *s,
	   struct sl_err *err)
{
	uint32_t n;
	bool fit = false;

	if (!take_number(s, 4, &n))
		return garbled(err);
	if (n == UINT32_MAX) {
		*cell = (struct sl_value){ 0 };
		return SL_OK;
	}
	if (n > s->len)
		return garbled(err);
	if (!sl_pg_put_binary(&pg->fill, i, (enum sl_pg_wire)pg->how[i].wire, cell,
			      (struct sl_str){ s->ptr, n }, &fit))
		return fit ? sl_pg_nomem(err) : garbled(err);
	s->ptr += n;
	s->len -= n;
	return SL_OK;
}

/* One message: the head may be before the first row; then a row, the tail or nothing. */
static enum sl_code
take_message(struct sl_pg *pg, struct sl_str s, struct sl_err *err)
{
	struct sl_fill *f = &pg->fill;
	enum sl_code code = SL_OK;
	struct sl_value *cells;
	uint32_t n;

	if (!pg->head && !(pg->head = take_head(&s)))
		return garbled(err);
	if (s.len == 0)
		return SL_OK;
	if (pg->tail || !take_number(&s, 2, &n))
		return garbled(err);
	pg->tail = n == UINT16_MAX;
	if (pg->tail)
		return s.len == 0 ? SL_OK : garbled(err);
	if (n != f->schema->ncols)
		return garbled(err);
	cells = sl_fill_row(f);
	if (cells == NULL)
		return sl_pg_nomem(err);
	for (uint32_t i = 0; code == SL_OK && i < n; i++)
		code = take_value(pg, i, &cells[i], &s, err);
	if (code != SL_OK)
		return code;
	if (s.len > 0)
		return garbled(err);
	sl_fill_row_done(f);
	return SL_OK;
}

enum sl_code
sl_pg_copy_row(struct sl_pg *pg, struct sl_err *err)
{
	bool looked = false;
	int64_t heard = 0;
	char *row = NULL;
	enum sl_code code;
	int n;

	while ((n = PQgetCopyData(pg->conn, &row, 1)) == 0) {
		if (looked && (code = sl_pg_hear(pg, &heard, err)) != SL_OK)
			return code;
		if (!PQconsumeInput(pg->conn))
			return sl_pg_fail_lost(pg, err);
		looked = true;
	}
	if (n < -1)
		return sl_pg_fail_lost(pg, err);
	if (n < 0) {
		pg->copy = SL_PG_C_END;
		return SL_OK;
	}
	code = take_message(pg, (struct sl_str){ row, (size_t)n }, err);
	PQfreemem(row);
	return code;
}
