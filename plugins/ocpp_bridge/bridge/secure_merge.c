/* SPDX-License-Identifier: MIT */
/*
 * A question that is partly the gateway's and partly the charge point's. The
 * charge point is asked for its part by a CALL of ours, and the CSMS gets one
 * answer: the charge point's, with ours in its list. Nobody but the two sides
 * of this CALL sees that it was split.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "secure_in.h"

struct merge {
	char id[OCPP_ID_MAX * 6 + 1]; /* of the CSMS's CALL, as it came */
	size_t id_len;
	const char *list;
	json_t *ours;
	bool redial;
};

static void
merge_free(struct merge *m)
{
	json_decref(m->ours);
	free(m);
}

/* 1.6: a key of the charge point's that has the name of one of ours speaks of
 * its leg to us. */
static void
drop_same(json_t *list, const json_t *ours)
{
	const json_t *one;
	size_t i;

	json_array_foreach(ours, i, one)
	{
		const char *key = job_text(one, "key");

		for (size_t k = json_array_size(list); *key != '\0' && k-- > 0;)
			if (strcasecmp(job_text(json_array_get(list, k), "key"),
				key) == 0)
				(void)json_array_remove(list, k);
	}
}

static char *
merged(const struct merge *m, const struct frame *answer)
{
	own_json json_t *o = NULL;
	struct err e;
	json_t *list;

	o = json_parse("answer", answer->payload.p, answer->payload.len,
	    SECURE_PAYLOAD, &e);
	if (!json_is_object(o))
		return NULL;
	list = json_object_get(o, m->list);
	if (!json_is_array(list)) {
		list = json_array();
		(void)json_object_set_new(o, m->list, list);
	}
	drop_same(list, m->ours);
	(void)json_array_extend(list, m->ours);
	return json_line(o);
}

static void
answered(void *ctx, struct pair *p, const struct frame *answer)
{
	struct merge *m = ctx;
	struct span id = { m->id, m->id_len };
	own_str char *text = NULL;
	bool redial = m->redial;

	if (answer != NULL && answer->type == OCPP_RESULT)
		text = merged(m, answer);
	if (text != NULL)
		(void)pair_answer(p, OCPP_DOWN, id, text);
	else if (p->state == PAIR_OPEN)
		(void)pair_refuse(p, OCPP_DOWN, id, "GenericError",
		    answer == NULL ? "the charge point did not answer"
				   : "the charge point answered by an error");
	merge_free(m);
	if (redial)
		pair_redial(p, true);
}

enum pair_do
merge_ask(struct job *j, const char *action, json_t *others, const char *list,
    json_t *ours, bool redial)
{
	own_str char *text = json_line(others);
	struct merge *m = malloc(sizeof(*m));
	struct err e;

	json_decref(others);
	if (m == NULL || text == NULL || j->f->id.len >= sizeof(m->id)) {
		json_decref(ours);
		free(m);
		return PAIR_FAIL;
	}
	m->id_len = j->f->id.len;
	memcpy(m->id, j->f->id.p, m->id_len);
	m->list = list;
	m->ours = ours;
	m->redial = redial;
	if (pair_call(j->p, OCPP_DOWN, action, text, answered, m, &e) == 0)
		return PAIR_TAKEN;
	merge_free(m);
	return pair_refuse(j->p, OCPP_DOWN, j->f->id, "GenericError",
		   "too many questions wait for the charge point") == -1
	    ? PAIR_FAIL
	    : PAIR_TAKEN;
}
