/* SPDX-License-Identifier: MIT */
/*
 * SetVariables and GetVariables of OCPP 2.x: a message holds several, each of
 * them somebody's. Those of the gateway are done here, the rest is the charge
 * point's (secure_merge.c); a message without any of ours stays untouched.
 *
 * In 2.1 the address of the CSMS is a variable too: where a charge point must
 * not be moved off the gateway, it is refused like SetNetworkProfile is.
 */
#include <string.h>
#include <strings.h>

#include "secure_in.h"

static const char *
name_of(const json_t *item, const char *what)
{
	return job_text(json_object_get(item, what), "name");
}

/* One of an EVSE or of an instance is another one. */
static bool
is_plain(const json_t *item)
{
	const json_t *c = json_object_get(item, "component");
	const json_t *v = json_object_get(item, "variable");

	return json_object_get(c, "evse") == NULL &&
	    json_object_get(c, "instance") == NULL &&
	    json_object_get(v, "instance") == NULL;
}

static const struct setting *
variable_of(const json_t *item)
{
	if (!is_plain(item))
		return NULL;
	for (const struct setting *t = settings; t->variable != NULL; t++)
		if (t->component != NULL &&
		    strcasecmp(t->component, name_of(item, "component")) == 0 &&
		    strcasecmp(t->variable, name_of(item, "variable")) == 0)
			return t;
	return NULL;
}

/* NetworkConfiguration[slot].OcppCsmsUrl and the rest of a slot (2.1). */
static bool
is_network(const json_t *item)
{
	return strcasecmp(name_of(item, "component"), "NetworkConfiguration") ==
	    0;
}

/* NULL for what the charge point is asked. */
static json_t *
result_json(const json_t *item, const char *status)
{
	json_t *o = json_pack("{s:s}", "attributeStatus", status);
	static const char *const copied[] = { "attributeType", "component",
		"variable" };

	for (size_t i = 0; i < sizeof(copied) / sizeof(*copied); i++) {
		json_t *v = json_object_get(item, copied[i]);

		if (v != NULL)
			(void)json_object_set(o, copied[i], v);
	}
	return o;
}

static json_t *
refused_json(const json_t *item, const char *reason, const char *info)
{
	json_t *o = result_json(item, "Rejected");
	json_t *why = json_pack("{s:s}", "reasonCode", reason);

	if (info != NULL)
		(void)json_object_set_new(
		    why, "additionalInfo", json_text(info));
	(void)json_object_set_new(o, "attributeStatusInfo", why);
	return o;
}

static bool
is_actual(const json_t *item)
{
	const char *type = job_text(item, "attributeType");

	return *type == '\0' || strcmp(type, "Actual") == 0;
}

static json_t *
set_one(struct job *j, const json_t *item, bool *redial)
{
	const struct setting *t = variable_of(item);
	const struct ocpp_class *class = j->c->class;
	struct err e = { 0 };
	const char *why;

	if (t == NULL && is_network(item) &&
	    (class->profiles != OCPP_FORWARD || !class->move))
		return refused_json(item, "ReadOnly",
		    "the connection to the CSMS is the gateway's");
	if (t == NULL || setting_policy(j->c, t) == OCPP_FORWARD)
		return NULL;
	if (!is_actual(item))
		return result_json(item, "NotSupportedAttributeType");
	if (setting_policy(j->c, t) == OCPP_REFUSE || t->write == NULL)
		return refused_json(item, "ReadOnly", NULL);
	why = t->write(j, job_text(item, "attributeValue"), redial, &e);
	return why == NULL ? result_json(item, "Accepted")
			   : refused_json(item, why, e.text);
}

static json_t *
get_one(struct job *j, const json_t *item, bool *redial)
{
	const struct setting *t = variable_of(item);
	char value[SECURE_VALUE] = "";
	json_t *o;

	(void)redial;
	if (t == NULL || setting_policy(j->c, t) != OCPP_GATEWAY)
		return NULL;
	if (!is_actual(item))
		return result_json(item, "NotSupportedAttributeType");
	if (t->read == NULL)
		return refused_json(item, "WriteOnly", NULL);
	t->read(j, value);
	o = result_json(item, "Accepted");
	(void)json_object_set_new(o, "attributeValue", json_text(value));
	return o;
}

static const struct lists {
	const char *action, *asked, *answered;
	json_t *(*one)(struct job *, const json_t *, bool *redial);
} set_lists = { "SetVariables", "setVariableData", "setVariableResult",
	set_one },
  get_lists = { "GetVariables", "getVariableData", "getVariableResult",
	  get_one };

static enum pair_do
reply(struct job *j, const struct lists *l, json_t *ours, bool redial)
{
	enum pair_do done = job_reply(j, json_pack("{s:o}", l->answered, ours));

	if (done == PAIR_TAKEN && redial)
		pair_redial(j->p, true);
	return done;
}

static enum pair_do
split(struct job *j, const struct lists *l)
{
	json_t *ours = json_array(), *others = json_array(), *one, *done;
	bool redial = false;
	size_t i;

	json_array_foreach(json_object_get(j->q, l->asked), i, one)
	{
		if ((done = l->one(j, one, &redial)) != NULL)
			(void)json_array_append_new(ours, done);
		else
			(void)json_array_append(others, one);
	}
	if (json_array_size(ours) > 0 && json_array_size(others) > 0)
		return merge_ask(j, l->action,
		    json_pack("{s:o}", l->asked, others), l->answered, ours,
		    redial);
	json_decref(others);
	if (json_array_size(ours) > 0)
		return reply(j, l, ours, redial);
	json_decref(ours);
	return PAIR_PASS;
}

static enum pair_do
set(struct job *j)
{
	return split(j, &set_lists);
}

static enum pair_do
get(struct job *j)
{
	return split(j, &get_lists);
}

/* May the text name OcppCsmsUrl? One with escapes may name anything. */
static bool
may_move(struct span payload)
{
	static const char word[] = "CsmsUrl";
	const size_t n = sizeof(word) - 1;

	if (memchr(payload.p, '\\', payload.len) != NULL)
		return true;
	for (size_t i = 0; i + n <= payload.len; i++)
		if (strncasecmp(payload.p + i, word, n) == 0)
			return true;
	return false;
}

/* Nothing of the gateway's can be in it: it is not read, whatever it is. */
static bool
is_its_own(const struct ocpp_class *class, struct span payload)
{
	return class->profiles == OCPP_FORWARD &&
	    class->certificates == OCPP_FORWARD &&
	    (class->move || !may_move(payload));
}

enum pair_do
asked_set_vars(struct pair *p, enum ocpp_way way, const struct frame *f,
    struct span text, const struct call *call)
{
	(void)way;
	(void)call;
	return is_its_own(p->charger->class, f->payload)
	    ? PAIR_PASS
	    : job_run(p, f, text, OCPP_GATEWAY, "{}", set);
}

enum pair_do
asked_get_vars(struct pair *p, enum ocpp_way way, const struct frame *f,
    struct span text, const struct call *call)
{
	const struct ocpp_class *class = p->charger->class;

	(void)way;
	(void)call;
	if (class->profiles != OCPP_GATEWAY &&
	    class->certificates != OCPP_GATEWAY)
		return PAIR_PASS;
	return job_run(p, f, text, OCPP_GATEWAY, "{}", get);
}
