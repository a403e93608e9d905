/* SPDX-License-Identifier: MIT */
/*
 * Thousands of made-up configuration trees with a secret planted in each file:
 * every one has to be caught by one of the three nets. INGOT_TREES says how
 * many trees, INGOT_SEED from which seed; a failure says how to have that one
 * tree again.
 *
 * That a file is no text counts as no find: so could nothing ever be missed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "deep.h"
#include "dress.h"
#include "noise.h"
#include "policy.h"
#include "ruled.h"
#include "scrub.h"
#include "stores.h"
#include "trees.h"

/* A sanitizer takes five times as long for each. */
#if defined(__SANITIZE_ADDRESS__)
#define TREES 200
#else
#define TREES 1000
#endif
#define PER_TREE 6 /* of any form; and some of each other kind */

struct world {
	struct policy policy; /* the shipped one */
	struct findings findings;
	struct residue *residue;
	struct scrub scrub;
	unsigned long seed;
	unsigned long trees;
	size_t files;
	size_t missed;
	size_t by[3];
};

static unsigned long
environment(const char *name, unsigned long otherwise)
{
	const char *text = getenv(name);

	return text == NULL ? otherwise : strtoul(text, NULL, 10);
}

static void
fresh(struct world *w)
{
	struct err e;

	findings_free(&w->findings);
	residue_free(w->residue);
	w->residue = residue_new(6, &e);
	assert_non_null(w->residue);
	w->scrub = (struct scrub){ &w->policy, w->residue, &w->findings };
}

static void
say_missed(struct world *w, unsigned long tree, const char *kind,
    const char *dress, const struct bytes *text)
{
	w->missed++;
	if (w->missed > 20)
		return;
	print_message("missed: %s in %s; again: INGOT_SEED=%lu INGOT_TREES=1\n",
	    kind, dress, w->seed + tree);
	print_message("%.600s\n", text->p);
}

/* Is it about the plant: its very value, or its line, or its name? */
static bool
about(
    struct world *w, const struct finding *f, const struct plant *p, bool lines)
{
	char mark[2][FINDING_MARK_LEN + 1];
	struct err e;

	if (f->id == FINDING_BINARY || f->id == FINDING_ARCHIVE)
		return false;
	for (int i = 0; i < 2; i++) {
		const char *value = i == 0 ? p->secret : p->written;

		assert_int_equal(findings_mark(&w->findings, value,
				     strlen(value), mark[i], &e),
		    0);
		if (strcmp(mark[i], f->mark) == 0)
			return true;
	}
	if (lines)
		return f->line == p->line ||
		    (p->name[0] != '\0' && strcmp(f->key, p->name) == 0);
	return f->id == FINDING_PRIVATE_KEY || f->id == FINDING_URL ||
	    f->id == FINDING_TOKEN ||
	    (p->name[0] != '\0' && strstr(f->key, p->name) != NULL);
}

/* The second net: one file of any form in any dress. */
static void
plant_one(struct world *w, unsigned long tree, struct dice *d)
{
	own_bytes struct bytes text = { 0 }, in = { 0 }, out = { 0 };
	size_t form = upto(d, FORMS);
	size_t dress = upto(d, 3) == 0 ? 0 : upto(d, DRESSES);
	struct plant p;
	struct err e;
	bool slots, found = false;

	tree_file(d, form, &p, &text);
	dresses[dress].put_on(&text, &in);
	findings_free(&w->findings);
	if (scrub_file(&w->scrub, forms[form].path, &in, false, &out, &slots,
		&e) == -1)
		fail_msg("%s", e.text);
	for (size_t i = 0; i < w->findings.count && !found; i++)
		found = about(w, &w->findings.all[i], &p, dresses[dress].lines);
	w->files++;
	w->by[1] += found;
	if (!found)
		say_missed(w, tree, p.kind, dresses[dress].name, &text);
}

static int
count_one(
    void *ctx, const char *what, const char *form, size_t at, struct err *e)
{
	(void)what;
	(void)form;
	(void)at;
	(void)e;
	++*(unsigned *)ctx;
	return 0;
}

struct seeking {
	struct residue *residue;
	unsigned found;
};

static int
on_part(void *ctx, const struct deep_part *part, struct err *e)
{
	struct seeking *s = ctx;

	return part->refused != NULL ? 0
				     : residue_scan(s->residue, part->p,
					   part->len, count_one, &s->found, e);
}

/* As capture.c searches what would be sealed. */
static unsigned
residue_of(struct world *w, const struct bytes *in)
{
	struct seeking s = { w->residue, 0 };
	struct err e;

	assert_int_equal(
	    residue_scan(w->residue, in->p, in->len, count_one, &s.found, &e),
	    0);
	assert_int_equal(deep_open(in->p, in->len, on_part, &s, &e), 0);
	return s.found;
}

/* The third net: a copy of what is known, anywhere and in any dress. */
static void
copy_one(struct world *w, unsigned long tree, struct dice *d, const char *known)
{
	own_bytes struct bytes text = { 0 }, in = { 0 };
	size_t dress = upto(d, DRESSES);

	harmless(d, &text);
	bytes_fmt(&text, "see %s there\n", known);
	harmless(d, &text);
	dresses[dress].put_on(&text, &in);
	w->files++;
	if (residue_of(w, &in) > 0)
		w->by[2]++;
	else
		say_missed(w, tree, "a copy", dresses[dress].name, &text);
}

/* The first net: neither the value nor how it was written is left, and from
 * then on it is known. */
static void
ruled_one(struct world *w, unsigned long tree, struct dice *d, size_t i)
{
	own_bytes struct bytes in = { 0 }, out = { 0 }, written = { 0 };
	char value[64];
	struct err e;
	bool slots;

	ruled_file(d, i, value, &written, &in);
	if (scrub_file(
		&w->scrub, ruled[i].path, &in, false, &out, &slots, &e) == -1)
		fail_msg("%s: %s", ruled[i].path, e.text);
	bytes_add(&out, "", 0);
	w->files++;
	if (out.len > 0 && strstr(out.p, value) == NULL &&
	    strstr(out.p, written.p) == NULL)
		w->by[0]++;
	else
		say_missed(w, tree, ruled[i].path, "the first net", &in);
	copy_one(w, tree, d, value);
}

/* The third net where nothing can be decoded around the value. */
static void
noise_one(struct world *w, unsigned long tree, struct dice *d, size_t i)
{
	own_bytes struct bytes in = { 0 };
	char value[64];
	struct err e;

	from_set(d, TREES_ALNUM "&<>\"'/%+= ", 8 + upto(d, 24), value);
	value[0] = 'q';
	value[strlen(value) - 1] = 'z';
	assert_int_equal(residue_add(w->residue, RESIDUE_SECRET, "noise", value,
			     strlen(value), &e),
	    1);
	noise_file(d, i, value, &in);
	w->files++;
	if (residue_of(w, &in) > 0)
		w->by[2]++;
	else
		say_missed(w, tree, value, noises[i].name, &in);
}

/* The second net again: keys that are no text. */
static void
store_one(
    struct world *w, unsigned long tree, struct dice *d, size_t i, size_t dress)
{
	own_bytes struct bytes der = { 0 }, in = { 0 };
	bool found = false;
	struct err e;

	store_file(d, i, &der);
	dresses[dress].put_on(&der, &in);
	findings_free(&w->findings);
	assert_int_equal(
	    scrub_look(&w->scrub, "/srv/blob", NULL, &in, NULL, NULL, &e), 0);
	for (size_t k = 0; k < w->findings.count; k++)
		found |= w->findings.all[k].id == FINDING_PRIVATE_KEY;
	w->files++;
	w->by[1] += found;
	if (!found)
		say_missed(w, tree, stores[i].kind, dresses[dress].name, &in);
}

/* The sample's own identifiers, in each way that they are written. */
static void
identity_one(struct world *w, unsigned long tree, struct dice *d)
{
	uint8_t mac[6];
	char text[24], other[24];
	struct err e;

	for (int i = 0; i < 6; i++)
		mac[i] = (uint8_t)roll(d);
	(void)snprintf(text, sizeof(text), "%02x:%02x:%02x:%02x:%02x:%02x",
	    mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
	assert_int_equal(residue_add(w->residue, RESIDUE_IDENTIFIER, "mac",
			     text, strlen(text), &e),
	    1);
	switch (upto(d, 4)) {
	case 0:
		(void)strcpy(other, text);
		break;
	case 1:
		hex_encode(mac, 6, other);
		break;
	case 2:
		(void)snprintf(other, sizeof(other),
		    "%02X-%02X-%02X-%02X-%02X-%02X", mac[5], mac[4], mac[3],
		    mac[2], mac[1], mac[0]);
		break;
	default:
		(void)snprintf(other, sizeof(other),
		    "%02X%02X.%02X%02X.%02X%02X", mac[0], mac[1], mac[2],
		    mac[3], mac[4], mac[5]);
	}
	copy_one(w, tree, d, other);
}

static void
every_planted_secret_is_caught_by_one_of_the_nets(void **state)
{
	struct world w = { .seed = environment("INGOT_SEED", 20261121),
		.trees = environment("INGOT_TREES", TREES) };
	struct err e;

	(void)state;
	if (policy_read(&w.policy, "policies/capture/gateway.conf", &e) == -1)
		fail_msg("%s", e.text);
	for (unsigned long t = 0; t < w.trees; t++) {
		struct dice d = { w.seed + t };

		fresh(&w);
		for (int i = 0; i < PER_TREE; i++)
			plant_one(&w, t, &d);
		ruled_one(&w, t, &d, upto(&d, RULED));
		ruled_one(&w, t, &d, upto(&d, RULED));
		noise_one(&w, t, &d, upto(&d, NOISES));
		store_one(&w, t, &d, upto(&d, STORES), store_dress(&d));
		identity_one(&w, t, &d);
	}
	print_message("%lu trees from seed %lu: %zu planted, %zu missed; "
		      "rules %zu, heuristics %zu, residue %zu\n",
	    w.trees, w.seed, w.files, w.missed, w.by[0], w.by[1], w.by[2]);
	findings_free(&w.findings);
	residue_free(w.residue);
	policy_free(&w.policy);
	assert_int_equal(w.missed, 0);
}

/* Each form in each dress at least once, whatever the dice say. */
static void
each_form_is_found_in_each_dress(void **state)
{
	struct world w = { .seed = environment("INGOT_SEED", 20261121) };

	(void)state;
	fresh(&w);
	w.scrub.policy = NULL;
	for (size_t form = 0; form < FORMS; form++)
		for (size_t dress = 0; dress < DRESSES; dress++) {
			own_bytes struct bytes text = { 0 }, in = { 0 };
			struct dice d = { w.seed + form * 100 + dress };
			struct plant p;
			struct err e;
			bool found = false;

			tree_file(&d, form, &p, &text);
			dresses[dress].put_on(&text, &in);
			findings_free(&w.findings);
			assert_int_equal(scrub_look(&w.scrub, forms[form].path,
					     NULL, &in, NULL, NULL, &e),
			    0);
			for (size_t i = 0; i < w.findings.count && !found; i++)
				found = about(&w, &w.findings.all[i], &p,
				    dresses[dress].lines);
			if (!found)
				say_missed(
				    &w, 0, p.kind, dresses[dress].name, &text);
		}
	findings_free(&w.findings);
	residue_free(w.residue);
	assert_int_equal(w.missed, 0);
}

/* Each of the other kinds as well. */
static void
each_ruled_file_each_spelling_and_each_store_is_caught(void **state)
{
	struct world w = { .seed = environment("INGOT_SEED", 20261121) };
	struct dice d = { w.seed };
	struct err e;

	(void)state;
	if (policy_read(&w.policy, "policies/capture/gateway.conf", &e) == -1)
		fail_msg("%s", e.text);
	fresh(&w);
	for (size_t i = 0; i < RULED; i++)
		ruled_one(&w, 0, &d, i);
	for (size_t i = 0; i < NOISES * 20; i++)
		noise_one(&w, 0, &d, i % NOISES);
	for (size_t i = 0; i < STORES; i++)
		for (size_t dress = 0; dress < DRESSES; dress++)
			if (!dresses[dress].text)
				store_one(&w, 0, &d, i, dress);
	findings_free(&w.findings);
	residue_free(w.residue);
	policy_free(&w.policy);
	assert_int_equal(w.missed, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    each_ruled_file_each_spelling_and_each_store_is_caught),
		cmocka_unit_test(each_form_is_found_in_each_dress),
		cmocka_unit_test(
		    every_planted_secret_is_caught_by_one_of_the_nets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
