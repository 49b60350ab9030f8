/* connect.c - from a connection's settings to an open driver: the registry, the secret, the open. */
#include "core/config/secret.h"
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

/* The reference in the driver's SECRET property, resolved. */
static enum sl_code
resolve(const struct sl_engine *e, const struct sl_driver_info *d, const struct sl_setting *set,
	size_t n, struct sl_secret *out, struct sl_err *err)
{
	for (size_t i = 0; i < d->nprops; i++) {
		if (d->props[i].type != SL_P_SECRET)
			continue;
		const char *ref = sl_prop_text(d->props, d->nprops, set, n, d->props[i].name);
		if (ref && *ref && sl_secret_resolve(ref, e->workspace, out, err) != SL_OK)
			return sl_err_wrap(err, "%s", d->props[i].name);
	}
	return SL_OK;
}

static enum sl_code
unknown_type(const char *type, const char *role, struct sl_err *err)
{
	(void)sl_fail(err, SL_E_CONFIG, "connection", "there is no %s of type \"%s\"", role,
		      type ? type : "");
	return sl_err_hint(err, "the types are listed by: sluice init --help");
}

enum sl_code
sl_source_connect_set(const struct sl_engine *e, const char *type, const struct sl_setting *set,
		      size_t n, struct sl_source_handle *h, const struct sl_open_hook *hook,
		      struct sl_err *err)
{
	const struct sl_driver_info *d = sl_engine_driver(e, type);
	struct sl_secret secret = { 0 };
	enum sl_code code;

	*h = (struct sl_source_handle){ .driver = type ? sl_source_find(type) : NULL };
	if (!d || !h->driver)
		return unknown_type(type, "source", err);
	code = resolve(e, d, set, n, &secret, err);
	if (code != SL_OK)
		return code;
	h->ctx = calloc(1, h->driver->ctx_size);
	if (!h->ctx) {
		code = sl_fail(err, SL_E_NOMEM, type, "no memory for the connection");
	} else {
		const struct sl_source_config cfg = { .settings = set,
						      .nsettings = n,
						      .secret = secret.ptr,
						      .base_dir = e->workspace };
		if (hook && hook->ready)
			hook->ready(hook->arg);
		code = h->driver->open(h->ctx, &cfg, err);
	}
	sl_secret_free(&secret);
	return code;
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

enum sl_code
sl_dest_connect_set(const struct sl_engine *e, const char *type, const struct sl_setting *set,
		    size_t n, struct sl_dest_handle *h, struct sl_err *err)
{
	const struct sl_driver_info *d = sl_engine_driver(e, type);
	struct sl_secret secret = { 0 };
	enum sl_code code;

	*h = (struct sl_dest_handle){ .driver = type ? sl_dest_find(type) : NULL };
	if (!d || !h->driver)
		return unknown_type(type, "destination", err);
	code = resolve(e, d, set, n, &secret, err);
	if (code != SL_OK)
		return code;
	h->ctx = calloc(1, h->driver->ctx_size);
	if (!h->ctx) {
		code = sl_fail(err, SL_E_NOMEM, type, "no memory for the connection");
	} else {
		const struct sl_dest_config cfg = { .settings = set,
						    .nsettings = n,
						    .secret = secret.ptr,
						    .base_dir = e->workspace };
		code = h->driver->open(h->ctx, &cfg, &h->limits, err);
	}
	sl_secret_free(&secret);
	return code;
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

static enum sl_code
connection_of(const struct sl_config *c, const char *name, const struct sl_object_def **o,
	      const char **type, struct sl_err *err)
{
	enum sl_code code = sl_engine_object(c, SL_KIND_CONNECTION, name, o, err);

	if (code == SL_OK)
		*type = sl_object_get(*o, "type");
	return code;
}

enum sl_code
sl_source_connect(const struct sl_engine *e, const struct sl_config *c, const char *name,
		  struct sl_source_handle *h, const struct sl_open_hook *hook, struct sl_err *err)
{
	const struct sl_object_def *o;
	const char *type;
	enum sl_code code;

	*h = (struct sl_source_handle){ 0 };
	code = connection_of(c, name, &o, &type, err);
	if (code != SL_OK)
		return code;
	code = sl_source_connect_set(e, type, o->settings, o->nsettings, h, hook, err);
	if (code != SL_OK)
		(void)sl_err_wrap(err, "%s", name);
	return code;
}

enum sl_code
sl_dest_connect(const struct sl_engine *e, const struct sl_config *c, const char *name,
		struct sl_dest_handle *h, struct sl_err *err)
{
	const struct sl_object_def *o;
	const char *type;
	enum sl_code code;

	*h = (struct sl_dest_handle){ 0 };
	code = connection_of(c, name, &o, &type, err);
	if (code != SL_OK)
		return code;
	code = sl_dest_connect_set(e, type, o->settings, o->nsettings, h, err);
	if (code != SL_OK)
		(void)sl_err_wrap(err, "%s", name);
	return code;
}
