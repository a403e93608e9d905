/* SPDX-License-Identifier: MIT */
/*
 * When leaves end, and whether it is time for new ones. Two faces: the verb
 * certs.expiry, for the bridge that renews (it asks once in a while and after
 * each connection), and an event of the trail, for people. The one that is
 * tried counts as the leaf: while it is, nobody asks for yet another.
 */
#include <errno.h>
#include <string.h>

#include "charging_verbs.h"
#include "digest.h"

#define DAY (24 * 3600)

void
charging_end(
    struct charging *ch, enum certs_leaf kind, struct charging_end *out)
{
	const struct charging_doc *doc = &ch->store->doc.charging;

	memset(out, 0, sizeof(*out));
	out->result =
	    certs_choose(ch->certs, kind, NULL, true, &out->leaf, &out->why);
	if (out->result != CERTS_ACCEPTED) {
		/* Of a clock that is not set nothing follows; one that was
		 * never there is not renewed. */
		out->renew = out->result == CERTS_NOT_FOUND_VALID ||
		    out->result == CERTS_KEY_NOT_FOUND;
		return;
	}
	out->renew_at =
	    certs_renew_at(out->leaf, doc->renew_percent, doc->renew_days);
	out->renew = certs_now(ch->certs) >= out->renew_at;
}

/* --- the event ------------------------------------------------------------ */

/* The trail is not filled by what everybody knows: once a day. */
static void
look_at(struct charging *ch, enum certs_leaf kind)
{
	const struct ingot_host *host = ch->store->host;
	const char *name = certs_leaf_name(kind);
	time_t now = certs_now(ch->certs);
	struct charging_end end;

	charging_end(ch, kind, &end);
	if (!end.renew) {
		ch->said[kind] = 0;
		return;
	}
	if (ch->said[kind] != 0 && now >= ch->said[kind] &&
	    now - ch->said[kind] < DAY)
		return;
	ch->said[kind] = now;
	if (end.leaf == NULL)
		host->event(host, "RenewChargingStationCertificate", "%s: %s",
		    name, end.why.text);
	else
		host->event(host, "RenewChargingStationCertificate",
		    "%s leaf %s: it ends in %lld days", name,
		    end.leaf->cert->serial,
		    (long long)((end.leaf->cert->end - now) / DAY));
}

void
charging_ask_renewal(struct charging *ch)
{
	for (int k = 0; k < CERTS_LEAVES; k++)
		look_at(ch, (enum certs_leaf)k);
}

/* --- the verb ------------------------------------------------------------- */

static int
set(json_t *in, const char *key, json_t *value, struct err *e)
{
	return json_object_set_new(in, key, value) == -1
	    ? err_set(e, ENOMEM, "out of memory")
	    : 0;
}

/* Present only when there is a leaf: 0 days is "today". */
int
say_expiry(
    json_t *in, struct charging *ch, const struct certs_entry *l, struct err *e)
{
	const struct charging_doc *doc = &ch->store->doc.charging;
	time_t now = certs_now(ch->certs);
	time_t at = certs_renew_at(l, doc->renew_percent, doc->renew_days);

	if (set(in, "days", json_integer((l->cert->end - now) / DAY), e) ==
		-1 ||
	    set(in, "renew_at", time_text(at), e) == -1)
		return -1;
	return set(in, "renew", json_boolean(now >= at), e);
}

static int
say_leaf(json_t *in, struct charging *ch, const struct charging_end *end,
    struct err *e)
{
	const struct cert *x = end->leaf->cert;
	char print[SHA256_HEX];

	hex_encode(x->print, sizeof(x->print), print);
	if (set(in, "serial", json_string(x->serial), e) == -1 ||
	    set(in, "fingerprint", json_string(print), e) == -1 ||
	    set(in, "trial", json_boolean(end->leaf->trial), e) == -1 ||
	    set(in, "not_before", time_text(x->begin), e) == -1 ||
	    set(in, "not_after", time_text(x->end), e) == -1)
		return -1;
	return say_expiry(in, ch, end->leaf, e);
}

static int
say_kind(json_t *list, struct charging *ch, enum certs_leaf kind,
    size_t waiting, struct err *e)
{
	json_t *one = json_object();
	struct charging_end end;

	charging_end(ch, kind, &end);
	if (json_array_append_new(list, one) == -1)
		return err_set(e, ENOMEM, "out of memory");
	if (set(one, "leaf", json_string(certs_leaf_name(kind)), e) == -1 ||
	    set(one, "result", json_string(certs_result_name(end.result)), e) ==
		-1 ||
	    set(one, "why",
		json_text(end.leaf != NULL ? certs_result_why(end.result)
					   : end.why.text),
		e) == -1 ||
	    set(one, "requests", json_integer((json_int_t)waiting), e) == -1)
		return -1;
	return end.leaf != NULL ? say_leaf(one, ch, &end, e)
				: set(one, "renew", json_boolean(end.renew), e);
}

int
certs_verb_expiry(struct ask *a, struct err *e)
{
	struct charging *ch = a->s->charging;
	json_t *list = json_array();
	struct certs_count n;
	struct err none = { 0 };

	if (say(a, "leaves", list, e) == -1 ||
	    certs_refresh(ch->certs, e) == -1)
		return -1;
	/* Who asks need not wait for the hour to find it in the trail. */
	charging_ask_renewal(ch);
	certs_count(ch->certs, &n);
	for (int k = 0; k < CERTS_LEAVES; k++)
		if (say_kind(list, ch, (enum certs_leaf)k, n.waiting[k], e) ==
		    -1)
			return -1;
	return say_result(a, CERTS_ACCEPTED, &none, e);
}
