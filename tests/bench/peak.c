/* SPDX-License-Identifier: MIT */
/*
 * peak CMD...: runs it with its output thrown away and prints milliseconds and
 * the most memory (KiB, VmHWM) that any one process of it ever had.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

int
main(int argc, char *argv[])
{
	struct timespec from, to;
	struct rusage used;
	int status;
	pid_t pid;

	if (argc < 2)
		return 2;
	(void)clock_gettime(CLOCK_MONOTONIC, &from);
	if ((pid = fork()) == 0) {
		int null = open("/dev/null", O_WRONLY);

		(void)dup2(null, STDOUT_FILENO);
		(void)execvp(argv[1], argv + 1);
		_exit(127);
	}
	if (pid == -1 || waitpid(pid, &status, 0) == -1)
		return 1;
	(void)clock_gettime(CLOCK_MONOTONIC, &to);
	(void)getrusage(RUSAGE_CHILDREN, &used);
	(void)printf("%ld %ld\n",
	    (long)(to.tv_sec - from.tv_sec) * 1000 +
		(to.tv_nsec - from.tv_nsec) / 1000000,
	    used.ru_maxrss);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
