/* props.c - what profiles and syncs can be configured with; the forms and their help come from here. */
#include "core/config/parts.h"

#include "core/base/near.h"

static const char *const events[] = { "identify", "track",  "group", "page", "screen",
				      "alias",    "record", "row",   NULL };
static const char *const nulls[] = { "send", "omit", NULL };
static const char *const modes[] = { "upsert", "insert", "update", "mirror", "append", NULL };
static const char *const detects[] = { "diff", "full", "cursor", NULL };

static const struct sl_prop profile_props[] = {
	{ "event", SL_P_ENUM, SL_PROP_REQUIRED, NULL, 0, 0, events,
	  "What each row becomes: identify (a person and their traits), track (something that "
	  "happened), group, page, screen, alias, record (any object, can be removed) or row "
	  "(plain "
	  "JSON of the mapped fields)." },
	{ "object", SL_P_STRING, 0, NULL, 0, 0, NULL,
	  "Only with identify: the object of a visual mapper to fill, such as "
	  "CUSTOMERIO-customers; empty for a plain identify." },
	{ "identifier", SL_P_STRING, 0, NULL, 0, 0, NULL,
	  "Only with object: the field by which the destination knows the object, such as email." },
	{ "nulls", SL_P_ENUM, 0, "send", 0, 0, nulls,
	  "A column that is NULL: send writes null (clears the field there), omit leaves the field "
	  "out (keeps what is there)." },
	{ "map", SL_P_MAP, SL_PROP_REQUIRED, NULL, 0, 0, NULL,
	  "Destination field on the left, expression over the model's columns on the right: "
	  "\"traits.email\": \"email | trim | lower\"." },
	{ "pii", SL_P_LIST, 0, NULL, 0, 0, NULL,
	  "Columns of the model with personal data: their values, and those of the fields made of "
	  "them, are masked on screens, in answers and in logs, until somebody unmasks them." },
};

static const struct sl_prop sync_props[] = {
	{ "source", SL_P_STRING, SL_PROP_REQUIRED, NULL, 0, 0, NULL,
	  "Connection to read from, by name." },
	{ "table", SL_P_STRING, 0, NULL, 0, 0, NULL,
	  "Table or view to read: schema.table or table; a name with dots or blanks in double "
	  "quotes. Either this or sql." },
	{ "sql", SL_P_STRING, 0, NULL, 0, 0, NULL,
	  "One SELECT to read instead of a table; in the file also a list of lines." },
	{ "key", SL_P_LIST, SL_PROP_REQUIRED, NULL, 0, 0, NULL,
	  "Column or columns that tell one row from every other: unique and never NULL." },
	{ "profile", SL_P_STRING, SL_PROP_REQUIRED, NULL, 0, 0, NULL,
	  "Profile that maps columns to fields, by name." },
	{ "destination", SL_P_STRING, SL_PROP_REQUIRED, NULL, 0, 0, NULL,
	  "Connection to send to, by name." },
	{ "mode", SL_P_ENUM, 0, "upsert", 0, 0, modes,
	  "upsert sends new and changed rows; insert only new ones; update all of them as updates; "
	  "mirror "
	  "also removes what is gone from the source; append sends every new or changed row as an "
	  "event of its own." },
	{ "detect", SL_P_ENUM, 0, "diff", 0, 0, detects,
	  "diff reads all rows and sends what changed since the destination last acknowledged the "
	  "row; full sends every row in every run; cursor reads only rows whose cursor column grew "
	  "since the last run: fast on big tables, but blind to deleted rows and to changes that "
	  "leave the column alone." },
	{ "cursor", SL_P_STRING, 0, NULL, 0, 0, NULL,
	  "Only with detect cursor: the column that grows with every change of a row, such as "
	  "updated_at or a number from a sequence; best set by the database itself, and indexed." },
	{ "lag", SL_P_MILLIS, 0, NULL, 1000, 90LL * 86400 * 1000, NULL,
	  "Only with detect cursor: read again what is younger than this, instead of watching open "
	  "transactions. Needed where an application sets the column by its own clock; empty: "
	  "watch, or 15m where the server cannot tell." },
	{ "schedule", SL_P_STRING, 0, "manual", 0, 0, NULL,
	  "manual: runs when you launch it or cron does. Other text is kept, but nothing starts "
	  "the "
	  "sync by it yet." },
	{ "keep_events", SL_P_MILLIS, 0, "7d", 0, 0, NULL,
	  "How long settled events stay in the log for viewing and replay: 12h, 7d; 0 erases them "
	  "when they are settled, from every file of the state. Key values stay (removes need "
	  "them), and failed events until they are resolved." },
	{ "max_removes", SL_P_INT, 0, "-1", -1, INT64_MAX, NULL,
	  "Removes that one run may send without asking; -1 is the built-in rule: 5 % of the rows, "
	  "at "
	  "least 20, at most 500." },
};

const struct sl_prop sl_type_prop = {
	"type",
	SL_P_STRING,
	SL_PROP_REQUIRED,
	NULL,
	0,
	0,
	NULL,
	"Driver of the connection: what kind of source or destination it is."
};

const char *
sl_kind_name(enum sl_kind k)
{
	static const char *const names[SL_KINDS] = { "connection", "profile", "sync" };

	return (unsigned)k < SL_KINDS ? names[k] : "object";
}

const char *
sl_kind_folder(enum sl_kind k)
{
	static const char *const names[SL_KINDS] = { "connections", "profiles", "syncs" };

	return names[k];
}

struct sl_shape
sl_shape_of(enum sl_kind kind, const char *type, const struct sl_driver_info *drivers,
	    size_t ndrivers)
{
	struct sl_shape s = { .kind = kind, .type = type };

	switch (kind) {
	case SL_KIND_PROFILE:
		s.props = profile_props;
		s.nprops = SL_COUNT(profile_props);
		return s;
	case SL_KIND_SYNC:
		s.props = sync_props;
		s.nprops = SL_COUNT(sync_props);
		return s;
	case SL_KIND_CONNECTION:
		break;
	}
	for (size_t i = 0; type && i < ndrivers; i++) {
		if (strcmp(drivers[i].name, type) == 0) {
			s.props = drivers[i].props;
			s.nprops = drivers[i].nprops;
			return s;
		}
	}
	s.unknown = true;
	return s;
}

const struct sl_prop *
sl_kind_props(enum sl_kind kind, const char *type, const struct sl_driver_info *drivers,
	      size_t ndrivers, size_t *n)
{
	struct sl_shape s = sl_shape_of(kind, type, drivers, ndrivers);

	*n = s.nprops;
	return s.props;
}

const struct sl_prop *
sl_shape_key(const struct sl_shape *s, const char *key)
{
	if (s->kind == SL_KIND_CONNECTION && strcmp(key, sl_type_prop.name) == 0)
		return &sl_type_prop;
	return sl_prop_find(s->props, s->nprops, key);
}

const struct sl_prop *
sl_shape_setting(const struct sl_shape *s, const char *name, const char **sub)
{
	*sub = NULL;
	for (size_t i = 0; i < s->nprops; i++) {
		size_t len = strlen(s->props[i].name);
		bool starts = strncmp(name, s->props[i].name, len) == 0;
		if (s->props[i].type == SL_P_MAP && starts && name[len] == '.') {
			*sub = name + len + 1;
			return &s->props[i];
		}
	}
	return sl_shape_key(s, name);
}

void
sl_problem_unknown(struct sl_problems *ps, struct sl_place at, const struct sl_shape *s,
		   const char *key)
{
	struct sl_near near = sl_near(key);
	struct sl_buf all;

	sl_buf_init(&all, 400);
	if (s->kind == SL_KIND_CONNECTION) {
		sl_near_try(&near, sl_type_prop.name);
		sl_buf_puts(&all, sl_type_prop.name);
	}
	for (size_t i = 0; i < s->nprops; i++) {
		sl_near_try(&near, s->props[i].name);
		sl_buf_printf(&all, "%s%s", all.len ? ", " : "", s->props[i].name);
	}
	sl_problem_add(ps, at, "there is no setting \"%s\" in a %s%s%s", key, sl_kind_name(s->kind),
		       s->type ? " of type " : "", s->type ? s->type : "");
	if (near.best)
		sl_problem_mend(ps, "did you mean \"%s\"?", near.best);
	else
		sl_problem_mend(ps, "remove it, or use one of: %s", sl_buf_cstr(&all));
	sl_buf_free(&all);
}

const char *
sl_settings_get(const struct sl_setting *s, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++) {
		if (strcmp(s[i].name, name) == 0)
			return s[i].value && s[i].value[0] ? s[i].value : NULL;
	}
	return NULL;
}

int
sl_settings_line(const struct sl_setting *s, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++) {
		if (strcmp(s[i].name, name) == 0)
			return s[i].line;
	}
	return 0;
}
