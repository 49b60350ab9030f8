/* registry.c - the destinations that exist. */
#include "core/dest/drivers.h"

#include <string.h>

static const struct sl_dest_driver *const drivers[] = {
	&sl_dest_rudderstack,
	&sl_dest_webhook,
	&sl_dest_file,
};

const struct sl_dest_driver *
sl_dest_at(size_t i)
{
	return i < SL_COUNT(drivers) ? drivers[i] : NULL;
}

const struct sl_dest_driver *
sl_dest_find(const char *name)
{
	for (size_t i = 0; i < SL_COUNT(drivers); i++) {
		if (strcmp(drivers[i]->name, name) == 0)
			return drivers[i];
	}
	return NULL;
}
