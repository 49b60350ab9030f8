/* cells.h - rows and schemas for tests, written in one line. */
#ifndef TEST_CELLS_H
#define TEST_CELLS_H

#include "core/model/model.h"

#include <string.h>

static inline struct sl_value
cell_n(enum sl_type type, const char *text, size_t n)
{
	return (struct sl_value){ .ptr = text, .len = (uint32_t)n, .type = (uint8_t)type };
}

/* text NULL: a NULL cell. */
static inline struct sl_value
cell(enum sl_type type, const char *text)
{
	return text ? cell_n(type, text, strlen(text)) : (struct sl_value){ 0 };
}

static inline struct sl_column
column(const char *name, enum sl_type type)
{
	return (struct sl_column){ .name = { name, strlen(name) }, .type = type, .nullable = true };
}

#endif
