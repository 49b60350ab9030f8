/* man.c - the manual page, from the same tables as the help. `make install` puts it in place. */
#include "tui/commands/command.h"

/* Text as roff: a leading dot or quote and backslashes would be commands. */
static void
roff(FILE *out, const char *s)
{
	bool start = true;

	for (; *s; s++) {
		if (start && (*s == '.' || *s == '\''))
			(void)fputs("\\&", out);
		if (*s == '\\')
			(void)fputs("\\e", out);
		else if (*s == '-')
			(void)fputs("\\-", out);
		else
			(void)fputc(*s, out);
		start = *s == '\n';
	}
}

static void
man_options(FILE *out, const struct cmd_option *o)
{
	for (; o && o->name; o++) {
		(void)fprintf(out, ".TP\n.B \\-\\-");
		roff(out, o->name);
		if (o->arg)
			(void)fprintf(out, " \\fI%s\\fR", o->arg);
		(void)fputc('\n', out);
		roff(out, o->help);
		(void)fputc('\n', out);
	}
}

void
cmd_man(FILE *out, const struct cmd_option *common, const struct cmd_option *screens)
{
	const struct cmd *c;

	(void)fputs(".TH SLUICE 1\n.SH NAME\nsluice \\- keep tools in step with warehouse "
		    "tables\n.SH SYNOPSIS\n"
		    ".B sluice\n[\\-w \\fIDIR\\fR] [\\fIOPTION\\fR...]\n.br\n.B "
		    "sluice\n\\fICOMMAND\\fR [\\fIOPTION\\fR...] "
		    "[\\fIWORD\\fR...]\n.SH DESCRIPTION\nWithout a command the screens open: "
		    "browse tables, map columns, "
		    "preview events, look at a plan, launch, watch. With one, the same engine does "
		    "one thing and ends; "
		    "see the exit status.\n.SH COMMANDS\n",
		    out);
	for (unsigned i = 0; (c = cmd_at(i)); i++) {
		(void)fprintf(out, ".SS %s %s\n", c->name, c->words);
		roff(out, c->summary);
		(void)fputs(".\n", out);
		roff(out, c->help);
		man_options(out, c->options);
	}
	(void)fputs(".SH OPTIONS\n", out);
	man_options(out, common);
	man_options(out, screens);
	(void)fputs(".SH EXIT STATUS\n", out);
	for (unsigned i = 0; cmd_exit_at(i).meaning; i++)
		(void)fprintf(out, ".TP\n.B %d\n%s\n", cmd_exit_at(i).code, cmd_exit_at(i).meaning);
	(void)fputs(".SH ENVIRONMENT\n.TP\n.B SLUICE_MEMORY\nmemory in which all runs together "
		    "compare rows with what was acknowledged: 64MiB, where it is not set, which is "
		    "enough for about a million rows; what does not fit goes to a temporary file "
		    "beside the state, which is slower. A number with k, MiB or GiB.\n",
		    out);
	(void)fputs(".SH FILES\nThe workspace holds connections/, profiles/ and syncs/, one JSON "
		    "object a file; its README.md "
		    "shows the formats. The state is kept apart: state.db, the truth, and log.db, "
		    "which may be "
		    "deleted. A state.db that is damaged is moved aside to "
		    "state.db.damaged-TIME; it is never deleted. The file ballast keeps room for "
		    "what must be recorded when the disk is full.\n",
		    out);
}
