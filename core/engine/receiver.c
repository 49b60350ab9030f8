/* receiver.c - the receiver as clients see it. */
#include "core/config/secret.h"
#include "core/engine/msg.h"
#include "core/receive/receive.h"

struct sl_receiver *
sl_receiver_start(const struct sl_receiver_options *o, struct sl_problem *problem)
{
	struct sl_receive_options options = {
		.bind = o->bind,
		.port = (uint16_t)o->port,
		.database = o->database,
		.faults = o->faults,
		.tls_cert = o->tls_cert,
		.tls_key = o->tls_key,
		.discard = o->discard,
		.sync_full = o->sync_full,
	};
	struct sl_receiver *r = NULL;
	struct sl_secret key = { 0 };
	struct sl_err err = { 0 };
	enum sl_code rc = SL_OK;

	if (o->port > UINT16_MAX)
		rc = sl_fail(&err, SL_E_CONFIG, "--port", "there is no port %u", o->port);
	if (rc == SL_OK)
		rc = sl_secret_resolve(o->write_key, ".", &key, &err);
	options.write_key = key.ptr;
	if (rc == SL_OK)
		rc = sl_receive_start(&options, &r, &err);
	sl_secret_free(&key);
	if (rc != SL_OK)
		sl_problem_from(problem, &err);
	return r;
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
					   .refused = s.refused + s.failed,
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
