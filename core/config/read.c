/* read.c - typed views of a profile and of a sync, from checked settings. */
#include "core/config/parts.h"

static struct sl_shape
shape_of(const struct sl_object_def *o)
{
	return sl_shape_of(o->kind, NULL, NULL, 0);
}

/* Text of a setting or its default. */
static const char *
text_of(const struct sl_object_def *o, const char *name)
{
	struct sl_shape s = shape_of(o);
	const char *text = sl_object_get(o, name);
	const struct sl_prop *p = sl_prop_find(s.props, s.nprops, name);

	return text || !p ? text : p->def;
}

/* Index of a choice. The text was checked; the first one stands for anything else. */
static int
choice_of(const struct sl_object_def *o, const char *name)
{
	struct sl_shape s = shape_of(o);
	const struct sl_prop *p = sl_prop_find(s.props, s.nprops, name);
	const char *text = text_of(o, name);

	for (int i = 0; p && text && p->choices[i]; i++) {
		if (strcmp(p->choices[i], text) == 0)
			return i;
	}
	return 0;
}

static int64_t
number_of(const struct sl_object_def *o, const char *name)
{
	struct sl_shape s = shape_of(o);

	return sl_prop_i64(s.props, s.nprops, o->settings, o->nsettings, name);
}

static enum sl_code
refuse(const struct sl_object_def *o, struct sl_err *err)
{
	sl_fail(err, SL_E_CONFIG, o->file, "the %s has mistakes", sl_kind_name(o->kind));
	return sl_err_hint(err, "see them with `sluice check`, then mend the file");
}

static enum sl_code
no_memory(const struct sl_object_def *o, struct sl_err *err)
{
	return sl_fail(err, SL_E_NOMEM, o->file, "out of memory while reading the %s",
		       sl_kind_name(o->kind));
}

/* The items of a list; no text is no items. */
static bool
read_list(const char *text, struct sl_arena *a, const char ***out, size_t *n)
{
	size_t cap = 1;
	struct sl_buf item;

	for (const char *s = text; s && *s; s++)
		cap += *s == ',';
	*n = 0;
	*out = SL_NEW(a, const char *, cap);
	bool good = *out;
	sl_buf_init(&item, 0);
	while (good && text && sl_prop_item(&text, &item)) {
		const char *name = sl_arena_strndup(a, sl_buf_cstr(&item), item.len);
		good = name && !item.failed;
		(*out)[(*n)++] = name;
	}
	sl_buf_free(&item);
	return good;
}

enum sl_code
sl_profile_read(const struct sl_object_def *o, struct sl_arena *a, struct sl_profile *out,
		struct sl_err *err)
{
	*out = (struct sl_profile){
		.name = o->name,
		.file = o->file,
		.event = text_of(o, "event"),
		.object = text_of(o, "object"),
		.identifier = text_of(o, "identifier"),
		.nulls = (enum sl_nulls)choice_of(o, "nulls"),
	};
	if (o->kind != SL_KIND_PROFILE || !out->event)
		return refuse(o, err);
	out->map = SL_NEW(a, struct sl_mapping, o->nsettings + 1);
	if (!out->map || !read_list(text_of(o, "pii"), a, &out->pii, &out->npii))
		return no_memory(o, err);
	for (size_t i = 0; i < o->nsettings; i++) {
		const struct sl_setting *s = &o->settings[i];
		if (strncmp(s->name, "map.", 4) == 0 && s->value && s->value[0])
			out->map[out->nmap++] =
				(struct sl_mapping){ s->name + 4, s->value, s->line };
	}
	return SL_OK;
}

enum sl_code
sl_sync_read(const struct sl_object_def *o, struct sl_arena *a, struct sl_sync *out,
	     struct sl_err *err)
{
	*out = (struct sl_sync){
		.name = o->name,
		.file = o->file,
		.source = text_of(o, "source"),
		.destination = text_of(o, "destination"),
		.profile = text_of(o, "profile"),
		.table = text_of(o, "table"),
		.sql = text_of(o, "sql"),
		.mode = (enum sl_mode)choice_of(o, "mode"),
		.detect = (enum sl_detect)choice_of(o, "detect"),
		.cursor = text_of(o, "cursor"),
		.lag_ms = number_of(o, "lag"),
		.schedule = text_of(o, "schedule"),
		.keep_events_ms = number_of(o, "keep_events"),
		.max_removes = number_of(o, "max_removes"),
	};
	bool whole = out->source && out->destination && out->profile && !out->table != !out->sql;
	if (o->kind != SL_KIND_SYNC || !whole || !text_of(o, "key"))
		return refuse(o, err);
	return read_list(text_of(o, "key"), a, &out->key, &out->nkey) ? SL_OK : no_memory(o, err);
}
