/* SPDX-License-Identifier: MIT */
/*
 * cert_store in this process, without its cage, so that a test can ask what
 * only the agent may ask, and kill it where it likes:
 *
 *	cert_driver PLUGIN.so STATE-FOLDER STEP...
 *
 *	render:TEXT activate:TEXT probe:TEXT
 *	ask:FROM:VERB:JSON
 *	install:PURPOSE:FILE	cert.install with the chain of a PEM file
 *	sign:PURPOSE		a signature, verified with key.create's point
 *	kill:PURPOSE:STEP	does STEP in a child that is killed before its
 *				1st, 2nd, ... system call, until one survives;
 *				each time the key of PURPOSE must sign after it
 *
 * Each step prints what came of it; "NO why" when it failed.
 */
#include <sys/ptrace.h>
#include <sys/wait.h>

#include <openssl/ecdsa.h>

#include <assert.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "buf.h"
#include "digest.h"
#include "file.h"
#include "json.h"
#include "key.h"
#include "plugin.h"
#include "x509.h"

static const struct ingot_plugin *plugin;
static void *self;
static struct bytes out;
static char why[1024];

/* --- the host ------------------------------------------------------------ */

static void __attribute__((format(printf, 2, 3)))
say_log(const struct ingot_host *h, const char *fmt, ...)
{
	(void)h;
	(void)fmt;
}

static int __attribute__((format(printf, 2, 3)))
say_fail(const struct ingot_host *h, const char *fmt, ...)
{
	va_list ap;

	(void)h;
	va_start(ap, fmt);
	(void)vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	return -1;
}

static int __attribute__((format(printf, 2, 3)))
say_emit(const struct ingot_host *h, const char *fmt, ...)
{
	char *text;
	va_list ap;
	int n;

	(void)h;
	va_start(ap, fmt);
	n = vasprintf(&text, fmt, ap);
	va_end(ap);
	assert(n >= 0);
	bytes_add(&out, text, (size_t)n);
	free(text);
	return 0;
}

static int __attribute__((format(printf, 5, 6)))
say_finding(const struct ingot_host *h, const char *id, const char *place,
    int passed, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	(void)h;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	printf(
	    "finding %s %s %s: %s\n", passed ? "good" : "bad", id, place, text);
	return 0;
}

static int __attribute__((format(printf, 3, 4)))
say_event(const struct ingot_host *h, const char *kind, const char *fmt, ...)
{
	(void)h;
	(void)fmt;
	printf("event %s\n", kind);
	return 0;
}

static struct ingot_host host = {
	.size = sizeof(host),
	.granted = INGOT_NEED_TPM | INGOT_NEED_STATE,
	.log = say_log,
	.fail = say_fail,
	.emit = say_emit,
	.finding = say_finding,
	.event = say_event,
};

static bool
open_plugin(void)
{
	why[0] = '\0';
	self = plugin->open(&host);
	if (self == NULL)
		printf("NO %s\n", why);
	return self != NULL;
}

/* --- steps --------------------------------------------------------------- */

static int
done(int rc, const char *what)
{
	if (rc == -1)
		printf("NO %s\n", why);
	else
		printf("%s %s\n", what, out.p == NULL ? "" : out.p);
	return rc;
}

static int
ask(const char *from, const char *verb, const char *json)
{
	struct ingot_text q = { json, strlen(json) };

	bytes_free(&out);
	return plugin->answer(self, from, verb, &q);
}

static int
step_text(const char *verb, const char *text)
{
	struct ingot_text t = { text, strlen(text) };

	bytes_free(&out);
	if (strcmp(verb, "render") == 0)
		return plugin->render(self, &t);
	if (strcmp(verb, "activate") == 0)
		return plugin->activate(self, &t);
	return plugin->probe(self, &t);
}

static int
step_ask(const char *rest)
{
	char from[32] = "", verb[64] = "", json[4096] = "{}";

	(void)sscanf(rest, "%31[^:]:%63[^:]:%4095[^\n]", from, verb, json);
	return ask(from, verb, json);
}

static int
step_install(const char *rest)
{
	own_bytes struct bytes pem = { 0 };
	own_json json_t *q = json_object();
	own_str char *text = NULL;
	char purpose[64] = "", file[256] = "";
	struct err e;

	(void)sscanf(rest, "%63[^:]:%255s", purpose, file);
	if (file_read(AT_FDCWD, file, X509_PEM_MAX, &pem, &e) == -1)
		return say_fail(&host, "%s", e.text);
	json_object_set_new(q, "purpose", json_string(purpose));
	json_object_set_new(q, "chain", json_string(pem.p));
	text = json_line(q);
	return ask("uplink", "cert.install", text);
}

static long
reply_hex(const char *key, void *to, size_t size)
{
	struct err e;
	own_json json_t *reply =
	    json_parse("reply", out.p, out.len, INGOT_TEXT_MAX, &e);
	const char *hex = json_string_value(json_object_get(reply, key));

	return hex == NULL ? -1 : hex_decode(hex, to, size);
}

static int
verifies(const uint8_t point[KEY_POINT_LEN], const uint8_t digest[32],
    const uint8_t sig[KEY_SIG_LEN])
{
	struct err e;
	own_pkey EVP_PKEY *key = key_public(point, &e);
	EVP_PKEY_CTX *ctx = key == NULL ? NULL : EVP_PKEY_CTX_new(key, NULL);
	ECDSA_SIG *parts = ECDSA_SIG_new();
	unsigned char *der = NULL;
	int n, ok;

	ECDSA_SIG_set0(
	    parts, BN_bin2bn(sig, 32, NULL), BN_bin2bn(sig + 32, 32, NULL));
	n = i2d_ECDSA_SIG(parts, &der);
	ok = ctx != NULL && EVP_PKEY_verify_init(ctx) == 1 &&
	    EVP_PKEY_verify(ctx, der, (size_t)n, digest, 32) == 1;
	OPENSSL_free(der);
	ECDSA_SIG_free(parts);
	EVP_PKEY_CTX_free(ctx);
	return ok;
}

static int
step_sign(const char *purpose)
{
	uint8_t point[KEY_POINT_LEN], sig[KEY_SIG_LEN], digest[32];
	char q[256], hex[65];
	struct err e;

	(void)snprintf(q, sizeof(q), "{\"purpose\":\"%s\"}", purpose);
	if (ask("uplink", "key.create", q) == -1 ||
	    reply_hex("point", point, sizeof(point)) != KEY_POINT_LEN ||
	    random_bytes(digest, sizeof(digest), &e) == -1)
		return -1;
	hex_encode(digest, sizeof(digest), hex);
	(void)snprintf(q, sizeof(q), "{\"purpose\":\"%s\",\"digest\":\"%s\"}",
	    purpose, hex);
	if (ask("agent", "sign", q) == -1)
		return -1;
	if (reply_hex("sig", sig, sizeof(sig)) != KEY_SIG_LEN ||
	    !verifies(point, digest, sig))
		return say_fail(&host, "the signature is wrong");
	return 0;
}

static int run_step(const char *);

/* --- killing ------------------------------------------------------------- */

/* Kills the child before its nth system call; true: it ended before that. */
static bool
outlives(pid_t child, int n)
{
	int status;

	(void)waitpid(child, &status, 0);
	for (int i = 0; i < n; i++) {
		/* twice: a call stops on its way in and on its way out */
		for (int side = 0; side < 2; side++) {
			(void)ptrace(PTRACE_SYSCALL, child, NULL, NULL);
			if (waitpid(child, &status, 0) != child ||
			    WIFEXITED(status) || WIFSIGNALED(status))
				return true;
		}
	}
	(void)kill(child, SIGKILL);
	(void)waitpid(child, &status, 0);
	return false;
}

/* The step, killed before its nth system call. The plugin is opened by the
 * child, so that it too is killed on its way. */
static bool
step_killed_at(const char *step, const char *document, int n)
{
	pid_t child = fork();

	assert(child != -1);
	if (child == 0) {
		if (freopen("/dev/null", "w", stdout) == NULL)
			_exit(2);
		(void)ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		(void)raise(SIGSTOP);
		if (open_plugin() && step_text("activate", document) == 0)
			(void)run_step(step);
		_exit(0);
	}
	return outlives(child, n);
}

/* After each kill a new plugin must find everything whole: the probe is asked,
 * and the key signs. Needs an "activate" before it. */
static char last_document[1024];

static int
step_kill(const char *rest)
{
	const char *step = strchr(rest, ':') + 1;
	char purpose[64];

	(void)snprintf(
	    purpose, sizeof(purpose), "%.*s", (int)(step - rest) - 1, rest);
	for (int n = 1; n < 3000; n++) {
		bool survived;

		plugin->close(self);
		survived = step_killed_at(step, last_document, n);
		if (!open_plugin() ||
		    step_text("activate", last_document) == -1 ||
		    step_text("probe", last_document) == -1 ||
		    step_sign(purpose) == -1)
			return printf("killed before call %d\n", n), -1;
		if (survived)
			return printf("killed %d times\n", n - 1), 0;
	}
	return say_fail(&host, "it never ends");
}

/* --- the table ----------------------------------------------------------- */

static const struct {
	const char *name;
	int (*run)(const char *rest);
} steps[] = {
	{ "ask", step_ask },
	{ "install", step_install },
	{ "sign", step_sign },
	{ "kill", step_kill },
};

static int
run_step(const char *step)
{
	const char *rest = strchr(step, ':');
	size_t n = rest == NULL ? strlen(step) : (size_t)(rest - step);
	char name[16];

	why[0] = '\0';
	bytes_free(&out);
	(void)snprintf(name, sizeof(name), "%.*s", (int)n, step);
	rest = rest == NULL ? "" : rest + 1;
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		if (strcmp(steps[i].name, name) == 0)
			return steps[i].run(rest);
	if (strcmp(name, "activate") == 0)
		(void)snprintf(
		    last_document, sizeof(last_document), "%s", rest);
	return step_text(name, rest);
}

int
main(int argc, char *argv[])
{
	void *lib = argc < 3 ? NULL : dlopen(argv[1], RTLD_NOW);
	int failed = 0;

	if (lib == NULL)
		return fprintf(stderr, "%s\n", argc < 3 ? "usage" : dlerror()),
		       2;
	plugin = dlsym(lib, "ingot_plugin");
	host.state_dir = argv[2];
	if (plugin == NULL || !open_plugin())
		return 1;
	for (int i = 3; i < argc; i++) {
		char name[16];

		(void)snprintf(name, sizeof(name), "%.*s",
		    (int)strcspn(argv[i], ":"), argv[i]);
		failed |= done(run_step(argv[i]), name) == -1;
		(void)fflush(stdout);
	}
	plugin->close(self);
	bytes_free(&out);
	return failed;
}
