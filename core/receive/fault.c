/* fault.c - the table of faults: read, shown, and rolled per request. */
#include "core/receive/fault.h"

#include <jansson.h>
#include <stdlib.h>

const char sl_fault_help[] =
	"reset_every N       the connection is reset before the body is read; nothing is applied\n"
	"lose_every N        the body is read, then the connection is reset; nothing is applied\n"
	"redirect_every N    307 to /moved/...; nothing is applied\n"
	"throttle_every N    429 with Retry-After: retry_after (seconds, 1); nothing is applied\n"
	"retry_after_text T  Retry-After of throttle and fail as it is written here\n"
	"fail_every N        fail_status (500); nothing is applied\n"
	"fail_probability P  the same by chance, 0 to 1, drawn from seed (1)\n"
	"too_large_every N   413; nothing is applied\n"
	"refuse [KEY, ...]   400 for a request with an event that has one of these as userId or "
	"key\n"
	"echo 1              such an answer repeats the key of the sender and what was sent, as "
	"careless\n"
	"                    servers do\n"
	"drop_every N        the events are applied, then the connection is reset instead of an "
	"answer\n"
	"hang_up_every N     the same, but the connection is closed in an orderly way\n"
	"garbage_every N     the body of the answer is escape sequences, NULs and invalid UTF-8\n"
	"huge_every N        the body of the answer is 100 MiB long\n"
	"results 1           hooks answer 207 with a list \"results\", an item an event, whose "
	"\"id\" is\n"
	"                    its messageId\n"
	"results_in_order 1  the same without ids: the items stand in the order of the events\n"
	"mixed P             such answers, by chance P unclear: events are applied, refused (an "
	"id\n"
	"                    always or never) or to be tried again; items are missing, twice, of\n"
	"                    nobody, in another order, contradictory, or the whole is broken\n"
	"slow_ms MS          every answer waits; other connections go on meanwhile\n"
	"stop_after N        nothing goes wrong any more after N requests\n";

static const struct fault_field {
	const char *name;
	size_t off; /* of an int64_t in struct sl_fault_set */
	int64_t def, min, max;
} fields[] = {
#define F(name, def, min, max)                                                                     \
	{                                                                                          \
#name, offsetof(struct sl_fault_set, name), def, min, max                          \
	}
	F(reset_every, 0, 0, INT32_MAX),
	F(redirect_every, 0, 0, INT32_MAX),
	F(throttle_every, 0, 0, INT32_MAX),
	F(retry_after, 1, 0, 86400),
	F(fail_every, 0, 0, INT32_MAX),
	F(fail_status, 500, 400, 599),
	F(too_large_every, 0, 0, INT32_MAX),
	F(drop_every, 0, 0, INT32_MAX),
	F(lose_every, 0, 0, INT32_MAX),
	F(hang_up_every, 0, 0, INT32_MAX),
	F(huge_every, 0, 0, INT32_MAX),
	F(echo, 0, 0, 1),
	F(results, 0, 0, 1),
	F(results_in_order, 0, 0, 1),
	F(garbage_every, 0, 0, INT32_MAX),
	F(slow_ms, 0, 0, 600000),
	F(stop_after, 0, 0, INT32_MAX),
	F(seed, 1, 1, INT64_MAX),
#undef F
};

static int64_t *
field_at(struct sl_fault_set *s, const struct fault_field *f)
{
	return (int64_t *)(void *)((char *)s + f->off);
}

static const struct fault_field *
field_find(const char *name)
{
	for (size_t i = 0; i < SL_COUNT(fields); i++)
		if (strcmp(fields[i].name, name) == 0)
			return &fields[i];
	return NULL;
}

static void
set_free(struct sl_fault_set *s)
{
	for (size_t i = 0; i < s->nrefuse; i++)
		free(s->refuse[i]);
	free(s->refuse);
	s->refuse = NULL;
	s->nrefuse = 0;
	free(s->retry_after_text);
	s->retry_after_text = NULL;
}

static enum sl_code
read_refuse(struct sl_fault_set *s, const json_t *list, struct sl_err *err)
{
	size_t n = json_array_size(list);

	if (!json_is_array(list))
		return sl_fail(err, SL_E_CONFIG, "refuse", "must be a list of keys");
	s->refuse = calloc(n ? n : 1, sizeof(*s->refuse));
	if (!s->refuse)
		return sl_fail(err, SL_E_NOMEM, "refuse", "out of memory");
	for (size_t i = 0; i < n; i++) {
		const char *key = json_string_value(json_array_get(list, i));
		if (!key)
			return sl_fail(err, SL_E_CONFIG, "refuse", "every key must be a string");
		s->refuse[i] = strdup(key);
		if (!s->refuse[i])
			return sl_fail(err, SL_E_NOMEM, "refuse", "out of memory");
		s->nrefuse = i + 1;
	}
	return SL_OK;
}

/* A value of a header: printable ASCII. */
static enum sl_code
read_text(struct sl_fault_set *s, const json_t *v, struct sl_err *err)
{
	const char *text = json_string_value(v);
	bool fine = text && strlen(text) <= 100;

	for (const char *p = text; fine && *p; p++)
		fine = *p >= ' ' && *p <= '~';
	if (!fine)
		return sl_fail(err, SL_E_CONFIG, "retry_after_text",
			       "must be a text of at most 100 printable characters");
	s->retry_after_text = strdup(text);
	return s->retry_after_text ? SL_OK
				   : sl_fail(err, SL_E_NOMEM, "retry_after_text", "out of memory");
}

static enum sl_code
read_chance(const char *name, double *out, const json_t *v, struct sl_err *err)
{
	double p = json_number_value(v);

	if (!json_is_number(v) || !(p >= 0.0 && p <= 1.0))
		return sl_fail(err, SL_E_CONFIG, name, "must be a number from 0 to 1");
	*out = p;
	return SL_OK;
}

static enum sl_code
read_one(struct sl_fault_set *s, const char *name, const json_t *v, struct sl_err *err)
{
	const struct fault_field *f = field_find(name);

	if (strcmp(name, "refuse") == 0)
		return read_refuse(s, v, err);
	if (strcmp(name, "retry_after_text") == 0)
		return read_text(s, v, err);
	if (strcmp(name, "fail_probability") == 0)
		return read_chance(name, &s->fail_probability, v, err);
	if (strcmp(name, "mixed") == 0)
		return read_chance(name, &s->mixed, v, err);
	if (!f) {
		(void)sl_fail(err, SL_E_CONFIG, name, "there is no such fault");
		return sl_err_hint(err, "see: sluice receive --fault-help");
	}
	json_int_t n = json_integer_value(v);
	if (!json_is_integer(v) || n < f->min || n > f->max)
		return sl_fail(err, SL_E_CONFIG, name, "must be a whole number from %lld to %lld",
			       (long long)f->min, (long long)f->max);
	*field_at(s, f) = n;
	return SL_OK;
}

enum sl_code
sl_fault_put(struct sl_fault_plan *p, struct sl_str json, struct sl_err *err)
{
	struct sl_fault_set set = { 0 };
	enum sl_code rc = SL_OK;
	json_error_t where;
	const char *name;
	json_t *value;
	json_t *root =
		json_loadb(json.ptr ? json.ptr : "", json.len, JSON_REJECT_DUPLICATES, &where);

	if (!json_is_object(root)) {
		json_decref(root);
		return sl_fail(err, SL_E_CONFIG, "faults", "not a JSON object%s%s",
			       root ? "" : ": ", root ? "" : where.text);
	}
	for (size_t i = 0; i < SL_COUNT(fields); i++)
		*field_at(&set, &fields[i]) = fields[i].def;
	json_object_foreach(root, name, value)
	{
		rc = read_one(&set, name, value, err);
		if (rc != SL_OK)
			break;
	}
	json_decref(root);
	if (rc != SL_OK) {
		set_free(&set);
		return rc;
	}
	set_free(&p->set);
	*p = (struct sl_fault_plan){ .set = set, .rng = { .s = (uint64_t)set.seed } };
	return SL_OK;
}

enum sl_code
sl_fault_json(const struct sl_fault_plan *p, struct sl_buf *out, struct sl_err *err)
{
	struct sl_fault_set set = p->set;
	json_t *root = json_object(), *refuse = json_array();
	int bad = !root || !refuse;

	for (size_t i = 0; !bad && i < SL_COUNT(fields); i++)
		bad = json_object_set_new(root, fields[i].name,
					  json_integer(*field_at(&set, &fields[i])));
	for (size_t i = 0; !bad && i < set.nrefuse; i++)
		bad = json_array_append_new(refuse, json_string(set.refuse[i]));
	bad = bad ||
	      json_object_set_new(root, "fail_probability", json_real(set.fail_probability)) ||
	      json_object_set_new(root, "mixed", json_real(set.mixed)) ||
	      json_object_set(root, "refuse", refuse);
	if (!bad && set.retry_after_text)
		bad = json_object_set_new(root, "retry_after_text",
					  json_string(set.retry_after_text));
	char *text = bad ? NULL : json_dumps(root, JSON_INDENT(2));
	json_decref(refuse);
	json_decref(root);
	if (!text)
		return sl_fail(err, SL_E_NOMEM, "faults", "out of memory");
	sl_buf_puts(out, text);
	sl_buf_putc(out, '\n');
	free(text);
	return SL_OK;
}

void
sl_fault_free(struct sl_fault_plan *p)
{
	set_free(&p->set);
}

static bool
every(int64_t seen, int64_t n)
{
	return n > 0 && seen % n == 0;
}

static bool
by_chance(struct sl_rng *rng, double p)
{
	const uint64_t steps = 1u << 30;

	return p > 0.0 && (double)sl_rng_below(rng, steps) < p * (double)steps;
}

struct sl_fault_hit
sl_fault_next(struct sl_fault_plan *p)
{
	const struct sl_fault_set *s = &p->set;
	struct sl_fault_hit hit = { 0 };
	int64_t n = ++p->seen;
	bool chance = by_chance(&p->rng, s->fail_probability);
	bool mixed = by_chance(&p->rng, s->mixed);
	hit.results = s->results || s->results_in_order || s->mixed > 0.0;

	if (s->stop_after > 0 && n > s->stop_after)
		return hit;
	hit.refuse = s->nrefuse > 0;
	hit.mixed = mixed;
	hit.drop = every(n, s->drop_every);
	hit.hang_up = every(n, s->hang_up_every);
	hit.garbage = every(n, s->garbage_every);
	hit.huge = every(n, s->huge_every);
	hit.slow_ms = s->slow_ms;
	if (every(n, s->reset_every)) {
		hit.kind = SL_FAULT_RESET;
	} else if (every(n, s->lose_every)) {
		hit.kind = SL_FAULT_LOSE;
	} else if (every(n, s->redirect_every)) {
		hit.kind = SL_FAULT_REDIRECT;
		hit.status = 307;
	} else if (every(n, s->throttle_every)) {
		hit.kind = SL_FAULT_THROTTLE;
		hit.status = 429;
		hit.retry_after = s->retry_after;
	} else if (every(n, s->fail_every) || chance) {
		hit.kind = SL_FAULT_FAIL;
		hit.status = (int)s->fail_status;
	} else if (every(n, s->too_large_every)) {
		hit.kind = SL_FAULT_TOO_LARGE;
		hit.status = 413;
	}
	return hit;
}

bool
sl_fault_refuses(const struct sl_fault_plan *p, struct sl_str key)
{
	for (size_t i = 0; i < p->set.nrefuse; i++)
		if (sl_str_is(key, p->set.refuse[i]))
			return true;
	return false;
}
