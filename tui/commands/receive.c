/* receive.c - the local receiver as a command. */
#include "tui/commands/command.h"

#include "tui/commands/print.h"

#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Others learn where it listens; written whole or not at all. */
static bool
write_port(const char *path, unsigned port)
{
	char tmp[1024];
	FILE *f;
	bool ok;

	(void)snprintf(tmp, sizeof(tmp), "%s.tmp", path);
	f = fopen(tmp, "we");
	ok = f && fprintf(f, "%u\n", port) > 0;
	if (f && fclose(f) != 0)
		ok = false;
	ok = ok && rename(tmp, path) == 0;
	if (!ok)
		(void)fprintf(stderr, "sluice: %s: %s\n", path, strerror(errno));
	return ok;
}

static void
print_counts(const struct cmd_call *c, const struct sl_receiver *r)
{
	struct sl_receiver_count n;

	sl_receiver_counts(r, &n);
	(void)printf(c->json ? "{\"requests\": %llu, \"events\": %llu, \"repeats\": %llu, "
			       "\"conflicts\": %llu, "
			       "\"refused\": %llu, \"bytes\": %llu}\n"
			     : "%llu requests, %llu events, %llu repeats, %llu conflicts, %llu "
			       "refused, %llu bytes\n",
		     (unsigned long long)n.requests, (unsigned long long)n.events,
		     (unsigned long long)n.repeats, (unsigned long long)n.conflicts,
		     (unsigned long long)n.refused, (unsigned long long)n.bytes);
}

static int
serve(struct cmd_call *c, struct sl_receiver_options *o)
{
	const char *port_file = cmd_value(c, "port-file");
	struct sl_problem problem;
	struct sl_receiver *r = sl_receiver_start(o, &problem);

	if (!r)
		return cmd_problem(c, &problem);
	if (port_file && !write_port(port_file, sl_receiver_port(r))) {
		sl_receiver_stop(r);
		return SL_EXIT_STATE;
	}
	if (!c->quiet) {
		(void)printf("listening on http%s://%s:%u (Ctrl-C ends it)\n",
			     o->tls_cert ? "s" : "", o->bind ? o->bind : "127.0.0.1",
			     sl_receiver_port(r));
		(void)fflush(stdout);
	}
	while (cmd_interrupts() == 0)
		(void)nanosleep(&(struct timespec){ .tv_sec = 3600 }, NULL);
	if (!c->quiet)
		print_counts(c, r);
	sl_receiver_stop(r);
	return SL_EXIT_OK;
}

static int
run_receive(struct cmd_call *c)
{
	struct sl_receiver_options o = { .bind = cmd_value(c, "bind"),
					 .database = cmd_value(c, "database"),
					 .write_key = cmd_value(c, "write-key"),
					 .tls_cert = cmd_value(c, "tls-cert"),
					 .tls_key = cmd_value(c, "tls-key"),
					 .discard = cmd_value(c, "discard") != NULL,
					 .faults = cmd_value(c, "faults") };
	int64_t port = 8080;

	if (cmd_value(c, "fault-help")) {
		(void)fputs(sl_receiver_fault_help(), stdout);
		return SL_EXIT_OK;
	}
	if (!cmd_number(c, "port", 0, 65535, &port))
		return SL_EXIT_CONFIG;
	o.port = (unsigned)port;
	return serve(c, &o);
}

static const struct cmd_option receive_options[] = {
	{ "port", "N", "listen there (default 8080; 0 = any free port)" },
	{ "bind", "ADDRESS", "default 127.0.0.1; others need a write key" },
	{ "database", "FILE", "keep the events in this SQLite file (default: in memory)" },
	{ "write-key", "REF", "take only events with this key, named as env:NAME or file:PATH" },
	{ "tls-cert", "FILE", "speak HTTPS, with this certificate (PEM)" },
	{ "tls-key", "FILE", "and this key of it (PEM)" },
	{ "port-file", "FILE", "write the port there once it listens" },
	{ "discard", NULL, "count requests and events, keep nothing" },
	{ "faults", "JSON", "misbehave on purpose" },
	{ "fault-help", NULL, "what --faults may hold" },
	{ NULL, NULL, NULL },
};
const struct cmd cmd_receive = {
	.name = "receive",
	.words = "",
	.summary = "take events as RudderStack or Segment do, and keep them in SQLite",
	.help = "For trying a sync out and for tests. POST /v1/batch and the other calls of the "
		"tracking API, and webhooks at\n"
		"/hook/NAME. Open the database as a source to see what arrived: tables events, "
		"users, records.\n",
	.needs = CMD_NOTHING,
	.options = receive_options,
	.run = run_receive,
};
