#include "core/engine/past.h"

#include "core/base/crashpoint.h"

#include <stdlib.h>

struct sync_write {
	const char *sync;
	struct sl_digest identity;
	struct sl_sync_state state;
};

static enum sl_code
write_sync(struct sl_store *s, void *arg, struct sl_err *err)
{
	struct sync_write *w = arg;

	sl_crashpoint("sync-row-before");
	return sl_store_sync(s, w->sync, w->identity, &w->state, err);
}

/* The epoch as a run would find it; *same: what the state has is about this destination and key. */
static enum sl_code
look(struct sl_past *p, const struct sync_write *w, bool *same, struct sl_err *err)
{
	struct sl_sync_state state;
	enum sl_code code = sl_store_sync_get(p->reader, w->sync, &state, err);

	*same = false;
	if (code == SL_E_NOTFOUND)
		return SL_OK;
	if (code != SL_OK)
		return code;
	*same = sl_digest_eq(state.identity, w->identity);
	p->epoch = *same ? state.epoch : state.epoch + 1;
	p->baseline = *same && state.baseline;
	return SL_OK;
}

/* What was acknowledged later than such an event settles it. */
static enum sl_code
keep_unsettled(struct sl_past *p, struct sl_err *err)
{
	struct sl_found s;
	size_t left = 0;

	for (size_t i = 0; i < p->nunsure; i++) {
		if (sl_index_find(p->snap, &p->unsure[i].key, NULL, 1, &s, err) != SL_OK)
			return err->code;
		if (s.at == SL_NOWHERE || s.entry.version <= p->unsure[i].version)
			p->unsure[left++] = p->unsure[i];
	}
	p->nunsure = left;
	return SL_OK;
}

static enum sl_code
add_entry(void *arg, const struct sl_snap *e, struct sl_err *err)
{
	return sl_index_add(arg, e, err);
}

static enum sl_code
load_snapshot(struct sl_past *p, struct sl_engine *e, const char *sync, struct sl_err *err)
{
	const struct sl_room room = sl_engine_room(e);
	uint64_t expect;
	enum sl_code code = sl_store_snapshot_size(p->reader, sync, &expect, err);

	if (code == SL_OK)
		code = sl_index_new(&room, expect, &p->snap, err);
	if (code == SL_OK)
		code = sl_store_snapshot(p->reader, sync, add_entry, p->snap, err);
	return code == SL_OK ? sl_index_ready(p->snap, err) : code;
}

static enum sl_code
load(struct sl_past *p, const char *sync, uint32_t dest, struct sl_err *err)
{
	enum sl_code code = sl_store_dead_snaps(p->reader, sync, &p->dead, &p->ndead, err);

	if (code == SL_OK)
		code = sl_store_unsure(p->reader, sync, &p->unsure, &p->nunsure, err);
	/* From what the destination was set to then to: is it another one now? */
	for (size_t i = 0; i < p->ndead; i++)
		p->dead[i].seen = dest && p->dead[i].seen && p->dead[i].seen != dest;
	return code;
}

enum sl_code
sl_past_load(struct sl_past *p, struct sl_engine *e, const struct sl_prep *prep,
	     enum sl_past_how how, struct sl_err *err)
{
	const bool begin = how == SL_PAST_BEGIN;
	struct sync_write w = { .sync = prep->sync.name };
	bool same = true;
	enum sl_code code = sl_sync_identity(&prep->sync, &e->hash, &w.identity, err);

	*p = (struct sl_past){ .epoch = 1 };
	if (code == SL_OK && begin) {
		code = sl_writer_call(e->writer, write_sync, &w, err);
		sl_crashpoint("sync-row-after");
		p->epoch = w.state.epoch;
		p->baseline = w.state.baseline;
	}
	if (code == SL_OK)
		code = sl_engine_reader(e, &p->reader, err);
	if (code == SL_E_NOTFOUND && !begin)
		return SL_OK;
	if (code == SL_OK && !begin)
		code = look(p, &w, &same, err);
	if (code != SL_OK || !same)
		return code;
	p->known = true;
	code = load(p, w.sync, prep->dest, err);
	if (code == SL_OK && how != SL_PAST_FEW)
		code = load_snapshot(p, e, w.sync, err);
	return code == SL_OK ? keep_unsettled(p, err) : code;
}

void
sl_past_free(struct sl_past *p)
{
	sl_store_close(p->reader);
	sl_index_free(p->snap);
	free(p->dead);
	free(p->unsure);
	*p = (struct sl_past){ 0 };
}

enum sl_code
sl_past_entries(const struct sl_past *p, const char *sync, const struct sl_digest *keys, size_t n,
		struct sl_snap *out, struct sl_err *err)
{
	for (size_t i = 0; i < n; i++)
		out[i] = (struct sl_snap){ .key = keys[i] };
	return p->known ? sl_store_entries(p->reader, sync, keys, n, out, err) : SL_OK;
}

void
sl_past_spec(const struct sl_past *p, struct sl_diff_spec *spec)
{
	spec->snap = p->snap;
	spec->dead = p->dead;
	spec->ndead = p->ndead;
	spec->unsure = p->unsure;
	spec->nunsure = p->nunsure;
}

enum sl_code
sl_past_is_of(const struct sl_engine *e, const struct sl_run *r, bool *same, struct sl_err *err)
{
	const struct sl_object_def *o;
	struct sl_sync_state state;
	struct sl_config *c = NULL;
	struct sl_store *s = NULL;
	struct sl_digest now;
	struct sl_sync sync;
	enum sl_code code = sl_engine_config(e, &c, err);

	*same = false;
	if (code == SL_OK)
		code = sl_engine_object(c, SL_KIND_SYNC, r->sync, &o, err);
	if (code == SL_OK)
		code = sl_sync_read(o, c->arena, &sync, err);
	if (code == SL_OK)
		code = sl_sync_identity(&sync, &e->hash, &now, err);
	if (code == SL_OK)
		code = sl_engine_reader(e, &s, err);
	if (code == SL_OK)
		code = sl_store_sync_get(s, r->sync, &state, err);
	if (code == SL_OK)
		*same = sl_digest_eq(state.identity, now) && state.epoch == r->epoch;
	sl_store_close(s);
	sl_config_free(c);
	return code;
}
