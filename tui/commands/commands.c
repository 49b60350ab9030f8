/* commands.c - the table of commands, their options, and what is alike in all of them. */
#include "tui/commands/command.h"

#include "tui/commands/print.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct cmd *const table[] = {
	&cmd_init,   &cmd_check, &cmd_drivers, &cmd_tables,  &cmd_rows,   &cmd_preview,
	&cmd_plan,   &cmd_run,   &cmd_release, &cmd_stop,    &cmd_status, &cmd_log,
	&cmd_failed, &cmd_retry, &cmd_discard, &cmd_receive, &cmd_doctor, &cmd_audit,
};

const struct cmd *
cmd_at(unsigned i)
{
	return i < SL_COUNT(table) ? table[i] : NULL;
}

static const struct cmd_option common[] = {
	{ "workspace", "DIR", "the workspace; short: -w (default: $XDG_CONFIG_HOME/sluice)" },
	{ "state", "DIR",
	  "where the state is kept (default: DIR/state with -w, else $XDG_STATE_HOME/sluice)" },
	{ "json", NULL, "print JSON" },
	{ "quiet", NULL, "no progress; short: -q" },
	{ "help", NULL, "this text; short: -h" },
	{ NULL, NULL, NULL },
};

static const struct cmd_option screen_options[] = {
	{ "read-only", NULL, "look only: nothing is sent or saved" },
	{ "theme", "NAME", "colours: dark light terminal-16 mono, or a file of your own" },
	{ "color", "WHEN", "auto or never (NO_COLOR is honoured too)" },
	{ "plain", NULL, "ASCII only, no animation" },
	{ "version", NULL, "print the version" },
	{ "man", NULL, "print the manual page" },
	{ NULL, NULL, NULL },
};

static const struct cmd_exit exits[] = {
	{ SL_EXIT_OK, "done" },
	{ SL_EXIT_EVENTS_FAILED, "done, but some events failed" },
	{ SL_EXIT_CONFIG, "wrong usage or configuration" },
	{ SL_EXIT_DOWN, "a source or destination is down or refuses us" },
	{ SL_EXIT_HELD, "the run is held for confirmation" },
	{ SL_EXIT_LOCKED, "another sluice works on this state" },
	{ SL_EXIT_STATE, "trouble with the state or the disk" },
	{ SL_EXIT_DATA, "the source's rows cannot be synced" },
	{ SL_EXIT_CANCELLED, "interrupted" },
};

struct cmd_exit
cmd_exit_at(unsigned i)
{
	return i < SL_COUNT(exits) ? exits[i] : (struct cmd_exit){ 0, NULL };
}

/* ---- help ------------------------------------------------------------------------------------------ */

static void
print_options(FILE *out, const struct cmd_option *o)
{
	for (; o && o->name; o++) {
		char left[64];

		(void)snprintf(left, sizeof(left), "--%s%s%s", o->name, o->arg ? " " : "",
			       o->arg ? o->arg : "");
		(void)fprintf(out, "  %-26s %s\n", left, o->help);
	}
}

static void
usage(FILE *out)
{
	(void)fputs("usage: sluice [-w DIR] [OPTION...]            the screens\n"
		    "       sluice COMMAND [OPTION...] [WORD...]   one command; sluice COMMAND "
		    "--help tells more\n"
		    "\ncommands\n",
		    out);
	for (size_t i = 0; i < SL_COUNT(table); i++)
		(void)fprintf(out, "  %-10s %s\n", table[i]->name, table[i]->summary);
	(void)fputs("\noptions\n", out);
	print_options(out, common);
	print_options(out, screen_options);
	(void)fputs("\nenvironment\n  SLUICE_MEMORY              memory to compare rows in "
		    "(64MiB); what does not fit goes to a file\n",
		    out);
	(void)fputs("\nexit codes\n", out);
	for (size_t i = 0; i < SL_COUNT(exits); i++)
		(void)fprintf(out, "  %3d  %s\n", exits[i].code, exits[i].meaning);
}

static void
help(FILE *out, const struct cmd *cmd)
{
	(void)fprintf(out, "usage: sluice %s [OPTION...]%s%s\n\n%s\n", cmd->name,
		      *cmd->words ? " " : "", cmd->words, cmd->summary);
	if (*cmd->help)
		(void)fprintf(out, "\n%s", cmd->help);
	(void)fputs("\noptions\n", out);
	print_options(out, cmd->options);
	print_options(out, common);
}

/* ---- options ----------------------------------------------------------------------------------------- */

int
cmd_bad_usage(const struct cmd_call *c, const char *fmt, ...)
{
	va_list ap;

	(void)fputs("sluice: ", stderr);
	va_start(ap, fmt);
	(void)vfprintf(stderr, fmt, ap);
	va_end(ap);
	(void)fprintf(stderr, "\nsee: sluice %s%s--help\n", c && c->cmd ? c->cmd->name : "",
		      c && c->cmd ? " " : "");
	return SL_EXIT_CONFIG;
}

static int
find_option(const struct cmd_option *o, const char *name, size_t len)
{
	for (int i = 0; o && o[i].name; i++)
		if (strlen(o[i].name) == len && memcmp(o[i].name, name, len) == 0)
			return i;
	return -1;
}

struct parse {
	struct cmd_call *call;
	struct cmd_screens *screens;
	int argc, at;
	char **argv;
	bool help, version, man;
};

static int
set_common(struct parse *p, const char *name, const char *value)
{
	if (strcmp(name, "workspace") == 0)
		p->call->workspace = p->screens->workspace = value;
	else if (strcmp(name, "state") == 0)
		p->call->state_dir = p->screens->state_dir = value;
	else if (strcmp(name, "json") == 0)
		p->call->json = true;
	else if (strcmp(name, "quiet") == 0)
		p->call->quiet = true;
	else
		p->help = true;
	return 0;
}

static int
set_screen(struct parse *p, const char *name, const char *value)
{
	if (strcmp(name, "read-only") == 0)
		p->screens->read_only = true;
	else if (strcmp(name, "theme") == 0)
		p->screens->theme = value;
	else if (strcmp(name, "plain") == 0)
		p->screens->plain = true;
	else if (strcmp(name, "version") == 0)
		p->version = true;
	else if (strcmp(name, "man") == 0)
		p->man = true;
	else if (strcmp(value, "never") == 0)
		p->screens->no_color = true;
	else if (strcmp(value, "auto") != 0)
		return cmd_bad_usage(p->call, "--color takes auto or never, not \"%s\"", value);
	return 0;
}

/* One "--name", "--name=value" or "--name value". */
static int
parse_long(struct parse *p, const char *text)
{
	const size_t len = strcspn(text, "=");
	const struct cmd *cmd = p->call->cmd;
	const struct cmd_option *own = cmd ? cmd->options : screen_options;
	const struct cmd_option *o;
	const char *value = text[len] == '=' ? text + len + 1 : NULL;
	int i = find_option(own, text, len);
	const bool is_own = i >= 0;

	if (!is_own)
		i = find_option(common, text, len);
	if (i < 0)
		return cmd_bad_usage(p->call, "there is no option --%.*s", (int)len, text);
	o = is_own ? &own[i] : &common[i];
	if (!o->arg && value)
		return cmd_bad_usage(p->call, "--%s takes no value", o->name);
	if (o->arg && !value) {
		if (p->at + 1 >= p->argc)
			return cmd_bad_usage(p->call, "--%s needs a value: --%s %s", o->name,
					     o->name, o->arg);
		value = p->argv[++p->at];
	}
	if (!value)
		value = "";
	if (is_own && cmd) {
		p->call->value[i] = value;
		return 0;
	}
	return is_own ? set_screen(p, o->name, value) : set_common(p, o->name, value);
}

static int
parse_short(struct parse *p, const char *text)
{
	if (strcmp(text, "h") == 0)
		return parse_long(p, "help");
	if (strcmp(text, "q") == 0)
		return parse_long(p, "quiet");
	if (strcmp(text, "w") == 0)
		return parse_long(p, "workspace");
	return cmd_bad_usage(p->call, "there is no option -%s", text);
}

static const struct cmd *
find_command(const char *name)
{
	for (size_t i = 0; i < SL_COUNT(table); i++)
		if (strcmp(table[i]->name, name) == 0)
			return table[i];
	return NULL;
}

static int
parse_word(struct parse *p, const char *text)
{
	struct cmd_call *c = p->call;

	if (!c->cmd) {
		c->cmd = find_command(text);
		return c->cmd ? 0 : cmd_bad_usage(NULL, "there is no command \"%s\"", text);
	}
	if (c->nwords >= c->cmd->max_words || c->nwords >= CMD_WORDS)
		return cmd_bad_usage(c, "too many words: \"%s\"", text);
	c->word[c->nwords++] = text;
	return 0;
}

static int
parse(struct parse *p)
{
	bool only_words = false;
	int code = 0;

	for (p->at = 1; p->at < p->argc && code == 0; p->at++) {
		const char *a = p->argv[p->at];

		if (only_words || a[0] != '-' || a[1] == '\0')
			code = parse_word(p, a);
		else if (strcmp(a, "--") == 0)
			only_words = true;
		else if (a[1] == '-')
			code = parse_long(p, a + 2);
		else
			code = parse_short(p, a + 1);
	}
	return code;
}

/* ---- running ------------------------------------------------------------------------------------------ */

static volatile sig_atomic_t interrupts;

static void
on_interrupt(int sig)
{
	(void)sig;
	interrupts = interrupts + 1;
	if (interrupts > 2)
		_exit(SL_EXIT_CANCELLED); /* the state survives this: it survives kill -9 */
}

int
cmd_interrupts(void)
{
	return interrupts;
}

static void
catch_interrupts(void)
{
	struct sigaction sa = { .sa_handler = on_interrupt };

	(void)sigaction(SIGINT, &sa, NULL);
	(void)sigaction(SIGTERM, &sa, NULL);
}

/* Whoever sends, and whoever asks how things stand, is told that the state was begun anew; who wants no
 * words, as cron does, by the run that began it. */
static void
tell_notice(const struct cmd_call *c)
{
	bool fresh = false;
	const char *text = sl_engine_notice(c->engine, &fresh);

	if (!*text || (c->quiet && !fresh) ||
	    (c->cmd->needs != CMD_WRITES && c->cmd != &cmd_status))
		return;
	(void)fputs("sluice: ", stderr);
	print_text(stderr, text);
	(void)fputc('\n', stderr);
}

/* The audit has to know before anything is shown. */
static int
unmask(struct cmd_call *c)
{
	char what[200];
	struct sl_msg *m;
	int code = SL_EXIT_OK;

	(void)snprintf(what, sizeof(what), "sluice %s%s%s%s%s", c->cmd->name, c->nwords ? " " : "",
		       c->nwords ? c->word[0] : "", c->nwords > 1 ? " " : "",
		       c->nwords > 1 ? c->word[1] : "");
	m = cmd_answer(c, sl_unmask(c->engine, what), &code);
	if (!m)
		return code;
	sl_msg_free(m);
	sl_unmasked(c->engine, true);
	return SL_EXIT_OK;
}

static int
run_command(struct cmd_call *c)
{
	const bool unmasked = cmd_value(c, "unmask") != NULL;
	const struct sl_options o = { .workspace = c->workspace,
				      .state_dir = c->state_dir,
				      .read_only = c->cmd->needs == CMD_LOOKS && !unmasked };
	struct sl_problem problem;
	int code = SL_EXIT_OK;

	if (c->nwords < c->cmd->min_words)
		return cmd_bad_usage(c, "usage: sluice %s %s", c->cmd->name, c->cmd->words);
	catch_interrupts();
	if (c->cmd->needs != CMD_NOTHING) {
		c->engine = sl_engine_open(&o, &problem);
		if (!c->engine)
			return cmd_problem(c, &problem);
		tell_notice(c);
	}
	if (unmasked)
		code = unmask(c);
	if (code == SL_EXIT_OK)
		code = c->cmd->run(c);
	sl_engine_close(c->engine, 500);
	return code;
}

/* A descriptor that was closed for us would be given to the next file or socket, and our output would
 * go into that. Reading only: what is written there is an error, and told. */
static void
hold_standard_files(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDONLY);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		(void)close(fd);
}

/* Output that did not arrive is an error, but for a reader that has seen enough (`| head`). */
static int
finish_output(int code)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return code;
	if (errno != EPIPE)
		(void)fprintf(stderr, "sluice: the output could not be written: %s\n",
			      strerror(errno));
	return code != SL_EXIT_OK ? code : SL_EXIT_STATE;
}

/* The texts that need no engine. false: it is none of them. */
static bool
tell(const struct parse *p)
{
	const struct cmd *cmd = p->call->cmd;

	if (p->version)
		(void)printf("sluice %s\n", sl_version());
	else if (p->man)
		cmd_man(stdout, common, screen_options);
	else if (p->help && cmd)
		help(stdout, cmd);
	else if (p->help)
		usage(stdout);
	else
		return false;
	return true;
}

bool
cmd_main(int argc, char **argv, struct cmd_screens *screens, int *code)
{
	struct cmd_call c = { 0 };
	struct parse p = { .call = &c, .screens = screens, .argc = argc, .argv = argv };

	hold_standard_files();
	*screens = (struct cmd_screens){ 0 };
	*code = parse(&p);
	if (*code != 0)
		return true;
	if (!tell(&p)) {
		if (!c.cmd)
			return false;
		*code = run_command(&c);
	}
	*code = finish_output(*code);
	return true;
}

/* ---- what commands share -------------------------------------------------------------------------------- */

const char *
cmd_value(const struct cmd_call *c, const char *option)
{
	const int i = find_option(c->cmd->options, option, strlen(option));

	return i < 0 ? NULL : c->value[i];
}

bool
cmd_number(const struct cmd_call *c, const char *option, int64_t min, int64_t max, int64_t *out)
{
	const char *text = cmd_value(c, option);
	int64_t v;

	if (!text)
		return true;
	if (!sl_str_to_i64(sl_str(text), &v) || v < min || v > max) {
		(void)cmd_bad_usage(c, "--%s takes a number from %lld to %lld, not \"%s\"", option,
				    (long long)min, (long long)max, text);
		return false;
	}
	*out = v;
	return true;
}

int
cmd_problem(const struct cmd_call *c, const struct sl_problem *p)
{
	(void)fputs("sluice: ", stderr);
	if (p->where[0]) {
		print_text(stderr, p->where);
		(void)fputs(": ", stderr);
	}
	print_text(stderr, p->message);
	if (p->hint[0]) {
		(void)fputs("\n  ", stderr);
		print_text(stderr, p->hint);
	}
	(void)fputc('\n', stderr);
	if (c->json) {
		(void)fputs("{\"error\": ", stdout);
		print_json_string(stdout, p->message, strlen(p->message));
		(void)fputs(", \"kind\": ", stdout);
		print_json_string(stdout, p->kind, strlen(p->kind));
		(void)fputs(", \"where\": ", stdout);
		print_json_string(stdout, p->where, strlen(p->where));
		(void)fputs(", \"hint\": ", stdout);
		print_json_string(stdout, p->hint, strlen(p->hint));
		(void)fputs("}\n", stdout);
	}
	return p->exit_code;
}

struct waiting {
	struct sl_engine *engine;
	sl_ticket ticket;
	cmd_part_fn *part;
	void *arg;
};

static void
while_waiting(void *arg, const struct sl_msg *m)
{
	const struct waiting *w = arg;

	if (!m && interrupts > 0)
		sl_cancel(w->engine, w->ticket);
	if (m && m->kind == SL_MSG_REPLY && m->ticket == w->ticket && w->part)
		w->part(w->arg, m->table);
}

struct sl_msg *
cmd_answer(struct cmd_call *c, sl_ticket t, int *code)
{
	return cmd_answer_parts(c, t, NULL, NULL, code);
}

struct sl_msg *
cmd_answer_parts(struct cmd_call *c, sl_ticket t, cmd_part_fn *part, void *arg, int *code)
{
	struct waiting w = { c->engine, t, part, arg };
	struct sl_msg *m = t ? sl_wait(c->engine, t, -1, while_waiting, &w) : NULL;

	*code = SL_EXIT_OK;
	if (!m) {
		*code = cmd_problem(c, &(struct sl_problem){ .exit_code = SL_EXIT_STATE,
							     .kind = "memory",
							     .message = "no memory" });
		return NULL;
	}
	if (!m->failed)
		return m;
	*code = cmd_problem(c, &m->problem);
	sl_msg_free(m);
	return NULL;
}

int
cmd_show(struct cmd_call *c, sl_ticket t, const char *columns)
{
	int code;
	struct sl_msg *m = cmd_answer(c, t, &code);

	if (!m)
		return code;
	if (c->json)
		print_json(stdout, m->table);
	else
		print_table(stdout, m->table, columns);
	sl_msg_free(m);
	return SL_EXIT_OK;
}

int
cmd_know_sync(struct cmd_call *c, const struct sl_table *found)
{
	struct sl_msg *m;
	int code = SL_EXIT_OK;

	if (c->nwords == 0 || sl_table_rows(found) > 0)
		return SL_EXIT_OK;
	m = cmd_answer(c, sl_get(c->engine, SL_SYNC, c->word[0]), &code);
	sl_msg_free(m);
	return code;
}
