/* shape.h - what each kind of event is made of. */
#ifndef SL_SHAPE_H
#define SL_SHAPE_H

#include "core/base/str.h"

/* How the value of a field is written. */
enum sl_as {
	SL_AS_VALUE,      /* by its type */
	SL_AS_STRING,     /* always text; null and empty are left out */
	SL_AS_IDENTIFIER, /* text or number; null and empty are left out */
	SL_AS_TIME,       /* ISO 8601 in UTC; null is left out */
	SL_AS_OBJECT      /* a JSON object as a whole; null is left out */
};

#define SL_FIELD_GROUP     1u  /* holds fields: traits.email */
#define SL_FIELD_WHOLE     2u  /* a group that one JSON column may fill as a whole */
#define SL_FIELD_REQUIRED  4u  /* must be mapped and never null */
#define SL_FIELD_IDENTITY  8u  /* userId or anonymousId: at least one */
#define SL_FIELD_OURS      16u /* written by sluice alone */
#define SL_FIELD_ALWAYS    32u /* written even when nothing is in it */
#define SL_FIELD_NO_REMOVE 64u /* not told by removes */

struct sl_shape_field {
	const char *name;
	enum sl_as as;
	unsigned flags;
};

#define SL_SHAPE_FIELDS 16u

struct sl_shape {
	const char *event; /* of the profile, and `type` of the event */
	const char *home;  /* where fields go that have no place of their own: "traits." */
	bool bare;         /* row: any field, nothing added */
	bool record;       /* record: has action, identifiers, fields; tells removes */
	bool wants_identity;
	struct sl_shape_field
		fields[SL_SHAPE_FIELDS]; /* in the order written; ends with name NULL */
};

/* By the name of an event, or NULL. */
const struct sl_shape *sl_shape_find(const char *event);
/* "identify, track, ..." */
const char *sl_shape_names(void);
const struct sl_shape_field *sl_shape_field(const struct sl_shape *s, struct sl_str name);

#endif
