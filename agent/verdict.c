/* SPDX-License-Identifier: MIT */
/*
 * The verdict: what probes and files say (look.h), what the agent itself knows
 * (enrolment, signatures, listeners), held against the production policy. A
 * check that could not be made is a failed finding; nothing is good because
 * nobody looked.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "apply_parts.h"
#include "enrolment.h"
#include "listeners.h"
#include "look.h"
#include "own.h"
#include "proof.h"
#include "verdict.h"

#define POLICY VERDICT_POLICY

/* A plugin chooses the ids of its findings. Without this one that is taken
 * over could say that all is well with a firewall that nobody looked at. */
static bool
seen_by(const char *pattern, const json_t *finding)
{
	const char *who = strstr(pattern, VERDICT_BY);
	const char *by = json_string_value(json_object_get(finding, "by"));

	return who == NULL ||
	    (by != NULL && strcmp(who + strlen(VERDICT_BY), by) == 0);
}

static const char *
id_of(const json_t *finding)
{
	const char *id = json_string_value(json_object_get(finding, "id"));

	return id == NULL ? "" : id;
}

/* What is required and nobody spoke of has failed, under its own name. */
static void
add_unseen(const struct verdict_policy *p, json_t *findings)
{
	json_t *one;
	size_t j;

	for (size_t i = 0; p->required[i] != NULL; i++) {
		bool seen = false;

		json_array_foreach(findings, j, one) seen |=
		    verdict_matches(p->required[i], id_of(one)) &&
		    seen_by(p->required[i], one);
		if (!seen)
			look_add(findings, "agent", p->required[i], POLICY,
			    false, "nobody looked at it");
	}
}

/* By the beginning of an id; the last matches all. */
static const char *
remedy(const char *id)
{
	static const struct {
		const char *start, *remedy;
	} list[] = {
		{ "enrolled", "ingot enrol" },
		{ "key.origin",
		    "enrol again with the TPM, or waive it by "
		    "allow_software_key in " POLICY },
		{ "bundle.",
		    "apply a bundle that was captured with its proof "
		    "and signed by the maker" },
		{ "plugins.signed", "install plugins signed by the maker" },
		{ "applied.complete",
		    "ingot enrol, or apply a bundle whose slots have values" },
		{ "files.same", "apply the bundle again" },
		{ "net.",
		    "stop what listens there, and keep it from starting" },
		{ "plugin.", "ingot plugins; look at the log; ingot reset" },
		{ "firewall.", "apply the bundle again; ingot drift" },
		{ "ssh.", "apply the bundle again; ingot drift" },
		{ "ocpp.no-old-tls",
		    "take the listener with old_tls out of "
		    "documents/ocpp_bridge.conf" },
		{ "ocpp.",
		    "profile 2 or 3 in documents/ocpp_bridge.conf, or a "
		    "private address; ingot ocpp status" },
		{ "", "install and configure the plugin that looks at it" },
	};
	size_t i = 0;

	while (strncmp(id, list[i].start, strlen(list[i].start)) != 0)
		i++;
	return list[i].remedy;
}

bool
verdict_judge(const struct verdict_policy *p, json_t *findings)
{
	bool good = true;
	json_t *one;
	size_t i;

	add_unseen(p, findings);
	json_array_foreach(findings, i, one)
	{
		bool required = verdict_requires(p, id_of(one));
		bool passed = json_is_true(json_object_get(one, "passed"));

		(void)json_object_set_new(
		    one, "required", json_boolean(required));
		if (!passed)
			(void)json_object_set_new(
			    one, "remedy", json_string(remedy(id_of(one))));
		good &= passed || !required;
	}
	return good;
}

/* Both findings are always told: a missing one would only say that nobody
 * looked. */
static void
look_enrolment(
    struct agent *agent, const struct verdict_policy *p, json_t *findings)
{
	struct err e;
	own_json json_t *o = enrolment_read(agent->state, &e);
	const char *origin;

	if (o == NULL) {
		look_add(findings, "agent", "enrolled", "identity", false, "%s",
		    e.text);
		look_add(findings, "agent", "key.origin", "identity", false,
		    "there is no key yet");
		return;
	}
	look_add(findings, "agent", "enrolled", "identity", true, "%s",
	    json_string_value(json_object_get(o, "subject")));
	origin = json_string_value(json_object_get(o, "origin"));
	if (strcmp(origin, "tpm") == 0)
		look_add(findings, "agent", "key.origin", "identity", true,
		    "born in this unit's TPM");
	else
		look_add(findings, "agent", "key.origin", "identity",
		    p->allow_software_key, "the key is in software%s",
		    p->allow_software_key ? "; waived by " POLICY : "");
}

/* What the proof says of itself; that it is the maker's word is said by the
 * signature over the manifest, which names it by its hash. */
static int
proof_check(int dir, struct err *e)
{
	own_json json_t *o = proof_summary(dir, e);
	int64_t open, version, values;

	if (o == NULL || json_num(o, "ingot", 1, 1, &version, e) == -1 ||
	    json_num(o, "open", 0, INT64_MAX, &open, e) == -1 ||
	    json_num(json_object_get(o, "residue"), "values", 0, INT64_MAX,
		&values, e) == -1)
		return -1;
	if (open > 0)
		return err_set(
		    e, 0, "%lld findings were not classified", (long long)open);
	if (values == 0)
		return err_set(
		    e, 0, "the sample's own identifiers were not searched for");
	return 0;
}

static void
look_bundle(struct agent *agent, json_t *findings)
{
	struct apply *a = agent->apply;
	char path[SHA256_HEX + 16], who[256];
	own_fd int dir = -1;
	struct err e;
	int rc;

	(void)snprintf(path, sizeof(path), "snapshots/%s", a->live.snapshot);
	if (a->current != 0)
		dir = openat(agent->state, path,
		    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (dir == -1) {
		look_add(findings, "agent", "bundle.signature", "snapshot",
		    false, "no snapshot is applied");
		look_add(findings, "agent", "bundle.scrubbed", "snapshot",
		    false, "no snapshot is applied");
		return;
	}
	rc = store_signer(agent, dir, who, sizeof(who), &e);
	look_add(findings, "agent", "bundle.signature", a->live.snapshot,
	    rc == 0, "%s", rc == 0 ? who : e.text);
	rc = proof_check(dir, &e);
	look_add(findings, "agent", "bundle.scrubbed", a->live.snapshot,
	    rc == 0, "%s",
	    rc == 0 ? "scrubbed, nothing left open, residue searched" : e.text);
}

static void
look_plugins(struct agent *agent, json_t *findings)
{
	const char *which = "";
	bool all = hosts_all_signed(agent, &which);

	look_add(findings, "agent", "plugins.signed", all ? "plugins" : which,
	    all, "%s",
	    all ? "every plugin is signed by the maker"
		: "its file bears no good signature of the maker");
}

static bool
listed(const uint16_t *ports, uint16_t port)
{
	while (*ports != 0 && *ports != port)
		ports++;
	return *ports != 0;
}

/* A debugger that listens undoes all the rest, whatever the firewall says: the
 * rules may change, and a local user is behind them already. */
static void
look_listeners(const struct verdict_policy *p, json_t *findings)
{
	static const char id[] = "net.no-debug-listener";
	struct listener list[LISTENERS_MAX];
	struct err e;
	int n = listeners_read(list, &e);
	bool none = true;
	char place[32];

	if (n == -1)
		look_add(
		    findings, "agent", id, "/proc/net", false, "%s", e.text);
	for (int i = 0; i < n; i++) {
		if (!listed(p->forbidden, list[i].port) &&
		    (list[i].local || !listed(p->local, list[i].port)))
			continue;
		none = false;
		(void)snprintf(place, sizeof(place), "tcp port %u",
		    (unsigned)list[i].port);
		look_add(findings, "agent", id, place, false,
		    "somebody listens on a port that " POLICY " closes");
	}
	if (n != -1 && none)
		look_add(findings, "agent", id, "/proc/net", true,
		    "none of the forbidden ports is open");
}

struct verdict {
	struct agent *agent;
	verdict_done *done;
	void *ctx;
	struct verdict_policy policy;
};

static json_t *
judge_all(struct verdict *v, json_t *findings)
{
	bool good;

	look_enrolment(v->agent, &v->policy, findings);
	look_bundle(v->agent, findings);
	look_plugins(v->agent, findings);
	look_listeners(&v->policy, findings);
	good = verdict_judge(&v->policy, findings);
	return json_pack("{s:b, s:o}", "good", (int)good, "findings", findings);
}

static void
looked(void *ctx, json_t *findings)
{
	struct verdict *v = ctx;
	struct err why;

	(void)err_set(&why, ESHUTDOWN, "the agent is stopping");
	if (findings == NULL)
		v->done(v->ctx, NULL, &why);
	else
		v->done(v->ctx, judge_all(v, findings), NULL);
	verdict_policy_free(&v->policy);
	free(v);
}

int
verdict_start(struct agent *agent, verdict_done *done, void *ctx, struct err *e)
{
	struct verdict *v = calloc(1, sizeof(*v));

	if (v == NULL)
		return err_set(e, ENOMEM, "no memory");
	*v = (struct verdict){ .agent = agent, .done = done, .ctx = ctx };
	if (verdict_policy_read(&v->policy, &agent->settings, e) == 0 &&
	    look_start(agent, looked, v, e) == 0)
		return 0;
	verdict_policy_free(&v->policy);
	free(v);
	return -1;
}
