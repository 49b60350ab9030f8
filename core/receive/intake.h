/* intake.h - from the body of a request to its events, checked as rudder-server would. */
#ifndef SL_INTAKE_H
#define SL_INTAKE_H

#include "core/base/arena.h"
#include "core/base/str.h"

enum sl_intake_form {
	SL_FORM_BATCH, /* {"batch": [event, ...]} */
	SL_FORM_ONE,   /* one event; name is its type */
	SL_FORM_HOOK   /* an array, an object, or an object a line; name is the hook's, or "" */
};

/* Texts are views of the request body or of the arena; an empty one means "not given". */
struct sl_intake_event {
	struct sl_str body; /* as it was sent; only the type of /v1/<type> is put in */
	struct sl_str message_id, type, user_id, anonymous_id, event;
	struct sl_str action; /* records and rows: insert update delete ... */
	struct sl_str stream; /* records and rows: whose keys these are: the hook, the sync or the
				 names of the identifiers */
	struct sl_str
		key; /* records and rows: the only identifier's value, or all of them as JSON */
	struct sl_str fields; /* what to fold: an object as JSON; identify: traits */
};

struct sl_intake {
	struct sl_arena *arena; /* borrowed */
	struct sl_intake_event *events;
	uint32_t n;
	/* When refused: what to answer, and for the request log why (row data is not in it). */
	int status;
	const char *answer;
	char note[160];
};

/* SL_OK, SL_E_DATA: refused (status, answer and note are set), SL_E_NOMEM. */
enum sl_code sl_intake_read(struct sl_intake *in, enum sl_intake_form form, struct sl_str name,
			    struct sl_str body) SL_MUST;

#endif
