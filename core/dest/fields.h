/* fields.h - the fields that RudderStack and Segment know by name, per kind of event.
 *
 * What the mapping screen offers and explains. Any other name below traits, properties, identifiers
 * or fields is allowed: an entry whose name ends in ".*" stands for those and is of type "any". */
#ifndef SL_DEST_FIELDS_H
#define SL_DEST_FIELDS_H

#include "core/dest/dest.h"

/* event_type: identify track group page screen alias record row. The most used come first. Unknown
 * kind: NULL and *n is 0. */
const struct sl_field *sl_event_fields(const char *event_type, size_t *n);

#endif
