/* SPDX-License-Identifier: MIT */
/*
 * Runs the SSH plugin by itself, in this process, against the real sshd of the
 * machine: install writes where the shipped policy says, reload is `sshd -t`
 * and SIGHUP, findings are printed. No sandbox: that is ssh_host.c.
 *
 *	ssh PLUGIN render DOCUMENT		prints the artifact
 *	ssh PLUGIN activate ARTIFACT		"-": the empty one
 *	ssh PLUGIN probe ARTIFACT		"pass ID PLACE: WHY" lines
 *
 * Ends with 0 when the function returned 0, else with 1 and its reason.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "file.h"
#include "own.h"
#include "plugin.h"

#define DROPIN "/etc/ssh/sshd_config.d/00-ingot.conf"
#define CANARY "/etc/ssh/ingot-canary"

static void
say(const char *what, const char *fmt, va_list ap)
{
	char text[2048];

	(void)vsnprintf(text, sizeof(text), fmt, ap);
	(void)fprintf(stderr, "%s: %s\n", what, text);
}

static void
on_log(const struct ingot_host *h, const char *fmt, ...)
{
	va_list ap;

	(void)h;
	va_start(ap, fmt);
	say("log", fmt, ap);
	va_end(ap);
}

static int
on_fail(const struct ingot_host *h, const char *fmt, ...)
{
	va_list ap;

	(void)h;
	va_start(ap, fmt);
	say("failed", fmt, ap);
	va_end(ap);
	return -1;
}

static int
on_emit(const struct ingot_host *h, const char *fmt, ...)
{
	va_list ap;

	(void)h;
	va_start(ap, fmt);
	(void)vprintf(fmt, ap);
	va_end(ap);
	return 0;
}

static int
on_finding(const struct ingot_host *h, const char *id, const char *place,
    int passed, const char *fmt, ...)
{
	va_list ap;

	(void)h;
	(void)printf("%s %s %s: ", passed ? "pass" : "fail", id, place);
	va_start(ap, fmt);
	(void)vprintf(fmt, ap);
	va_end(ap);
	(void)printf("\n");
	return 0;
}

static int
on_install(
    const struct ingot_host *h, const char *name, const void *data, size_t len)
{
	const char *path = strcmp(name, "canary") == 0 ? CANARY : DROPIN;
	struct err e;
	int rc;

	rc = data == NULL
	    ? file_remove(AT_FDCWD, path, &e)
	    : file_write(AT_FDCWD, path, data, len, FILE_PUBLIC, &e);
	return rc == -1 ? h->fail(h, "%s", e.text) : 0;
}

static int
on_reload(const struct ingot_host *h, const char *name)
{
	own_bytes struct bytes pid = { 0 };
	struct err e;

	if (system("/usr/sbin/sshd -t") != 0)
		return h->fail(h, "%s: its check failed", name);
	if (file_read(AT_FDCWD, "/run/sshd.pid", 32, &pid, &e) == -1 ||
	    kill((pid_t)atoi(pid.p), SIGHUP) == -1)
		return h->fail(h, "%s does not run", name);
	return 0;
}

static const struct ingot_host host = {
	.size = sizeof(struct ingot_host),
	.granted = INGOT_NEED_INSTALL | INGOT_NEED_RELOAD | INGOT_NEED_NETWORK,
	.log = on_log,
	.fail = on_fail,
	.emit = on_emit,
	.finding = on_finding,
	.install = on_install,
	.reload = on_reload,
};

static int
run(const struct ingot_plugin *p, const char *verb, const struct ingot_text *in)
{
	void *state = p->open(&host);
	int rc = -1;

	if (state == NULL)
		return -1;
	if (strcmp(verb, "render") == 0)
		rc = p->render(state, in);
	else if (strcmp(verb, "activate") == 0)
		rc = p->activate(state, in);
	else if (strcmp(verb, "probe") == 0)
		rc = p->probe(state, in);
	p->close(state);
	return rc;
}

int
main(int argc, char *argv[])
{
	const struct ingot_plugin *p;
	own_bytes struct bytes text = { 0 };
	struct ingot_text in;
	struct err e;
	void *so;

	if (argc != 4 || (so = dlopen(argv[1], RTLD_NOW)) == NULL ||
	    (p = dlsym(so, "ingot_plugin")) == NULL) {
		(void)fprintf(stderr, "ssh: %s\n", argc == 4 ? dlerror() : "?");
		return 2;
	}
	bytes_add(&text, "", 0);
	if (strcmp(argv[3], "-") != 0 &&
	    file_read(AT_FDCWD, argv[3], 32u << 20, &text, &e) == -1) {
		(void)fprintf(stderr, "ssh: %s\n", e.text);
		return 2;
	}
	in = (struct ingot_text){ .p = text.p, .len = text.len };
	return run(p, argv[2], &in) == 0 ? 0 : 1;
}
