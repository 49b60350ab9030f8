/* part.c - parts of a snapshot. entries: n keys, n rows, n versions, seal. keys, compressed: n lengths
 * of 4 bytes, then the key texts one after the other; a removed row has none. */
#include "core/store/part.h"

#include <stdlib.h>

/* ---- reading -------------------------------------------------------------------------------- */

/* Do the lengths in front of the texts fit what is there? */
static bool
texts_fit(const struct sl_part *p)
{
	uint64_t sum = (uint64_t)p->n * 4;

	if (p->texts_len < sum)
		return false;
	for (uint32_t i = 0; i < p->n; i++)
		sum += sl_get32(p->texts + (size_t)i * 4);
	return sum == p->texts_len;
}

enum sl_code
sl_part_row(struct sl_store *s, const struct sl_q *q, bool texts, struct sl_part *out,
	    struct sl_err *err)
{
	int64_t n = sl_q_col_int(q, 0), len = sl_q_col_int(q, 1);
	struct sl_str entries = sl_q_col(q, 2);
	enum sl_code code = SL_OK;
	void *unpacked = NULL;

	*out = (struct sl_part){ 0 };
	if (n < 1 || n > (int64_t)SL_PART_MAX || len < 0 ||
	    !sl_sealed(&s->key, entries, (size_t)n * SL_PART_ENTRY))
		return sl_db_damaged(s->db, err, "a part of a snapshot");
	out->n = (uint32_t)n;
	out->entries = (const uint8_t *)entries.ptr;
	if (!texts)
		return SL_OK;
	code = sl_zip_unpack_new(s->zip, sl_q_col(q, 3), (size_t)len, &unpacked);
	if (code == SL_E_NOMEM)
		return sl_fail(err, code, "snapshot", "reading keys: out of memory");
	out->texts = unpacked;
	out->texts_len = (size_t)len;
	if (code == SL_OK && texts_fit(out))
		return SL_OK;
	sl_part_free(out);
	return sl_db_damaged(s->db, err, "the keys of a part of a snapshot");
}

void
sl_part_free(struct sl_part *p)
{
	free(p->texts);
	p->texts = NULL;
}

static struct sl_snap
entry_at(const struct sl_part *p, uint32_t i)
{
	const uint8_t *rows = p->entries + (size_t)p->n * 16, *versions = rows + (size_t)p->n * 16;

	return (struct sl_snap){ .key = sl_get_digest(p->entries + (size_t)i * 16),
				 .row = sl_get_digest(rows + (size_t)i * 16),
				 .version = sl_get32(versions + (size_t)i * 4) };
}

void
sl_parts_start(struct sl_parts *p, struct sl_store *s, const char *sync, int64_t gen, bool texts,
	       struct sl_err *err)
{
	*p = (struct sl_parts){ .s = s, .texts = texts, .text = SL_LIT("") };
	sl_q_start(&p->q, s->db,
		   "SELECT " SL_PART_COLUMNS " FROM part WHERE sync=? AND gen=? ORDER BY first",
		   err);
	sl_q_text(&p->q, sync);
	sl_q_int(&p->q, gen);
}

static bool
next_part(struct sl_parts *p)
{
	enum sl_code code;

	sl_part_free(&p->part);
	p->part.n = 0;
	if (!sl_q_row(&p->q))
		return false;
	code = sl_part_row(p->s, &p->q, p->texts, &p->part, p->q.err);
	if (code != SL_OK)
		sl_q_stop(&p->q, code);
	p->i = 0;
	p->text_at = (size_t)p->part.n * 4;
	return code == SL_OK && p->part.entries;
}

bool
sl_parts_next(struct sl_parts *p)
{
	struct sl_digest last = p->now.key;

	if (p->i >= p->part.n && !next_part(p)) {
		p->any = false;
		return false;
	}
	p->now = entry_at(&p->part, p->i);
	if (p->any && sl_digest_cmp(last, p->now.key) >= 0) {
		sl_q_stop(&p->q, sl_db_damaged(p->s->db, p->q.err, "the order of a snapshot"));
		p->any = false;
		return false;
	}
	if (p->part.texts) {
		p->text.len = sl_get32(p->part.texts + (size_t)p->i * 4);
		p->text.ptr = (const char *)p->part.texts + p->text_at;
		p->text_at += p->text.len;
	}
	p->i++;
	p->any = true;
	return true;
}

enum sl_code
sl_parts_end(struct sl_parts *p)
{
	sl_part_free(&p->part);
	return sl_q_end(&p->q);
}

/* ---- writing -------------------------------------------------------------------------------- */

struct sl_part_writer {
	struct sl_store *s;
	const char *sync; /* borrowed */
	int64_t gen;
	uint32_t n;
	struct sl_snap entries[SL_PART_MAX];
	uint32_t lens[SL_PART_MAX];
	struct sl_buf texts;  /* of the entries */
	struct sl_buf packed; /* scratch */
};

enum sl_code
sl_part_writer_new(struct sl_store *s, const char *sync, int64_t gen, struct sl_part_writer **out,
		   struct sl_err *err)
{
	struct sl_part_writer *w = calloc(1, sizeof *w);

	*out = w;
	if (!w)
		return sl_fail(err, SL_E_NOMEM, "snapshot", "writing the snapshot: out of memory");
	w->s = s;
	w->sync = sync;
	w->gen = gen;
	sl_buf_init(&w->texts, SL_PACK_MAX);
	sl_buf_init(&w->packed, 2 * SL_PACK_MAX);
	return SL_OK;
}

void
sl_part_writer_free(struct sl_part_writer *w)
{
	if (!w)
		return;
	sl_buf_free(&w->texts);
	sl_buf_free(&w->packed);
	free(w);
}

enum sl_code
sl_part_add(struct sl_part_writer *w, const struct sl_snap *e, struct sl_str text,
	    struct sl_err *err)
{
	enum sl_code code = w->n == SL_PART_MAX ? sl_part_flush(w, err) : SL_OK;

	if (code != SL_OK)
		return code;
	w->entries[w->n] = *e;
	w->lens[w->n] = (uint32_t)text.len;
	w->n++;
	sl_buf_put(&w->texts, text.ptr, text.len);
	return SL_OK;
}

static void
encode_entries(struct sl_part_writer *w, uint8_t *out)
{
	uint8_t *rows = out + (size_t)w->n * 16, *versions = rows + (size_t)w->n * 16;

	for (uint32_t i = 0; i < w->n; i++) {
		sl_put_digest(out + (size_t)i * 16, w->entries[i].key);
		sl_put_digest(rows + (size_t)i * 16, w->entries[i].row);
		sl_put32(versions + (size_t)i * 4, w->entries[i].version);
	}
	sl_seal(&w->s->key, out, (size_t)w->n * SL_PART_ENTRY);
}

/* The lengths and texts, compressed. *plain: their length before. */
static enum sl_code
pack_texts(struct sl_part_writer *w, void **out, size_t *len, size_t *plain, struct sl_err *err)
{
	sl_buf_reset(&w->packed);
	for (uint32_t i = 0; i < w->n; i++) {
		uint8_t b[4];

		sl_put32(b, w->lens[i]);
		sl_buf_put(&w->packed, b, sizeof b);
	}
	sl_buf_put_str(&w->packed, sl_buf_view(&w->texts));
	if (w->packed.failed || w->texts.failed)
		return sl_fail(err, SL_E_NOMEM, "snapshot", "writing keys: out of memory");
	*plain = w->packed.len;
	return sl_zip_pack(w->s->zip, w->packed.ptr, w->packed.len, out, len, err);
}

static enum sl_code
insert_part(struct sl_part_writer *w, const uint8_t *entries, struct sl_err *err)
{
	void *keys = NULL;
	size_t len = 0, plain = 0;
	struct sl_q q;
	enum sl_code code = pack_texts(w, &keys, &len, &plain, err);

	if (code != SL_OK)
		return code;
	sl_q_start(&q, w->s->db,
		   "INSERT INTO part(sync, gen, first, n, keys_len, entries, keys)"
		   " VALUES(?, ?, ?, ?, ?, ?, ?)",
		   err);
	sl_q_text(&q, w->sync);
	sl_q_int(&q, w->gen);
	sl_q_digest(&q, w->entries[0].key);
	sl_q_int(&q, w->n);
	sl_q_int(&q, (int64_t)plain);
	sl_q_blob(&q, entries, (size_t)w->n * SL_PART_ENTRY + SL_SEAL);
	sl_q_blob(&q, keys, len);
	code = sl_q_run(&q);
	free(keys);
	return code;
}

enum sl_code
sl_part_flush(struct sl_part_writer *w, struct sl_err *err)
{
	uint8_t *entries;
	enum sl_code code;

	if (w->n == 0)
		return SL_OK;
	entries = malloc((size_t)w->n * SL_PART_ENTRY + SL_SEAL);
	if (!entries)
		return sl_fail(err, SL_E_NOMEM, "snapshot", "writing the snapshot: out of memory");
	encode_entries(w, entries);
	code = insert_part(w, entries, err);
	free(entries);
	w->n = 0;
	sl_buf_reset(&w->texts);
	return code;
}
