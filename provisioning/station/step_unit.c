/* SPDX-License-Identifier: MIT */
/*
 * The steps that turn a vanilla unit into one with an agent: look, copy,
 * install, configure, start. Each first asks the unit what is so already, and
 * each may be done again after being cut off anywhere.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf.h"
#include "rejoin.h"
#include "remote.h"
#include "work.h"

#define SHORT_S   30
#define INSTALL_S 240
#define START_S   60
#define CONF_MAX  8192
#define SPARE_KIB 4096 /* beside what is copied */
#define MIB       (1024.0 * 1024.0)

/* Only one of two stations, or of two tries, works in the folder. */
#define LOCKED                                                                 \
	"exec 9>lock; if command -v flock >/dev/null; then flock -w 120 9 || " \
	"{ echo 'another station works on this unit' >&2; exit 75; }; fi; "

/* --- copy ------------------------------------------------------------- */

struct remote_file {
	struct work *work;
	const struct job_file *file;
	char name[SHA256_HEX + 8];
	uint64_t offset;
	unsigned shown; /* per cent */
};

static void
show_sent(void *ctx, uint64_t sent)
{
	struct remote_file *f = ctx;
	uint64_t there = f->offset + sent;
	unsigned percent = (unsigned)(there * 100 / f->file->size);

	if (percent / 10 == f->shown / 10 && there != f->file->size)
		return;
	f->shown = percent;
	work_note(f->work, "%s %.1f of %.1f MB", f->file->suffix + 1,
	    (double)there / MIB, (double)f->file->size / MIB);
}

/* How much of it is there: all (its hash has been looked at), some, none. */
static int
look_for(struct remote_file *f, bool *whole, struct err *e)
{
	const char *args[] = { f->name, f->file->sha256, NULL };
	char *end;

	if (remote_run(f->work,
		"cd " REMOTE_DIR " || exit 1; if [ -f \"$1\" ]; then "
		"s=$(sha256sum <\"$1\") && [ \"${s%% *}\" = \"$2\" ] && "
		"{ echo whole; exit; }; rm -f \"$1\"; fi; "
		"if [ -f \"$1.part\" ]; then wc -c <\"$1.part\"; "
		"else echo 0; fi",
		args, NULL, SHORT_S, e) == -1)
		return -1;
	*whole = f->work->said.out.p != NULL &&
	    strncmp(f->work->said.out.p, "whole", 5) == 0;
	f->offset = 0;
	if (!*whole && f->work->said.out.p != NULL)
		f->offset = strtoull(f->work->said.out.p, &end, 10);
	/* A part that is longer than the whole is something else. */
	if (f->offset >= f->file->size)
		f->offset = 0;
	return 0;
}

/* Free space of the folder's file system, from the POSIX form of df. */
static int
enough_room(struct work *w, uint64_t bytes, struct err *e)
{
	unsigned long long total, used, room;
	const char *line;

	if (remote_run(w, "df -Pk " REMOTE_DIR, NULL, NULL, SHORT_S, e) == -1)
		return -1;
	line = strrchr(w->said.out.p == NULL ? "" : w->said.out.p, '%');
	while (line != NULL && line > w->said.out.p && line[-1] != '\n')
		line--;
	if (line == NULL ||
	    sscanf(line, "%*s %llu %llu %llu", &total, &used, &room) != 3)
		return 0; /* cat will say it */
	if (room >= bytes / 1024 + SPARE_KIB)
		return 0;
	w->next = "free space on the unit (its disk is full), then run the "
		  "same command again";
	return err_set(e, ENOSPC,
	    "no space: " REMOTE_DIR " has %.1f MB free, %.1f MB are needed",
	    (double)room / 1024, (double)bytes / MIB + SPARE_KIB / 1024.0);
}

static int
send_rest(struct remote_file *f, struct err *e)
{
	const char *args[] = { f->name, NULL };
	const struct link_input in = { .fd = f->file->fd,
		.offset = f->offset,
		.len = f->file->size - f->offset,
		.sent = show_sent,
		.ctx = f };

	return remote_run(f->work,
	    f->offset == 0 ? "umask 077; cd " REMOTE_DIR " && cat >\"$1.part\""
			   : "umask 077; cd " REMOTE_DIR
			     " && cat >>\"$1.part\"",
	    args, &in, 900, e);
}

/* The name is given only to what is whole, after it is on the disk. Status 9:
 * the bytes are not those. */
static int
take_over(struct remote_file *f, bool *whole, struct err *e)
{
	const char *args[] = { f->name, f->file->sha256, NULL };
	int status = remote_try(f->work,
	    "cd " REMOTE_DIR " || exit 1; s=$(sha256sum <\"$1.part\") || "
	    "exit 1; if [ \"${s%% *}\" != \"$2\" ]; then rm -f \"$1.part\"; "
	    "exit 9; fi; sync && mv \"$1.part\" \"$1\"",
	    args, NULL, SHORT_S * 4, e);

	*whole = status == 0;
	if (status > 0 && status != 9)
		(void)err_set(e, EPROTO, "status %d: %s", status,
		    remote_last_line(&f->work->said));
	return status == 0 || status == 9 ? 0 : -1;
}

static int
copy(struct work *w, const struct job_file *file, struct err *e)
{
	struct remote_file f = { .work = w, .file = file };
	bool whole;

	(void)snprintf(
	    f.name, sizeof(f.name), "%s%s", file->sha256, file->suffix);
	if (look_for(&f, &whole, e) == -1)
		return -1;
	/* A part that was resumed may be another's: then once from the start.
	 */
	for (int tries = 0; !whole && tries < 2; tries++) {
		if (enough_room(w, file->size - f.offset, e) == -1 ||
		    send_rest(&f, e) == -1 || take_over(&f, &whole, e) == -1)
			return err_in(e, "%s", file->path);
		f.offset = 0;
	}
	return whole ? 0
		     : err_set(e, EBADMSG,
			   "%s: what arrived has another SHA-256 than what was "
			   "sent",
			   file->path);
}

int
step_copy(struct work *w, struct err *e)
{
	if (remote_run(w,
		"umask 077; mkdir -p " REMOTE_DIR " && chmod 0700 " REMOTE_DIR,
		NULL, NULL, SHORT_S, e) == -1)
		return -1;
	for (size_t i = 0; i < w->job->packages; i++)
		if (copy(w, &w->job->package[i], e) == -1)
			return -1;
	return copy(w, &w->job->bundle, e);
}

/* --- install ---------------------------------------------------------- */

/*
 * The package manager writes into a file, and hang-up and a broken pipe are
 * ignored: a station that goes away in the middle does not stop it halfway.
 * The marks say what was wholly installed; without one it is done again, which
 * both managers take.
 */
#define INSTALL_BEGIN                                                          \
	"trap '' HUP PIPE; cd " REMOTE_DIR " || exit 1; " LOCKED               \
	"more=; for f; do [ -e \"installed.$f\" ] || more=1; done; "           \
	"[ -n \"$more\" ] || { echo same; exit 0; }; "
#define INSTALL_END                                                            \
	"rc=$?; if [ $rc -ne 0 ]; then tail -n 5 install.log >&2; exit 1; "    \
	"fi; sync; for f; do : >\"installed.$f\"; done; echo new"

static const char install_deb[] = INSTALL_BEGIN
    "export DEBIAN_FRONTEND=noninteractive; "
    "dpkg --force-confold -i \"$@\" >install.log 2>&1 </dev/null 9>&- || { "
    "dpkg --configure -a >>install.log 2>&1 </dev/null 9>&-; "
    "dpkg --force-confold -i \"$@\" >>install.log 2>&1 </dev/null 9>&-; "
    "}; " INSTALL_END;
static const char install_ipk[] = INSTALL_BEGIN
    "set -- \"$@\"; p=; for f; do p=\"$p ./$f\"; done; "
    "opkg install $p >install.log 2>&1 </dev/null 9>&-; " INSTALL_END;

int
step_install(struct work *w, struct err *e)
{
	char names[JOB_PACKAGES_MAX][SHA256_HEX + 8];
	const char *args[JOB_PACKAGES_MAX + 1] = { NULL };
	const struct job *j = w->job;

	if (w->opkg != j->ipk)
		return err_set(e, EINVAL, "the unit has %s, the package is %s",
		    w->opkg ? "opkg" : "dpkg", j->ipk ? "an .ipk" : "a .deb");
	for (size_t i = 0; i < j->packages; i++) {
		(void)snprintf(names[i], sizeof(names[i]), "%s%s",
		    j->package[i].sha256, j->package[i].suffix);
		args[i] = names[i];
	}
	if (remote_run(w, w->opkg ? install_ipk : install_deb, args, NULL,
		INSTALL_S, e) == -1)
		return -1;
	w->fresh =
	    w->said.out.p != NULL && strncmp(w->said.out.p, "new", 3) == 0;
	return 0;
}

/* --- configure -------------------------------------------------------- */

/* A whole file or none; its bytes come over standard input, so they stand in
 * no command line. Arguments: path, mode, group, length. */
int
remote_put(struct work *w, const char *path, const char *mode,
    const char *group, const void *data, size_t len, struct err *e)
{
	char size[24];
	const char *args[] = { path, mode, group, size, NULL };
	const struct link_input in = { .data = data, .len = len };

	(void)snprintf(size, sizeof(size), "%zu", len);
	if (remote_run(w,
		"umask 077; mkdir -p \"${1%/*}\" && cat >\"$1.new\" && "
		"[ \"$(wc -c <\"$1.new\")\" -eq \"$4\" ] && "
		"chgrp \"$3\" \"$1.new\" && chmod \"$2\" \"$1.new\" && sync && "
		"mv \"$1.new\" \"$1\"",
		args, &in, SHORT_S, e) == -1)
		return err_in(e, "write %s", path);
	return 0;
}

/* unit.conf holds one text per key; "" where it holds none. */
static int
same(const char *key, const char *wanted, conf_node *root, struct err *e)
{
	const char *there;

	if (conf_str_or(root, key, UNIT_TEXT_MAX, "", &there, e) == -1)
		return -1;
	if (*wanted == '\0' || strcmp(there, wanted) == 0)
		return 0;
	return err_set(e, EEXIST,
	    "its unit.conf says %s \"%s\", the list says \"%s\"", key, there,
	    wanted);
}

/* A unit that already is somebody is never made somebody else. */
static int
compare_conf(struct work *w, const struct bytes *text, struct err *e)
{
	own_conf struct conf c = { 0 };
	const struct unit *u = w->unit;

	if (conf_parse(&c, "the unit's unit.conf", text->p, text->len, e) == -1)
		return -1;
	if (same("serial", u->serial, conf_root(&c), e) == 0 &&
	    same("model", u->model, conf_root(&c), e) == 0 &&
	    same("hardware", u->hardware, conf_root(&c), e) == 0)
		return 0;
	w->refused = true;
	w->next = "either the address leads to another unit, or take "
		  "/etc/ingot/unit.conf away on this one";
	return -1;
}

static int
write_conf(struct work *w, struct err *e)
{
	own_bytes struct bytes text = { 0 };
	const struct unit *u = w->unit;

	if (*u->serial == '\0' || *u->model == '\0')
		return err_set(e, EINVAL,
		    "the unit has no unit.conf, and nothing says its serial "
		    "and model");
	bytes_fmt(
	    &text, "serial = \"%s\";\nmodel = \"%s\";\n", u->serial, u->model);
	if (*u->hardware != '\0')
		bytes_fmt(&text, "hardware = \"%s\";\n", u->hardware);
	if (u->values > 0)
		bytes_fmt(&text, "values = {\n");
	for (size_t i = 0; i < u->values; i++)
		bytes_fmt(&text, "\t%s = \"%s\";\n", u->value[i].name,
		    u->value[i].text);
	if (u->values > 0)
		bytes_fmt(&text, "};\n");
	return remote_put(
	    w, "/etc/ingot/unit.conf", "0644", "root", text.p, text.len, e);
}

static int
put_claim(struct work *w, struct err *e)
{
	static const char *const paths[] = {
		[CLAIM_CERT] = "/etc/ingot/claim/cert.pem",
		[CLAIM_KEY] = "/etc/ingot/claim/key.pem",
		[CLAIM_CA] = "/etc/ingot/claim/ca.pem",
	};
	const struct bytes *b = w->job->claim;

	for (size_t i = 0; w->job->claim_path != NULL && i < CLAIM_FILES; i++)
		if (remote_put(w, paths[i], "0640", "ingot-uplink", b[i].p,
			b[i].len, e) == -1)
			return -1;
	return 0;
}

/* unit.conf comes last: with it an agent that waits for it may start. */
int
step_configure(struct work *w, struct err *e)
{
	const struct bytes *anchors = &w->job->anchors;
	bool there;

	if (remote_run(w,
		"if [ -e /etc/ingot/unit.conf ]; then "
		"head -c 8193 /etc/ingot/unit.conf; fi",
		NULL, NULL, SHORT_S, e) == -1)
		return -1;
	if (w->said.out.len > CONF_MAX)
		return err_set(e, E2BIG, "its unit.conf is too large");
	if ((there = w->said.out.len > 0) &&
	    compare_conf(w, &w->said.out, e) == -1)
		return -1;
	if (anchors->len > 0 &&
	    remote_put(w, "/etc/ingot/maker-ca.pem", "0644", "root", anchors->p,
		anchors->len, e) == -1)
		return -1;
	if (put_claim(w, e) == -1)
		return -1;
	return there ? 0 : write_conf(w, e);
}

/* --- start ------------------------------------------------------------ */

int
step_start(struct work *w, struct err *e)
{
	const char *args[] = { w->fresh ? "restart" : "start", NULL };

	/* A unit whose own init starts the agent has neither of the two. */
	return remote_run(w,
	    "if [ -d /run/systemd/system ]; then systemctl \"$1\" "
	    "ingot.service || exit 1; elif [ -x /etc/init.d/ingot ]; then "
	    "/etc/init.d/ingot \"$1\" || exit 1; fi; i=0; "
	    "until why=$(ingot status 2>&1 >/dev/null); do i=$((i + 1)); "
	    "if [ $i -gt 100 ]; then echo \"$why\" >&2; exit 4; fi; "
	    "sleep 0.2 2>/dev/null || sleep 1; done",
	    args, NULL, START_S, e);
}

int
step_tidy(struct work *w, struct err *e)
{
	rejoin_forget(w);
	return remote_run(w, "rm -rf " REMOTE_DIR, NULL, NULL, SHORT_S, e);
}
