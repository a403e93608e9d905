/* SPDX-License-Identifier: MIT */
/*
 * Runs the SSH plugin by itself, in this process, against the real sshd of the
 * machine: install writes where the shipped policy says, reload is `sshd -t`
 * and SIGHUP, findings are printed. No sandbox: that is ssh_host.c.
 *
 *	ssh PLUGIN
 *
 * reads "render FILE", "activate FILE" or "probe FILE" lines ("-" is the empty
 * text), and for each prints what came of it: the artifact, or lines "pass ID
 * PLACE: WHY"; "! WHY" for each reason; at last "= 0" or "= 1".
 */
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

__attribute__((format(printf, 2, 0))) static void
say(const char *what, const char *fmt, va_list ap)
{
	char text[2048];

	(void)vsnprintf(text, sizeof(text), fmt, ap);
	(void)printf("! %s: %s\n", what, text);
}

__attribute__((format(printf, 2, 3))) static void
on_log(const struct ingot_host *h, const char *fmt, ...)
{
	va_list ap;

	(void)h;
	va_start(ap, fmt);
	say("log", fmt, ap);
	va_end(ap);
}

__attribute__((format(printf, 2, 3))) static int
on_fail(const struct ingot_host *h, const char *fmt, ...)
{
	va_list ap;

	(void)h;
	va_start(ap, fmt);
	say("failed", fmt, ap);
	va_end(ap);
	return -1;
}

__attribute__((format(printf, 2, 3))) static int
on_emit(const struct ingot_host *h, const char *fmt, ...)
{
	va_list ap;

	(void)h;
	va_start(ap, fmt);
	(void)vprintf(fmt, ap);
	va_end(ap);
	return 0;
}

__attribute__((format(printf, 5, 6))) static int
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
one(const struct ingot_plugin *p, void *state, const char *verb,
    const char *file)
{
	own_bytes struct bytes text = { 0 };
	struct ingot_text in;
	struct err e;

	bytes_add(&text, "", 0);
	if (strcmp(file, "-") != 0 &&
	    file_read(AT_FDCWD, file, 32u << 20, &text, &e) == -1)
		return host.fail(&host, "%s", e.text);
	in = (struct ingot_text){ .p = text.p, .len = text.len };
	if (strcmp(verb, "render") == 0)
		return p->render(state, &in);
	if (strcmp(verb, "activate") == 0)
		return p->activate(state, &in);
	return p->probe(state, &in);
}

int
main(int argc, char *argv[])
{
	char line[512], verb[16], file[400];
	const struct ingot_plugin *p;
	void *so, *state;

	if (argc != 2 || (so = dlopen(argv[1], RTLD_NOW)) == NULL ||
	    (p = dlsym(so, "ingot_plugin")) == NULL ||
	    (state = p->open(&host)) == NULL) {
		(void)fprintf(stderr, "ssh: %s\n", argc == 2 ? dlerror() : "?");
		return 2;
	}
	while (fgets(line, sizeof(line), stdin) != NULL) {
		if (sscanf(line, "%15s %399s", verb, file) != 2)
			return 2;
		(void)printf("= %d\n", one(p, state, verb, file) == 0 ? 0 : 1);
		(void)fflush(stdout);
	}
	p->close(state);
	return 0;
}
