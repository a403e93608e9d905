/* SPDX-License-Identifier: MIT */
/*
 * How long it takes to replace N rules by N others: the plugin's activate,
 * from artifact text to live rules, against the tool's restore of the same
 * rules in the same run, turn by turn. The tool is started as a program, as
 * everybody has to; the plugin's host is already there. For ip6tables only: the
 * IPv4 part is right already and not touched by either.
 *
 *	firewall PLUGIN TOOL	in a network namespace of its own, as root
 *
 * Prints "name value unit ratio peer" lines, medians of ROUNDS.
 */
#include <sys/wait.h>

#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "buf.h"
#include "own.h"
#include "plugin.h"
#include "timing.h"

#define ROUNDS 9

static int lock_fd = -1;

static int __attribute__((format(printf, 2, 3)))
on_fail(const struct ingot_host *h, const char *fmt, ...)
{
	va_list ap;

	(void)h;
	va_start(ap, fmt);
	(void)vfprintf(stderr, fmt, ap);
	va_end(ap);
	return -1;
}

static int
on_handed(const struct ingot_host *h, const char *name)
{
	(void)h;
	(void)name;
	return lock_fd;
}

/* The same rules in the two languages. */
struct rules {
	struct bytes artifact;
	struct bytes restore;
};

static void
make_rules(struct rules *r, unsigned n, unsigned from)
{
	static const char policy[] =
	    "-P INPUT ACCEPT\n-P FORWARD ACCEPT\n-P OUTPUT ACCEPT\n";

	bytes_fmt(&r->artifact, "ingot-firewall 1\n*ipv4\n%s*ipv6\n%s", policy,
	    policy);
	bytes_fmt(&r->restore, "*filter\n");
	for (unsigned i = 0; i < n; i++) {
		char rule[128];

		(void)snprintf(rule, sizeof(rule),
		    "-A INPUT -i eth%u -p tcp -m tcp --dport %u -j ACCEPT\n",
		    i % 4, from + i);
		bytes_fmt(&r->artifact, "%s", rule);
		bytes_fmt(&r->restore, "%s", rule);
	}
	bytes_fmt(&r->restore, "COMMIT\n");
}

static double
now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static double
ours(const struct ingot_plugin *p, void *state, const struct bytes *artifact)
{
	const struct ingot_text text = { artifact->p, artifact->len };
	double start = now_ms();

	must(p->activate(state, &text) == 0, "activate");
	return now_ms() - start;
}

static double
theirs(const char *tool, const struct bytes *restore)
{
	double start = now_ms();
	int in[2], status;
	pid_t pid = -1;

	must(pipe(in) == 0 && (pid = fork()) != -1, "start the tool");
	if (pid == 0) {
		(void)dup2(in[0], 0);
		(void)close(in[1]);
		(void)execl(tool, "ip6tables-legacy-restore", (char *)NULL);
		_exit(127);
	}
	(void)close(in[0]);
	must(write(in[1], restore->p, restore->len) == (ssize_t)restore->len,
	    "write");
	(void)close(in[1]);
	must(waitpid(pid, &status, 0) == pid && status == 0, tool);
	return now_ms() - start;
}

static void
race(const struct ingot_plugin *p, void *state, const char *tool, unsigned n)
{
	struct rules r[2] = { 0 };
	double a[ROUNDS], b[ROUNDS];

	make_rules(&r[0], n, 1000);
	make_rules(&r[1], n, 20000);
	for (int i = 0; i < ROUNDS; i++) {
		b[i] = theirs(tool, &r[0].restore);
		a[i] = ours(p, state, &r[1].artifact);
	}
	(void)printf(
	    "ip6tables-restore.replace-%u %.2f ms\n", n, median(b, ROUNDS));
	(void)printf("firewall.replace-%u %.2f ms %.2f ip6tables-restore\n", n,
	    median(a, ROUNDS), median(a, ROUNDS) / median(b, ROUNDS));
	for (int i = 0; i < ROUNDS; i++)
		a[i] = ours(p, state, &r[1].artifact);
	(void)printf("firewall.unchanged-%u %.2f ms %.2f ip6tables-restore\n",
	    n, median(a, ROUNDS), median(a, ROUNDS) / median(b, ROUNDS));
	for (int k = 0; k < 2; k++) {
		bytes_free(&r[k].artifact);
		bytes_free(&r[k].restore);
	}
}

int
main(int argc, char **argv)
{
	const struct ingot_host host = {
		.size = sizeof(host),
		.fail = on_fail,
		.handed = on_handed,
	};
	const struct ingot_plugin *p;
	void *so, *state;

	must(argc == 3, "firewall PLUGIN TOOL");
	so = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
	must(so != NULL, argv[1]);
	p = dlsym(so, "ingot_plugin");
	lock_fd = open(
	    getenv("XTABLES_LOCKFILE"), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	must(p != NULL && lock_fd != -1, "plugin or lock");
	state = p->open(&host);
	must(state != NULL, "open");
	race(p, state, argv[2], 500);
	race(p, state, argv[2], 10000);
	p->close(state);
	return 0;
}
