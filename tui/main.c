/* main.c - entry of the program. */
#include <stdio.h>
#include <string.h>

int
main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "--version") == 0) {
		puts("sluice " SL_VERSION);
		return 0;
	}
	fputs("usage: sluice --version\n", stderr);
	return 2;
}
