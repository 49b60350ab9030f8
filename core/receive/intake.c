/* intake.c - splits a body into events and finds in each what the database has columns for. */
#include "core/receive/intake.h"

#include "core/base/skim.h"

#include <stdarg.h>
#include <stdio.h>

static const char bad_json[] = "Invalid JSON";
static const char bad_event[] = "Event is not a valid rudder event";
static const char no_identity[] = "Request neither has anonymousId nor userId";

static enum sl_code SL_PRINTF(3, 4)
	refuse(struct sl_intake *in, const char *answer, const char *fmt, ...)
{
	va_list ap;

	in->status = 400;
	in->answer = answer;
	va_start(ap, fmt);
	(void)vsnprintf(in->note, sizeof(in->note), fmt, ap);
	va_end(ap);
	return SL_E_DATA;
}

/* A scalar member as text in the arena; blank texts count as not given. */
static bool
get_text(struct sl_arena *a, struct sl_str val, struct sl_str *out)
{
	struct sl_buf b;

	*out = (struct sl_str){ NULL, 0 };
	if (val.len == 0 || sl_skim_is_object(val) || sl_skim_is_array(val))
		return true;
	if (val.ptr[0] == '"' && !memchr(val.ptr, '\\', val.len)) {
		*out = sl_str_trim((struct sl_str){ val.ptr + 1, val.len - 2 });
		return true;
	}
	sl_buf_init(&b, 0);
	if (sl_skim_text(val, &b)) {
		struct sl_str t = sl_str_trim(sl_buf_view(&b));
		out->ptr = b.failed ? NULL : sl_arena_strndup(a, t.ptr ? t.ptr : "", t.len);
		out->len = t.len;
	}
	bool ok = !b.failed && (out->ptr || out->len == 0);
	sl_buf_free(&b);
	return ok;
}

struct pick {
	const char *name;
	struct sl_str val; /* raw */
};

/* One walk over the members of an event; the first of a name counts. */
static void
pick_members(struct sl_str obj, struct pick *picks, size_t n)
{
	struct sl_str key, val;
	struct sl_skim it;

	sl_skim_begin(&it, obj);
	while (sl_skim_next(&it, &key, &val))
		for (size_t i = 0; i < n; i++)
			if (picks[i].val.len == 0 && sl_str_is(key, picks[i].name))
				picks[i].val = val;
}

enum {
	P_TYPE,
	P_MESSAGE,
	P_USER,
	P_ANON,
	P_EVENT,
	P_NAME,
	P_ACTION,
	P_TRAITS,
	P_CONTEXT,
	P_IDS,
	P_KEY,
	P_ID,
	P_RECORD,
	P_FIELDS,
	P_ROW,
	P_COUNT
};

static struct sl_str
first_of(struct sl_str a, struct sl_str b)
{
	return a.len ? a : b;
}

/* Several keys: the JSON as it is. One key: its value; the name goes to *names, several joined by +. */
static bool
read_identifiers(struct sl_arena *a, struct sl_str ids, struct sl_intake_event *e,
		 struct sl_str *names)
{
	struct sl_str key, val;
	struct sl_skim it;
	struct sl_buf b;
	uint32_t n = 0;

	sl_buf_init(&b, 0);
	sl_skim_begin(&it, ids);
	while (sl_skim_next(&it, &key, &val)) {
		if (n++)
			sl_buf_putc(&b, '+');
		sl_buf_put_str(&b, key);
		if (!get_text(a, val, &e->key))
			b.failed = true;
	}
	if (n != 1 || e->key.len == 0)
		e->key = ids;
	names->len = b.len;
	names->ptr = b.failed ? NULL : sl_arena_strndup(a, b.ptr ? b.ptr : "", b.len);
	sl_buf_free(&b);
	return names->ptr != NULL;
}

/* Records and rows: which thing of which stream this event is about. */
static bool
read_key(struct sl_arena *a, const struct pick *p, struct sl_str hook, struct sl_intake_event *e)
{
	static const char *const job[] = { "sources", "job_id", NULL };
	struct sl_str names = { NULL, 0 }, source;

	if (sl_skim_is_object(p[P_IDS].val)) {
		if (!read_identifiers(a, p[P_IDS].val, e, &names))
			return false;
	} else {
		struct sl_str raw = first_of(p[P_KEY].val, first_of(p[P_RECORD].val, p[P_ID].val));
		if (!get_text(a, raw, &e->key))
			return false;
		if (e->key.len == 0 && raw.len > 0 && raw.ptr[0] != '"' && raw.ptr[0] != 'n')
			e->key = raw; /* several key columns as an array or object */
	}
	if (!get_text(a, sl_skim_path(p[P_CONTEXT].val, job), &source))
		return false;
	e->stream = first_of(hook, first_of(source, names));
	e->fields = first_of(p[P_FIELDS].val, p[P_ROW].val);
	if (!sl_skim_is_object(e->fields))
		e->fields = e->body;
	return true;
}

/* Everything that is no event about a user is an object with a key: "record", "row", or what the
 * sender calls it. */
static bool
is_keyed(struct sl_str type)
{
	static const char *const about_users[] = { "identify", "track", "page",
						   "screen",   "group", "alias" };

	for (size_t i = 0; i < SL_COUNT(about_users); i++)
		if (sl_str_is(type, about_users[i]))
			return false;
	return true;
}

/* Rebuild the event with this type, in place of its own. */
static bool
put_type(struct sl_arena *a, struct sl_str type, struct sl_str *body)
{
	struct sl_str key, val;
	struct sl_skim it;
	struct sl_buf b;

	sl_buf_init(&b, 0);
	sl_buf_printf(&b, "{\"type\":\"" SL_FMT "\"", SL_ARG(type));
	sl_skim_begin(&it, *body);
	while (sl_skim_next(&it, &key, &val)) {
		if (sl_str_is(key, "type"))
			continue;
		sl_buf_puts(&b, ",\"");
		sl_buf_put_str(&b, key);
		sl_buf_puts(&b, "\":");
		sl_buf_put_str(&b, val);
	}
	sl_buf_putc(&b, '}');
	const char *copy = b.failed ? NULL : sl_arena_strndup(a, b.ptr, b.len);
	*body = (struct sl_str){ copy, b.len };
	sl_buf_free(&b);
	return copy != NULL;
}

static bool
read_texts(struct sl_arena *a, const struct pick *p, struct sl_intake_event *e)
{
	return get_text(a, p[P_TYPE].val, &e->type) &&
	       get_text(a, p[P_MESSAGE].val, &e->message_id) &&
	       get_text(a, p[P_USER].val, &e->user_id) &&
	       get_text(a, p[P_ANON].val, &e->anonymous_id) &&
	       get_text(a, first_of(p[P_EVENT].val, p[P_NAME].val), &e->event) &&
	       get_text(a, p[P_ACTION].val, &e->action);
}

static enum sl_code
no_memory(struct sl_intake *in)
{
	in->status = 500;
	in->answer = "out of memory";
	return SL_E_NOMEM;
}

static enum sl_code
read_event(struct sl_intake *in, enum sl_intake_form form, struct sl_str name, struct sl_str body)
{
	struct pick p[P_COUNT] = {
		[P_TYPE] = { .name = "type" },       [P_MESSAGE] = { .name = "messageId" },
		[P_USER] = { .name = "userId" },     [P_ANON] = { .name = "anonymousId" },
		[P_EVENT] = { .name = "event" },     [P_NAME] = { .name = "name" },
		[P_ACTION] = { .name = "action" },   [P_TRAITS] = { .name = "traits" },
		[P_CONTEXT] = { .name = "context" }, [P_IDS] = { .name = "identifiers" },
		[P_KEY] = { .name = "key" },         [P_ID] = { .name = "id" },
		[P_RECORD] = { .name = "recordId" }, [P_FIELDS] = { .name = "fields" },
		[P_ROW] = { .name = "row" },
	};
	struct sl_intake_event *e = &in->events[in->n];
	unsigned long no = in->n + 1ul;

	if (!sl_skim_is_object(body))
		return refuse(in, bad_event, "event %lu is not an object", no);
	if (form == SL_FORM_ONE && !put_type(in->arena, name, &body))
		return no_memory(in);
	e->body = body;
	pick_members(body, p, P_COUNT);
	if (!read_texts(in->arena, p, e))
		return no_memory(in);
	if (e->type.len == 0 && form == SL_FORM_HOOK)
		e->type = SL_LIT("row");
	if (e->type.len == 0)
		return refuse(in, bad_event, "event %lu has no type", no);
	if (form != SL_FORM_HOOK && e->user_id.len == 0 && e->anonymous_id.len == 0 &&
	    !sl_str_is(e->type, "record"))
		return refuse(in, no_identity, "event %lu has neither userId nor anonymousId", no);
	if (sl_str_is(e->type, "identify"))
		e->fields = first_of(p[P_TRAITS].val, sl_skim_get(p[P_CONTEXT].val, "traits"));
	else if (is_keyed(e->type) &&
		 !read_key(in->arena, p, form == SL_FORM_HOOK ? name : (struct sl_str){ NULL, 0 },
			   e))
		return no_memory(in);
	in->n++;
	return SL_OK;
}

static enum sl_code
bad_text(struct sl_intake *in, struct sl_str body, size_t at, const char *why)
{
	unsigned long line = 1, column = 1;

	for (size_t i = 0; i < at && i < body.len; i++) {
		column = body.ptr[i] == '\n' ? 1 : column + 1;
		line += body.ptr[i] == '\n';
	}
	return refuse(in, bad_json, "line %lu, byte %lu: %s", line, column, why);
}

static enum sl_code
read_array(struct sl_intake *in, enum sl_intake_form form, struct sl_str name, struct sl_str list)
{
	struct sl_str key, val;
	struct sl_skim it;
	size_t n = 0;

	sl_skim_begin(&it, list);
	while (sl_skim_next(&it, &key, &val))
		n++;
	if (n == 0)
		return refuse(in, bad_event, "there is no event in it");
	in->events = SL_NEW(in->arena, struct sl_intake_event, n);
	if (!in->events)
		return no_memory(in);
	sl_skim_begin(&it, list);
	while (sl_skim_next(&it, &key, &val)) {
		enum sl_code rc = read_event(in, form, name, val);
		if (rc != SL_OK)
			return rc;
	}
	return SL_OK;
}

static size_t
count_lines(struct sl_str s)
{
	size_t n = 1;

	for (const char *p = s.ptr; (p = memchr(p, '\n', (size_t)(s.ptr + s.len - p))); p++)
		n++;
	return n;
}

static enum sl_code
read_lines(struct sl_intake *in, struct sl_str name, struct sl_str body)
{
	const char *p = body.ptr, *end = body.ptr + body.len;

	in->events = SL_NEW(in->arena, struct sl_intake_event, count_lines(body));
	if (!in->events)
		return no_memory(in);
	while (p < end) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));
		struct sl_str line = { p, (size_t)((nl ? nl : end) - p) }, value;
		const char *why;
		size_t at;

		if (sl_str_trim(line).len > 0) {
			if (!sl_skim_check(line, &value, &why, &at))
				return bad_text(in, body, (size_t)(p - body.ptr) + at, why);
			enum sl_code rc = read_event(in, SL_FORM_HOOK, name, value);
			if (rc != SL_OK)
				return rc;
		}
		p = nl ? nl + 1 : end;
	}
	return SL_OK;
}

enum sl_code
sl_intake_read(struct sl_intake *in, enum sl_intake_form form, struct sl_str name,
	       struct sl_str body)
{
	struct sl_str value;
	const char *why;
	size_t at;

	in->n = 0;
	if (sl_str_trim(body).len == 0)
		return refuse(in, "Request body is nil", "the body is empty");
	if (!sl_skim_check(body, &value, &why, &at)) {
		/* More than one value: an object a line, where a hook allows that. */
		if (form == SL_FORM_HOOK && sl_skim_is_object(value) && value.len > 0)
			return read_lines(in, name, body);
		return bad_text(in, body, at, why);
	}
	if (form == SL_FORM_BATCH) {
		struct sl_str list = sl_skim_get(value, "batch");
		if (!sl_skim_is_array(list))
			return refuse(in, bad_event, "there is no list \"batch\"");
		return read_array(in, form, name, list);
	}
	if (form == SL_FORM_HOOK && sl_skim_is_array(value))
		return read_array(in, form, name, value);
	in->events = SL_NEW(in->arena, struct sl_intake_event, 1);
	return in->events ? read_event(in, form, name, value) : no_memory(in);
}
