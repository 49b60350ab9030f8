/* registry.c - the sources that this program knows. A new source is one line here. */
#include "core/base/str.h"
#include "core/source/drivers.h"

static const struct sl_source_driver *const drivers[] = {
	&sl_source_postgres,
	&sl_source_sqlite,

};

const struct sl_source_driver *
sl_source_at(size_t i)
{
	return i < SL_COUNT(drivers) ? drivers[i] : NULL;
}

const struct sl_source_driver *
sl_source_find(const char *name)
{
	for (size_t i = 0; i < SL_COUNT(drivers); i++) {
		if (strcmp(drivers[i]->name, name) == 0)
			return drivers[i];
	}
	return NULL;
}
