/* SPDX-License-Identifier: MIT */
/*
 * Runs the firewall plugin by itself, in this process and its network
 * namespace, with the real kernel. No sandbox: that is in firewall.test, with
 * the real ingot-host.
 *
 *	firewall PLUGIN LOCK render DOCUMENT	prints the artifact
 *	firewall PLUGIN LOCK activate ARTIFACT	"-": the empty one
 *	firewall PLUGIN LOCK probe ARTIFACT	"pass ID PLACE: WHY" lines
 *
 * LOCK is the xtables lock file. FAULT in the environment makes the kernel
 * misbehave: "kill-v6" ends the process at the commit of IPv6, "fail-v6" makes
 * that commit fail, "fail-counters" fails what libiptc does after a commit.
 *
 * Ends with 0 when the function returned 0, else with 1 and its reason.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <seccomp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/netfilter_ipv4/ip_tables.h>

#include "file.h"
#include "own.h"
#include "plugin.h"

static int lock_fd = -1;

static void __attribute__((format(printf, 3, 0)))
say(FILE *to, const char *what, const char *fmt, va_list ap)
{
	(void)fprintf(to, "%s", what);
	(void)vfprintf(to, fmt, ap);
	(void)fprintf(to, "\n");
}

static void __attribute__((format(printf, 2, 3)))
on_log(const struct ingot_host *h, const char *fmt, ...)
{
	va_list ap;

	(void)h;
	va_start(ap, fmt);
	say(stderr, "log: ", fmt, ap);
	va_end(ap);
}

static int __attribute__((format(printf, 2, 3)))
on_fail(const struct ingot_host *h, const char *fmt, ...)
{
	va_list ap;

	(void)h;
	va_start(ap, fmt);
	say(stderr, "failed: ", fmt, ap);
	va_end(ap);
	return -1;
}

static int __attribute__((format(printf, 2, 3)))
on_emit(const struct ingot_host *h, const char *fmt, ...)
{
	va_list ap;

	(void)h;
	va_start(ap, fmt);
	(void)vprintf(fmt, ap);
	va_end(ap);
	return 0;
}

static int __attribute__((format(printf, 5, 6)))
on_finding(const struct ingot_host *h, const char *id, const char *place,
    int passed, const char *fmt, ...)
{
	va_list ap;

	(void)h;
	(void)printf("%s %s %s", passed ? "pass" : "fail", id, place);
	va_start(ap, fmt);
	say(stdout, ": ", fmt, ap);
	va_end(ap);
	return 0;
}

static int
on_handed(const struct ingot_host *h, const char *name)
{
	(void)h;
	return strcmp(name, "xtables-lock") == 0 ? lock_fd : -1;
}

/* A filter of the kernel stands in for a kernel that refuses. */
static int
misbehave(const char *fault)
{
	const struct scmp_arg_cmp v6 = SCMP_A1(SCMP_CMP_EQ, IPPROTO_IPV6, 0);
	const struct scmp_arg_cmp replace =
	    SCMP_A2(SCMP_CMP_EQ, IPT_SO_SET_REPLACE, 0);
	const struct scmp_arg_cmp counters =
	    SCMP_A2(SCMP_CMP_EQ, IPT_SO_SET_ADD_COUNTERS, 0);
	scmp_filter_ctx f = seccomp_init(SCMP_ACT_ALLOW);
	int rc;

	if (strcmp(fault, "kill-v6") == 0)
		rc = seccomp_rule_add(f, SCMP_ACT_KILL_PROCESS,
		    SCMP_SYS(setsockopt), 2, v6, replace);
	else if (strcmp(fault, "fail-v6") == 0)
		rc = seccomp_rule_add(f, SCMP_ACT_ERRNO(ENOMEM),
		    SCMP_SYS(setsockopt), 2, v6, replace);
	else
		rc = seccomp_rule_add(f, SCMP_ACT_ERRNO(EPERM),
		    SCMP_SYS(setsockopt), 1, counters);
	rc = rc == 0 ? seccomp_load(f) : rc;
	seccomp_release(f);
	return rc;
}

static int
run(const struct ingot_plugin *p, const char *verb,
    const struct ingot_text *text)
{
	const struct ingot_host host = {
		.size = sizeof(host),
		.granted = p->needs,
		.log = on_log,
		.fail = on_fail,
		.emit = on_emit,
		.finding = on_finding,
		.handed = on_handed,
	};
	void *state = p->open(&host);
	int rc = -1;

	if (state == NULL)
		return -1;
	if (strcmp(verb, "render") == 0)
		rc = p->render(state, text);
	else if (strcmp(verb, "activate") == 0)
		rc = p->activate(state, text);
	else if (strcmp(verb, "probe") == 0)
		rc = p->probe(state, text);
	p->close(state);
	return rc;
}

int
main(int argc, char **argv)
{
	own_bytes struct bytes text = { 0 };
	const struct ingot_plugin *p;
	const char *fault = getenv("FAULT");
	struct err e;
	void *so;

	if (argc != 5)
		return 2;
	so = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
	p = so == NULL ? NULL : dlsym(so, "ingot_plugin");
	if (p == NULL)
		return fprintf(stderr, "%s\n", dlerror()), 2;
	lock_fd = open(argv[2], O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (strcmp(argv[4], "-") != 0 &&
	    file_read(AT_FDCWD, argv[4], INGOT_TEXT_MAX, &text, &e) == -1)
		return fprintf(stderr, "%s\n", e.text), 2;
	if (fault != NULL && misbehave(fault) != 0)
		return 2;
	return run(p, argv[3],
		   &(struct ingot_text){
		       text.p == NULL ? "" : text.p, text.len }) == 0
	    ? 0
	    : 1;
}
