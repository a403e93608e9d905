/* SPDX-License-Identifier: MIT */
/*
 * What plugins may ask the agent. Who may ask what was settled by the plugin's
 * policy before it comes here; what is asked is still foreign JSON, so each
 * verb looks at every member of it.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "apply_parts.h"
#include "audit.h"
#include "enrolment.h"
#include "log.h"
#include "own.h"

/* The SHA-256 of the live snapshot's scrub proof, or "". */
static void
proof_hash(const struct apply *a, char hex[static SHA256_HEX])
{
	char path[SHA256_HEX + 16];
	own_snapshot struct snapshot s = { 0 };
	const struct member *proof;
	own_fd int dir = -1;
	struct err ignored;

	hex[0] = '\0';
	if (a->current == 0)
		return;
	(void)snprintf(path, sizeof(path), "snapshots/%s", a->live.snapshot);
	dir = openat(a->agent->state, path,
	    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (dir == -1 || snapshot_read(&s, dir, &ignored) == -1)
		return;
	if ((proof = snapshot_member(&s, "proof")) != NULL)
		hex_encode(proof->sha256, SHA256_LEN, hex);
}

static int
no_members(const json_t *question, struct err *e)
{
	static const char *const none[] = { NULL };

	return json_known(question, none, e);
}

static int
answer_facts(
    struct apply *a, const json_t *question, json_t **reply, struct err *e)
{
	own_facts struct facts f = { 0 };
	char proof[SHA256_HEX];

	if (no_members(question, e) == -1 ||
	    facts_read(&f, &a->agent->settings, e) == -1)
		return -1;
	proof_hash(a, proof);
	*reply = json_pack("{s:s, s:s, s:s, s:o, s:s, s:s, s:s}", "serial",
	    f.serial, "model", f.model, "hostname", f.hostname, "macs",
	    facts_macs(), "mode", mode_name(a->agent->mode), "snapshot",
	    a->live.snapshot, "proof", proof);
	return 0;
}

static int
answer_issued(
    struct apply *a, const json_t *question, json_t **reply, struct err *e)
{
	static const char *const known[] = { "values", NULL };
	const json_t *values = json_object_get(question, "values");

	if (json_known(question, known, e) == -1)
		return -1;
	if (!json_is_object(values))
		return err_set(e, EBADMSG, "\"values\" is not an object");
	if (values_issue(a->agent->state, values, e) == -1)
		return -1;
	*reply = json_object();
	return 0;
}

static int
answer_enrolled(
    struct apply *a, const json_t *question, json_t **reply, struct err *e)
{
	struct agent *agent = a->agent;
	enum mode next;

	if (mode_next(agent->mode, MODE_CONFIRMED_ENROLMENT, &next) == -1)
		return err_set(e, EPERM, "a unit in mode %s does not enrol",
		    mode_name(agent->mode));
	if (enrolment_write(agent->state, question, e) == -1)
		return -1;
	if (next != agent->mode &&
	    mode_step(agent, MODE_CONFIRMED_ENROLMENT, e) == -1)
		return -1;
	audit_say(agent->audit, "agent", "Enrolled", "%s, key in %s",
	    json_string_value(json_object_get(question, "subject")),
	    json_string_value(json_object_get(question, "origin")));
	apply_yes(a, "the uplink");
	*reply = json_object();
	return apply_again(agent, e);
}

static int
answer_connected(
    struct apply *a, const json_t *question, json_t **reply, struct err *e)
{
	if (no_members(question, e) == -1)
		return -1;
	apply_yes(a, "the uplink");
	*reply = json_object();
	return 0;
}

int
apply_answer(struct agent *agent, const char *from, const char *verb,
    const json_t *question, json_t **reply, struct err *e)
{
	static const struct {
		const char *verb;
		int (*answer)(
		    struct apply *, const json_t *, json_t **, struct err *);
	} verbs[] = {
		{ "facts", answer_facts },
		{ "issued.put", answer_issued },
		{ "enrolled", answer_enrolled },
		{ "connected", answer_connected },
	};

	*reply = NULL;
	if (agent->apply == NULL)
		return err_set(e, ENOENT, "the agent is not ready");
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		if (strcmp(verbs[i].verb, verb) != 0)
			continue;
		if (verbs[i].answer(agent->apply, question, reply, e) == -1)
			return err_in(e, "agent.%s", verb);
		return *reply == NULL ? err_set(e, ENOMEM, "no memory") : 0;
	}
	return err_set(
	    e, ENOENT, "%s asked agent.%s, which there is not", from, verb);
}
