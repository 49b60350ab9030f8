/* req_source.c - the catalogue of a source: schemas, tables, columns. */
#include "core/engine/model_of.h"
#include "core/engine/with_source.h"

struct sl_catalog_args {
	struct sl_what_copy what;
	const char *schema;
	sl_source_fn *fn;
};

static enum sl_code
catalog_job(struct sl_job *j, struct sl_err *err)
{
	struct sl_catalog_args *a = j->args;
	struct sl_config *c = NULL;
	enum sl_code code = sl_engine_config(j->engine, &c, err);

	if (code == SL_OK)
		code = sl_with_source(j, c, a->what.connection, a->fn, a, err);
	sl_config_free(c);
	return code;
}

/* ---- schemas and tables ---------------------------------------------------------------------------- */

static enum sl_code
list_schemas(struct sl_job *j, const struct sl_source_handle *h, void *arg, struct sl_err *err)
{
	struct sl_object *objects;
	struct sl_table *t;
	uint32_t n = 0;
	enum sl_code code =
		h->driver->list(h->ctx, j->arena, (struct sl_str){ "", 0 }, &objects, &n, err);

	(void)arg;
	if (code != SL_OK)
		return code;
	t = sl_table_new("schema objects:int");
	for (uint32_t i = 0; t && i < n; i++) {
		sl_table_row(t);
		sl_cell_str(t, objects[i].name);
		sl_cell_int_if(t, objects[i].rows_est >= 0, objects[i].rows_est);
	}
	return sl_job_done(j, t, err);
}

static enum sl_code
put_tables(struct sl_job *j, const struct sl_source_handle *h, struct sl_str schema,
	   struct sl_table *t, struct sl_err *err)
{
	struct sl_object *objects;
	struct sl_buf text;
	uint32_t n = 0;
	enum sl_code code = h->driver->list(h->ctx, j->arena, schema, &objects, &n, err);

	if (code != SL_OK)
		return code;
	sl_buf_init(&text, 0);
	for (uint32_t i = 0; i < n; i++) {
		const struct sl_object *o = &objects[i];

		sl_buf_reset(&text);
		sl_table_put(&text, schema, o->name);
		sl_table_row(t);
		sl_cell_str(t, schema);
		sl_cell_str(t, o->name);
		sl_cell_str(t, sl_buf_view(&text));
		sl_cell_str(t, o->kind);
		sl_cell_int_if(t, o->rows_est >= 0, o->rows_est);
		sl_cell_int_if(t, o->bytes_est >= 0, o->bytes_est);
		sl_cell_str(t, o->detail);
	}
	if (text.failed)
		code = sl_fail(err, SL_E_NOMEM, "", "no memory for the tables");
	sl_buf_free(&text);
	return code;
}

static enum sl_code
list_tables(struct sl_job *j, const struct sl_source_handle *h, void *arg, struct sl_err *err)
{
	const struct sl_catalog_args *a = arg;
	struct sl_table *t =
		sl_table_new("schema name table kind rows_est:int bytes_est:int detail");
	struct sl_object *schemas;
	uint32_t n = 0;
	enum sl_code code = SL_OK;

	if (!t)
		return sl_fail(err, SL_E_NOMEM, "", "no memory for the tables");
	if (a->schema && *a->schema)
		code = put_tables(j, h, sl_str(a->schema), t, err);
	else
		code = h->driver->list(h->ctx, j->arena, (struct sl_str){ "", 0 }, &schemas, &n,
				       err);
	for (uint32_t i = 0; i < n && code == SL_OK; i++)
		code = put_tables(j, h, schemas[i].name, t, err);
	if (code == SL_OK)
		return sl_job_done(j, t, err);
	sl_table_free(t);
	return code;
}

/* ---- columns --------------------------------------------------------------------------------------- */

static enum sl_code
list_columns(struct sl_job *j, const struct sl_source_handle *h, void *arg, struct sl_err *err)
{
	const struct sl_catalog_args *a = arg;
	struct sl_model model;
	struct sl_schema schema;
	struct sl_table *t;
	enum sl_code code = sl_model_of(j, &a->what, &model, err);

	if (code == SL_OK)
		code = h->driver->describe(h->ctx, j->arena, &model, &schema, err);
	if (code != SL_OK)
		return code;
	t = sl_table_new("name type native nullable:bool key:bool");
	for (uint32_t i = 0; t && i < schema.ncols; i++) {
		const struct sl_column *c = &schema.cols[i];

		sl_table_row(t);
		sl_cell_str(t, c->name);
		sl_cell_text(t, sl_type_name(c->type));
		sl_cell_str(t, c->native);
		sl_cell_bool(t, c->nullable);
		sl_cell_bool(t, c->key);
	}
	return sl_job_done(j, t, err);
}

/* ---- the requests ---------------------------------------------------------------------------------- */

static sl_ticket
request(struct sl_engine *e, sl_source_fn *fn, const struct sl_what *what, const char *schema)
{
	struct sl_job *j = sl_job_new(e, catalog_job, sizeof(struct sl_catalog_args));

	if (!j)
		return 0;
	*(struct sl_catalog_args *)j->args = (struct sl_catalog_args){
		.what = sl_what_take(j, what), .schema = sl_job_str(j, schema), .fn = fn
	};
	return sl_job_submit(j);
}

sl_ticket
sl_schemas(struct sl_engine *e, const char *connection)
{
	return request(e, list_schemas, &(struct sl_what){ .connection = connection }, NULL);
}

sl_ticket
sl_tables(struct sl_engine *e, const char *connection, const char *schema)
{
	return request(e, list_tables, &(struct sl_what){ .connection = connection }, schema);
}

sl_ticket
sl_columns(struct sl_engine *e, const struct sl_what *what)
{
	return request(e, list_columns, what, NULL);
}
