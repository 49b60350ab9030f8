/* mask_body.h - what mask.c and mask_body.c share. */
#ifndef SL_MASK_BODY_H
#define SL_MASK_BODY_H

#include "core/engine/mask.h"
#include "core/map/mapper.h"

struct sl_mask_target {
	const char *to;
	struct sl_target path;
	bool tagged;
};

#endif
