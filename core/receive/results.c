/* results.c - an answer that tells of each event apart, and not always clearly. */
#include "core/receive/results.h"

#include <stdlib.h>

#define REFUSED_OF 20 /* one id of so many is refused, each time it comes */

/* What is said of an event. */
enum said {
	SAID_TAKEN,
	SAID_REFUSED,
	SAID_AGAIN,
	SAID_HOLD,
	SAID_TWICE,
	SAID_UNCLEAR,
	SAID_NOTHING
};

/* Of a thousand events that are not refused: so many, in the order of the draw. */
static const struct {
	unsigned upto;
	enum said said;
	bool applied;
} chances[] = {
	{ 780, SAID_TAKEN, true }, { 838, SAID_AGAIN, false },  { 868, SAID_AGAIN, true },
	{ 870, SAID_HOLD, false }, { 900, SAID_NOTHING, true }, { 925, SAID_NOTHING, false },
	{ 950, SAID_TWICE, true }, { 980, SAID_UNCLEAR, true }, { 1000, SAID_UNCLEAR, false },
};

static const char *const taken[] = { "\"status\":200",     "\"status\":\"created\"",
				     "\"ok\":true",        "\"success\":true,\"error\":null",
				     "\"status\":\"201\"", "\"status\":204,\"message\":\"fine\"" };
static const char *const again[] = { "\"status\":503", "\"status\":\"retry\",\"ok\":false",
				     "\"status\":500,\"error\":\"later\"" };
static const char *const unclear[] = {
	"\"status\":\"perhaps\"", "\"message\":\"hello\"",   "\"status\":200,\"ok\":false",
	"\"status\":302",         "\"ok\":true,\"ok\":true", "\"status\":200,\"error\":\"or not\""
};
/* Put behind a good answer, or in place of it: none of them is one. */
static const char *const behind[] = { "}", ",", "{\"results\":[]}", "\nOK" };
static const char *const instead[] = {
	"OK", "", "{\"results\":null}", "{\"result\":[]}", "[]", "<html>502</html>"
};

struct items {
	struct sl_fault_plan *plan;
	bool mixed;
	struct sl_buf text;
	size_t *start; /* n + 1; where each item starts, without the comma */
	uint32_t n;
};

static bool
chance(struct items *x, unsigned percent)
{
	return sl_rng_below(&x->plan->rng, 100) < percent;
}

static const char *
draw(struct items *x, const char *const *list, size_t n)
{
	return list[sl_rng_below(&x->plan->rng, n)];
}

static bool
is_refused(const struct sl_fault_plan *p, struct sl_str id)
{
	if (p->set.mixed <= 0.0)
		return false;
	uint64_t h = 14695981039346656037u ^ (uint64_t)p->set.seed;

	for (size_t i = 0; i < id.len; i++)
		h = (h ^ (unsigned char)id.ptr[i]) * 1099511628211u;
	return (h >> 20) % REFUSED_OF == 0;
}

/* Ids are those of our own events; others that would have to be escaped are not named. */
static bool
is_plain(struct sl_str id)
{
	for (size_t i = 0; i < id.len; i++)
		if ((unsigned char)id.ptr[i] < 0x20 || id.ptr[i] == '"' || id.ptr[i] == '\\')
			return false;
	return id.len > 0;
}

static void
start_item(struct items *x, struct sl_str id)
{
	x->start[x->n++] = x->text.len;
	sl_buf_putc(&x->text, '{');
	if (!x->plan->set.results_in_order && is_plain(id))
		sl_buf_printf(&x->text, "\"id\":\"" SL_FMT "\",", SL_ARG(id));
}

static void
put_item(struct items *x, struct sl_str id, const char *rest)
{
	start_item(x, id);
	sl_buf_puts(&x->text, rest);
	sl_buf_putc(&x->text, '}');
}

/* The words name the event: who reads them can tell that no other was meant. */
static void
put_refusal(struct items *x, struct sl_str id)
{
	start_item(x, id);
	sl_buf_puts(&x->text, chance(x, 50) ? "\"status\":422,\"error\":\"refused "
					    : "\"ok\":false,\"message\":\"refused ");
	if (is_plain(id))
		sl_buf_put_str(&x->text, id);
	sl_buf_puts(&x->text, "\"}");
}

/* Returns whether the event is to be applied. */
static bool
put_event(struct items *x, struct sl_str id)
{
	unsigned roll = x->mixed ? (unsigned)sl_rng_below(&x->plan->rng, 1000) : 0;
	size_t i = 0;

	while (roll >= chances[i].upto)
		i++;
	enum said said = is_refused(x->plan, id) ? SAID_REFUSED : chances[i].said;
	if (x->plan->set.results_in_order && (said == SAID_TWICE || said == SAID_NOTHING))
		said = SAID_UNCLEAR;
	switch (said) {
	case SAID_REFUSED:
		put_refusal(x, id);
		return false;
	case SAID_TWICE:
		put_item(x, id, draw(x, taken, SL_COUNT(taken)));
		put_item(x, id, draw(x, chance(x, 50) ? again : taken, SL_COUNT(again)));
		break;
	case SAID_TAKEN:
		put_item(x, id, draw(x, taken, SL_COUNT(taken)));
		break;
	case SAID_AGAIN:
		put_item(x, id, draw(x, again, SL_COUNT(again)));
		break;
	case SAID_HOLD:
		put_item(x, id, "\"status\":429");
		break;
	case SAID_UNCLEAR:
		put_item(x, id, draw(x, unclear, SL_COUNT(unclear)));
		break;
	case SAID_NOTHING:
		break;
	}
	return chances[i].applied;
}

/* By ids: results of nobody, and any order. In order: sometimes one too few or too many. */
static void
disturb(struct items *x)
{
	if (!x->mixed) {
		x->start[x->n] = x->text.len;
		return;
	}
	if (x->plan->set.results_in_order) {
		if (chance(x, 3) && x->n > 0)
			x->text.len = x->start[--x->n];
		else if (chance(x, 3))
			put_item(x, (struct sl_str){ NULL, 0 }, taken[0]);
	} else if (chance(x, 20)) {
		put_item(x, SL_LIT("of-nobody"), taken[0]);
	}
	x->start[x->n] = x->text.len;
}

static void
put_list(struct items *x, uint32_t *order, struct sl_buf *out)
{
	bool shuffle = x->mixed && !x->plan->set.results_in_order && chance(x, 50);

	for (uint32_t i = 0; i < x->n; i++)
		order[i] = i;
	for (uint32_t i = x->n; shuffle && i > 1; i--) {
		uint32_t k = (uint32_t)sl_rng_below(&x->plan->rng, i), swap = order[k];

		order[k] = order[i - 1];
		order[i - 1] = swap;
	}
	sl_buf_puts(out, "{\"results\":[");
	for (uint32_t i = 0; i < x->n; i++) {
		size_t from = x->start[order[i]];

		if (i)
			sl_buf_putc(out, ',');
		sl_buf_put(out, x->text.ptr + from, x->start[order[i] + 1] - from);
	}
	sl_buf_puts(out, "]}");
}

static void
break_text(struct items *x, size_t start, struct sl_buf *out)
{
	if (out->failed)
		return;
	if (chance(x, 40)) {
		out->len = start + sl_rng_below(&x->plan->rng, out->len - start);
	} else if (chance(x, 50)) {
		sl_buf_puts(out, draw(x, behind, SL_COUNT(behind)));
	} else {
		out->len = start;
		sl_buf_puts(out, draw(x, instead, SL_COUNT(instead)));
	}
}

bool
sl_results_make(struct sl_fault_plan *p, bool mixed, struct sl_intake *in, struct sl_buf *out)
{
	struct items x = { .plan = p, .mixed = mixed };
	const size_t start = out->len, room = 2 * (size_t)in->n + 2;
	uint32_t *order = calloc(room, sizeof(*order)), left = 0;
	bool done = false;

	x.start = calloc(room, sizeof(*x.start));
	sl_buf_init(&x.text, 0);
	if (order && x.start) {
		for (uint32_t i = 0; i < in->n; i++)
			if (put_event(&x, in->events[i].message_id))
				in->events[left++] = in->events[i];
		in->n = left;
		disturb(&x);
		put_list(&x, order, out);
		if (mixed && chance(&x, 10))
			break_text(&x, start, out);
		done = !out->failed && !x.text.failed;
	}
	sl_buf_free(&x.text);
	free(x.start);
	free(order);
	return done;
}
