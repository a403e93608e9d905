/* SPDX-License-Identifier: MIT */
/*
 * The steps that ask the unit's own agent: apply, enrol, verdict, lock, birth.
 * The agent is the one who knows how far the unit is; what it says is looked
 * at before anything is asked of it, so no step is taken twice.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "file.h"
#include "rejoin.h"
#include "remote.h"
#include "work.h"

#define SHORT_S    30
#define CONFIRM_S  "60" /* the snapshot undoes itself after that */
#define APPLY_S    280
#define OTHERS_S   150
#define ENROL_S    270
#define ENROL_WAIT "120"
#define VERDICT_S  60
#define BIRTH_MAX  (256 * 1024)
#define BIRTH_PATH "/var/lib/ingot/identity/birth.json"

static const char *
text_of(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s == NULL ? "" : s;
}

/* Asks the agent where the unit stands; without one, mode stays "". */
static int
ask_status(struct work *w, struct err *e)
{
	own_json json_t *status = NULL;
	const char *live, *phase;
	const json_t *apply;

	*w->mode = '\0';
	w->ours = w->busy = false;
	if (remote_run(w,
		"if command -v ingot >/dev/null && [ -S /run/ingot/ctl ]; then "
		"ingot status --json || [ $? -eq 4 ]; fi",
		NULL, NULL, SHORT_S, e) == -1)
		return -1;
	if (w->said.out.len == 0 ||
	    (status = remote_json(&w->said, "ingot status", e)) == NULL)
		return w->said.out.len == 0 ? 0 : -1;
	/* An agent that is just starting answers with an error. */
	if (json_object_get(status, "mode") == NULL)
		return 0;
	apply = json_object_get(status, "apply");
	live = text_of(json_object_get(apply, "current"), "snapshot");
	phase = text_of(apply, "phase");
	(void)snprintf(w->mode, sizeof(w->mode), "%s", text_of(status, "mode"));
	w->busy = strcmp(phase, "idle") != 0 && strcmp(phase, "stuck") != 0;
	w->ours = w->job->snapshot != NULL && strcmp(phase, "idle") == 0 &&
	    strcmp(live, w->job->snapshot) == 0;
	work_fact(w, "mode", w->mode);
	work_fact(w, "snapshot", live);
	work_fact(w, "agent", text_of(status, "version"));
	return 0;
}

static bool
in_mode(const struct work *w, const char *mode)
{
	return strcmp(w->mode, mode) == 0;
}

int
work_root(struct work *w, struct err *e)
{
	w->root = true; /* id needs no rights: nothing to be root for */
	if (remote_run(w, "id -u", NULL, NULL, SHORT_S, e) == -1)
		return -1;
	w->root = w->said.out.p != NULL && strcmp(w->said.out.p, "0\n") == 0;
	if (w->root)
		return 0;
	w->next = "let this user run sudo without a password (NOPASSWD in "
		  "/etc/sudoers.d), or log in as root";
	if (remote_run(w, "true", NULL, NULL, SHORT_S, e) == -1)
		return err_in(e, "user %s is not root", w->unit->user);
	w->next = NULL;
	return 0;
}

int
step_login(struct work *w, struct err *e)
{
	return work_login(w, e) == -1 ? -1 : work_root(w, e);
}

int
step_look(struct work *w, struct err *e)
{
	if (remote_run(w,
		"if command -v dpkg >/dev/null; then echo dpkg; "
		"elif command -v opkg >/dev/null; then echo opkg; "
		"else echo none; fi",
		NULL, NULL, SHORT_S, e) == -1)
		return -1;
	if (w->said.out.p != NULL && strcmp(w->said.out.p, "none\n") == 0)
		return err_set(e, ENOENT, "neither dpkg nor opkg is there");
	w->opkg = w->said.out.p != NULL && strcmp(w->said.out.p, "opkg\n") == 0;
	if (ask_status(w, e) == -1)
		return -1;
	if (in_mode(w, "quarantined") || in_mode(w, "retired") ||
	    in_mode(w, "service") || (in_mode(w, "production") && !w->ours)) {
		w->refused = true;
		return err_set(e, EPERM,
		    "the unit is in mode %s%s; the line casts vanilla units",
		    w->mode,
		    in_mode(w, "production") ? " with another snapshot" : "");
	}
	return 0;
}

/* Of this boot: after a power cut in its middle the number is another's. */
#define BOOT "\"$(cat /proc/sys/kernel/random/boot_id)\""
#define IS_RUNNING                                                             \
	"[ -e apply.pid ] && [ ! -e apply.rc ] && [ \"$(cat apply.boot "       \
	"2>/dev/null)\" = " BOOT                                               \
	" ] && kill -0 \"$(cat apply.pid)\" 2>/dev/null"

/*
 * The apply runs on by itself, its end is a file: a connection that breaks
 * here costs nothing, and a second try finds the first one under way and waits
 * for the same end. Ends when the transaction has ended or waits to be
 * confirmed. Arguments: bundle, --confirm.
 */
static const char apply_script[] =
    "trap '' HUP PIPE; cd " REMOTE_DIR " || exit 1; exec 9>lock; "
    "if command -v flock >/dev/null; then flock -w 120 9 || exit 75; fi; "
    "if ! { " IS_RUNNING "; } || [ \"$(cat apply.bundle)\" != \"$1\" ]; then "
    "rm -f apply.*; echo \"$1\" >apply.bundle; echo " BOOT " >apply.boot; { "
    "ingot apply --json --confirm \"$2\" \"$1\" >apply.out 2>apply.err; "
    "echo $? >apply.new; mv apply.new apply.rc; "
    "} </dev/null >/dev/null 2>&1 9>&- & echo $! >apply.pid; fi; i=0; "
    "until [ -e apply.rc ]; do case $(ingot status --json 2>/dev/null) in "
    "*'\"phase\":\"confirm\"'* | *'\"phase\": \"confirm\"'*) "
    "echo waiting; exit 0 ;; esac; "
    "i=$((i + 1)); [ $i -lt 1000 ] || exit 1; "
    "sleep 0.2 2>/dev/null || sleep 1; done; "
    "cat apply.err >&2; cat apply.out; exit \"$(cat apply.rc)\"";

/* Over the new connection: says yes, and waits for the end of the apply. */
static const char confirm_script[] =
    "cd " REMOTE_DIR " || exit 1; ingot confirm >/dev/null || exit; i=0; "
    "until [ -e apply.rc ]; do i=$((i + 1)); [ $i -lt 300 ] || exit 1; "
    "sleep 0.2 2>/dev/null || sleep 1; done; "
    "cat apply.err >&2; cat apply.out; exit \"$(cat apply.rc)\"";

/* A unit makes host keys of its own when a snapshot is applied. It says so
 * over the connection that the old key has proved, which is why they are
 * believed. */
static int
learn_keys(struct work *w, struct err *e)
{
	struct hostkey_shown k;
	char *rest, *line;

	if (remote_run(w,
		"cat /etc/ssh/ssh_host_*_key.pub 2>/dev/null; "
		"if command -v dropbearkey >/dev/null; then for f in "
		"/etc/dropbear/dropbear_*_host_key; do "
		"dropbearkey -y -f \"$f\" | grep '^\\(ssh\\|ecdsa\\)-'; done; "
		"fi; true",
		NULL, NULL, SHORT_S, e) == -1)
		return -1;
	rest = w->said.out.p;
	while (rest != NULL && (line = strsep(&rest, "\n")) != NULL) {
		k.type = strsep(&line, " ");
		k.text = line == NULL ? NULL : strsep(&line, " ");
		if (k.text == NULL || strlen(k.type) > HOSTKEY_TYPE_MAX ||
		    strlen(k.text) > HOSTKEY_TEXT_MAX)
			continue;
		if (work_key(w, &k, link_hostkey(w->link), e) == -1) {
			w->refused = e->code == EPERM;
			return err_in(e, "the unit's new host key");
		}
	}
	return 0;
}

/* Proof that the unit still lets somebody in is to have come in again. */
static int
confirm(struct work *w, struct err *e)
{
	work_note(w, "logging in again, then it is confirmed");
	if (work_connect(w, e) == 0 && step_login(w, e) == 0)
		return remote_run(w, confirm_script, NULL, NULL, APPLY_S, e);
	w->next = "the snapshot undoes itself. Look at the cable; else the "
		  "bundle shuts this login out: let its documents admit the "
		  "station and its user, or give --unconfirmed";
	return err_in(e, "no new login after the snapshot");
}

static int
apply(struct work *w, struct err *e)
{
	char name[sizeof(REMOTE_DIR) + SHA256_HEX + 8];
	const char *args[] = { name, w->job->unconfirmed ? "0" : CONFIRM_S,
		NULL };
	bool waiting;

	(void)snprintf(name, sizeof(name), REMOTE_DIR "/%s%s",
	    w->job->bundle.sha256, w->job->bundle.suffix);
	if (rejoin_prepare(w, e) == -1)
		return -1;
	if (remote_run(w, apply_script, args, NULL, APPLY_S, e) == -1) {
		w->refused = w->said.status == 3;
		return -1;
	}
	waiting =
	    w->said.out.p != NULL && strncmp(w->said.out.p, "waiting", 7) == 0;
	if (learn_keys(w, e) == -1)
		return -1;
	return waiting ? confirm(w, e) : 0;
}

/* Is the apply that an earlier run began still under way? */
static int
ours_is_running(struct work *w, struct err *e)
{
	return remote_try(
	    w, "cd " REMOTE_DIR " && " IS_RUNNING, NULL, NULL, SHORT_S, e);
}

/* Somebody else's transaction (after enrolling, the agent applies once more of
 * its own accord) is waited for: its end may be all that is missing. */
static int
wait_for_others(struct work *w, struct err *e)
{
	int rc = ask_status(w, e), running;

	for (int n = 0; rc == 0 && w->busy && n < OTHERS_S; n++) {
		if ((running = ours_is_running(w, e)) <= 0)
			return running;
		(void)sleep(1);
		rc = ask_status(w, e);
	}
	return rc;
}

int
step_apply(struct work *w, struct err *e)
{
	if (wait_for_others(w, e) == -1)
		return -1;
	if (w->ours)
		return 0;
	if (apply(w, e) == -1 || ask_status(w, e) == -1)
		return -1;
	if (w->job->snapshot != NULL && !w->ours)
		return err_set(e, EAGAIN,
		    "the unit has not kept the snapshot; its audit trail says "
		    "why (ingot log)");
	return 0;
}

/* An enrolment that an earlier run began goes on and holds the lock: a second
 * one behind it would get the unit a second certificate. */
static const char enrol_script[] =
    "trap '' HUP PIPE; cd " REMOTE_DIR " || exit 1; exec 9>lock; "
    "if command -v flock >/dev/null; then flock -w 130 9 || exit 75; fi; "
    "case $(ingot status --json) in *'\"mode\":\"enrolled\"'* | "
    "*'\"mode\": \"enrolled\"'*) exit 0 ;; esac; "
    "ingot enrol --json --wait " ENROL_WAIT;

int
step_enrol(struct work *w, struct err *e)
{
	if (ask_status(w, e) == -1)
		return -1;
	if (!in_mode(w, "enrolled") && !in_mode(w, "production") &&
	    remote_run(w, enrol_script, NULL, NULL, ENROL_S, e) == -1) {
		w->refused = w->said.status == 3;
		return -1;
	}
	/* The agent applies once more, with what was issued. */
	return wait_for_others(w, e);
}

/* "2 findings: net.no-debug-listener, key.origin" */
static void
say_findings(const json_t *verdict, char *out, size_t size)
{
	const json_t *list = json_object_get(verdict, "findings"), *one;
	size_t i, count = 0, n = 0;
	char ids[120] = "";

	json_array_foreach(list, i, one)
	{
		if (json_is_true(json_object_get(one, "passed")) ||
		    json_is_false(json_object_get(one, "required")))
			continue;
		count++;
		if (n < sizeof(ids))
			n += (size_t)snprintf(ids + n, sizeof(ids) - n, "%s%s",
			    n == 0 ? "" : ", ", text_of(one, "id"));
	}
	(void)snprintf(out, size, "%zu findings: %s", count, ids);
}

/* One look: 0 good, 1 not good and text says why, -1. */
static int
judge(struct work *w, char text[static 160], struct err *e)
{
	own_json json_t *verdict = NULL;
	int status =
	    remote_try(w, "ingot verdict --json", NULL, NULL, VERDICT_S, e);

	(void)strcpy(text, "good");
	if (status <= 0)
		return status;
	verdict = remote_json(&w->said, "ingot verdict", e);
	if (verdict == NULL || json_object_get(verdict, "findings") == NULL)
		return err_set(e, EPROTO, "status %d: %s", status,
		    remote_last_line(&w->said));
	say_findings(verdict, text, 160);
	return 1;
}

/* Where the unit is to be locked the verdict has to be good; it may need a
 * moment, until every plugin has done what enrolment gave it to do. */
int
step_verdict(struct work *w, struct err *e)
{
	char text[160];
	int rc = judge(w, text, e);

	for (int tries = 0; rc == 1 && w->job->lock && tries < 20; tries++) {
		(void)sleep(1);
		rc = judge(w, text, e);
	}
	if (rc == -1)
		return -1;
	work_fact(w, "verdict", text);
	if (rc == 0 || !w->job->lock)
		return 0;
	w->refused = true;
	return err_set(e, EPERM, "the verdict is not good: %s", text);
}

int
step_lock(struct work *w, struct err *e)
{
	if (remote_run(w, "trap '' HUP PIPE; ingot lock --json", NULL, NULL,
		VERDICT_S, e) == -1) {
		w->refused = w->said.status == 3;
		return -1;
	}
	return ask_status(w, e);
}

/* The record goes into the day's folder as the unit wrote it, since its
 * signature is over those bytes; it has to be a record, and this unit's. */
static int
keep_birth(struct work *w, struct err *e)
{
	own_json json_t *birth = NULL;
	const struct bytes *b = &w->said.out;
	uint8_t hash[SHA256_LEN];
	char hex[SHA256_HEX], name[UNIT_HOST_MAX + 32];
	const char *serial;

	if (b->len > BIRTH_MAX ||
	    (birth = remote_json(&w->said, "birth record", e)) == NULL)
		return err_in(e, "the birth record can not be read");
	serial = text_of(json_object_get(birth, "record"), "serial");
	if (*serial == '\0' ||
	    (*w->unit->serial != '\0' && strcmp(serial, w->unit->serial) != 0))
		return err_set(e, EBADMSG,
		    "the birth record is of unit \"%.64s\"", serial);
	(void)snprintf(name, sizeof(name), "birth/%s.json", w->unit->name);
	if (file_write(w->out, name, b->p, b->len, FILE_PUBLIC, e) == -1 ||
	    sha256(b->p, b->len, hash, e) == -1)
		return -1;
	hex_encode(hash, sizeof(hash), hex);
	work_fact(w, "birth", hex);
	return 0;
}

int
step_birth(struct work *w, struct err *e)
{
	if (remote_run(
		w, "head -c 262145 " BIRTH_PATH, NULL, NULL, SHORT_S, e) == -1)
		return -1;
	return keep_birth(w, e);
}
