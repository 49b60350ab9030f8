/* request.c - routes, authorisation, the body, and what is answered. */
#include "core/receive/request.h"

#include "core/base/clock.h"
#include "core/receive/inflate.h"
#include "core/receive/results.h"
#include "core/receive/tally.h"

#include <stdlib.h>
#include <strings.h>

#define HUGE_BYTES (100u << 20)

enum route { R_NONE, R_HEALTH, R_VERSION, R_STATS, R_FAULT, R_BATCH, R_ONE, R_HOOK };

struct sl_request {
	struct sl_request_ctx *ctx;
	enum route route;
	char method[16];
	char path[200];      /* cut for the request log */
	char user[100];      /* of the head, cut; for answers that repeat it */
	struct sl_str name;  /* view of path: type of /v1/<type>, name of /hook/<name> */
	int status;          /* refused by its headers, before the body; 0 = not */
	const char *refusal; /* text for it, or for a body that cannot be read */
	struct sl_fault_hit fault;
	struct sl_inflate *gunzip; /* NULL: plain */
	bool too_large, unreadable;
	uint64_t wire;         /* body bytes as they came */
	size_t max;            /* most bytes of body */
	struct sl_buf body;    /* unzipped; unused in discard mode */
	struct sl_tally tally; /* discard mode */
	uint64_t plain;        /* body bytes after gunzip */
	struct sl_buf text;    /* made answers, Location */
};

static const struct {
	const char *path;
	enum route route;
} routes[] = {
	{ "/health", R_HEALTH },   { "/version", R_VERSION }, { "/_stats", R_STATS },
	{ "/_fault", R_FAULT },    { "/v1/batch", R_BATCH },  { "/v1/import", R_BATCH },
	{ "/v1/identify", R_ONE }, { "/v1/track", R_ONE },    { "/v1/page", R_ONE },
	{ "/v1/screen", R_ONE },   { "/v1/group", R_ONE },    { "/v1/alias", R_ONE },
	{ "/v1/record", R_ONE },   { "/hook", R_HOOK },
};

static bool
is_name(struct sl_str s)
{
	static const char allowed[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";

	return s.len > 0 && s.len <= 64 && strspn(s.ptr, allowed) == s.len;
}

static enum route
find_route(const char *path, struct sl_str *name)
{
	*name = (struct sl_str){ NULL, 0 };
	for (size_t i = 0; i < SL_COUNT(routes); i++) {
		if (strcmp(path, routes[i].path) != 0)
			continue;
		if (routes[i].route == R_ONE)
			*name = sl_str(path + strlen("/v1/"));
		return routes[i].route;
	}
	if (strncmp(path, "/hook/", 6) == 0 && is_name(sl_str(path + 6))) {
		*name = sl_str(path + 6);
		return R_HOOK;
	}
	return R_NONE;
}

static bool
takes_events(enum route r)
{
	return r == R_BATCH || r == R_ONE || r == R_HOOK;
}

/* In a time that does not depend on how much of the key is right. */
static bool
same_key(const char *a, const char *b)
{
	size_t na = strlen(a), nb = strlen(b);
	unsigned diff = na != nb;

	for (size_t i = 0; i < na; i++)
		diff |= (unsigned char)a[i] ^ (unsigned char)b[i < nb ? i : nb];
	return diff == 0;
}

static void
refuse_head(struct sl_request *rq, int status, const char *text)
{
	rq->status = status;
	rq->refusal = text;
}

/* What the headers alone forbid. */
static void
check_head(struct sl_request *rq, const struct sl_request_head *h)
{
	bool post = strcmp(h->method, "POST") == 0, put = strcmp(h->method, "PUT") == 0;
	bool patch = strcmp(h->method, "PATCH") == 0;
	bool get = strcmp(h->method, "GET") == 0;
	bool control = rq->route == R_STATS || rq->route == R_FAULT;

	if (rq->route == R_NONE)
		refuse_head(rq, 404, "404 page not found");
	else if (control && !h->local)
		refuse_head(rq, 403, "only from the receiver's own host");
	else if (!takes_events(rq->route) && !get && !(put && rq->route == R_FAULT))
		refuse_head(rq, 405, "Invalid HTTP Request Method");
	else if (takes_events(rq->route) && !post && !((put || patch) && rq->route == R_HOOK))
		refuse_head(rq, 400, "Invalid HTTP Request Method");
	else if (takes_events(rq->route) && rq->ctx->write_key && (!h->user || !*h->user))
		refuse_head(rq, 401, "Failed to read writeKey from header");
	else if (takes_events(rq->route) && rq->ctx->write_key &&
		 !same_key(rq->ctx->write_key, h->user))
		refuse_head(rq, 401, "Invalid Write Key");
}

static bool
setup_encoding(struct sl_request *rq, const char *encoding)
{
	if (!encoding || !*encoding || strcasecmp(encoding, "identity") == 0)
		return true;
	if (strcasecmp(encoding, "gzip") != 0) {
		if (!rq->status)
			refuse_head(rq, 415, "only gzip bodies can be unpacked");
		return true;
	}
	rq->gunzip = sl_inflate_new();
	return rq->gunzip != NULL;
}

static void
copy_cut(char *to, size_t cap, const char *from)
{
	size_t n = strnlen(from, cap - 1);

	memcpy(to, from, n);
	to[n] = '\0';
}

static void
note_request(struct sl_request_ctx *ctx)
{
	const int64_t now = sl_wall_us();

	if (atomic_fetch_add(&ctx->count.requests, 1) == 0)
		atomic_store(&ctx->count.first_us, now);
	atomic_store(&ctx->count.last_us, now);
}

struct sl_request *
sl_request_new(struct sl_request_ctx *ctx, const struct sl_request_head *h)
{
	struct sl_request *rq = calloc(1, sizeof(*rq));

	if (!rq)
		return NULL;
	rq->ctx = ctx;
	copy_cut(rq->method, sizeof(rq->method), h->method);
	copy_cut(rq->path, sizeof(rq->path), h->path);
	copy_cut(rq->user, sizeof(rq->user), h->user ? h->user : "");
	rq->route = find_route(rq->path, &rq->name);
	rq->max = rq->route == R_FAULT ? 65536 : ctx->max_body;
	sl_buf_init(&rq->body, rq->max);
	sl_buf_init(&rq->text, 0);
	check_head(rq, h);
	if (!setup_encoding(rq, h->encoding)) {
		sl_request_free(rq);
		return NULL;
	}
	if (takes_events(rq->route)) {
		note_request(ctx);
		if (!rq->status)
			rq->fault = sl_fault_next(&ctx->faults);
	}
	return rq;
}

void
sl_request_free(struct sl_request *rq)
{
	if (!rq)
		return;
	sl_inflate_free(rq->gunzip);
	sl_buf_free(&rq->body);
	sl_buf_free(&rq->text);
	free(rq);
}

static bool
discards(const struct sl_request *rq)
{
	return !rq->ctx->keep && takes_events(rq->route);
}

static bool
take_plain(void *arg, const char *p, size_t n)
{
	struct sl_request *rq = arg;

	rq->plain += n;
	if (rq->plain > rq->max) {
		rq->too_large = true;
		return false;
	}
	if (discards(rq))
		sl_tally(&rq->tally, p, n);
	else
		sl_buf_put(&rq->body, p, n);
	return true;
}

bool
sl_request_body(struct sl_request *rq, const char *p, size_t n)
{
	rq->wire += n;
	if (rq->status || rq->too_large || rq->unreadable || rq->fault.kind != SL_FAULT_NONE) {
		/* Read on, so that the peer can read its answer; but not for ever. */
		return rq->wire <= 4 * (uint64_t)rq->max;
	}
	if (!rq->gunzip)
		(void)take_plain(rq, p, n);
	else if (!sl_inflate_push(rq->gunzip, p, n, take_plain, rq) && !rq->too_large)
		rq->unreadable = true;
	return true;
}

bool
sl_request_resets(const struct sl_request *rq)
{
	return rq->fault.kind == SL_FAULT_RESET;
}

static void
answer_text(struct sl_answer *a, int status, const char *text)
{
	a->status = status;
	a->body = sl_str(text);
}

static void
answer_stats(struct sl_request *rq, struct sl_answer *a)
{
	struct sl_request_ctx *c = rq->ctx;
	const struct {
		const char *name;
		uint64_t n;
	} rows[] = {
		{ "requests", c->count.requests },
		{ "ok", c->count.ok },
		{ "refused", c->count.refused },
		{ "failed", c->count.failed },
		{ "faults", c->count.faults },
		{ "bytes", c->count.bytes },
		{ "events", c->count.events },
		{ "repeats", c->count.repeats },
		{ "conflicts", c->count.conflicts },
		{ "first_us", (uint64_t)c->count.first_us },
		{ "last_us", (uint64_t)c->count.last_us },
	};

	for (size_t i = 0; i < SL_COUNT(rows); i++)
		sl_buf_printf(&rq->text, "%c\"%s\":%llu", i ? ',' : '{', rows[i].name,
			      (unsigned long long)rows[i].n);
	sl_buf_puts(&rq->text, "}\n");
	a->type = "application/json";
	a->body = sl_buf_view(&rq->text);
}

static void
answer_fault(struct sl_request *rq, struct sl_answer *a)
{
	struct sl_err err;
	enum sl_code rc = SL_OK;

	if (strcmp(rq->method, "PUT") == 0)
		rc = sl_fault_put(&rq->ctx->faults, sl_buf_view(&rq->body), &err);
	if (rc == SL_OK)
		rc = sl_fault_json(&rq->ctx->faults, &rq->text, &err);
	if (rc == SL_OK) {
		a->type = "application/json";
	} else {
		char line[800];
		a->status = 400;
		sl_buf_reset(&rq->text);
		sl_buf_puts(&rq->text, sl_err_text(&err, line, sizeof(line)));
		sl_buf_putc(&rq->text, '\n');
	}
	a->body = sl_buf_view(&rq->text);
}

static void
answer_version(struct sl_request *rq, struct sl_answer *a)
{
	sl_buf_puts(&rq->text, "{\"name\":\"sluice receive\",\"version\":\"" SL_VERSION "\"}\n");
	a->type = "application/json";
	a->body = sl_buf_view(&rq->text);
}

static void
answer_faulty(struct sl_request *rq, struct sl_answer *a)
{
	switch (rq->fault.kind) {
	case SL_FAULT_REDIRECT:
		sl_buf_printf(&rq->text, "/moved%s", rq->path);
		a->location = sl_buf_cstr(&rq->text);
		answer_text(a, rq->fault.status, "moved");
		break;
	case SL_FAULT_LOSE:
		a->reset = true;
		a->status = 0;
		break;
	case SL_FAULT_THROTTLE:
		a->retry_after = rq->fault.retry_after;
		a->retry_text = rq->ctx->faults.set.retry_after_text;
		answer_text(a, rq->fault.status, "Max Requests Limit reached");
		break;
	case SL_FAULT_TOO_LARGE:
		answer_text(a, rq->fault.status, "Request size exceeds max limit");
		break;
	default:
		a->retry_text = rq->ctx->faults.set.retry_after_text;
		answer_text(a, rq->fault.status, "told to fail");
	}
}

static bool
refused_by_fault(const struct sl_request *rq, const struct sl_intake *in)
{
	if (!rq->fault.refuse)
		return false;
	for (uint32_t i = 0; i < in->n; i++)
		if (sl_fault_refuses(&rq->ctx->faults, in->events[i].user_id) ||
		    sl_fault_refuses(&rq->ctx->faults, in->events[i].key))
			return true;
	return false;
}

/* What a refused request is told: with the fault echo also what it said itself. */
static const char *
refusal(struct sl_request *rq)
{
	static const char *const parts[] = { "\"traits\":", "\"fields\":", "\"properties\":" };
	const char *body = sl_buf_cstr(&rq->body), *at = NULL;

	if (!rq->ctx->faults.set.echo)
		return "Event is not a valid rudder event";
	for (size_t i = 0; i < SL_COUNT(parts) && !at; i++)
		at = strstr(body, parts[i]);
	sl_buf_printf(&rq->text, "%s may not send %.400s", rq->user, at ? at : body);
	return sl_buf_cstr(&rq->text);
}

/* The request log has one row for each request, whatever became of it. */
static void
note(struct sl_request *rq, int status, const char *why)
{
	const struct sl_keep_request row = { rq->method, rq->path, status, rq->wire, 0, why };

	if (rq->ctx->keep)
		sl_keep_note(rq->ctx->keep, &row);
}

static void
store(struct sl_request *rq, const struct sl_intake *in, struct sl_answer *a)
{
	const bool lost = rq->fault.drop || rq->fault.hang_up;
	struct sl_keep_request row = { .method = rq->method,
				       .path = rq->path,
				       .status = lost ? 0 : a->status,
				       .bytes = rq->wire,
				       .events = in->n,
				       .note = lost              ? "fault: applied, no answer"
					       : rq->fault.mixed ? "fault: a mixed answer"
								 : NULL };
	struct sl_keep_counts counts;
	struct sl_err err;

	if (sl_keep_store(rq->ctx->keep, &row, in, &counts, &err) != SL_OK) {
		char line[800];
		sl_buf_reset(&rq->text);
		sl_buf_puts(&rq->text, sl_err_text(&err, line, sizeof(line)));
		answer_text(a, 500, sl_buf_cstr(&rq->text));
		return;
	}
	atomic_fetch_add(&rq->ctx->count.events, in->n);
	atomic_fetch_add(&rq->ctx->count.repeats, counts.repeats);
	atomic_fetch_add(&rq->ctx->count.conflicts, counts.conflicts);
	a->reset = rq->fault.drop;
	a->close = rq->fault.hang_up;
}

/* Some events are applied, and the answer tells of each. */
static void
apply_each(struct sl_request *rq, struct sl_intake *in, struct sl_answer *a)
{
	if (!sl_results_make(&rq->ctx->faults, rq->fault.mixed, in, &rq->text)) {
		answer_text(a, 500, "out of memory");
		return;
	}
	a->status = 207;
	a->type = "application/json";
	a->body = sl_buf_view(&rq->text);
	if (rq->fault.mixed)
		atomic_fetch_add(&rq->ctx->count.faults, 1);
	store(rq, in, a);
}

static void
apply(struct sl_request *rq, struct sl_answer *a)
{
	struct sl_intake in = { .arena = rq->ctx->arena };
	enum sl_intake_form form = rq->route == R_BATCH ? SL_FORM_BATCH
				   : rq->route == R_ONE ? SL_FORM_ONE
							: SL_FORM_HOOK;

	sl_arena_reset(in.arena);
	if (sl_intake_read(&in, form, rq->name, sl_buf_view(&rq->body)) != SL_OK) {
		answer_text(a, in.status, in.answer);
		note(rq, in.status, in.note);
	} else if (refused_by_fault(rq, &in)) {
		answer_text(a, 400, refusal(rq));
		note(rq, 400, "fault: refused by key");
		atomic_fetch_add(&rq->ctx->count.faults, 1);
	} else if (rq->fault.results && rq->route == R_HOOK) {
		apply_each(rq, &in, a);
	} else {
		store(rq, &in, a);
	}
}

/* Sets the answer when the body cannot even be looked at. */
static bool
body_refused(struct sl_request *rq, struct sl_answer *a)
{
	bool v1 = rq->route == R_BATCH || rq->route == R_ONE;

	if (rq->too_large || rq->body.failed || (v1 && rq->plain > SL_REQUEST_V1_BODY))
		answer_text(a, 413, "Request size exceeds max limit");
	else if (rq->unreadable || (rq->gunzip && !sl_inflate_complete(rq->gunzip)))
		answer_text(a, 400, "the body is not a whole gzip stream");
	else
		return false;
	return true;
}

static void
answer_events(struct sl_request *rq, struct sl_answer *a)
{
	struct sl_request_ctx *c = rq->ctx;

	atomic_fetch_add(&c->count.bytes, rq->wire);
	if (rq->fault.kind != SL_FAULT_NONE) {
		answer_faulty(rq, a);
		note(rq, a->status, "fault");
	} else if (body_refused(rq, a)) {
		note(rq, a->status, a->body.ptr);
	} else if (c->keep) {
		apply(rq, a);
	} else {
		atomic_fetch_add(&c->count.events, rq->tally.n);
		a->reset = rq->fault.drop;
		a->close = rq->fault.hang_up;
	}
}

static void
put_garbage(struct sl_request *rq, struct sl_answer *a)
{
	static const char piece[] = "\x1b]0;owned\x07\x1b[2J\x1b[31m\0\xff\xfe\xc0\x80\xe2\x80\xae";

	sl_buf_reset(&rq->body); /* applied already */
	while (rq->body.len < 4096 && !rq->body.failed)
		sl_buf_put(&rq->body, piece, sizeof(piece) - 1);
	a->body = sl_buf_view(&rq->body);
}

static void
finish(struct sl_request *rq, struct sl_answer *a)
{
	struct sl_request_ctx *c = rq->ctx;
	const bool silent = a->reset || a->close;
	bool hit = rq->fault.kind != SL_FAULT_NONE || silent || rq->fault.garbage ||
		   rq->fault.huge || rq->fault.slow_ms;

	if (rq->fault.garbage && !a->location)
		put_garbage(rq, a);
	a->huge = rq->fault.huge ? HUGE_BYTES : 0;
	a->slow_ms = rq->fault.slow_ms;
	if (hit)
		atomic_fetch_add(&c->count.faults, 1);
	if (silent || a->status >= 500 || a->status < 400)
		atomic_fetch_add(!silent && a->status / 100 == 2 ? &c->count.ok : &c->count.failed,
				 1);
	else
		atomic_fetch_add(&c->count.refused, 1);
}

void
sl_request_answer(struct sl_request *rq, struct sl_answer *out)
{
	*out = (struct sl_answer){ .status = 200,
				   .type = "text/plain; charset=utf-8",
				   .body = SL_LIT("OK") };
	if (sl_request_resets(rq)) {
		out->reset = true;
		note(rq, 0, "fault: reset before the body");
	} else if (rq->status) {
		answer_text(out, rq->status, rq->refusal);
		if (takes_events(rq->route))
			note(rq, rq->status, rq->refusal);
	} else if (takes_events(rq->route)) {
		answer_events(rq, out);
	} else if (rq->route == R_STATS) {
		answer_stats(rq, out);
	} else if (rq->route == R_FAULT) {
		if (!body_refused(rq, out))
			answer_fault(rq, out);
	} else if (rq->route == R_VERSION) {
		answer_version(rq, out);
	} else {
		out->type = "application/json";
		out->body =
			SL_LIT("{\"server\":\"UP\",\"db\":\"UP\",\"acceptingEvents\":\"TRUE\"}\n");
	}
	if (takes_events(rq->route))
		finish(rq, out);
}
