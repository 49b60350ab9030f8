/* shape.c - the events that RudderStack and Segment take, and the bare row. */
#include "core/map/shape.h"

#define TOP                                                                                        \
	{ "type", SL_AS_STRING, SL_FIELD_OURS }, { "channel", SL_AS_STRING, SL_FIELD_OURS },       \
		{ "messageId", SL_AS_STRING, SL_FIELD_OURS },                                      \
	{                                                                                          \
		"recordId", SL_AS_STRING, 0                                                        \
	}
#define WHO                                                                                        \
	{ "userId", SL_AS_STRING, SL_FIELD_IDENTITY },                                             \
	{                                                                                          \
		"anonymousId", SL_AS_STRING, SL_FIELD_IDENTITY                                     \
	}
#define WHEN                                                                                       \
	{                                                                                          \
		"timestamp", SL_AS_TIME, 0                                                         \
	}
#define REST                                                                                       \
	{ "context", SL_AS_VALUE, SL_FIELD_GROUP },                                                \
	{                                                                                          \
		"integrations", SL_AS_VALUE, SL_FIELD_GROUP | SL_FIELD_WHOLE                       \
	}
#define GROUP (SL_FIELD_GROUP | SL_FIELD_WHOLE | SL_FIELD_ALWAYS)

static const struct sl_shape shapes[] = {
	{ .event = "identify",
	  .home = "traits.",
	  .wants_identity = true,
	  .fields = { TOP, WHO, WHEN, { "traits", SL_AS_VALUE, GROUP }, REST } },
	{ .event = "track",
	  .home = "properties.",
	  .wants_identity = true,
	  .fields = { TOP,
		      WHO,
		      { "event", SL_AS_STRING, SL_FIELD_REQUIRED },
		      WHEN,
		      { "properties", SL_AS_VALUE, GROUP },
		      REST } },
	{ .event = "page",
	  .home = "properties.",
	  .wants_identity = true,
	  .fields = { TOP,
		      WHO,
		      { "name", SL_AS_STRING, SL_FIELD_REQUIRED },
		      { "category", SL_AS_STRING, 0 },
		      WHEN,
		      { "properties", SL_AS_VALUE, GROUP },
		      REST } },
	{ .event = "screen",
	  .home = "properties.",
	  .wants_identity = true,
	  .fields = { TOP,
		      WHO,
		      { "name", SL_AS_STRING, SL_FIELD_REQUIRED },
		      { "category", SL_AS_STRING, 0 },
		      WHEN,
		      { "properties", SL_AS_VALUE, GROUP },
		      REST } },
	{ .event = "group",
	  .home = "traits.",
	  .wants_identity = true,
	  .fields = { TOP,
		      WHO,
		      { "groupId", SL_AS_STRING, SL_FIELD_REQUIRED },
		      WHEN,
		      { "traits", SL_AS_VALUE, GROUP },
		      REST } },
	{ .event = "alias",
	  .home = "context.",
	  .fields = { TOP,
		      { "userId", SL_AS_STRING, SL_FIELD_REQUIRED },
		      { "previousId", SL_AS_STRING, SL_FIELD_REQUIRED },
		      WHEN,
		      REST } },
	{ .event = "record",
	  .home = "fields.",
	  .record = true,
	  .fields = { TOP,
		      { "rudderId", SL_AS_STRING, 0 },
		      { "action", SL_AS_STRING, SL_FIELD_OURS },
		      { "userId", SL_AS_STRING, 0 },
		      { "anonymousId", SL_AS_STRING, 0 },
		      WHEN,
		      { "identifiers", SL_AS_IDENTIFIER, SL_FIELD_GROUP | SL_FIELD_REQUIRED },
		      { "fields", SL_AS_VALUE, GROUP | SL_FIELD_NO_REMOVE },
		      REST } },
	{ .event = "row", .home = "", .bare = true },
};

const struct sl_shape *
sl_shape_find(const char *event)
{
	for (size_t i = 0; event && i < SL_COUNT(shapes); i++)
		if (strcmp(shapes[i].event, event) == 0)
			return &shapes[i];
	return NULL;
}

const char *
sl_shape_names(void)
{
	return "identify, track, group, page, screen, alias, record and row";
}

const struct sl_shape_field *
sl_shape_field(const struct sl_shape *s, struct sl_str name)
{
	for (const struct sl_shape_field *f = s->fields; f->name; f++)
		if (sl_str_is(name, f->name))
			return f;
	return NULL;
}
