/* SPDX-License-Identifier: MIT */
/*
 * The SSH plugin as it runs on a unit: in ingot-host, in its cage, under the
 * shipped policy, with the supervisor's own install and reload. It reads and
 * prints what ssh.c does:
 *
 *	ssh_host INGOT.CONF
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "agent.h"
#include "audit.h"
#include "file.h"
#include "hosts.h"
#include "log.h"
#include "own.h"

#define PLUGIN      "ssh_hardening"
#define TOO_LONG_MS 40000

static struct agent agent;
static int result = -1; /* of the request; -1: not yet */

static const struct {
	const char *verb;
	uint32_t type;
} verbs[] = {
	{ "render", MSG_RENDER },
	{ "activate", MSG_ACTIVATE },
	{ "probe", MSG_PROBE },
};

static void
print_findings(json_t *all)
{
	const char *id, *place, *why;
	json_t *one;
	size_t i;
	int passed;

	json_array_foreach(all, i, one)
	{
		if (json_unpack(one, "{s:s,s:s,s:b,s:s}", "id", &id, "place",
			&place, "passed", &passed, "why", &why) == 0)
			(void)printf("%s %s %s: %s\n", passed ? "pass" : "fail",
			    id, place, why);
	}
}

static void
answered(void *ctx, const struct answer *a)
{
	own_bytes struct bytes text = { 0 };
	struct err e;

	(void)ctx;
	result = a->rc == 0 ? 0 : 1;
	print_findings(a->findings);
	if (a->rc == -1)
		(void)printf("! failed: %s\n", a->why->text);
	else if (a->fd != -1 && file_read_fd(a->fd, 1 << 20, &text, &e) == 0)
		(void)fwrite(text.p, 1, text.len, stdout);
}

static int
start(const char *conf, struct err *e)
{
	if (settings_read(&agent.settings, conf, e) == -1 ||
	    (agent.loop = loop_new(e)) == NULL)
		return -1;
	agent.state =
	    open(agent.settings.state_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (agent.state == -1)
		return err_sys(e, "%s", agent.settings.state_dir);
	agent.audit = audit_open(agent.settings.log_dir, agent.state, e);
	return agent.audit == NULL ? -1 : hosts_start(&agent, e);
}

static int
ask(uint32_t type, const char *file, struct err *e)
{
	own_bytes struct bytes text = { 0 };
	own_fd int fd = -1;
	struct hosts_request want = {
		.plugin = PLUGIN, .type = type, .from = "cli", .done = answered
	};

	bytes_add(&text, "", 0);
	if (strcmp(file, "-") != 0 &&
	    file_read(AT_FDCWD, file, 1 << 20, &text, e) == -1)
		return -1;
	if ((fd = file_sealed(text.p, text.len, e)) == -1)
		return -1;
	want.fd = fd;
	return hosts_ask(&agent, &want, e);
}

static int
one(const char *verb, const char *file, struct err *e)
{
	uint64_t end = now_ms() + TOO_LONG_MS;
	uint32_t type = 0;

	for (size_t i = 0; i < sizeof(verbs) / sizeof(*verbs); i++)
		if (strcmp(verb, verbs[i].verb) == 0)
			type = verbs[i].type;
	result = -1;
	if (type == 0 || ask(type, file, e) == -1)
		return -1;
	while (result == -1 && now_ms() < end)
		if (loop_once(agent.loop, 100, e) == -1)
			return -1;
	return result == -1 ? err_set(e, ETIMEDOUT, "no answer") : 0;
}

int
main(int argc, char *argv[])
{
	char line[512], verb[16], file[400];
	struct err e = { .text = "usage" };
	int rc = argc == 2 ? 0 : -1;

	log_init("ssh_host", LOG_PLAIN, LOG_INFO);
	if (rc == 0)
		rc = start(argv[1], &e);
	while (rc == 0 && fgets(line, sizeof(line), stdin) != NULL) {
		rc = sscanf(line, "%15s %399s", verb, file) == 2
		    ? one(verb, file, &e)
		    : -1;
		(void)printf("= %d\n", result);
		(void)fflush(stdout);
	}
	if (rc == -1)
		(void)fprintf(stderr, "ssh_host: %s\n", e.text);
	hosts_stop(&agent);
	audit_close(agent.audit);
	loop_free(agent.loop);
	settings_free(&agent.settings);
	return rc == 0 ? 0 : 2;
}
