/* SPDX-License-Identifier: MIT */
/*
 * Findings for people: place first, as compilers print it, so that an editor
 * can jump there; no value is ever shown.
 */
#include <sys/stat.h>

#include <fcntl.h>
#include <stdio.h>

#include "capture_report.h"

int
capture_root(const char *path, bool *live, struct err *e)
{
	const char *root = path == NULL ? "/" : path;
	struct stat ours, its;
	int fd;

	if (stat("/", &ours) == -1 || stat(root, &its) == -1)
		return err_sys(e, "%s", root);
	*live = ours.st_dev == its.st_dev && ours.st_ino == its.st_ino;
	fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1)
		return err_sys(e, "open %s", root);
	return fd;
}

json_t *
capture_findings_json(const struct findings *f)
{
	return json_pack("{s:o, s:I}", "findings", findings_json(f, true),
	    "open", (json_int_t)f->open);
}

json_t *
capture_members_json(const struct snapshot *s)
{
	json_t *list = json_array();
	char mode[12];

	for (size_t i = 0; i < s->count; i++) {
		const struct member *m = &s->members[i];

		(void)snprintf(mode, sizeof(mode), "%04o", (unsigned)m->mode);
		(void)json_array_append_new(list,
		    json_pack("{s:s, s:I, s:s, s:s, s:s, s:b}", "path", m->path,
			"size", (json_int_t)m->size, "mode", mode, "owner",
			m->owner, "group", m->group, "slots", (int)m->slots));
	}
	return list;
}

void
capture_print_members(const struct snapshot *s)
{
	for (size_t i = 0; i < s->count; i++) {
		const struct member *m = &s->members[i];

		(void)printf("%04o %-8s %-8s %9llu %s%s\n", (unsigned)m->mode,
		    m->owner, m->group, (unsigned long long)m->size, m->path,
		    m->slots ? "  (slots)" : "");
	}
}

void
capture_print_finding(const struct finding *f)
{
	/* Names and keys are whoever's the files are. */
	cli_print_line(stdout, f->path);
	(void)printf(":");
	if (f->line > 0)
		(void)printf("%u:", f->line);
	(void)printf(
	    " %s%s", finding_name(f->id), f->key[0] == '\0' ? "" : " \"");
	cli_print_line(stdout, f->key);
	(void)printf("%s: ", f->key[0] == '\0' ? "" : "\"");
	cli_print_line(stdout, f->text);
	if (f->mark[0] != '\0')
		(void)printf(" [%zu bytes, #%s]", f->len, f->mark);
	if (f->accepted != NULL)
		(void)printf(" (accepted: %s)", f->accepted);
	(void)printf("\n");
}

void
capture_print_findings(const struct findings *f, bool only_open)
{
	for (size_t i = 0; i < f->count; i++)
		if (!only_open || f->all[i].accepted == NULL)
			capture_print_finding(&f->all[i]);
	if (f->open == 0)
		return;
	(void)printf(
	    "%zu open: decide with \"ingot scrub --classify\", or write a rule "
	    "that takes it out, drop or exclude the file, or accept it with a "
	    "reason\n",
	    f->open);
}
