/* pg_relations.h - the tables and views that a model names, and what the role may do with them. */
#ifndef SL_SOURCE_PG_RELATIONS_H
#define SL_SOURCE_PG_RELATIONS_H

#include "core/source/pg.h"

struct sl_pg_relation {
	struct sl_str schema, name;
	struct sl_str missing; /* needed columns that may not be read; empty = none */
	bool view, usage, writes, row_security;
};

/* In a transaction of pg. Memory of a. */
enum sl_code sl_pg_relations(struct sl_pg *pg, struct sl_arena *a, const struct sl_need *need,
			     struct sl_pg_relation **out, uint32_t *n, struct sl_err *err) SL_MUST;

#endif
