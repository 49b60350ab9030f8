/* command.h - the commands of the shell: `sluice run users-to-rudder`. One file a command, one line in
 * the table of commands.c; options, help and man page come from the same entries. */
#ifndef TUI_COMMAND_H
#define TUI_COMMAND_H

#include "core/sluice.h"

#include <stdio.h>

/* The option of commands that show values: see unmask() in commands.c. */
#define CMD_UNMASK                                                                                 \
	{                                                                                          \
		"unmask", NULL,                                                                    \
			"show values that a profile tags as personal data; the audit notes it"     \
	}

#define CMD_OPTIONS 12 /* most options of a command */
#define CMD_WORDS   64 /* most words of a call */

struct cmd_option {
	const char *name; /* "limit" for --limit */
	const char *arg;  /* "N"; NULL = a switch */
	const char *help;
};

enum cmd_needs {
	CMD_NOTHING, /* no workspace */
	CMD_LOOKS,   /* an engine that only looks: works beside a running sluice */
	CMD_WRITES   /* the engine that owns the state */
};

struct cmd_call;

struct cmd {
	const char *name;
	const char *words;   /* "SYNC..." for the usage line; "" = none */
	const char *summary; /* one line */
	const char *help;    /* more lines; may be "" */
	unsigned min_words, max_words;
	enum cmd_needs needs;
	const struct cmd_option *options; /* own ones; ends with a NULL name; may be NULL */
	int (*run)(struct cmd_call *c);   /* returns the exit code */
};

struct cmd_call {
	const struct cmd *cmd;
	const char *workspace, *state_dir;
	bool json, quiet;
	const char *word[CMD_WORDS];
	unsigned nwords;
	const char *value
		[CMD_OPTIONS]; /* of cmd->options, by index; "" for a switch that is set; NULL = not given */
	struct sl_engine *engine;
};

/* What argv asks for: a command (its exit code is returned in *code), or the screens (false). */
struct cmd_screens {
	const char *workspace, *state_dir, *theme;
	bool read_only, plain, no_color;
};
bool cmd_main(int argc, char **argv, struct cmd_screens *screens, int *code);

const struct cmd *cmd_at(unsigned i); /* NULL past the end */
void cmd_man(FILE *out, const struct cmd_option *common, const struct cmd_option *screens);
struct cmd_exit {
	int code;
	const char *meaning;
};
struct cmd_exit cmd_exit_at(unsigned i); /* meaning NULL past the end */

/* ---- for the commands ---------------------------------------------------------------------- */

const char *cmd_value(const struct cmd_call *c, const char *option); /* NULL = not given */
/* A number of an option, or def. false: it is no number from min to max; said so. */
bool cmd_number(const struct cmd_call *c, const char *option, int64_t min, int64_t max,
		int64_t *out);
int cmd_bad_usage(const struct cmd_call *c, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Say a problem on stderr (as JSON too with --json) and return its exit code. */
int cmd_problem(const struct cmd_call *c, const struct sl_problem *p);
/* Wait for the answer of a request. NULL: it failed or was interrupted, *code is the exit code and the
 * problem was said. The caller frees the message. */
struct sl_msg *cmd_answer(struct cmd_call *c, sl_ticket t, int *code);
/* The same for an answer that comes in parts: all but the last go to `part`, which may be NULL. */
typedef void cmd_part_fn(void *arg, const struct sl_table *t);
struct sl_msg *cmd_answer_parts(struct cmd_call *c, sl_ticket t, cmd_part_fn *part, void *arg,
				int *code);
/* Nothing was found for the sync of the first word: is there such a sync at all? The exit code. */
int cmd_know_sync(struct cmd_call *c, const struct sl_table *found);
/* Wait and print the table: the whole of a simple command. */
int cmd_show(struct cmd_call *c, sl_ticket t, const char *columns);

/* Ctrl-C and SIGTERM: how often they came. The first asks for a clean stop. */
int cmd_interrupts(void);

extern const struct cmd cmd_init, cmd_check, cmd_drivers, cmd_tables, cmd_rows, cmd_preview,
	cmd_plan, cmd_run, cmd_release, cmd_stop, cmd_status, cmd_log, cmd_failed, cmd_retry,
	cmd_discard, cmd_receive, cmd_doctor, cmd_audit;

#endif
