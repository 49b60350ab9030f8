/* main.c - entry of the program: a command of the shell, or the screens. */
#include "tui/commands/command.h"
#include "tui/ui.h"

#include <signal.h>

int
main(int argc, char **argv)
{
	struct cmd_screens screens;
	int code;

	/* A peer that went away and a file at its limit are errors of a call, not the end of us. */
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGXFSZ, SIG_IGN);
	return cmd_main(argc, argv, &screens, &code) ? code : tui_ui(&screens);
}
