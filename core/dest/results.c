/* results.c - an answer that tells event by event what became of a request. */
#include "core/dest/results.h"

#include "core/base/skim.h"
#include "core/dest/http_class.h"

#include <stdlib.h>
#include <strings.h>

/* ---- one item --------------------------------------------------------------------------------- */

enum member { M_STATUS, M_OK, M_SUCCESS, M_ERROR, M_MESSAGE, M_COUNT };

static const char *const names[M_COUNT] = { "status", "ok", "success", "error", "message" };

static const struct {
	const char *word;
	enum sl_class cls;
} words[] = {
	{ "ok", SL_C_ACK },          { "success", SL_C_ACK },       { "succeeded", SL_C_ACK },
	{ "accepted", SL_C_ACK },    { "created", SL_C_ACK },       { "updated", SL_C_ACK },
	{ "deleted", SL_C_ACK },     { "processed", SL_C_ACK },     { "error", SL_C_REJECT },
	{ "failed", SL_C_REJECT },   { "failure", SL_C_REJECT },    { "rejected", SL_C_REJECT },
	{ "refused", SL_C_REJECT },  { "invalid", SL_C_REJECT },    { "retry", SL_C_RETRY },
	{ "busy", SL_C_RETRY },      { "unavailable", SL_C_RETRY }, { "throttled", SL_C_THROTTLE },
	{ "timeout", SL_C_UNKNOWN },
};

/* Statuses of single events. A key without the right shows as AUTH here, see settle_auth(). */
static const struct {
	int from, to;
	enum sl_class cls;
} statuses[] = {
	{ 200, 299, SL_C_ACK },    { 401, 401, SL_C_AUTH },   { 403, 403, SL_C_AUTH },
	{ 408, 408, SL_C_RETRY },  { 425, 425, SL_C_RETRY },  { 429, 429, SL_C_THROTTLE },
	{ 400, 499, SL_C_REJECT }, { 501, 501, SL_C_REJECT }, { 505, 505, SL_C_REJECT },
	{ 500, 599, SL_C_RETRY },
};

/* The only reading of two members that must agree. NONE: it says nothing. */
static enum sl_class
both(enum sl_class a, enum sl_class b)
{
	if (a == SL_C_NONE || a == b)
		return b;
	if (b == SL_C_NONE)
		return a;
	return (a == SL_C_ACK) == (b == SL_C_ACK) ? a : SL_C_UNKNOWN;
}

static enum sl_class
of_number(int64_t n, struct sl_outcome *o)
{
	for (size_t i = 0; i < SL_COUNT(statuses); i++) {
		if (n < statuses[i].from || n > statuses[i].to)
			continue;
		o->status = (int)n;
		return statuses[i].cls;
	}
	return SL_C_UNKNOWN;
}

static enum sl_class
of_status(struct sl_str v, struct sl_outcome *o)
{
	struct sl_str text = v;
	int64_t n;

	if (v.len == 0)
		return SL_C_NONE;
	if (v.len >= 2 && v.ptr[0] == '"')
		text = (struct sl_str){ v.ptr + 1, v.len - 2 };
	if (sl_str_to_i64(text, &n))
		return of_number(n, o);
	for (size_t i = 0; i < SL_COUNT(words) && text.len < v.len; i++)
		if (text.len == strlen(words[i].word) &&
		    strncasecmp(text.ptr, words[i].word, text.len) == 0)
			return words[i].cls;
	return SL_C_UNKNOWN;
}

static enum sl_class
of_flag(struct sl_str v)
{
	if (v.len == 0)
		return SL_C_NONE;
	if (sl_str_is(v, "true"))
		return SL_C_ACK;
	return sl_str_is(v, "false") ? SL_C_REJECT : SL_C_UNKNOWN;
}

/* "error": null beside a status says nothing; alone it says that there was none. */
static enum sl_class
of_error(struct sl_str v)
{
	if (v.len == 0)
		return SL_C_NONE;
	if (sl_str_is(v, "null") || sl_str_is(v, "false") || sl_str_is(v, "\"\""))
		return SL_C_ACK;
	return v.ptr[0] == '"' || v.ptr[0] == '{' || sl_str_is(v, "true") ? SL_C_REJECT
									  : SL_C_UNKNOWN;
}

/* false: a member is there twice, and nobody knows which one counts. */
static bool
pick(struct sl_str item, struct sl_str *m)
{
	struct sl_str key, val;
	struct sl_skim it;

	sl_skim_begin(&it, item);
	while (sl_skim_next(&it, &key, &val)) {
		for (size_t i = 0; i < M_COUNT; i++) {
			if (!sl_str_is(key, names[i]))
				continue;
			if (m[i].len)
				return false;
			m[i] = val;
		}
	}
	return true;
}

static void
set_words(struct sl_outcome *o, const struct sl_str *m, struct sl_str item, struct sl_buf *text)
{
	struct sl_str v = m[M_MESSAGE].len ? m[M_MESSAGE] : m[M_ERROR];

	if (sl_skim_is_object(v))
		v = sl_skim_get(v, "message");
	sl_buf_reset(text);
	if (v.len && v.ptr[0] == '"' && sl_skim_text(v, text) && !text->failed)
		sl_outcome_words(o, sl_buf_view(text));
	else
		sl_outcome_words(o, item);
}

static void
judge(struct sl_str item, struct sl_outcome *o, struct sl_buf *text)
{
	struct sl_str m[M_COUNT] = { { NULL, 0 } };
	enum sl_class cls, error;

	if (!sl_skim_is_object(item)) {
		o->cls = of_status(item, o);
		sl_outcome_words(o, item);
		return;
	}
	if (!pick(item, m)) {
		o->cls = SL_C_UNKNOWN;
		sl_outcome_words(o, item);
		return;
	}
	cls = both(of_status(m[M_STATUS], o), both(of_flag(m[M_OK]), of_flag(m[M_SUCCESS])));
	error = of_error(m[M_ERROR]);
	/* That no error is named does not take back a refusal. */
	if (cls == SL_C_NONE || error != SL_C_ACK)
		cls = both(cls, error);
	o->cls = cls == SL_C_NONE ? SL_C_UNKNOWN : cls;
	set_words(o, m, item, text);
}

/* ---- whose item it is --------------------------------------------------------------------------- */

struct name {
	size_t off, len; /* in the buffer of all names */
	uint32_t event;
};

struct index {
	struct sl_buf text;
	struct name *names; /* n, sorted */
	uint8_t *items;     /* n, by event: 0, 1, 2 = more */
	uint32_t n;
};

static int
compare(const char *a, size_t na, const char *b, size_t nb)
{
	int d = na && nb ? memcmp(a, b, na < nb ? na : nb) : 0;

	return d ? d : (na > nb) - (na < nb);
}

static int
by_name(const void *a, const void *b, void *arg)
{
	const struct name *x = a, *y = b;
	const char *text = arg;

	return compare(text + x->off, x->len, text + y->off, y->len);
}

static bool
index_make(struct index *x, const char *path, const struct sl_str *bodies, uint32_t n)
{
	sl_buf_init(&x->text, 0);
	x->n = n;
	x->names = calloc(n, sizeof(*x->names));
	x->items = calloc(n, 1);
	if (!x->names || !x->items)
		return false;
	for (uint32_t i = 0; i < n; i++) {
		x->names[i] = (struct name){ .off = x->text.len, .event = i };
		(void)sl_skim_text(sl_skim_dotted(bodies[i], path), &x->text);
		x->names[i].len = x->text.len - x->names[i].off;
	}
	if (x->text.failed)
		return false;
	qsort_r(x->names, n, sizeof(*x->names), by_name, x->text.ptr);
	return true;
}

static void
index_free(struct index *x)
{
	sl_buf_free(&x->text);
	free(x->names);
	free(x->items);
}

/* The first of that name, or n. */
static uint32_t
index_find(const struct index *x, struct sl_str name)
{
	uint32_t low = 0, high = x->n;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;
		const struct name *m = &x->names[mid];

		if (compare(x->text.ptr + m->off, m->len, name.ptr, name.len) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	if (low < x->n && x->names[low].len == name.len &&
	    memcmp(x->text.ptr + x->names[low].off, name.ptr, name.len) == 0)
		return low;
	return x->n;
}

/* ---- the answer ----------------------------------------------------------------------------------- */

static void
unknown(struct sl_outcome *o, const char *why)
{
	o->cls = SL_C_UNKNOWN;
	sl_outcome_words(o, sl_str(why));
}

static void
all_unknown(struct sl_outcome *out, uint32_t n, const char *why)
{
	for (uint32_t i = 0; i < n; i++)
		unknown(&out[i], why);
}

static void
by_place(struct sl_str list, uint32_t n, struct sl_outcome *out, struct sl_buf *text)
{
	struct sl_str key, val;
	struct sl_skim it;
	uint32_t i = 0;

	sl_skim_begin(&it, list);
	while (sl_skim_next(&it, &key, &val) && i <= n)
		i++;
	if (i != n) {
		all_unknown(out, n, "the answer has not one result for each event");
		return;
	}
	i = 0;
	sl_skim_begin(&it, list);
	while (i < n && sl_skim_next(&it, &key, &val))
		judge(val, &out[i++], text);
}

static void
take_item(const struct sl_results_form *f, struct sl_str item, struct index *x,
	  struct sl_outcome *out, struct sl_buf *text)
{
	uint32_t at, event;

	sl_buf_reset(text);
	if (!sl_skim_text(sl_skim_dotted(item, f->id), text) || text->failed || text->len == 0)
		return;
	at = index_find(x, sl_buf_view(text));
	if (at == x->n)
		return;
	event = x->names[at].event;
	/* Two events of one name: nobody knows whose result this is. */
	if (at + 1 < x->n && by_name(&x->names[at], &x->names[at + 1], x->text.ptr) == 0)
		return;
	if (x->items[event]++ == 0) {
		judge(item, &out[event], text);
		return;
	}
	x->items[event] = 2;
	unknown(&out[event], "the answer has several results for this event");
}

static void
by_id(const struct sl_results_form *f, struct sl_str list, const struct sl_str *bodies, uint32_t n,
      struct sl_outcome *out, struct sl_buf *text)
{
	struct index x = { 0 };
	struct sl_str key, val;
	struct sl_skim it;

	if (index_make(&x, f->match, bodies, n)) {
		all_unknown(out, n, "the answer has no result for this event");
		sl_skim_begin(&it, list);
		while (sl_skim_next(&it, &key, &val))
			take_item(f, val, &x, out, text);
	} else {
		all_unknown(out, n, "no memory to read the answer");
	}
	index_free(&x);
}

/* Where some events went through, the key is right: 401 and 403 refuse the event alone. */
static void
settle_auth(struct sl_outcome *out, uint32_t n)
{
	bool passed = false;

	for (uint32_t i = 0; i < n; i++)
		passed = passed || out[i].cls == SL_C_ACK;
	for (uint32_t i = 0; i < n; i++)
		if (passed && out[i].cls == SL_C_AUTH)
			out[i].cls = SL_C_REJECT;
}

void
sl_results_read(const struct sl_results_form *f, struct sl_str answer, const struct sl_str *bodies,
		uint32_t n, struct sl_outcome *out)
{
	struct sl_str value, list;
	struct sl_buf text;
	const char *why;
	size_t at;

	if (answer.len == 0) {
		all_unknown(out, n, "the answer was not read to its end, or is empty");
		return;
	}
	if (!sl_skim_check(answer, &value, &why, &at)) {
		all_unknown(out, n, "the answer is no JSON");
		return;
	}
	list = sl_skim_dotted(value, f->list);
	if (!sl_skim_is_array(list)) {
		all_unknown(out, n, "the answer has no list of results where the settings say");
		return;
	}
	sl_buf_init(&text, 0);
	if (f->id && *f->id)
		by_id(f, list, bodies, n, out, &text);
	else
		by_place(list, n, out, &text);
	sl_buf_free(&text);
	settle_auth(out, n);
}
