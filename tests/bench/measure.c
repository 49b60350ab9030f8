/* measure.c - run a command and tell what it took, as one line of key=value on descriptor 3:
 *   wall=SECONDS user=SECONDS sys=SECONDS rss=KIB code=N
 * Usage: measure COMMAND [ARG...] 3>FILE */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double
seconds(struct timeval t)
{
	return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

int
main(int argc, char **argv)
{
	struct timespec from, to;
	struct rusage use;
	int status;
	pid_t pid;

	if (argc < 2)
		return 2;
	(void)clock_gettime(CLOCK_MONOTONIC, &from);
	pid = fork();
	if (pid < 0)
		return 2;
	if (pid == 0) {
		(void)close(3);
		(void)execvp(argv[1], argv + 1);
		perror(argv[1]);
		_exit(127);
	}
	if (wait4(pid, &status, 0, &use) < 0)
		return 2;
	(void)clock_gettime(CLOCK_MONOTONIC, &to);
	(void)dprintf(3, "wall=%.3f user=%.2f sys=%.2f rss=%ld code=%d\n",
		      (double)(to.tv_sec - from.tv_sec) + (double)(to.tv_nsec - from.tv_nsec) / 1e9,
		      seconds(use.ru_utime), seconds(use.ru_stime), use.ru_maxrss,
		      WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
