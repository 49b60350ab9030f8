/* main.c - entry of the program: a command of the shell, or the screens. */
#include "tui/commands/command.h"
#include "tui/ui.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

/* Rows and secrets are in our memory, rows in our files: no crash writes them to disk, no other process of
 * the same user reads them, and what we make is nobody else's to read. */
static void
keep_private(void)
{
	(void)setrlimit(RLIMIT_CORE, &(struct rlimit){ 0, 0 });
	/* The leak check of a sanitizer has to trace us. */
#ifndef __SANITIZE_ADDRESS__
	(void)prctl(PR_SET_DUMPABLE, 0);
#endif
	(void)umask(077);
}

int
main(int argc, char **argv)
{
	struct cmd_screens screens;
	int code;

	keep_private();
	sl_use_limits();
	/* A peer that went away and a file at its limit are errors of a call, not the end of us. */
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGXFSZ, SIG_IGN);
	return cmd_main(argc, argv, &screens, &code) ? code : tui_ui(&screens);
}
