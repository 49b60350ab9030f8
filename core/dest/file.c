/* file.c - events as lines of JSON, appended to a file.
 *
 * submit() only notes a delivery; poll() writes all that are noted as one group, with one fdatasync. */
#include "core/base/clock.h"
#include "core/base/text.h"
#include "core/dest/append_file.h"
#include "core/dest/body.h"
#include "core/dest/check_line.h"
#include "core/dest/drivers.h"
#include "core/dest/settings.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define INFLIGHT     8
#define BATCH_EVENTS 1000
#define BATCH_BYTES  (4 << 20)
#define BUSY_MS      20 /* between two tries for the lock of another process */
#define BUSY_MAX_US  INT64_C(60000000)
#define POLL_MS      1000 /* for a wait without an end */

struct ctx {
	bool open; /* the descriptors are ours */
	struct sl_append file;
	int wake; /* eventfd */
	struct sl_buf lines;
	uint32_t n;
	struct sl_delivery *waiting[INFLIGHT];
};

static const struct sl_prop props[] = {
	{ "path", SL_P_PATH, SL_PROP_REQUIRED, NULL, 0, 0, NULL,
	  "File to append to; a relative path starts at the workspace." },
	{ "fsync", SL_P_BOOL, 0, "true", 0, 0, NULL,
	  "Acknowledge only what is on the disk; false is faster and may lose events in a power "
	  "cut." },
};

static enum sl_code
encode(const void *ctx, const struct sl_str *bodies, uint32_t n, int64_t wall_us,
       struct sl_buf *out, struct sl_err *err)
{
	(void)ctx;
	(void)wall_us;
	sl_body_lines(out, bodies, n);
	return sl_body_done(out, err);
}

static char *
full_path(const char *base, const char *path)
{
	char *s = NULL;

	if (path[0] == '/' || !base || !*base)
		return strdup(path);
	return asprintf(&s, "%s/%s", base, path) < 0 ? NULL : s;
}

static enum sl_code
open_dest(void *ctx, const struct sl_dest_config *cfg, struct sl_dest_limits *limits,
	  struct sl_err *err)
{
	struct ctx *c = ctx;
	const char *path = sl_dest_text(&sl_dest_file, cfg, "path");
	char *full;

	if (!path || !*path || strcmp(path, "-") == 0) {
		sl_fail(err, SL_E_CONFIG, "path", "%s",
			path && *path ? "the standard output cannot be acknowledged"
				      : "no path is given");
		return sl_err_hint(err, "give the path of a file");
	}
	full = full_path(cfg->base_dir, path);
	if (!full)
		return sl_fail(err, SL_E_NOMEM, "path", "no memory for a path");
	sl_buf_init(&c->lines, 0);
	c->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	c->open = true;
	c->file.fd = -1;
	if (c->wake < 0) {
		free(full);
		return sl_fail(err, SL_E_IO, "file", "no event descriptor: %s", strerror(errno));
	}
	*limits = (struct sl_dest_limits){
		.batch_events = BATCH_EVENTS,
		.batch_bytes = BATCH_BYTES,
		.inflight = INFLIGHT,
		.steady = true, /* what is submitted together is written together */
	};
	return sl_append_open(&c->file, full, sl_dest_bool(&sl_dest_file, cfg, "fsync"), err);
}

static enum sl_code
check(void *ctx, struct sl_arena *a, struct sl_str *out, struct sl_err *err)
{
	struct ctx *c = ctx;
	struct stat st;
	struct statvfs fs;
	struct sl_buf line;
	enum sl_code rc;

	sl_buf_init(&line, 0);
	if (stat(c->file.path, &st) == 0)
		sl_buf_printf(&line, "writable, %lld bytes so far", (long long)st.st_size);
	else
		sl_buf_puts(&line, "will be made by the first event");
	if (c->file.fd >= 0 && fstatvfs(c->file.fd, &fs) == 0)
		sl_buf_printf(&line, ", %llu MiB free on its disk",
			      (unsigned long long)fs.f_bavail * fs.f_frsize >> 20);
	rc = sl_check_line_take(&line, a, out, err);
	sl_buf_free(&line);
	return rc;
}

static void
target(const void *ctx, struct sl_buf *out)
{
	const struct ctx *c = ctx;

	sl_buf_puts(out, "append to ");
	sl_buf_puts(out, c->file.path);
}

static enum sl_code
submit(void *ctx, struct sl_delivery *d, struct sl_err *err)
{
	struct ctx *c = ctx;

	(void)err;
	if (c->n == INFLIGHT)
		return SL_AGAIN;
	d->sent_us = sl_mono_us();
	d->driver = c;
	c->waiting[c->n++] = d;
	return SL_OK;
}

static void
wait_wake(struct ctx *c, int timeout_ms)
{
	struct pollfd p = { .fd = c->wake, .events = POLLIN };
	uint64_t count;

	if (poll(&p, 1, timeout_ms < 0 ? POLL_MS : timeout_ms) > 0)
		(void)!read(c->wake, &count, sizeof(count));
}

static void
fill(struct sl_delivery *d, enum sl_append_end end, int sys)
{
	static const enum sl_class of[] = {
		[SL_APPEND_OK] = SL_C_ACK,          [SL_APPEND_BUSY] = SL_C_RETRY,
		[SL_APPEND_FAILED] = SL_C_RETRY,    [SL_APPEND_UNSURE] = SL_C_UNKNOWN,
		[SL_APPEND_UNUSABLE] = SL_C_CONFIG,
	};
	struct sl_outcome o = { .cls = of[end], .status = sys };

	if (end == SL_APPEND_BUSY)
		snprintf(o.detail, sizeof(o.detail), "another process holds the file's lock");
	else if (sys)
		snprintf(o.detail, sizeof(o.detail), "%s", strerror(sys));
	d->bytes_sent = 0;
	for (uint32_t i = 0; i < d->n; i++) {
		d->outcomes[i] = o;
		d->bytes_sent += end == SL_APPEND_OK ? d->bodies[i].len + 1 : 0;
	}
	d->took_us = sl_mono_us() - d->sent_us;
	d->driver = NULL;
}

static enum sl_code
poll_dest(void *ctx, int timeout_ms, sl_complete_fn *done, void *arg, struct sl_err *err)
{
	struct ctx *c = ctx;
	struct sl_delivery *group[INFLIGHT];
	uint32_t n = c->n;
	enum sl_append_end end;
	int sys = 0;

	if (!n) {
		wait_wake(c, timeout_ms);
		return SL_OK;
	}
	sl_buf_reset(&c->lines);
	for (uint32_t i = 0; i < n; i++)
		sl_body_lines(&c->lines, c->waiting[i]->bodies, c->waiting[i]->n);
	if (sl_body_done(&c->lines, err) != SL_OK)
		return err->code;
	end = sl_append_write(&c->file, sl_buf_view(&c->lines), &sys);
	if (end == SL_APPEND_BUSY && sl_mono_us() - c->waiting[0]->sent_us < BUSY_MAX_US) {
		wait_wake(c, timeout_ms >= 0 && timeout_ms < BUSY_MS ? timeout_ms : BUSY_MS);
		return SL_OK;
	}
	/* done() may submit again, so the list is taken over first. */
	memcpy(group, c->waiting, n * sizeof(group[0]));
	c->n = 0;
	for (uint32_t i = 0; i < n; i++) {
		fill(group[i], end, sys);
		done(arg, group[i]);
	}
	return SL_OK;
}

static void
wakeup(void *ctx)
{
	struct ctx *c = ctx;
	uint64_t one = 1;

	/* A full counter is a wake-up that is still to be seen. */
	if (c->open)
		(void)!write(c->wake, &one, sizeof(one));
}

static void
close_dest(void *ctx)
{
	struct ctx *c = ctx;

	if (!c->open)
		return;
	sl_append_close(&c->file);
	if (c->wake >= 0)
		close(c->wake);
	sl_buf_free(&c->lines);
	*c = (struct ctx){ 0 };
}

const struct sl_dest_driver sl_dest_file = {
	.name = "file",
	.title = "File (NDJSON)",
	.caps = SL_DST_REMOVES | SL_DST_EVENTS,
	.ctx_size = sizeof(struct ctx),
	.props = props,
	.nprops = SL_COUNT(props),
	.open = open_dest,
	.check = check,
	.encode = encode,
	.target = target,
	.submit = submit,
	.poll = poll_dest,
	.wakeup = wakeup,
	.close = close_dest,
};
