/* settings.h - a driver's own settings, read through its property table. */
#ifndef SL_DEST_SETTINGS_H
#define SL_DEST_SETTINGS_H

#include "core/dest/dest.h"

static inline const char *
sl_dest_text(const struct sl_dest_driver *drv, const struct sl_dest_config *cfg, const char *name)
{
	return sl_prop_text(drv->props, drv->nprops, cfg->settings, cfg->nsettings, name);
}

static inline int64_t
sl_dest_i64(const struct sl_dest_driver *drv, const struct sl_dest_config *cfg, const char *name)
{
	return sl_prop_i64(drv->props, drv->nprops, cfg->settings, cfg->nsettings, name);
}

static inline bool
sl_dest_bool(const struct sl_dest_driver *drv, const struct sl_dest_config *cfg, const char *name)
{
	return sl_prop_bool(drv->props, drv->nprops, cfg->settings, cfg->nsettings, name);
}

#endif
