/* build.h - a mapper while it is being compiled. */
#ifndef SL_BUILD_H
#define SL_BUILD_H

#include "core/map/issues.h"
#include "core/map/mapper.h"

struct sl_build {
	const struct sl_map_spec *spec;
	struct sl_arena *a;
	struct sl_mapper *m;
	struct sl_node root;
	struct sl_issues issues;
	struct sl_leaf *leaves; /* one for each mapping that could be read */
	uint32_t nleaves;
	const struct sl_leaf
		*object_id; /* with profile.object: what identifies it; not in the tree */
	bool full;          /* out of memory */
};

/* Compile one mapping and hang it on the tree; mistakes go to the issues. */
void sl_build_mapping(struct sl_build *b, const struct sl_mapping *map);
/* What is written by us: type, ids, context. */
void sl_build_ours(struct sl_build *b);
/* Rules about the mapping as a whole: what must be there, what removes need, what may surprise. */
void sl_build_check(struct sl_build *b);

#endif
