/* check_sync.c - what settings must have to do with each other, and with other objects. */
#include "core/config/parts.h"

#include "core/base/near.h"

#define KEY_MAX 32 /* columns; as many as an index of PostgreSQL can have */

static const char *
get(const struct sl_checking *c, const char *name)
{
	return sl_settings_get(c->what->settings, c->what->nsettings, name);
}

/* ---- profiles -------------------------------------------------------------------------------- */

void
sl_check_profile(const struct sl_checking *c)
{
	const char *event = get(c, "event"), *object = get(c, "object");
	const char *identifier = get(c, "identifier");

	if (object && event && strcmp(event, "identify") != 0) {
		sl_problem_add(c->problems, sl_check_place(c, "object"),
			       "object goes with the event identify, not %s", event);
		sl_problem_mend(c->problems, "remove object, or write \"event\": \"identify\"");
	}
	if (object && !identifier) {
		sl_problem_add(c->problems, sl_check_place(c, "object"),
			       "object needs an identifier");
		sl_problem_mend(c->problems, "add the field that tells the object, such as "
					     "\"identifier\": \"email\"");
	}
	if (identifier && !object) {
		sl_problem_add(c->problems, sl_check_place(c, "identifier"),
			       "identifier goes with object");
		sl_problem_mend(c->problems, "add object, or remove identifier");
	}
}

/* ---- references of a sync -------------------------------------------------------------------- */

/* Can the connection do this part? One whose type is not known counts as able: its own file tells. */
static bool
has_role(const struct sl_checking *c, const struct sl_object_def *o, bool source, unsigned *caps)
{
	const char *type = sl_object_get(o, "type");
	bool known = false;

	*caps = ~0u;
	for (size_t i = 0; type && i < c->what->ndrivers; i++) {
		const struct sl_driver_info *d = &c->what->drivers[i];
		if (strcmp(d->name, type) != 0)
			continue;
		known = true;
		*caps = d->caps;
		if (d->is_source == source)
			return true;
	}
	return !known;
}

/* Names of the connections for one part, or of all profiles; the nearest to the one that was written. */
static void
list_others(const struct sl_checking *c, enum sl_kind kind, bool source, struct sl_near *near,
	    struct sl_buf *all)
{
	const struct sl_config *cfg = c->what->config;
	unsigned caps;

	for (size_t i = 0; cfg && i < cfg->nobjects; i++) {
		const struct sl_object_def *o = &cfg->objects[i];
		if (o->kind != kind || !sl_name_valid(o->name))
			continue;
		if (kind == SL_KIND_CONNECTION && !has_role(c, o, source, &caps))
			continue;
		sl_near_try(near, o->name);
		sl_buf_printf(all, "%s%s", all->len ? ", " : "", o->name);
	}
}

static void
mend_reference(const struct sl_checking *c, enum sl_kind kind, const char *field, const char *name)
{
	struct sl_near near = sl_near(name);
	struct sl_buf all;

	sl_buf_init(&all, 300);
	list_others(c, kind, strcmp(field, "source") == 0, &near, &all);
	if (near.best)
		sl_problem_mend(c->problems, "did you mean \"%s\"?", near.best);
	else if (all.len > 0)
		sl_problem_mend(c->problems, "use one of %s, or make a new one", sl_buf_cstr(&all));
	else
		sl_problem_mend(c->problems, "make one in %s/ first", sl_kind_folder(kind));
	sl_buf_free(&all);
}

/* The object that a setting names, or NULL: not set, or not there (which was told). */
static const struct sl_object_def *
check_reference(const struct sl_checking *c, const char *field, enum sl_kind kind)
{
	const char *name = get(c, field);
	const struct sl_object_def *o = NULL;

	if (!name)
		return NULL;
	if (c->what->config)
		o = sl_config_find(c->what->config, kind, name);
	if (o)
		return o;
	sl_problem_add(c->problems, sl_check_place(c, field), "there is no %s \"%s\"",
		       sl_kind_name(kind), name);
	mend_reference(c, kind, field, name);
	return NULL;
}

/* The connection for one part of the sync; *caps of its driver. */
static const struct sl_object_def *
check_connection(const struct sl_checking *c, bool source, unsigned *caps)
{
	const char *field = source ? "source" : "destination";
	const struct sl_object_def *o = check_reference(c, field, SL_KIND_CONNECTION);

	*caps = ~0u;
	if (!o || has_role(c, o, source, caps))
		return o;
	sl_problem_add(c->problems, sl_check_place(c, field),
		       "\"%s\" is a connection to %s, it cannot be the %s", o->name,
		       source ? "send to" : "read from", field);
	mend_reference(c, SL_KIND_CONNECTION, field, o->name);
	return NULL;
}

/* ---- the model ------------------------------------------------------------------------------- */

static void
check_model(const struct sl_checking *c)
{
	const char *table = get(c, "table"), *sql = get(c, "sql");
	struct sl_str schema, name;
	struct sl_err err = { 0 };

	if (table && sql) {
		bool later = sl_check_place(c, "sql").line > sl_check_place(c, "table").line;
		sl_problem_add(c->problems, sl_check_place(c, later ? "sql" : "table"),
			       "both table and sql are given");
		sl_problem_mend(c->problems, "keep the one that the sync shall read");
	}
	if (!sl_check_given(c, "table") && !sl_check_given(c, "sql")) {
		sl_problem_add(c->problems, sl_check_place(c, "table"),
			       "neither table nor sql is given");
		sl_problem_mend(c->problems, "write \"table\": \"schema.table\", or \"sql\" with a "
					     "SELECT");
	}
	if (sql && sl_str_trim(sl_str(sql)).len == 0) {
		sl_problem_add(c->problems, sl_check_place(c, "sql"), "the SQL is empty");
		sl_problem_mend(c->problems, "write one SELECT, or use table");
	}
	if (table && sl_table_split(table, c->problems->arena, &schema, &name, &err) != SL_OK) {
		c->problems->nomem |= err.code == SL_E_NOMEM;
		sl_problem_add(c->problems, sl_check_place(c, "table"), "%s", err.msg);
		sl_problem_mend(c->problems, "%s", err.hint);
	}
}

/* Is this item also one of those that end before `end`? */
static bool
is_earlier(const char *list, const char *end, const struct sl_buf *item)
{
	struct sl_buf other;
	bool found = false;

	sl_buf_init(&other, 0);
	while (!found && sl_prop_item(&list, &other) && list < end)
		found = sl_str_eq(sl_buf_view(item), sl_buf_view(&other));
	sl_buf_free(&other);
	return found;
}

static void
check_key(const struct sl_checking *c)
{
	const char *list = get(c, "key"), *text = list;
	struct sl_place at = sl_check_place(c, "key");
	struct sl_buf item;
	bool good = true;

	sl_buf_init(&item, 0);
	for (int n = 1; good && text && sl_prop_item(&text, &item); n++) {
		if (n > KEY_MAX) {
			good = false;
			sl_problem_add(c->problems, at, "the key has more than %d columns",
				       KEY_MAX);
			sl_problem_mend(c->problems, "name only what tells a row from every other");
		} else if (is_earlier(list, text, &item)) {
			good = false;
			sl_problem_add(c->problems, at, "the column \"%s\" is in the key twice",
				       sl_buf_cstr(&item));
			sl_problem_mend(c->problems, "name it once");
		}
	}
	sl_buf_free(&item);
}

/* ---- what event, mode and destination can do together ---------------------------------------- */

/* Does a field of the profile say what happened to the row? */
static bool
maps_op(const struct sl_object_def *profile)
{
	for (size_t i = 0; i < profile->nsettings; i++) {
		const struct sl_setting *s = &profile->settings[i];
		struct sl_str expr = sl_str_trim(sl_str(s->value));
		bool op = expr.len >= 3 && memcmp(expr.ptr, "$op", 3) == 0;
		if (strncmp(s->name, "map.", 4) == 0 && op &&
		    (expr.len == 3 || strchr(" \t|", expr.ptr[3])))
			return true;
	}
	return false;
}

static void
check_mirror(const struct sl_checking *c, const struct sl_object_def *profile, unsigned caps)
{
	const char *mode = get(c, "mode");
	const char *event = profile ? sl_object_get(profile, "event") : NULL;

	if (!mode || strcmp(mode, "mirror") != 0)
		return;
	if (!(caps & SL_DST_REMOVES)) {
		sl_problem_add(c->problems, sl_check_place(c, "mode"),
			       "mirror removes rows, and the destination \"%s\" cannot remove",
			       get(c, "destination"));
		sl_problem_mend(c->problems, "use \"mode\": \"upsert\"");
	}
	if (!event || strcmp(event, "record") == 0)
		return;
	if (strcmp(event, "row") == 0 && maps_op(profile))
		return;
	sl_problem_add(c->problems, sl_check_place(c, "mode"),
		       "mirror removes rows, and the event %s of profile \"%s\" cannot say so",
		       event, profile->name);
	if (strcmp(event, "row") == 0)
		sl_problem_mend(c->problems,
				"add a field with the expression $op to the profile, or use "
				"\"mode\": \"upsert\"");
	else
		sl_problem_mend(c->problems, "use a profile with the event record, or \"mode\": "
					     "\"upsert\"");
}

static void
check_event(const struct sl_checking *c, const struct sl_object_def *profile, unsigned caps)
{
	const char *event = profile ? sl_object_get(profile, "event") : NULL;

	if (!event || (caps & SL_DST_EVENTS) || strcmp(event, "row") == 0)
		return;
	sl_problem_add(c->problems, sl_check_place(c, "profile"),
		       "the destination \"%s\" takes rows, not the event %s of profile \"%s\"",
		       get(c, "destination"), event, profile->name);
	sl_problem_mend(c->problems, "use a profile with the event row");
}

static void
check_cursor(const struct sl_checking *c)
{
	static const char *const parts[] = { "cursor", "lag" };
	const char *detect = get(c, "detect"), *mode = get(c, "mode");
	bool by_cursor = detect && strcmp(detect, "cursor") == 0;

	for (size_t i = 0; !by_cursor && i < SL_COUNT(parts); i++) {
		if (!get(c, parts[i]))
			continue;
		sl_problem_add(c->problems, sl_check_place(c, parts[i]),
			       "%s goes with \"detect\": \"cursor\" only", parts[i]);
		sl_problem_mend(c->problems, "remove it, or write \"detect\": \"cursor\"");
	}
	if (!by_cursor)
		return;
	if (!sl_check_given(c, "cursor")) {
		sl_problem_add(c->problems, sl_check_place(c, "cursor"),
			       "detect is cursor, and no cursor is given");
		sl_problem_mend(c->problems,
				"name the column that grows with every change, such as "
				"\"cursor\": \"updated_at\"");
	}
	if (mode && strcmp(mode, "mirror") == 0) {
		sl_problem_add(c->problems, sl_check_place(c, "detect"),
			       "mirror removes what is gone from the source, and a cursor cannot "
			       "see deleted rows");
		sl_problem_mend(c->problems,
				"write \"detect\": \"diff\", or use \"mode\": \"upsert\"");
	}
}

void
sl_check_sync(const struct sl_checking *c)
{
	unsigned source_caps, caps;

	check_connection(c, true, &source_caps);
	check_model(c);
	check_key(c);
	const struct sl_object_def *profile = check_reference(c, "profile", SL_KIND_PROFILE);
	if (!check_connection(c, false, &caps))
		caps = ~0u;
	check_mirror(c, profile, caps);
	check_cursor(c);
	check_event(c, profile, caps);
}
