/* SPDX-License-Identifier: MIT */
/*
 * ingot-station: the factory's side of `ingot line` and `ingot push`, a program
 * of its own so that the command on the units is not linked with an SSH
 * library. Run by ingot, never by hand; its command line is ingot's, spelt
 * --name=value. Exit statuses are those of ingot.
 */
#include <sys/prctl.h>

#include <stdio.h>
#include <string.h>

#include <libssh/libssh.h>

#include "ctl.h"
#include "day.h"
#include "job.h"
#include "log.h"

static enum ctl_code
fail(enum ctl_code code, const char *command, const struct err *e, bool json)
{
	own_json json_t *o = NULL;
	own_str char *line = NULL;

	(void)fprintf(stderr, "ingot %s: %s\n", command, e->text);
	if (json) {
		o = json_pack(
		    "{s:s, s:i}", "error", e->text, "code", (int)code);
		line = json_line(o);
		(void)printf("%s\n", line == NULL ? "{}" : line);
	}
	return code;
}

static enum ctl_code
run(struct job *j, const char *command)
{
	own_units struct units units = { 0 };
	struct err e;
	int rc;

	if (job_units(j, &units, &e) == -1)
		return fail(CODE_FAILED, command, &e, j->json);
	if (job_open(j, &e) == -1 || (rc = day_run(j, &units, &e)) == -1)
		return fail(CODE_FAILED, command, &e, j->json);
	return rc == 0 ? CODE_OK : CODE_FAILED;
}

int
main(int argc, char *argv[])
{
	enum ctl_code code;
	struct job j;
	struct err e;

	log_init("ingot", LOG_PLAIN, LOG_WARNING);
	if (argc < 2 || job_read(&j, argv + 2, &e) == -1) {
		if (argc < 2)
			(void)err_set(&e, 0,
			    "this program is run by \"ingot line\" and \"ingot "
			    "push\"");
		return (int)fail(
		    CODE_USAGE, argc < 2 ? "station" : argv[1], &e, false);
	}
	/* It holds the claim's key and a password: no core of it is written,
	 * and no other process of its user looks into it. */
	(void)prctl(PR_SET_DUMPABLE, 0);
	(void)ssh_init();
	code = run(&j, argv[1]);
	job_close(&j);
	(void)ssh_finalize();
	/* A full disk or a closed pipe must not look like success. */
	if (fflush(stdout) == EOF && code == CODE_OK)
		code = CODE_FAILED;
	return (int)code;
}
