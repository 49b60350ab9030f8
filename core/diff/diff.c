/* diff.c - a batch against the snapshot.
 *
 * The snapshot is one flat array sorted by key. Its keys are digests, hence uniform: the place of a key
 * is guessed from its value. Rows are looked up in groups, so that memory is waited for once a group. */
#include "core/diff/diff.h"

#include "core/base/text.h"
#include "core/diff/digest_row.h"
#include "core/diff/newset.h"

#include <stdlib.h>

#define GROUP     32u /* rows hashed before they are looked up */
#define MAX_NAMED 5u  /* bad keys named in one error */
#define KEY_SHOWN 40u /* bytes of one key value shown in an error */
#define ROUNDS    3   /* steps of a search that are taken for a whole group */
#define GUESSES   6   /* tries by interpolation before plain bisection */

struct sl_diff {
	struct sl_diff_spec spec;
	struct sl_newset *added;
};

/* Rows of one batch that cannot be told apart. */
struct bad_keys {
	uint32_t rows[MAX_NAMED];
	uint32_t n; /* of all; more than are named */
};

enum sl_code
sl_diff_new(const struct sl_diff_spec *spec, struct sl_diff **out, struct sl_err *err)
{
	*out = NULL;
	if (spec->nkey == 0)
		return sl_fail(err, SL_E_CONFIG, "key",
			       "the sync has no key, so its rows cannot be told apart");
	struct sl_diff *d = calloc(1, sizeof *d);
	struct sl_newset *added = sl_newset_new();
	if (!d || !added) {
		free(d);
		sl_newset_free(added);
		return sl_fail(err, SL_E_NOMEM, "diff", "no memory left to compare rows");
	}
	d->spec = *spec;
	d->added = added;
	*out = d;
	return SL_OK;
}

void
sl_diff_free(struct sl_diff *d)
{
	if (!d)
		return;
	sl_newset_free(d->added);
	free(d);
}

/* Where key would be among n sorted uniform keys between lo and hi. */
static size_t
guess(uint64_t key, uint64_t lo, uint64_t hi, size_t n)
{
	if (key <= lo || hi <= lo)
		return 0;
	if (key >= hi)
		return n - 1;
	size_t at = (size_t)((double)(key - lo) / (double)(hi - lo) * (double)n);
	return at < n ? at : n - 1;
}

/* A search for one key, step by step: it is within [lo, hi), whose ends have about these values. */
struct search {
	struct sl_digest key;
	size_t lo, hi;
	uint64_t vlo, vhi;
	unsigned steps;
	bool found; /* at lo */
};

static struct search
search_for(struct sl_digest key, size_t n)
{
	return (struct search){ .key = key, .hi = n, .vhi = UINT64_MAX };
}

static bool
is_over(const struct search *s)
{
	return s->found || s->lo >= s->hi;
}

/* The entry that the next step looks at. */
static size_t
next_probe(const struct search *s)
{
	size_t n = s->hi - s->lo;
	return s->lo + (s->steps < GUESSES ? guess(s->key.hi, s->vlo, s->vhi, n) : n / 2);
}

static void
step(struct search *s, const struct sl_snap *a)
{
	size_t mid = next_probe(s);
	int c = sl_digest_cmp(a[mid].key, s->key);
	s->steps++;
	if (c < 0) {
		s->lo = mid + 1;
		s->vlo = a[mid].key.hi;
	} else if (c > 0) {
		s->hi = mid;
		s->vhi = a[mid].key.hi;
	} else {
		s->lo = mid;
		s->found = true;
	}
}

static const struct sl_snap *
finish(struct search *s, const struct sl_snap *a)
{
	while (!is_over(s))
		step(s, a);
	return s->found ? &a[s->lo] : NULL;
}

/* Bring the first probes of a group into the cache: the searches of a group wait for memory together,
 * not one after the other. */
static void
start_searches(struct search *s, uint32_t n, const struct sl_snap *a)
{
	for (uint32_t i = 0; i < n; i++)
		if (!is_over(&s[i]))
			__builtin_prefetch(&a[next_probe(&s[i])], 1);
	for (unsigned round = 0; round < ROUNDS; round++)
		for (uint32_t i = 0; i < n; i++) {
			if (is_over(&s[i]))
				continue;
			step(&s[i], a);
			if (!is_over(&s[i]))
				__builtin_prefetch(&a[next_probe(&s[i])], 1);
		}
}

const struct sl_snap *
sl_snap_find(const struct sl_snap *snap, size_t n, struct sl_digest key)
{
	struct search s = search_for(key, n);
	return finish(&s, snap);
}

static bool
key_is_null(const struct sl_diff_spec *s, const struct sl_value *row)
{
	for (uint32_t i = 0; i < s->nkey; i++)
		if (row[s->key[i]].type == SL_T_NULL)
			return true;
	return false;
}

uint32_t
sl_next_version(const struct sl_diff_spec *s, struct sl_digest key, struct sl_digest row,
		uint32_t acked)
{
	const struct sl_snap *u = sl_snap_find(s->unsure, s->nunsure, key);

	if (!u || u->version < acked)
		return acked;
	return sl_digest_eq(u->row, row) ? u->version : u->version + (u->version < UINT32_MAX);
}

/* May the destination hold something newer of the key than what it acknowledged? */
static bool
in_doubt(const struct sl_diff_spec *s, struct sl_digest key, uint32_t acked)
{
	const struct sl_snap *u = sl_snap_find(s->unsure, s->nunsure, key);

	return u && u->seen > acked;
}

bool
sl_diff_is_same(const struct sl_diff_spec *s, const struct sl_snap *old, struct sl_digest row)
{
	return sl_snap_is_there(old) && !s->full && sl_digest_eq(old->row, row) &&
	       !in_doubt(s, old->key, old->version);
}

bool
sl_diff_is_dead(const struct sl_diff_spec *s, struct sl_digest key, struct sl_digest row,
		uint32_t version)
{
	const struct sl_snap *dead = sl_snap_find(s->dead, s->ndead, key);

	return dead && !s->full && dead->seen == 0 && sl_digest_eq(dead->row, row) &&
	       dead->version == version;
}

/* One row whose digests are known: is it a change? SL_OK: *c is filled; SL_DONE: nothing to tell;
 * SL_E_DATA: the key came before; SL_E_NOMEM. */
static enum sl_code
judge(struct sl_diff *d, struct search *at, struct sl_change *c, struct sl_diff_count *count)
{
	const struct sl_diff_spec *s = &d->spec;
	const struct sl_snap *old = finish(at, s->snap);

	if (old) {
		if (__atomic_exchange_n(&s->snap[old - s->snap].seen, 1u, __ATOMIC_RELAXED) != 0)
			return SL_E_DATA;
	} else {
		int rc = sl_newset_add(d->added, c->key);
		if (rc <= 0)
			return rc == 0 ? SL_E_DATA : SL_E_NOMEM;
	}
	const struct sl_snap *dead = sl_snap_find(s->dead, s->ndead, c->key);
	if (sl_diff_is_same(s, old, c->digest)) {
		count->same++;
		return dead ? SL_OK : SL_DONE;
	}
	c->version = sl_next_version(s, c->key, c->digest, old ? old->version : 0);
	c->replaces_dead = dead != NULL;
	if (sl_diff_is_dead(s, c->key, c->digest, c->version)) {
		count->still_dead++;
		return SL_DONE;
	}
	c->op = sl_snap_is_there(old) ? SL_OP_UPDATE : SL_OP_ADD;
	return SL_OK;
}

static void
note_bad(struct bad_keys *bad, uint32_t row)
{
	if (bad->n < MAX_NAMED)
		bad->rows[bad->n] = row;
	bad->n++;
}

/* "id = 42, region = NULL" */
static void
put_key(struct sl_buf *b, const struct sl_diff_spec *s, const struct sl_batch *batch, uint32_t row)
{
	const struct sl_schema *schema = batch->schema;
	const struct sl_value *cells = batch->cells + (size_t)row * schema->ncols;

	for (uint32_t i = 0; i < s->nkey; i++) {
		const struct sl_value *v = &cells[s->key[i]];
		bool cut = v->len > KEY_SHOWN;
		sl_buf_puts(b, i ? ", " : "");
		sl_visible(b, schema->cols[s->key[i]].name);
		sl_buf_puts(b, " = ");
		if (v->type == SL_T_NULL)
			sl_buf_puts(b, "NULL");
		else
			sl_visible(b, (struct sl_str){ v->ptr, cut ? KEY_SHOWN : v->len });
		sl_buf_puts(b, cut ? "..." : "");
	}
}

static enum sl_code
fail_bad_keys(const struct sl_diff_spec *s, const struct sl_batch *batch,
	      const struct bad_keys *bad, struct sl_err *err)
{
	struct sl_buf names;
	bool null = false;

	sl_buf_init(&names, 4096);
	for (uint32_t i = 0; i < bad->n && i < MAX_NAMED; i++) {
		const struct sl_value *cells =
			batch->cells + (size_t)bad->rows[i] * batch->schema->ncols;
		null = null || key_is_null(s, cells);
		sl_buf_puts(&names, i ? "; " : "");
		put_key(&names, s, batch, bad->rows[i]);
	}
	if (bad->n > MAX_NAMED)
		sl_buf_printf(&names, "; and %u more", bad->n - MAX_NAMED);
	(void)sl_fail(err, SL_E_DATA, "key", "%s: %s",
		      null ? "rows with NULL in their key, or with a key that came before"
			   : "the same key came more than once",
		      sl_buf_cstr(&names));
	sl_buf_free(&names);
	return sl_err_hint(
		err, "choose key columns that are unique and never NULL, or make the model say so: "
		     "WHERE ... IS NOT NULL, DISTINCT ON (...)");
}

/* Hash up to GROUP rows; the digests go to c, a row with NULL in its key to bad. */
static bool
hash_group(const struct sl_diff_spec *s, const struct sl_batch *b, uint32_t from, uint32_t n,
	   struct sl_row_bytes *m, struct sl_change *c)
{
	for (uint32_t i = 0; i < n; i++) {
		const struct sl_value *row = b->cells + (size_t)(from + i) * b->schema->ncols;
		c[i] = (struct sl_change){ .row = from + i };
		if (!sl_digest_of_key(s, row, m, &c[i].key))
			return false;
		if (!sl_digest_of_row(s, row, m, &c[i].digest))
			return false;
	}
	return true;
}

/* What diff_group() works on, beside the group. */
struct work {
	struct sl_diff *d;
	const struct sl_batch *batch;
	struct sl_row_bytes bytes;
	struct bad_keys bad;
	struct sl_diff_count *count;
};

static enum sl_code
diff_group(struct work *w, uint32_t from, uint32_t n, struct sl_change *out, uint32_t *nout)
{
	const struct sl_diff_spec *s = &w->d->spec;
	struct sl_change group[GROUP];
	struct search found[GROUP];

	if (!hash_group(s, w->batch, from, n, &w->bytes, group))
		return SL_E_NOMEM;
	for (uint32_t i = 0; i < n; i++)
		found[i] = search_for(group[i].key, s->nsnap);
	start_searches(found, n, s->snap);
	for (uint32_t i = 0; i < n; i++) {
		if (key_is_null(s,
				w->batch->cells + (size_t)(from + i) * w->batch->schema->ncols)) {
			note_bad(&w->bad, from + i);
			continue;
		}
		enum sl_code rc = judge(w->d, &found[i], &group[i], w->count);
		if (rc == SL_E_NOMEM)
			return rc;
		if (rc == SL_E_DATA)
			note_bad(&w->bad, from + i);
		else if (rc == SL_OK)
			out[(*nout)++] = group[i];
	}
	w->count->rows += n;
	return SL_OK;
}

enum sl_code
sl_diff_batch(struct sl_diff *d, const struct sl_batch *b, struct sl_change *out, uint32_t *n,
	      struct sl_diff_count *count, struct sl_err *err)
{
	struct work w = { .d = d, .batch = b, .count = count };
	enum sl_code rc = SL_OK;

	*n = 0;
	sl_row_bytes_init(&w.bytes);
	for (uint32_t at = 0; rc == SL_OK && at < b->nrows; at += GROUP)
		rc = diff_group(&w, at, b->nrows - at < GROUP ? b->nrows - at : GROUP, out, n);
	sl_row_bytes_free(&w.bytes);
	if (rc != SL_OK)
		return sl_fail(err, rc, "diff", "no memory left to compare rows");
	return w.bad.n > 0 ? fail_bad_keys(&d->spec, b, &w.bad, err) : SL_OK;
}

static bool
is_gone(const struct sl_snap *s)
{
	return s->seen == 0 && sl_snap_is_there(s);
}

/* Zero ("none") when no memory is left for a row beyond the fixed buffer. */
static struct sl_digest
alone(bool (*fn)(const struct sl_diff_spec *, const struct sl_value *, struct sl_row_bytes *,
		 struct sl_digest *),
      const struct sl_diff_spec *s, const struct sl_value *row)
{
	struct sl_row_bytes m;
	struct sl_digest d = { 0, 0 };

	sl_row_bytes_init(&m);
	if (!fn(s, row, &m, &d))
		d = (struct sl_digest){ 0, 0 };
	sl_row_bytes_free(&m);
	return d;
}

struct sl_digest
sl_key_digest(const struct sl_diff_spec *s, const struct sl_value *row)
{
	return alone(sl_digest_of_key, s, row);
}

struct sl_digest
sl_row_digest(const struct sl_diff_spec *s, const struct sl_value *row)
{
	return alone(sl_digest_of_row, s, row);
}

/* Room for n indexes. */
static enum sl_code
new_list(size_t n, uint32_t **out, struct sl_err *err)
{
	*out = malloc(n * sizeof **out);
	return *out ? SL_OK
		    : sl_fail(err, SL_E_NOMEM, "diff", "no memory left to list %zu removes", n);
}

enum sl_code
sl_diff_removes(const struct sl_diff *d, uint32_t **out, size_t *n, struct sl_err *err)
{
	const struct sl_diff_spec *s = &d->spec;
	size_t gone = 0;

	*out = NULL;
	*n = 0;
	for (size_t i = 0; i < s->nsnap; i++)
		gone += is_gone(&s->snap[i]);
	if (gone == 0)
		return SL_OK;
	if (new_list(gone, out, err) != SL_OK)
		return err->code;
	for (size_t i = 0; i < s->nsnap; i++)
		if (is_gone(&s->snap[i]))
			(*out)[(*n)++] = (uint32_t)i;
	return SL_OK;
}

bool
sl_diff_showed(const struct sl_diff *d, struct sl_digest key)
{
	const struct sl_snap *s = sl_snap_find(d->spec.snap, d->spec.nsnap, key);

	return s ? s->seen != 0 : sl_newset_has(d->added, key);
}

enum sl_code
sl_diff_orphans(const struct sl_diff *d, uint32_t **out, size_t *n, struct sl_err *err)
{
	const struct sl_diff_spec *s = &d->spec;

	*out = NULL;
	*n = 0;
	for (size_t i = 0; i < s->nunsure; i++) {
		const struct sl_digest key = s->unsure[i].key;
		const struct sl_snap *old = sl_snap_find(s->snap, s->nsnap, key);

		if (sl_snap_is_there(old) || !in_doubt(s, key, old ? old->version : 0) ||
		    sl_diff_showed(d, key))
			continue;
		if (!*out && new_list(s->nunsure - i, out, err) != SL_OK)
			return err->code;
		(*out)[(*n)++] = (uint32_t)i;
	}
	return SL_OK;
}
