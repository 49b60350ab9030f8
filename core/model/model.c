/* model.c - names for people, and the ends of batches and blocks. */
#include "core/model/model.h"

#include "core/base/str.h"

#include <stdlib.h>

#define NAME_OF(names, i) ((size_t)(i) < SL_COUNT(names) && (names)[i] ? (names)[i] : "?")

const char *
sl_type_name(enum sl_type t)
{
	static const char *const names[] = {
		[SL_T_NULL] = "null",           [SL_T_BOOL] = "boolean",
		[SL_T_INT] = "integer",         [SL_T_DECIMAL] = "decimal",
		[SL_T_FLOAT] = "float",         [SL_T_TEXT] = "text",
		[SL_T_BYTES] = "bytes",         [SL_T_UUID] = "uuid",
		[SL_T_DATE] = "date",           [SL_T_TIME] = "time",
		[SL_T_TIMESTAMP] = "timestamp", [SL_T_TIMESTAMPTZ] = "timestamptz",
		[SL_T_JSON] = "json",
	};

	return NAME_OF(names, t);
}

int
sl_schema_find(const struct sl_schema *s, struct sl_str name)
{
	for (uint32_t i = 0; i < s->ncols; i++) {
		if (sl_str_eq(s->cols[i].name, name))
			return (int)i;
	}
	return -1;
}

void
sl_batch_free(struct sl_batch *b)
{
	if (!b)
		return;
	sl_arena_free(b->arena);
	free(b);
}

const char *
sl_op_name(enum sl_op op)
{
	static const char *const names[] = {
		[SL_OP_ADD] = "add",
		[SL_OP_UPDATE] = "update",
		[SL_OP_REMOVE] = "remove",
	};

	return NAME_OF(names, op);
}

void
sl_block_free(struct sl_block *b)
{
	if (!b)
		return;
	free(b->events);
	free(b->body);
	free(b->keys);
	free(b->verdicts);
	free(b);
}

const char *
sl_verdict_name(enum sl_verdict v)
{
	static const char *const names[] = {
		[SL_V_PENDING] = "pending",     [SL_V_ACKED] = "acked",
		[SL_V_DEAD] = "dead",           [SL_V_SUPERSEDED] = "superseded",
		[SL_V_CANCELLED] = "cancelled",
	};

	return NAME_OF(names, v);
}

const char *
sl_class_name(enum sl_class c)
{
	static const char *const names[] = {
		[SL_C_NONE] = "none",       [SL_C_ACK] = "ack",           [SL_C_RETRY] = "retry",
		[SL_C_UNKNOWN] = "unknown", [SL_C_THROTTLE] = "throttle", [SL_C_REJECT] = "reject",
		[SL_C_SPLIT] = "split",     [SL_C_AUTH] = "auth",         [SL_C_CONFIG] = "config",
	};

	return NAME_OF(names, c);
}
