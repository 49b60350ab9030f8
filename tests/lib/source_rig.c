/* source_rig.c - see source_rig.h. */
#include "tests/lib/source_rig.h"

#include "tests/lib/check.h"
#include "tests/lib/pg.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

struct test_source *
test_source_new(const char *driver)
{
	struct test_source *s = calloc(1, sizeof *s);
	assert(s != NULL);
	s->d = sl_source_find(driver);
	assert(s->d != NULL);
	s->ctx = calloc(1, s->d->ctx_size);
	s->a = sl_arena_new(65536, 0);
	assert(s->ctx != NULL && s->a != NULL);
	return s;
}

void
test_source_set(struct test_source *s, const char *name, const char *value)
{
	assert(s->nset < SL_COUNT(s->set));
	s->set[s->nset++] = (struct sl_setting){ .name = name, .value = value };
}

enum sl_code
test_source_open(struct test_source *s)
{
	struct sl_source_config cfg = { .settings = s->set,
					.nsettings = s->nset,
					.secret = s->secret,
					.base_dir = s->base_dir };
	for (size_t i = 0; i < s->nset; i++) {
		const struct sl_prop *p = sl_prop_find(s->d->props, s->d->nprops, s->set[i].name);
		assert(p != NULL);
		if (sl_prop_check(p, s->set[i].value, &s->err) != SL_OK)
			return s->err.code;
	}
	return s->d->open(s->ctx, &cfg, &s->err);
}

void
test_source_free(struct test_source *s)
{
	s->d->close(s->ctx);
	free(s->ctx);
	sl_arena_free(s->a);
	free(s);
}

struct sl_model
test_table(const char *schema, const char *table)
{
	return (struct sl_model){ .schema = sl_str(schema), .table = sl_str(table) };
}

struct sl_model
test_sql(const char *sql)
{
	return (struct sl_model){ .sql = sl_str(sql) };
}

static char *
text_of(struct sl_buf *b)
{
	assert(!b->failed);
	char *s = strdup(sl_buf_cstr(b));
	assert(s != NULL);
	sl_buf_free(b);
	return s;
}

static void
put_rows(struct sl_buf *out, const struct sl_batch *b)
{
	for (uint32_t r = 0; r < b->nrows; r++) {
		for (uint32_t c = 0; c < b->schema->ncols; c++) {
			const struct sl_value *v = &b->cells[(size_t)r * b->schema->ncols + c];
			sl_buf_puts(out, c > 0 ? "|" : "");
			if (v->type == SL_T_NULL)
				sl_buf_puts(out, "NULL");
			else
				sl_buf_put(out, v->ptr, v->len);
		}
		sl_buf_putc(out, '\n');
	}
}

char *
test_source_read(struct test_source *s, const struct sl_scan *scan)
{
	struct sl_schema schema;
	struct sl_batch *b;
	struct sl_buf out;
	uint64_t seq = 0;

	sl_buf_init(&out, 0);
	enum sl_code code = s->d->begin(s->ctx, s->a, scan, &schema, &s->err);
	while (code == SL_OK) {
		code = s->d->next(s->ctx, &b, &s->err);
		if (code != SL_OK)
			break;
		assert(b->nrows > 0 && b->seq == seq && b->schema->ncols == schema.ncols);
		seq++;
		put_rows(&out, b);
		sl_batch_free(b);
	}
	s->d->end(s->ctx);
	if (code == SL_DONE)
		return text_of(&out);
	sl_buf_free(&out);
	return NULL;
}

char *
test_source_rows(struct test_source *s, struct sl_model m)
{
	return test_source_read(s, &(struct sl_scan){ .model = m });
}

char *
test_source_columns(struct test_source *s, struct sl_model m)
{
	struct sl_schema schema;
	struct sl_buf out;

	if (s->d->describe(s->ctx, s->a, &m, &schema, &s->err) != SL_OK)
		return NULL;
	sl_buf_init(&out, 0);
	for (uint32_t i = 0; i < schema.ncols; i++) {
		const struct sl_column *c = &schema.cols[i];
		sl_buf_printf(&out, SL_FMT " " SL_FMT " %s%s%s\n", SL_ARG(c->name),
			      SL_ARG(c->native), sl_type_name(c->type), c->key ? " key" : "",
			      c->nullable ? "" : " not null");
	}
	return text_of(&out);
}

char *
test_source_list(struct test_source *s, const char *schema)
{
	struct sl_object *o;
	struct sl_buf out;
	uint32_t n;

	if (s->d->list(s->ctx, s->a, sl_str(schema), &o, &n, &s->err) != SL_OK)
		return NULL;
	sl_buf_init(&out, 0);
	for (uint32_t i = 0; i < n; i++)
		sl_buf_printf(&out, SL_FMT "|" SL_FMT "|%lld|" SL_FMT "\n", SL_ARG(o[i].name),
			      SL_ARG(o[i].kind), (long long)o[i].rows_est, SL_ARG(o[i].detail));
	return text_of(&out);
}

enum sl_code
test_source_key(struct test_source *s, struct sl_model m, const char *key)
{
	struct sl_str names[8];
	uint32_t n = 0;

	for (const char *p = key; *p != 0 && n < SL_COUNT(names);) {
		size_t len = strcspn(p, ",");
		names[n++] = (struct sl_str){ p, len };
		p += len + (p[len] == ',');
	}
	return s->d->check_key(s->ctx, &m, names, n, &s->err);
}

struct test_source *
test_source_pg(const struct test_pg *pg, const char *host, const char *db, const char *user)
{
	struct test_source *s = test_source_new("postgres");
	int n = snprintf(s->port, sizeof s->port, "%d", test_pg_port(pg));

	assert(n > 0);
	test_source_set(s, "host", host);
	test_source_set(s, "port", s->port);
	test_source_set(s, "database", db);
	test_source_set(s, "user", user);
	return s;
}

struct test_source *
test_source_connected(const struct test_pg *pg, const char *db)
{
	struct test_source *s = test_source_pg(pg, test_pg_host(pg), db, "postgres");

	if (test_source_open(s) != SL_OK)
		fail_msg("%s", s->err.msg);
	return s;
}

void
test_source_refuses(struct test_source *s, const char *sql, enum sl_code code, const char *words)
{
	char *rows = test_source_rows(s, test_sql(sql));

	if (rows != NULL) {
		free(rows);
		fail_msg("read: %s", sql);
	}
	if (s->err.code != code || strstr(s->err.msg, words) == NULL)
		fail_msg("%s: %s, %s", sql, sl_code_name(s->err.code), s->err.msg);
}

void
test_source_text(struct test_source *s, char *got, const char *want)
{
	if (got == NULL)
		fail_msg("error: %s", s->err.msg);
	assert_string_equal(got, want);
	free(got);
}
