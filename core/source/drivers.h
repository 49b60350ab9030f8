/* drivers.h - the vtables that registry.c lists. */
#ifndef SL_SOURCE_DRIVERS_H
#define SL_SOURCE_DRIVERS_H

#include "core/source/source.h"

extern const struct sl_source_driver sl_source_postgres; /* pg.c */
extern const struct sl_source_driver sl_source_sqlite;   /* sqlite.c */

#endif
