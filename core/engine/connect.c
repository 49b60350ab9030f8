/* connect.c - from a connection's settings to an open driver: the registry, the secret, the open. */
#include "core/engine/account.h"
#include "core/engine/engine.h"

#include <stdio.h>
#include <stdlib.h>

const struct sl_driver_info *
sl_engine_driver(const struct sl_engine *e, const char *name)
{
	for (size_t i = 0; name && i < e->ndrivers; i++)
		if (strcmp(e->drivers[i].name, name) == 0)
			return &e->drivers[i];
	return NULL;
}

enum sl_code
sl_engine_secret(const struct sl_engine *e, const struct sl_opening *o, struct sl_secret *out,
		 struct sl_err *err)
{
	const struct sl_driver_info *d = sl_engine_driver(e, o->type);

	*out = (struct sl_secret){ 0 };
	for (size_t i = 0; d && i < d->nprops; i++) {
		if (d->props[i].type != SL_P_SECRET)
			continue;
		const char *ref = sl_prop_text(d->props, d->nprops, o->set, o->n, d->props[i].name);
		if (ref && *ref && sl_secret_resolve(ref, e->workspace, out, err) != SL_OK)
			return sl_err_wrap(err, "%s", d->props[i].name);
	}
	return SL_OK;
}

/* The type is that of the other role, or none at all. */
static enum sl_code
unfit_type(const struct sl_engine *e, const char *type, bool source, struct sl_err *err)
{
	const char *const role = source ? "source" : "destination";

	if (sl_engine_driver(e, type))
		return sl_fail(err, SL_E_CONFIG, "", "this connection is a %s, not a %s",
			       source ? "destination" : "source", role);
	return sl_fail(err, SL_E_CONFIG, "", "there is no %s of type \"%s\"", role,
		       type ? type : "");
}

enum sl_code
sl_source_open(const struct sl_engine *e, const struct sl_opening *o, struct sl_source_handle *h,
	       const struct sl_open_hook *hook, struct sl_err *err)
{
	const struct sl_source_config cfg = {
		.settings = o->set, .nsettings = o->n, .secret = o->secret, .base_dir = e->workspace
	};

	*h = (struct sl_source_handle){ .driver = o->type ? sl_source_find(o->type) : NULL };
	if (!h->driver)
		return unfit_type(e, o->type, true, err);
	h->ctx = calloc(1, h->driver->ctx_size);
	if (!h->ctx)
		return sl_fail(err, SL_E_NOMEM, o->type, "no memory for the connection");
	if (hook && hook->ready)
		hook->ready(hook->arg);
	return h->driver->open(h->ctx, &cfg, err);
}

void
sl_source_disconnect(struct sl_source_handle *h)
{
	if (h->ctx) {
		h->driver->close(h->ctx);
		free(h->ctx);
	}
	*h = (struct sl_source_handle){ 0 };
}

/* Connections of any name are one account when driver, target and credential are the same. */
static enum sl_code
name_account(const struct sl_engine *e, const struct sl_opening *o, struct sl_dest_handle *h,
	     struct sl_err *err)
{
	const char *const secret = o->secret ? o->secret : "";
	const size_t len = strlen(secret);
	struct sl_buf text;
	bool failed;

	sl_buf_init(&text, 0);
	sl_buf_puts(&text, h->driver->name);
	sl_buf_putc(&text, ' ');
	h->driver->target(h->ctx, &text);
	h->account = sl_digest(&e->hash, text.ptr, text.len);
	if (len > 0) {
		const struct sl_digest d = sl_digest(&e->hash, secret, len);

		h->account.hi ^= d.hi;
		h->account.lo ^= d.lo;
	}
	failed = text.failed;
	sl_buf_free(&text);
	return failed ? sl_fail(err, SL_E_NOMEM, o->type, "no memory for the connection") : SL_OK;
}

enum sl_code
sl_engine_account(struct sl_engine *e, struct sl_digest name, struct sl_account **out,
		  struct sl_err *err)
{
	struct sl_account *a;

	pthread_mutex_lock(&e->lock);
	for (a = e->accounts; a && !sl_digest_eq(a->name, name); a = a->next)
		;
	if (!a && (a = sl_account_new(name))) {
		a->next = e->accounts;
		e->accounts = a;
	}
	pthread_mutex_unlock(&e->lock);
	*out = a;
	return a ? SL_OK : sl_fail(err, SL_E_NOMEM, "send", "no memory for an account");
}

enum sl_code
sl_dest_open(const struct sl_engine *e, const struct sl_opening *o, struct sl_dest_handle *h,
	     struct sl_err *err)
{
	const struct sl_dest_config cfg = {
		.settings = o->set, .nsettings = o->n, .secret = o->secret, .base_dir = e->workspace
	};

	enum sl_code code;

	*h = (struct sl_dest_handle){ .driver = o->type ? sl_dest_find(o->type) : NULL };
	if (!h->driver)
		return unfit_type(e, o->type, false, err);
	h->ctx = calloc(1, h->driver->ctx_size);
	if (!h->ctx)
		return sl_fail(err, SL_E_NOMEM, o->type, "no memory for the connection");
	code = h->driver->open(h->ctx, &cfg, &h->limits, err);
	return code == SL_OK ? name_account(e, o, h, err) : code;
}

void
sl_dest_disconnect(struct sl_dest_handle *h)
{
	if (h->ctx) {
		h->driver->close(h->ctx);
		free(h->ctx);
	}
	*h = (struct sl_dest_handle){ 0 };
}

/* A saved connection, ready to be opened; the caller frees the secret. */
static enum sl_code
prepare(const struct sl_engine *e, const struct sl_config *c, const char *name,
	struct sl_opening *o, struct sl_secret *secret, struct sl_err *err)
{
	const struct sl_object_def *def;
	enum sl_code code = sl_engine_object(c, SL_KIND_CONNECTION, name, &def, err);

	if (code != SL_OK)
		return code;
	*o = (struct sl_opening){ .type = sl_object_get(def, "type"),
				  .set = def->settings,
				  .n = def->nsettings };
	code = sl_engine_secret(e, o, secret, err);
	o->secret = secret->ptr;
	return code == SL_OK ? SL_OK : sl_err_wrap(err, "%s", name);
}

enum sl_code
sl_source_connect(const struct sl_engine *e, const struct sl_config *c, const char *name,
		  struct sl_source_handle *h, const struct sl_open_hook *hook, struct sl_err *err)
{
	struct sl_secret secret = { 0 };
	struct sl_opening o;
	enum sl_code code;

	*h = (struct sl_source_handle){ 0 };
	code = prepare(e, c, name, &o, &secret, err);
	if (code != SL_OK)
		return code;
	code = sl_source_open(e, &o, h, hook, err);
	sl_secret_free(&secret);
	return code == SL_OK ? SL_OK : sl_err_wrap(err, "%s", name);
}

enum sl_code
sl_dest_connect(const struct sl_engine *e, const struct sl_config *c, const char *name,
		struct sl_dest_handle *h, struct sl_err *err)
{
	struct sl_secret secret = { 0 };
	struct sl_opening o;
	enum sl_code code;

	*h = (struct sl_dest_handle){ 0 };
	code = prepare(e, c, name, &o, &secret, err);
	if (code != SL_OK)
		return code;
	code = sl_dest_open(e, &o, h, err);
	sl_secret_free(&secret);
	return code == SL_OK ? SL_OK : sl_err_wrap(err, "%s", name);
}
