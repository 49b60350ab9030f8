/* drivers.h - the drivers that the registry lists. A new one is a file, and a line here and there. */
#ifndef SL_DEST_DRIVERS_H
#define SL_DEST_DRIVERS_H

#include "core/dest/dest.h"

extern const struct sl_dest_driver sl_dest_rudderstack;
extern const struct sl_dest_driver sl_dest_webhook;
extern const struct sl_dest_driver sl_dest_file;

#endif
