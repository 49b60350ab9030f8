/* people.h - the table that tests of mappings read. */
#ifndef TEST_PEOPLE_H
#define TEST_PEOPLE_H

#include "tests/lib/cells.h"

static const struct sl_column PEOPLE_COLUMNS[] = {
	{ .name = { "id", 2 }, .native = { "bigint", 6 }, .type = SL_T_INT, .key = true },
	{ .name = { "email", 5 }, .type = SL_T_TEXT },
	{ .name = { "plan", 4 }, .type = SL_T_TEXT },
	{ .name = { "city", 4 }, .type = SL_T_TEXT },
	{ .name = { "at", 2 }, .type = SL_T_TIMESTAMPTZ },
	{ .name = { "prefs", 5 }, .type = SL_T_JSON },
	{ .name = { "price", 5 }, .type = SL_T_DECIMAL },
};
static const struct sl_schema PEOPLE = { SL_COUNT(PEOPLE_COLUMNS), PEOPLE_COLUMNS };
enum { ID, EMAIL, PLAN, CITY, AT, PREFS, PRICE };

static inline void
usual_row(struct sl_value *row)
{
	row[ID] = cell(SL_T_INT, "42");
	row[EMAIL] = cell(SL_T_TEXT, "Ann@X.io ");
	row[PLAN] = cell(SL_T_TEXT, "pro");
	row[CITY] = cell(SL_T_TEXT, "Zürich");
	row[AT] = cell(SL_T_TIMESTAMPTZ, "2024-01-31 10:00:00.25+00");
	row[PREFS] = cell(SL_T_JSON, "{\"lang\":\"fr\"}");
	row[PRICE] = cell(SL_T_DECIMAL, "5765.11");
}

#endif
