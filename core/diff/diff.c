/* diff.c - a batch against the snapshot. Rows are looked up in groups, so that memory is waited for once a
 * group. */
#include "core/diff/diff.h"

#include "core/base/text.h"
#include "core/diff/digest_row.h"
#include "core/diff/newset.h"

#include <stdlib.h>

#define GROUP     SL_INDEX_GROUP /* rows hashed before they are looked up */
#define MAX_NAMED 5u             /* bad keys named in one error */
#define KEY_SHOWN 40u            /* bytes of one key value shown in an error */

struct sl_diff {
	struct sl_diff_spec spec;
	struct sl_newset *added;
	uint8_t *shown; /* atomic; by place in dead, then in unsure: a row without an entry came */
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
	struct sl_newset *added = sl_newset_new(&spec->room);
	uint8_t *shown = calloc(spec->ndead + spec->nunsure + 1, 1);
	if (!d || !added || !shown) {
		free(d);
		free(shown);
		sl_newset_free(added);
		return sl_fail(err, SL_E_NOMEM, "diff", "no memory left to compare rows");
	}
	d->spec = *spec;
	d->added = added;
	d->shown = shown;
	*out = d;
	return SL_OK;
}

void
sl_diff_free(struct sl_diff *d)
{
	if (!d)
		return;
	sl_newset_free(d->added);
	free(d->shown);
	free(d);
}

const struct sl_snap *
sl_snap_find(const struct sl_snap *snap, size_t n, struct sl_digest key)
{
	size_t lo = 0, hi = snap ? n : 0;

	while (lo < hi) {
		const size_t mid = lo + (hi - lo) / 2;

		if (sl_digest_cmp(snap[mid].key, key) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return snap && lo < n && sl_digest_eq(snap[lo].key, key) ? &snap[lo] : NULL;
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

static void
show(struct sl_diff *d, size_t place)
{
	__atomic_store_n(&d->shown[place], 1, __ATOMIC_RELAXED);
}

/* A row that the snapshot does not have: is it one of those that were given up on, or never answered? */
static void
show_key(struct sl_diff *d, struct sl_digest key, const struct sl_snap *dead)
{
	const struct sl_diff_spec *s = &d->spec;
	const struct sl_snap *u = sl_snap_find(s->unsure, s->nunsure, key);

	if (dead)
		show(d, (size_t)(dead - s->dead));
	if (u)
		show(d, s->ndead + (size_t)(u - s->unsure));
}

/* One row whose digests are known: is it a change? SL_OK: *c is filled; SL_DONE: nothing to tell;
 * SL_E_DATA, without words: the key came before. */
static enum sl_code
judge(struct sl_diff *d, struct sl_found *at, struct sl_change *c, struct sl_diff_count *count,
      struct sl_err *err)
{
	const struct sl_diff_spec *s = &d->spec;

	/* Of what was never answered the version counts. */
	if (at->at != SL_NOWHERE && at->by_tag && sl_snap_find(s->unsure, s->nunsure, c->key) &&
	    sl_index_find(s->snap, &c->key, NULL, 1, at, err) != SL_OK)
		return err->code;
	const struct sl_snap *old = at->at != SL_NOWHERE ? &at->entry : NULL;
	const struct sl_snap *dead = sl_snap_find(s->dead, s->ndead, c->key);
	enum sl_code code = SL_OK;

	if (!old)
		code = sl_newset_add(d->added, c->key, err);
	else if (sl_index_mark(s->snap, at->at))
		code = SL_E_DATA;
	if (code != SL_OK)
		return code;
	if (!sl_snap_is_there(old))
		show_key(d, c->key, dead);
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
	struct sl_err *err;
};

static enum sl_code
diff_group(struct work *w, uint32_t from, uint32_t n, struct sl_change *out, uint32_t *nout)
{
	const struct sl_diff_spec *s = &w->d->spec;
	struct sl_change group[GROUP];
	struct sl_digest keys[GROUP], rows[GROUP];
	struct sl_found found[GROUP];

	if (!hash_group(s, w->batch, from, n, &w->bytes, group))
		return sl_fail(w->err, SL_E_NOMEM, "diff", "no memory left to compare rows");
	for (uint32_t i = 0; i < n; i++) {
		keys[i] = group[i].key;
		rows[i] = group[i].digest;
	}
	if (sl_index_find(s->snap, keys, s->full ? NULL : rows, n, found, w->err) != SL_OK)
		return w->err->code;
	for (uint32_t i = 0; i < n; i++) {
		if (key_is_null(s,
				w->batch->cells + (size_t)(from + i) * w->batch->schema->ncols)) {
			note_bad(&w->bad, from + i);
			continue;
		}
		enum sl_code rc = judge(w->d, &found[i], &group[i], w->count, w->err);
		if (rc == SL_E_DATA)
			note_bad(&w->bad, from + i);
		else if (rc == SL_OK)
			out[(*nout)++] = group[i];
		else if (rc != SL_DONE)
			return rc;
	}
	w->count->rows += n;
	return SL_OK;
}

enum sl_code
sl_diff_batch(struct sl_diff *d, const struct sl_batch *b, struct sl_change *out, uint32_t *n,
	      struct sl_diff_count *count, struct sl_err *err)
{
	struct work w = { .d = d, .batch = b, .count = count, .err = err };
	enum sl_code rc = SL_OK;

	*n = 0;
	sl_row_bytes_init(&w.bytes);
	for (uint32_t at = 0; rc == SL_OK && at < b->nrows; at += GROUP)
		rc = diff_group(&w, at, b->nrows - at < GROUP ? b->nrows - at : GROUP, out, n);
	sl_row_bytes_free(&w.bytes);
	if (rc != SL_OK)
		return rc;
	return w.bad.n > 0 ? fail_bad_keys(&d->spec, b, &w.bad, err) : SL_OK;
}

enum sl_code
sl_diff_end(struct sl_diff *d, struct sl_err *err)
{
	return sl_newset_check(d->added, err);
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

bool
sl_diff_showed(const struct sl_diff *d, struct sl_digest key)
{
	const struct sl_diff_spec *s = &d->spec;
	const struct sl_snap *dead = sl_snap_find(s->dead, s->ndead, key);
	const struct sl_snap *u = sl_snap_find(s->unsure, s->nunsure, key);

	return (dead && d->shown[dead - s->dead]) ||
	       (u && d->shown[s->ndead + (size_t)(u - s->unsure)]);
}

/* ---- removes ----------------------------------------------------------------------------------- */

#define AHEAD 64u /* entries read at once */

/* Entries that no batch showed, one after the other. */
struct unseen {
	struct sl_found ahead[AHEAD];
	size_t n, i;
};

/* The first one from place *at on; NULL in *out at the end. */
static enum sl_code
next_unseen(struct unseen *u, const struct sl_diff_spec *s, size_t *at, const struct sl_found **out,
	    struct sl_err *err)
{
	enum sl_code code = SL_OK;
	size_t to = *at;

	if (u->i == u->n) {
		code = sl_index_unmarked(s->snap, &to, u->ahead, AHEAD, &u->n, err);
		u->i = 0;
	}
	if (u->n == 0)
		*at = to;
	*out = u->i < u->n ? &u->ahead[u->i] : NULL;
	return code;
}

static void
add_gone(const struct sl_diff_spec *s, struct sl_removes *r, struct sl_digest key, uint32_t acked,
	 struct sl_gone *out, size_t *n)
{
	const struct sl_digest none = { 0, 0 };
	const uint32_t version = sl_next_version(s, key, none, acked);

	if (sl_diff_is_dead(s, key, none, version))
		r->still_dead++;
	else
		out[(*n)++] = (struct sl_gone){ key, version };
}

/* The row of an event that was never answered, if it is gone: it has no entry that was not seen. */
static enum sl_code
add_orphan(const struct sl_diff *d, struct sl_removes *r, const struct sl_snap *u,
	   struct sl_gone *out, size_t *n, struct sl_err *err)
{
	const struct sl_diff_spec *s = &d->spec;
	struct sl_found old;

	if (!in_doubt(s, u->key, 0) || sl_diff_showed(d, u->key))
		return SL_OK;
	if (sl_index_find(s->snap, &u->key, NULL, 1, &old, err) != SL_OK)
		return err->code;
	if (old.at == SL_NOWHERE)
		add_gone(s, r, u->key, 0, out, n);
	return SL_OK;
}

/* An entry that was not seen; doubt: an event of it was never answered. */
static void
add_unseen(const struct sl_diff_spec *s, struct sl_removes *r, const struct sl_snap *x, bool doubt,
	   struct sl_gone *out, size_t *n)
{
	if (sl_snap_is_there(x) || (doubt && in_doubt(s, x->key, x->version)))
		add_gone(s, r, x->key, x->version, out, n);
}

enum sl_code
sl_diff_removes(const struct sl_diff *d, struct sl_removes *r, struct sl_gone *out, size_t room,
		size_t *n, struct sl_err *err)
{
	const struct sl_diff_spec *s = &d->spec;
	struct unseen unseen = { .n = 0 };
	const struct sl_found *e;

	*n = 0;
	while (*n < room) {
		const struct sl_snap *u = r->unsure < s->nunsure ? &s->unsure[r->unsure] : NULL;

		if (next_unseen(&unseen, s, &r->at, &e, err) != SL_OK)
			return err->code;
		if (!e && !u)
			break;
		const int c = !e ? 1 : !u ? -1 : sl_digest_cmp(e->entry.key, u->key);

		if (c <= 0) {
			add_unseen(s, r, &e->entry, c == 0, out, n);
			r->at = e->at + 1;
			unseen.i++;
		} else if (add_orphan(d, r, u, out, n, err) != SL_OK) {
			return err->code;
		}
		r->unsure += c >= 0;
	}
	return SL_OK;
}
