/* part.c - parts of a snapshot. entries: see tight.h. keys, compressed: see keytext.h. */
#include "core/store/part.h"

#include "core/store/keytext.h"

#include <stdlib.h>

#define TEXTS_MAX (1u << 20) /* bytes of key texts that make a part full */

/* ---- reading -------------------------------------------------------------------------------- */

static enum sl_code
no_memory(struct sl_err *err)
{
	return sl_fail(err, SL_E_NOMEM, "snapshot", "reading the snapshot: out of memory");
}

static enum sl_code
read_texts(struct sl_store *s, const struct sl_q *q, struct sl_part *p, struct sl_err *err)
{
	const size_t len = (size_t)sl_q_col_int(q, 1);
	struct sl_keytexts_in in = { .form = (enum sl_part_form)sl_q_col_int(q, 2),
				     .entries = p->entries,
				     .n = p->n };
	void *unpacked = NULL;
	enum sl_code code = sl_zip_unpack_new(s->zip, sl_q_col(q, 4), len, &unpacked);

	in.in = (struct sl_str){ unpacked, len };
	if (code == SL_OK)
		code = sl_keytexts_get(&in, &p->texts, &p->texts_len);
	free(unpacked);
	if (code == SL_E_NOMEM)
		return no_memory(err);
	return code == SL_OK ? SL_OK
			     : sl_db_damaged(s->db, err, "the keys of a part of a snapshot");
}

enum sl_code
sl_part_row(struct sl_store *s, const struct sl_q *q, bool texts, struct sl_part *out,
	    struct sl_err *err)
{
	const int64_t n = sl_q_col_int(q, 0), form = sl_q_col_int(q, 2);
	enum sl_code code = SL_OK;

	*out = (struct sl_part){ 0 };
	if (n < 1 || n > (int64_t)SL_PART_MAX || sl_q_col_int(q, 1) < 0 || form < SL_PART_PLAIN ||
	    form > SL_PART_INTS)
		return sl_db_damaged(s->db, err, "a part of a snapshot");
	out->n = (uint32_t)n;
	out->entries = malloc((size_t)n * sizeof *out->entries);
	if (!out->entries)
		return no_memory(err);
	if (!sl_entries_get(&s->key, sl_q_col(q, 3), (enum sl_part_form)form, out->n, out->entries))
		code = sl_db_damaged(s->db, err, "a part of a snapshot");
	if (code == SL_OK && texts)
		code = read_texts(s, q, out, err);
	if (code != SL_OK)
		sl_part_free(out);
	return code;
}

void
sl_part_free(struct sl_part *p)
{
	free(p->entries);
	free(p->texts);
	*p = (struct sl_part){ 0 };
}

void
sl_parts_start(struct sl_parts *p, struct sl_err *err)
{
	sl_q_start(&p->q, p->s->db,
		   "SELECT " SL_PART_COLUMNS " FROM part WHERE sync=? AND gen=? ORDER BY first",
		   err);
	sl_q_text(&p->q, p->sync);
	sl_q_int(&p->q, p->gen);
}

/* The parts before the present one: what is written next takes their place. */
static enum sl_code
drop_read(const struct sl_parts *p)
{
	struct sl_q q;

	sl_q_start(&q, p->s->db, "DELETE FROM part WHERE sync=? AND gen=? AND first<?", p->q.err);
	sl_q_text(&q, p->sync);
	sl_q_int(&q, p->gen);
	sl_q_digest(&q, p->part.entries[0].key);
	return sl_q_run(&q);
}

static bool
next_part(struct sl_parts *p)
{
	enum sl_code code;

	sl_part_free(&p->part);
	if (!sl_q_row(&p->q))
		return false;
	code = sl_part_row(p->s, &p->q, p->texts, &p->part, p->q.err);
	if (code == SL_OK && p->part.entries && p->drop)
		code = drop_read(p);
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
	p->now = p->part.entries[p->i];
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
	const bool full = w->n == SL_PART_MAX || w->texts.len >= TEXTS_MAX;
	enum sl_code code = full ? sl_part_flush(w, err) : SL_OK;

	if (code != SL_OK)
		return code;
	w->entries[w->n] = *e;
	w->lens[w->n] = (uint32_t)text.len;
	w->n++;
	sl_buf_put(&w->texts, text.ptr, text.len);
	return SL_OK;
}

struct blobs {
	enum sl_part_form form;
	uint8_t *entries; /* owned, as keys */
	void *keys;
	size_t entries_len, keys_len;
};

static enum sl_code
encode(struct sl_part_writer *w, struct blobs *out, struct sl_err *err)
{
	const struct sl_keytexts texts = { w->entries, w->lens, w->texts.ptr, w->n };

	*out = (struct blobs){ .form = sl_keytexts_put(&texts, &w->packed) };
	out->entries = malloc(sl_entries_max(w->n));
	if (!out->entries || w->packed.failed || w->texts.failed)
		return sl_fail(err, SL_E_NOMEM, "snapshot", "writing the snapshot: out of memory");
	out->entries_len = sl_entries_put(&w->s->key, w->entries, w->n, out->entries);
	return sl_zip_pack(w->s->zip, w->packed.ptr, w->packed.len, &out->keys, &out->keys_len,
			   err);
}

static enum sl_code
insert_part(struct sl_part_writer *w, const struct blobs *b, struct sl_err *err)
{
	struct sl_q q;

	sl_q_start(&q, w->s->db,
		   "INSERT INTO part(sync, gen, first, n, keys_len, form, entries, keys)"
		   " VALUES(?, ?, ?, ?, ?, ?, ?, ?)",
		   err);
	sl_q_text(&q, w->sync);
	sl_q_int(&q, w->gen);
	sl_q_digest(&q, w->entries[0].key);
	sl_q_int(&q, w->n);
	sl_q_int(&q, (int64_t)w->packed.len);
	sl_q_int(&q, b->form);
	sl_q_blob(&q, b->entries, b->entries_len);
	sl_q_blob(&q, b->keys, b->keys_len);
	return sl_q_run(&q);
}

enum sl_code
sl_part_flush(struct sl_part_writer *w, struct sl_err *err)
{
	struct blobs b;
	enum sl_code code;

	if (w->n == 0)
		return SL_OK;
	code = encode(w, &b, err);
	if (code == SL_OK)
		code = insert_part(w, &b, err);
	free(b.entries);
	free(b.keys);
	w->n = 0;
	sl_buf_reset(&w->texts);
	return code;
}
