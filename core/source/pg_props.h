/* pg_props.h - what can be configured of a PostgreSQL connection. The table is in pg.c. */
#ifndef SL_SOURCE_PG_PROPS_H
#define SL_SOURCE_PG_PROPS_H

#include "core/model/prop.h"

#include <stddef.h>

extern const struct sl_prop sl_pg_props[];
extern const size_t sl_pg_nprops;

#endif
