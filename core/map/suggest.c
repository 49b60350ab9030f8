/* suggest.c - offers for a mapping: which column could go to which field, and why.
 *
 * First what identifies the event, then the best pairs of column and known field, one to one, then every
 * column that is left under its own name. Nothing is applied by itself. */
#include "core/map/suggest.h"
#include "core/map/expr.h"
#include "core/map/shape.h"

#include <stdlib.h>

#define WORTH_SAYING 0.5  /* pairs below are not offered */
#define OWN_NAME     0.5  /* score of a column under its own name */
#define SURE         0.95 /* score of the one key column as the identity */

struct work {
	const struct sl_suggest_spec *spec;
	const struct sl_shape *shape;
	struct sl_arena *a;
	struct sl_candidate *cols;
	const struct sl_field_info *fields; /* of the destination, or the usual ones */
	size_t nfields;
	bool *field_taken;
	struct sl_suggestion *out;
	size_t n, room;
	bool full;
};

/* ---- texts ----------------------------------------------------------------------------------- */

/* first_name -> firstName. Names in which nothing is left stay as they are. */
static const char *
camel_case(struct work *w, struct sl_str s)
{
	char *out = sl_arena_alloc(w->a, s.len + 1, 1);
	bool up = false, lower_seen = false;
	size_t n = 0;
	if (!out)
		return NULL;
	for (size_t i = 0; i < s.len; i++)
		lower_seen = lower_seen || (s.ptr[i] >= 'a' && s.ptr[i] <= 'z');
	for (size_t i = 0; i < s.len; i++) {
		char c = s.ptr[i];
		bool upper = c >= 'A' && c <= 'Z', lower = c >= 'a' && c <= 'z';
		if (!upper && !lower && !(c & 0x80) && !(c >= '0' && c <= '9')) {
			up = n > 0;
			continue;
		}
		if (upper && (!lower_seen || n == 0) && !up)
			c = (char)(c + 32);
		if (lower && up)
			c = (char)(c - 32);
		out[n++] = c;
		up = false;
	}
	out[n] = '\0';
	return n ? out : sl_in_quotes(w->a, s);
}

/* A column name as a step of a target. */
static const char *
own_step(struct work *w, struct sl_str s)
{
	if (memchr(s.ptr, '.', s.len) || (s.len > 0 && s.ptr[0] == '"'))
		return sl_in_quotes(w->a, s);
	return sl_arena_strndup(w->a, s.ptr, s.len);
}

/* ---- the list -------------------------------------------------------------------------------- */

static void
offer(struct work *w, const char *to, const char *expr, const char *reason, double score)
{
	if (!to || !expr || !reason || w->n == w->room) {
		w->full = true;
		return;
	}
	w->out[w->n++] = (struct sl_suggestion){ to, expr, reason, score > 1 ? 1 : score };
}

/* Does another offer fill this target, a part of it, or hold it as a part? */
static bool
is_offered(const struct work *w, const char *to)
{
	size_t n = strlen(to);
	for (size_t i = 0; i < w->n; i++) {
		const char *other = w->out[i].to;
		size_t m = strlen(other), least = n < m ? n : m;
		if (strncmp(other, to, least) == 0 && (n == m || (n < m ? other[n] : to[m]) == '.'))
			return true;
	}
	return false;
}

/* ---- identity -------------------------------------------------------------------------------- */

static struct sl_candidate *
column_that_means(struct work *w, const char *meaning)
{
	for (uint32_t i = 0; i < w->spec->schema->ncols; i++)
		if (!w->cols[i].taken && sl_means(w->cols[i].word, meaning) &&
		    w->cols[i].col->type != SL_T_JSON)
			return &w->cols[i];
	return NULL;
}

static bool
offer_by_name(struct work *w, const char *to, const char *meaning)
{
	struct sl_candidate *c = column_that_means(w, meaning);
	if (!c)
		return false;
	c->taken = true;
	offer(w, to, sl_column_expr(w->a, c->col), "by its name", 0.9);
	return true;
}

/* The key as one text: the column, or a template over all of them. */
static void
offer_key(struct work *w, const char *to)
{
	const struct sl_schema *s = w->spec->schema;
	const char *template = "";
	uint32_t n = 0, only = 0;
	for (uint32_t i = 0; i < s->ncols; i++) {
		if (!s->cols[i].key)
			continue;
		const char *name = sl_column_expr(w->a, &s->cols[i]);
		template = name &&template
				   ? sl_arena_printf(w->a, "%s%s{%s}", template, n ? "-" : "", name)
				   : NULL;
		only = i;
		n++;
	}
	if (n == 1) {
		w->cols[only].taken = true;
		offer(w, to, sl_column_expr(w->a, w->cols[only].col), "the primary key", SURE);
	} else if (n > 1 && template && !strchr(template, '\'')) {
		offer(w, to, sl_arena_printf(w->a, "'%s'", template),
		      "the primary key, put together", 0.6);
	}
}

static void
offer_identifiers(struct work *w)
{
	const struct sl_schema *s = w->spec->schema;
	for (uint32_t i = 0; i < s->ncols; i++) {
		if (!s->cols[i].key)
			continue;
		const char *step = own_step(w, s->cols[i].name);
		w->cols[i].taken = true;
		offer(w, step ? sl_arena_printf(w->a, "identifiers.%s", step) : NULL,
		      sl_column_expr(w->a, &s->cols[i]), "part of the primary key", 0.9);
	}
}

/* When it happened, for events that happen once. */
static void
offer_time(struct work *w)
{
	for (uint32_t i = 0; i < w->spec->schema->ncols; i++) {
		struct sl_candidate *c = &w->cols[i];
		bool time = c->col->type == SL_T_TIMESTAMP || c->col->type == SL_T_TIMESTAMPTZ ||
			    c->look == SL_LOOK_TIME;
		if (c->taken || !time || !sl_means(c->word, "time"))
			continue;
		c->taken = true;
		offer(w, "timestamp", sl_column_expr(w->a, c->col), "a time, by its name", 0.9);
		return;
	}
}

static void
offer_identity(struct work *w)
{
	const char *event = w->shape->event;
	if (w->shape->bare)
		return;
	if (w->shape->record) {
		offer_identifiers(w);
	} else if (strcmp(event, "identify") == 0) {
		offer_key(w, "userId");
		if (w->n == 0)
			(void)offer_by_name(w, "userId", "userid");
	} else if (strcmp(event, "group") == 0) {
		offer_key(w, "groupId");
		if (w->n == 0)
			(void)offer_by_name(w, "groupId", "groupid");
		(void)offer_by_name(w, "userId", "userid");
	} else if (strcmp(event, "alias") == 0) {
		if (!offer_by_name(w, "userId", "userid"))
			offer_key(w, "userId");
		(void)offer_by_name(w, "previousId", "previousid");
	} else { /* track, page, screen: the key is that of the event, not of the person */
		(void)offer_by_name(w, "userId", "userid");
		if (strcmp(event, "track") == 0)
			(void)offer_by_name(w, "event", "event");
		offer_time(w);
	}
}

/* ---- fields ---------------------------------------------------------------------------------- */

/* Fields that a column may be paired with: not those of our own making, nor "traits.*". */
static bool
is_open(const struct work *w, const struct sl_field_info *f)
{
	size_t n = strlen(f->name);
	const struct sl_shape_field *top = sl_shape_field(w->shape, sl_str(f->name));
	if (n == 0 || f->name[n - 1] == '*' || (top && !w->shape->bare))
		return false;
	return strncmp(f->name, "integrations.", 13) != 0 &&
	       strncmp(f->name, "identifiers.", 12) != 0;
}

struct pair {
	uint32_t col;
	size_t field;
	double score;
};

/* Best first; then by the order of columns and fields, so that the same table gives the same offers. */
static int
by_score(const void *a, const void *b)
{
	const struct pair *x = a, *y = b;
	if (x->score > y->score || x->score < y->score)
		return x->score > y->score ? -1 : 1;
	if (x->col != y->col)
		return x->col < y->col ? -1 : 1;
	return (x->field > y->field) - (x->field < y->field);
}

static size_t
find_pairs(struct work *w, struct pair *pairs)
{
	size_t n = 0;
	for (uint32_t i = 0; i < w->spec->schema->ncols; i++)
		for (size_t f = 0; f < w->nfields; f++) {
			if (w->cols[i].taken || !is_open(w, &w->fields[f]))
				continue;
			double s = sl_score(&w->cols[i], &w->fields[f]);
			if (s >= WORTH_SAYING)
				pairs[n++] = (struct pair){ i, f, s };
		}
	qsort(pairs, n, sizeof *pairs, by_score);
	return n;
}

static bool
offer_fields(struct work *w)
{
	size_t most = (size_t)w->spec->schema->ncols * w->nfields;
	struct pair *pairs = malloc((most ? most : 1) * sizeof *pairs);
	if (!pairs)
		return false;
	size_t n = find_pairs(w, pairs);
	for (size_t i = 0; i < n; i++) {
		struct sl_candidate *c = &w->cols[pairs[i].col];
		const struct sl_field_info *f = &w->fields[pairs[i].field];
		if (c->taken || w->field_taken[pairs[i].field] || is_offered(w, f->name))
			continue;
		c->taken = w->field_taken[pairs[i].field] = true;
		offer(w, f->name, sl_field_expr(w->a, c, f), sl_field_reason(w->a, c, f),
		      pairs[i].score);
	}
	free(pairs);
	return true;
}

/* ---- what is left ---------------------------------------------------------------------------- */

/* May fields of any name be written? Not in a bare row whose destination listed all it has. */
static bool
is_free(const struct work *w)
{
	for (size_t i = 0; i < w->nfields; i++)
		if (strcmp(w->fields[i].name, "*") == 0)
			return true;
	return w->nfields == 0 || !w->shape->bare;
}

static void
offer_own_names(struct work *w)
{
	bool camel = strcmp(w->shape->home, "traits.") == 0;
	for (uint32_t i = 0; i < w->spec->schema->ncols && is_free(w); i++) {
		const struct sl_column *c = w->cols[i].col;
		if (w->cols[i].taken)
			continue;
		const char *step = camel ? camel_case(w, c->name) : own_step(w, c->name);
		const char *to = step ? sl_arena_printf(w->a, "%s%s", w->shape->home, step) : NULL;
		/* A field named timestamp would become the time of the event. */
		if (to &&
		    (is_offered(w, to) || (!w->shape->bare && strcmp(step, "timestamp") == 0)))
			to = sl_arena_printf(w->a, "%s%sValue", w->shape->home, step);
		if (!to || is_offered(w, to)) {
			w->full |= !to;
			continue;
		}
		offer(w, to, sl_column_expr(w->a, c), "under its own name", OWN_NAME);
	}
}

static bool
look_at_columns(struct work *w)
{
	const struct sl_schema *s = w->spec->schema;
	w->cols = SL_NEW(w->a, struct sl_candidate, s->ncols + 1);
	w->field_taken = SL_NEW(w->a, bool, w->nfields + 1);
	w->room = (size_t)s->ncols + 4;
	w->out = SL_NEW(w->a, struct sl_suggestion, w->room);
	if (!w->cols || !w->field_taken || !w->out)
		return false;
	for (uint32_t i = 0; i < s->ncols; i++) {
		struct sl_candidate *c = &w->cols[i];
		c->col = &s->cols[i];
		sl_squeeze(c->col->name, c->word);
		c->look = sl_look_of(w->spec->sample, w->spec->nsample, s->ncols, i, &c->seen);
	}
	return true;
}

enum sl_code
sl_suggest(const struct sl_suggest_spec *spec, struct sl_arena *a, struct sl_suggestion **out,
	   size_t *n, struct sl_err *err)
{
	struct work w = { .spec = spec,
			  .a = a,
			  .shape = sl_shape_find(spec->event),
			  .fields = spec->fields,
			  .nfields = spec->nfields };
	*out = NULL;
	*n = 0;
	if (!w.shape) {
		(void)sl_fail(err, SL_E_CONFIG, "event", "there is no event of that name");
		return sl_err_hint(err, "the events are %s", sl_shape_names());
	}
	if (w.nfields == 0 && strcmp(w.shape->home, "traits.") == 0)
		w.fields = sl_usual_traits(&w.nfields);
	if (!look_at_columns(&w))
		return sl_fail(err, SL_E_NOMEM, "map", "no memory left for suggestions");
	offer_identity(&w);
	bool ok = offer_fields(&w);
	offer_own_names(&w);
	if (!ok || w.full)
		return sl_fail(err, SL_E_NOMEM, "map", "no memory left for suggestions");
	*out = w.out;
	*n = w.n;
	return SL_OK;
}
