/* receiver.c - the receiver as clients see it. */
#include "core/engine/msg.h"
#include "core/receive/receive.h"

#include <stdlib.h>

struct sl_receiver *
sl_receiver_start(const struct sl_receiver_options *o, struct sl_problem *problem)
{
	const struct sl_receive_options options = {
		.bind = o->bind,
		.port = (uint16_t)o->port,
		.database = o->database,
		.write_key = o->write_key,
		.faults = o->faults,
		.discard = o->discard,
	};
	struct sl_receiver *r = NULL;
	struct sl_err err = { 0 };

	if (o->port > UINT16_MAX)
		(void)sl_fail(&err, SL_E_CONFIG, "--port", "there is no port %u", o->port);
	else if (sl_receive_start(&options, &r, &err) == SL_OK)
		return r;
	sl_problem_from(problem, &err);
	return NULL;
}

unsigned
sl_receiver_port(const struct sl_receiver *r)
{
	return sl_receive_port(r);
}

void
sl_receiver_counts(const struct sl_receiver *r, struct sl_receiver_count *out)
{
	struct sl_receive_stats s;

	sl_receive_stats(r, &s);
	*out = (struct sl_receiver_count){ .requests = s.requests,
					   .events = s.events,
					   .repeats = s.repeats,
					   .conflicts = s.conflicts,
					   .refused = s.refused,
					   .bytes = s.bytes };
}

void
sl_receiver_stop(struct sl_receiver *r)
{
	sl_receive_stop(r);
}

const char *
sl_receiver_fault_help(void)
{
	return sl_receive_fault_help();
}
