#include "core/engine/with_source.h"

#include "core/engine/source_cache.h"

struct lease {
	struct sl_job *job;
	const struct sl_config *config;
	const char *name;
	struct sl_digest settings;
	struct sl_source_handle handle;
	bool kept; /* it was idle before */
};

static void
wake(void *arg)
{
	const struct lease *l = arg;

	l->handle.driver->cancel(l->handle.ctx);
}

static void
ready(void *arg)
{
	struct lease *l = arg;

	sl_job_wake(l->job, wake, l);
}

static void
put(struct sl_buf *b, const char *s)
{
	sl_buf_puts(b, s ? s : "");
	sl_buf_putc(b, '\0');
}

static enum sl_code
digest_settings(struct lease *l, struct sl_err *err)
{
	const struct sl_object_def *o;
	struct sl_buf b;
	enum sl_code code = sl_engine_object(l->config, SL_KIND_CONNECTION, l->name, &o, err);

	if (code != SL_OK)
		return code;
	sl_buf_init(&b, 0);
	for (size_t i = 0; i < o->nsettings; i++) {
		put(&b, o->settings[i].name);
		put(&b, o->settings[i].value);
	}
	if (b.failed)
		code = sl_fail(err, SL_E_NOMEM, "", "no memory for the connection");
	l->settings = sl_digest(&l->job->engine->hash, b.ptr, b.len);
	sl_buf_free(&b);
	return code;
}

static enum sl_code
open_source(struct lease *l, bool fresh, struct sl_err *err)
{
	struct sl_engine *e = l->job->engine;
	const struct sl_open_hook hook = { ready, l };

	l->kept = !fresh && sl_source_cache_take(e->sources, l->name, l->settings, &l->handle);
	if (!l->kept)
		return sl_source_connect(e, l->config, l->name, &l->handle, &hook, err);
	ready(l);
	return SL_OK;
}

static enum sl_code
attempt(struct lease *l, bool fresh, sl_source_fn *fn, void *arg, struct sl_err *err)
{
	enum sl_code code = open_source(l, fresh, err);

	if (code == SL_OK)
		code = fn(l->job, &l->handle, arg, err);
	sl_job_wake(l->job, NULL, NULL);
	/* One that was told to cancel may still have that before it. */
	if (code == SL_OK && !sl_job_cancelled(l->job))
		sl_source_cache_give(l->job->engine->sources, l->name, l->settings, &l->handle);
	else
		sl_source_disconnect(&l->handle);
	return code;
}

enum sl_code
sl_with_source(struct sl_job *j, const struct sl_config *c, const char *connection,
	       sl_source_fn *fn, void *arg, struct sl_err *err)
{
	struct lease l = { .job = j, .config = c, .name = connection ? connection : "" };
	enum sl_code code = digest_settings(&l, err);

	if (code != SL_OK)
		return code;
	code = attempt(&l, false, fn, arg, err);
	if (code == SL_E_NET && l.kept && !sl_job_cancelled(j))
		code = attempt(&l, true, fn, arg, err);
	return code;
}
