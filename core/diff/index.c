/* index.c - entries by key. Keys are digests, hence uniform: the page of a key is guessed from its value
 * among the fences, its place from its value within the page. One look into memory or one read of the file
 * finds nearly every key. */
#include "core/diff/index.h"

#include "core/base/spill.h"

#include <stdlib.h>
#include <string.h>

#define CHUNK       ((size_t)1 << 14) /* entries of one piece of memory */
#define FIRST_SHIFT 4u                /* a fence for every 16 entries at first */
#define MOST_SHIFT  14u               /* a page lies in one piece of memory */
#define MOST_FENCES ((size_t)1 << 20)
#define FEW_FENCES  ((size_t)1 << 10)
#define WINDOW      32u  /* entries looked at together */
#define GUESSES     3u   /* tries by value before plain bisection */
#define WORD        64u  /* entries of a word of marks */
#define BUFFERED    1024 /* entries on their way to the file */
#define TAG         10u  /* bytes of a tag */

struct entry {
	uint64_t khi, klo, rhi, rlo;
	uint32_t version;
} __attribute__((packed));

/* Of the entries of one piece. */
struct tags {
	uint64_t a[CHUNK];
	uint16_t b[CHUNK];
};

struct sl_index {
	struct sl_room room;
	size_t plain; /* so many entries are to be in memory, where there is room */
	size_t n, live;
	uint64_t last_hi, last_lo; /* the key that was added last */

	uint64_t *fences; /* khi of every entry at a multiple of 1 << shift */
	size_t nfences, capfences, maxfences;
	unsigned shift;

	void **chunks; /* struct entry[CHUNK] for places below in_memory, a multiple of CHUNK or all */
	size_t nchunks, taken, in_memory; /* taken: bytes of the budget */
	size_t tagged;    /* places from in_memory to here have a struct tags each CHUNK of them */
	size_t capchunks; /* of both kinds */
	struct sl_spill *file; /* all other places; NULL = none */
	struct entry *waiting; /* the last ones of the file, until it is ready */
	size_t nwaiting;

	uint64_t *marks;
};

static enum sl_code
no_memory(struct sl_err *err)
{
	return sl_fail(err, SL_E_NOMEM, "snapshot", "no memory left to compare rows");
}

/* How many of so many entries are best kept whole, so that the others have tags. */
static size_t
plain_of(const struct sl_budget *b, uint64_t expect)
{
	const size_t left = __atomic_load_n(&b->left, __ATOMIC_RELAXED), keep = b->total / 4;
	const uint64_t room = left > keep ? left - keep : 0;

	if (expect <= room / sizeof(struct entry))
		return SIZE_MAX;
	if (expect >= room / TAG)
		return 0;
	return (size_t)((room - expect * TAG) / (sizeof(struct entry) - TAG));
}

enum sl_code
sl_index_new(const struct sl_room *room, uint64_t expect, struct sl_index **out, struct sl_err *err)
{
	struct sl_index *x = calloc(1, sizeof(*x));
	const size_t fences = room->memory->total / 64;

	*out = x;
	if (!x)
		return no_memory(err);
	*x = (struct sl_index){ .room = *room,
				.shift = FIRST_SHIFT,
				.plain = plain_of(room->memory, expect) };
	x->maxfences = fences > MOST_FENCES ? MOST_FENCES : FEW_FENCES;
	while (x->maxfences < fences && x->maxfences < MOST_FENCES)
		x->maxfences *= 2;
	return SL_OK;
}

void
sl_index_free(struct sl_index *x)
{
	if (!x)
		return;
	for (size_t i = 0; i < x->nchunks; i++)
		free(x->chunks[i]);
	sl_budget_give(x->room.memory, x->taken);
	free(x->chunks);
	free(x->fences);
	free(x->waiting);
	free(x->marks);
	sl_spill_free(x->file);
	free(x);
}

size_t
sl_index_rows(const struct sl_index *x)
{
	return x ? x->n : 0;
}

size_t
sl_index_live(const struct sl_index *x)
{
	return x ? x->live : 0;
}

/* ---- filling --------------------------------------------------------------------------------- */

/* Keep every second fence. */
static void
thin_out(struct sl_index *x)
{
	x->nfences = (x->nfences + 1) / 2;
	for (size_t i = 1; i < x->nfences; i++)
		x->fences[i] = x->fences[2 * i];
	x->shift++;
}

static bool
add_fence(struct sl_index *x, uint64_t hi)
{
	if (x->nfences >= x->maxfences && x->shift < MOST_SHIFT)
		thin_out(x);
	if (x->nfences == x->capfences) {
		const size_t cap = x->capfences ? x->capfences * 2 : FEW_FENCES;
		uint64_t *more = realloc(x->fences, cap * sizeof(*more));

		if (!more)
			return false;
		x->fences = more;
		x->capfences = cap;
	}
	x->fences[x->nfences++] = hi;
	return true;
}

/* A piece of so many bytes; a quarter of the memory is left to new keys. *full: there is no room for it. */
static enum sl_code
add_chunk(struct sl_index *x, size_t bytes, bool *full, struct sl_err *err)
{
	*full = !sl_budget_take(x->room.memory, bytes, x->room.memory->total / 4);
	if (*full)
		return SL_OK;
	x->taken += bytes;
	if (x->nchunks == x->capchunks) {
		const size_t cap = x->capchunks ? x->capchunks * 2 : 16;
		void **more = realloc(x->chunks, cap * sizeof(*more));

		if (!more)
			return no_memory(err);
		x->chunks = more;
		x->capchunks = cap;
	}
	x->chunks[x->nchunks] = malloc(bytes);
	if (!x->chunks[x->nchunks])
		return no_memory(err);
	x->nchunks++;
	return SL_OK;
}

static enum sl_code
begin_file(struct sl_index *x, struct sl_err *err)
{
	x->file = sl_spill_new(x->room.dir);
	x->waiting = malloc(BUFFERED * sizeof(*x->waiting));
	return x->file && x->waiting ? SL_OK : no_memory(err);
}

static enum sl_code
flush(struct sl_index *x, struct sl_err *err)
{
	const size_t n = x->nwaiting;
	uint64_t at;

	x->nwaiting = 0;
	return n ? sl_spill_add(x->file, x->waiting, n * sizeof(*x->waiting), &at, err) : SL_OK;
}

/* Keys and rows are digests: any of their bits will do. */
static uint64_t
tag_a(struct sl_digest key, struct sl_digest row)
{
	return row.hi ^ key.lo;
}

static uint16_t
tag_b(struct sl_digest key, struct sl_digest row)
{
	return (uint16_t)(row.lo ^ key.hi);
}

/* Where the entry of the next place is put; *placed: in memory, else there is no room for it. */
static enum sl_code
place_in_memory(struct sl_index *x, struct entry **to, bool *placed, struct sl_err *err)
{
	bool full = x->file || x->n >= x->plain;
	enum sl_code code = SL_OK;

	*placed = false;
	if (!x->file && x->n == x->nchunks * CHUNK && !full)
		code = add_chunk(x, CHUNK * sizeof(struct entry), &full, err);
	if (code != SL_OK || x->file || x->n == x->nchunks * CHUNK)
		return code;
	*to = (struct entry *)x->chunks[x->n / CHUNK] + x->n % CHUNK;
	*placed = true;
	x->in_memory = x->tagged = x->n + 1;
	return SL_OK;
}

static enum sl_code
place_in_file(struct sl_index *x, struct entry **to, struct sl_err *err)
{
	enum sl_code code = SL_OK;

	if (!x->file)
		code = begin_file(x, err);
	if (code == SL_OK && x->nwaiting == BUFFERED)
		code = flush(x, err);
	if (code == SL_OK)
		*to = &x->waiting[x->nwaiting++];
	return code;
}

/* Tags end where there is no room for more. */
static enum sl_code
add_tag(struct sl_index *x, const struct sl_snap *e, struct sl_err *err)
{
	struct tags *t;
	bool full;

	if (x->tagged < x->n)
		return SL_OK;
	if (x->n == x->nchunks * CHUNK) {
		if (add_chunk(x, sizeof(*t), &full, err) != SL_OK)
			return err->code;
		if (full)
			return SL_OK;
	}
	t = x->chunks[x->n / CHUNK];
	t->a[x->n % CHUNK] = tag_a(e->key, e->row);
	t->b[x->n % CHUNK] = tag_b(e->key, e->row);
	x->tagged = x->n + 1;
	return SL_OK;
}

enum sl_code
sl_index_add(struct sl_index *x, const struct sl_snap *e, struct sl_err *err)
{
	const struct sl_digest last = { x->last_hi, x->last_lo };
	struct entry *to = NULL;
	enum sl_code code;
	bool placed;

	if (x->n > 0 && sl_digest_cmp(last, e->key) >= 0)
		return sl_fail(err, SL_E_CORRUPT, "state", "the order of a snapshot");
	code = place_in_memory(x, &to, &placed, err);
	if (code == SL_OK && !placed) {
		code = place_in_file(x, &to, err);
		if (code == SL_OK)
			code = add_tag(x, e, err);
	}
	if (code != SL_OK)
		return code;
	if (x->n % ((size_t)1 << x->shift) == 0 && !add_fence(x, e->key.hi))
		return no_memory(err);
	*to = (struct entry){ e->key.hi, e->key.lo, e->row.hi, e->row.lo, e->version };
	x->last_hi = e->key.hi;
	x->last_lo = e->key.lo;
	x->live += sl_snap_is_there(e);
	x->n++;
	return SL_OK;
}

enum sl_code
sl_index_ready(struct sl_index *x, struct sl_err *err)
{
	enum sl_code code = flush(x, err);

	free(x->waiting);
	x->waiting = NULL;
	if (code != SL_OK)
		return code;
	x->marks = calloc(x->n / WORD + 1, sizeof(*x->marks));
	return x->marks ? SL_OK : no_memory(err);
}

/* ---- finding ----------------------------------------------------------------------------------- */

/* Entries [from, from + n) of one page or one word of marks: in memory, or read into buf. */
static enum sl_code
look_at(const struct sl_index *x, size_t from, size_t n, struct entry *buf,
	const struct entry **out, struct sl_err *err)
{
	if (from < x->in_memory) {
		*out = (const struct entry *)x->chunks[from / CHUNK] + from % CHUNK;
		return SL_OK;
	}
	*out = buf;
	return sl_spill_read(x->file, (uint64_t)(from - x->in_memory) * sizeof(*buf), buf,
			     n * sizeof(*buf), err);
}

static struct sl_snap
unpack(const struct entry *e)
{
	return (struct sl_snap){ .key = { e->khi, e->klo },
				 .row = { e->rhi, e->rlo },
				 .version = e->version };
}

/* How many of n things (fewer than 2^32), spread over all values, lie within a distance. */
static size_t
share(uint64_t distance, size_t n)
{
	return (size_t)((distance >> 32) * n >> 32);
}

/* The last fence that is not above hi; the first one when all are. Guessed twice, then sought from there in
 * growing steps: so it does not take long where keys are not uniform either. */
static size_t
fence_of(const struct sl_index *x, uint64_t hi)
{
	const uint64_t *f = x->fences;
	const size_t n = x->nfences;
	size_t at = share(hi, n), lo, end, more;

	if (f[at] <= hi) {
		more = share(hi - f[at], n);
		at = at + more < n ? at + more : n - 1;
	} else {
		more = share(f[at] - hi, n);
		at = at > more ? at - more : 0;
	}
	lo = at;
	end = at + 1;
	if (f[at] <= hi)
		for (size_t step = 1; end < n && f[end] <= hi; step *= 2) {
			lo = end;
			end = end + step < n ? end + step : n;
		}
	else
		for (size_t step = 1; lo > 0 && f[lo] > hi; step *= 2) {
			end = lo;
			lo = lo > step ? lo - step : 0;
		}
	while (end - lo > 1) {
		const size_t mid = lo + (end - lo) / 2;

		if (f[mid] <= hi)
			lo = mid;
		else
			end = mid;
	}
	return lo;
}

/* A key is within places [lo, hi), whose ends have about these values. */
struct range {
	size_t lo, hi;
	uint64_t vlo, vhi;
};

/* Where key is, if it is there: in the page of its fence; and in those before it as long as they end with
 * keys that begin alike. */
static struct range
range_of(const struct sl_index *x, size_t fence, uint64_t hi)
{
	struct range r = { .hi = (fence + 1) << x->shift,
			   .vlo = x->fences[fence],
			   .vhi = UINT64_MAX };

	if (fence + 1 < x->nfences)
		r.vhi = x->fences[fence + 1];
	if (r.hi > x->n)
		r.hi = x->n;
	while (x->fences[fence] == hi && fence > 0)
		r.vlo = x->fences[--fence];
	r.lo = fence << x->shift;
	return r;
}

static size_t
guess(const struct range *r, uint64_t hi)
{
	const size_t n = r->hi - r->lo;
	size_t at;

	if (hi <= r->vlo || r->vhi <= r->vlo)
		return r->lo;
	if (hi >= r->vhi)
		return r->hi - 1;
	at = (size_t)((double)(hi - r->vlo) / (double)(r->vhi - r->vlo) * (double)n);
	return r->lo + (at < n ? at : n - 1);
}

static int
cmp(const struct entry *e, struct sl_digest key)
{
	return sl_digest_cmp((struct sl_digest){ e->khi, e->klo }, key);
}

/* The first of n entries that is not below key, from a guess on. */
static size_t
walk(const struct entry *e, size_t n, size_t at, struct sl_digest key)
{
	if (cmp(&e[at], key) < 0) {
		while (++at < n && cmp(&e[at], key) < 0)
			;
		return at;
	}
	while (at > 0 && cmp(&e[at - 1], key) >= 0)
		at--;
	return at;
}

/* The entries that are looked at together around a place: in one page, hence in one piece of memory. */
static struct range
window(const struct sl_index *x, const struct range *r, size_t at)
{
	const size_t page = at >> x->shift << x->shift, end = page + ((size_t)1 << x->shift);
	struct range w = { .lo = r->lo > page ? r->lo : page, .hi = r->hi < end ? r->hi : end };

	if (w.hi - w.lo <= WINDOW)
		return w;
	if (at - w.lo > WINDOW / 2)
		w.lo = w.hi - at > WINDOW / 2 ? at - WINDOW / 2 : w.hi - WINDOW;
	w.hi = w.lo + WINDOW;
	return w;
}

static enum sl_code
find(const struct sl_index *x, struct range r, struct sl_digest key, struct sl_found *out,
     struct sl_err *err)
{
	struct entry buf[WINDOW];
	const struct entry *e;

	out->at = SL_NOWHERE;
	for (unsigned tries = 0; r.lo < r.hi; tries++) {
		const size_t at = tries < GUESSES ? guess(&r, key.hi) : r.lo + (r.hi - r.lo) / 2;
		const struct range w = window(x, &r, at);
		const size_t n = w.hi - w.lo;
		size_t i;

		if (look_at(x, w.lo, n, buf, &e, err) != SL_OK)
			return err->code;
		i = walk(e, n, at - w.lo, key);
		if (i < n && cmp(&e[i], key) == 0) {
			*out = (struct sl_found){ .at = w.lo + i, .entry = unpack(&e[i]) };
			return SL_OK;
		}
		if (i > 0 && i < n)
			return SL_OK;
		if (i == 0) {
			r.hi = w.lo;
			r.vhi = e[0].khi;
		} else {
			r.lo = w.hi;
			r.vlo = e[n - 1].khi;
		}
	}
	return SL_OK;
}

/* Is there just this row? */
static bool
find_tag(const struct sl_index *x, const struct range *r, struct sl_digest key,
	 struct sl_digest row, struct sl_found *out)
{
	const uint64_t a = tag_a(key, row);
	const uint16_t b = tag_b(key, row);

	if (r->lo < x->in_memory || r->hi > x->tagged)
		return false;
	for (size_t i = r->lo; i < r->hi; i++) {
		const struct tags *t = x->chunks[i / CHUNK];

		if (t->a[i % CHUNK] != a || t->b[i % CHUNK] != b)
			continue;
		*out = (struct sl_found){ .at = i, .by_tag = true, .entry = { key, row, 0, 0 } };
		return true;
	}
	return false;
}

/* What the search for a key will look at first. */
static void
prefetch(const struct sl_index *x, const struct range *r, uint64_t hi)
{
	const size_t at = guess(r, hi);

	if (at < x->in_memory)
		__builtin_prefetch((const struct entry *)x->chunks[at / CHUNK] + at % CHUNK);
	else if (at < x->tagged)
		__builtin_prefetch(&((const struct tags *)x->chunks[at / CHUNK])->a[at % CHUNK]);
}

enum sl_code
sl_index_find(const struct sl_index *x, const struct sl_digest *keys, const struct sl_digest *rows,
	      uint32_t n, struct sl_found *out, struct sl_err *err)
{
	struct range range[SL_INDEX_GROUP];
	enum sl_code code = SL_OK;

	if (sl_index_rows(x) == 0) {
		for (uint32_t i = 0; i < n; i++)
			out[i].at = SL_NOWHERE;
		return SL_OK;
	}
	for (uint32_t i = 0; i < n; i++)
		__builtin_prefetch(&x->fences[share(keys[i].hi, x->nfences)]);
	for (uint32_t i = 0; i < n; i++) {
		range[i] = range_of(x, fence_of(x, keys[i].hi), keys[i].hi);
		prefetch(x, &range[i], keys[i].hi);
	}
	for (uint32_t i = 0; i < n && code == SL_OK; i++)
		if (!rows || !find_tag(x, &range[i], keys[i], rows[i], &out[i]))
			code = find(x, range[i], keys[i], &out[i], err);
	return code;
}

/* ---- marks ------------------------------------------------------------------------------------- */

bool
sl_index_mark(struct sl_index *x, size_t at)
{
	const uint64_t bit = (uint64_t)1 << at % WORD;

	return (__atomic_fetch_or(&x->marks[at / WORD], bit, __ATOMIC_RELAXED) & bit) != 0;
}

enum sl_code
sl_index_unmarked(const struct sl_index *x, size_t *from, struct sl_found *out, size_t max,
		  size_t *n, struct sl_err *err)
{
	struct entry buf[WORD];
	const struct entry *e;

	*n = 0;
	while (x && *from < x->n && *n < max) {
		const size_t first = *from / WORD * WORD;
		const size_t some = x->n - first < WORD ? x->n - first : WORD;
		const uint64_t marks = x->marks[first / WORD];

		if (marks == UINT64_MAX) {
			*from = first + WORD;
			continue;
		}
		if (look_at(x, first, some, buf, &e, err) != SL_OK)
			return err->code;
		for (; *from < first + some && *n < max; ++*from)
			if (!(marks >> (*from - first) & 1))
				out[(*n)++] =
					(struct sl_found){ .at = *from,
							   .entry = unpack(&e[*from - first]) };
	}
	return SL_OK;
}
