/* SPDX-License-Identifier: MIT */
/*
 * The rules of an enrolment over a real registry with a real CA: repeated,
 * interrupted, cloned, over quota; and what may never come true.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <fcntl.h>
#include <openssl/x509v3.h>

#include "file.h"
#include "key.h"
#include "sealed.h"
#include "service/decide.h"
#include "service/enrol.h"

#define CLAIM "00000000000000000000000000000000000000000000000000000000000000c1"
#define CLAIM_TPM                                                              \
	"00000000000000000000000000000000000000000000000000000000000000c2"

struct world {
	char dir[64], path[96];
	struct enrol en;
	uint8_t ek[TPM_PUBLIC_MAX];
	size_t ek_len;
	struct err e;
};

static void
reopen(struct world *w)
{
	registry_close(&w->en.registry);
	assert_int_equal(
	    registry_open(&w->en.registry, w->path, DB_WRITE, &w->e), 0);
}

static void
batch(struct world *w, const char *name, const char *print, int64_t quota,
    bool software)
{
	struct registry_batch b = { .quota = quota,
		.software = software,
		.not_after = time(NULL) + 1000 };
	struct registry_cert c = { .role = "claim",
		.name = name,
		.state = "active",
		.not_after = time(NULL) + 1000,
		.spki = "" };

	(void)strcpy(b.name, name);
	(void)strcpy(c.fingerprint, print);
	assert_int_equal(registry_batch_add(&w->en.registry, &b, &w->e), 0);
	assert_int_equal(registry_cert_add(&w->en.registry, &c, &w->e), 0);
}

static int
setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	struct ca root;

	(void)strcpy(w->dir, "/tmp/ingot-registry.XXXXXX");
	assert_non_null(mkdtemp(w->dir));
	(void)snprintf(w->path, sizeof(w->path), "%s/registry.db", w->dir);
	assert_int_equal(
	    registry_open(&w->en.registry, w->path, DB_CREATE, &w->e), 0);
	assert_int_equal(ca_make(&root, CA_ROOT, "test", NULL, 100, &w->e), 0);
	assert_int_equal(
	    ca_make(&w->en.units, CA_UNITS, "test", &root, 100, &w->e), 0);
	ca_free(&root);
	w->en.days = 30;
	batch(w, "soft", CLAIM, 2, true);
	batch(w, "tpms", CLAIM_TPM, 2, false);
	*state = w;
	return 0;
}

static int
teardown(void **state)
{
	struct world *w = *state;

	registry_close(&w->en.registry);
	ca_free(&w->en.units);
	(void)file_remove_tree(AT_FDCWD, w->dir, &w->e);
	free(w);
	return 0;
}

/* A request of a unit with a key in a file. */
static char *
request(struct world *w, const char *serial, EVP_PKEY *key)
{
	struct wire_request *q = calloc(1, sizeof(*q));
	own_bytes struct bytes csr = { 0 };
	struct bytes text = { 0 };

	(void)strcpy(q->serial, serial);
	(void)strcpy(q->model, "GW");
	assert_int_equal(wire_id(q->id, &w->e), 0);
	assert_int_equal(key_csr(key, serial, &csr, &w->e), 0);
	memcpy(q->csr, csr.p, csr.len + 1);
	assert_int_equal(wire_request_encode(q, &text, &w->e), 0);
	free(q);
	return text.p;
}

/* The request of a unit with a TPM: its EK and what it shows of its key. */
static char *
tpm_request(struct world *w, const char *serial, EVP_PKEY *csr_key,
    EVP_PKEY *held, uint32_t attributes)
{
	struct tpm_public pub = { .type = TPM_ECC,
		.name_alg = TPM_SHA256,
		.attributes = attributes,
		.sym = TPM_NULL,
		.scheme = TPM_NULL,
		.curve = TPM_P256,
		.x.len = 32,
		.y.len = 32 };
	own_str char *plain = request(w, serial, csr_key);
	struct wire_request *q = calloc(1, sizeof(*q));
	uint8_t point[KEY_POINT_LEN];
	struct bytes text = { 0 };

	assert_int_equal(wire_request_parse(plain, strlen(plain), q, &w->e), 0);
	assert_int_equal(key_point(held, point, &w->e), 0);
	memcpy(pub.x.p, point + 1, 32);
	memcpy(pub.y.p, point + 33, 32);
	assert_int_equal(
	    tpm_public_marshal(&pub, q->key_public, &q->key_public_len, &w->e),
	    0);
	memcpy(q->ek_public, w->ek, q->ek_public_len = w->ek_len);
	assert_int_equal(wire_request_encode(q, &text, &w->e), 0);
	free(q);
	return text.p;
}

#define LEAF                                                                   \
	(TPM_FIXED_TPM | TPM_FIXED_PARENT | TPM_ORIGIN | TPM_USER_AUTH |       \
	    TPM_NO_DA | TPM_SIGN)

/* An EK of the usual template, P-256, whose hash is registered for SN-T. */
static void
make_ek(struct world *w)
{
	own_pkey EVP_PKEY *key = ca_key_new(&w->e);
	struct tpm_public pub = { .type = TPM_ECC,
		.name_alg = TPM_SHA256,
		.attributes = 0x000300b2,
		.policy.len = 32,
		.sym = TPM_AES,
		.sym_bits = 128,
		.scheme = TPM_NULL,
		.curve = TPM_P256,
		.x.len = 32,
		.y.len = 32 };
	uint8_t point[KEY_POINT_LEN];
	char hash[SHA256_HEX];

	assert_int_equal(key_point(key, point, &w->e), 0);
	memcpy(pub.x.p, point + 1, 32);
	memcpy(pub.y.p, point + 33, 32);
	assert_int_equal(tpm_public_marshal(&pub, w->ek, &w->ek_len, &w->e), 0);
	assert_int_equal(x509_spki_hash(key, hash, &w->e), 0);
	assert_int_equal(
	    registry_unit_add(&w->en.registry, "SN-T", "", hash, &w->e), 0);
	assert_int_equal(
	    db_run(w->en.registry.db, &w->e,
		"UPDATE batch SET unproven = 1 WHERE name = ?", "s", "tpms"),
	    0);
}

static enum wire_stage
ask(struct world *w, const char *serial, const char *by, const char *text,
    struct enrol_work *k)
{
	char topic[WIRE_TOPIC_MAX];

	wire_topic(topic, serial, "request");
	*k = (struct enrol_work){
		.topic = topic, .by = by, .text = text, .len = strlen(text)
	};
	enrol_handle(&w->en, k, 1);
	return k->stage;
}

/* Asks, and expects stage; the reply is forgotten. */
static void
expect(struct world *w, const char *serial, const char *by, EVP_PKEY *key,
    enum wire_stage stage, bool success)
{
	own_str char *text = request(w, serial, key);
	struct enrol_work k;

	(void)ask(w, serial, by, text, &k);
	if (k.stage != stage || k.success != success)
		fail_msg(
		    "%s: %s, %s", serial, wire_stage_name(k.stage), k.note);
	assert_non_null(k.reply);
	enrol_work_free(&k);
}

static bool
is_in(struct world *w, const char *serial, const char *state)
{
	own_json json_t *j = registry_show(&w->en.registry, serial, &w->e);

	return j != NULL &&
	    strcmp(json_string_value(json_object_get(j, "state")), state) == 0;
}

static size_t
certificates(struct world *w, const char *serial)
{
	own_json json_t *j = registry_show(&w->en.registry, serial, &w->e);

	return json_array_size(json_object_get(j, "certificates"));
}

static void
fingerprint(struct world *w, const char *serial, size_t i, char out[65])
{
	own_json json_t *j = registry_show(&w->en.registry, serial, &w->e);
	json_t *c = json_array_get(json_object_get(j, "certificates"), i);

	(void)snprintf(out, 65, "%s",
	    json_string_value(json_object_get(c, "fingerprint")));
}

static bool
confirmed(
    struct world *w, const char *serial, const char *print, const char *by)
{
	char error[WIRE_ERROR_MAX + 1];

	assert_int_equal(db_begin(w->en.registry.db, &w->e), 0);
	assert_int_equal(
	    decide_confirm(&w->en.registry, serial, print, by, error, &w->e),
	    0);
	assert_int_equal(db_commit(w->en.registry.db, &w->e), 0);
	return error[0] == '\0';
}

/* --- tests --------------------------------------------------------------- */

static void
the_answer_opens_with_the_units_key_alone(void **state)
{
	struct world *w = *state;
	own_pkey EVP_PKEY *key = ca_key_new(&w->e);
	own_pkey EVP_PKEY *other = ca_key_new(&w->e);
	own_str char *text = request(w, "SN-1", key);
	own_bytes struct bytes plain = { 0 };
	struct wire_reply *r = calloc(1, sizeof(*r));
	struct enrol_work k;
	uint8_t secret[SEALED_KEY_LEN];
	char spki[SHA256_HEX];
	struct sealed_for names;

	assert_int_equal(ask(w, "SN-1", CLAIM, text, &k), WIRE_ISSUED);
	assert_int_equal(wire_reply_parse(k.reply, k.reply_len, r, &w->e), 0);
	assert_int_equal(x509_spki_hash(key, spki, &w->e), 0);
	names = (struct sealed_for){ "SN-1", r->id, spki };
	assert_int_equal(sealed_unwrap(other, r->point, secret, &w->e), 0);
	assert_int_equal(sealed_open(secret, &names, r->sealed, r->sealed_len,
			     &plain, &w->e),
	    -1);
	assert_int_equal(sealed_unwrap(key, r->point, secret, &w->e), 0);
	assert_int_equal(sealed_open(secret, &names, r->sealed, r->sealed_len,
			     &plain, &w->e),
	    0);
	assert_non_null(strstr(plain.p, "mqtt.password"));
	assert_non_null(strstr(plain.p, "BEGIN CERTIFICATE"));
	enrol_work_free(&k);
	free(r);
}

static void
a_worker_that_died_before_it_answered_changes_nothing(void **state)
{
	struct world *w = *state;
	own_pkey EVP_PKEY *key = ca_key_new(&w->e);
	own_str char *text = request(w, "SN-1", key);
	struct enrol_work k, again;

	assert_int_equal(ask(w, "SN-1", CLAIM, text, &k), WIRE_ISSUED);
	reopen(w); /* the reply never left; another worker is asked */
	assert_int_equal(ask(w, "SN-1", CLAIM, text, &again), WIRE_ISSUED);
	assert_string_equal(k.reply, again.reply);
	assert_int_equal(certificates(w, "SN-1"), 1);
	enrol_work_free(&k);
	enrol_work_free(&again);
}

static void
a_request_twice_in_one_batch_is_one(void **state)
{
	struct world *w = *state;
	own_pkey EVP_PKEY *key = ca_key_new(&w->e);
	own_str char *text = request(w, "SN-1", key);
	struct enrol_work k[2] = { 0 };

	for (int i = 0; i < 2; i++) {
		k[i].topic = "ingot/v1/enrol/SN-1/request";
		k[i].by = CLAIM;
		k[i].text = text;
		k[i].len = strlen(text);
	}
	enrol_handle(&w->en, k, 2);
	assert_string_equal(k[0].reply, k[1].reply);
	assert_int_equal(certificates(w, "SN-1"), 1);
	enrol_work_free(&k[0]);
	enrol_work_free(&k[1]);
}

static void
an_id_serves_one_request(void **state)
{
	struct world *w = *state;
	own_pkey EVP_PKEY *key = ca_key_new(&w->e);
	own_str char *text = request(w, "SN-1", key);
	struct enrol_work k;

	assert_int_equal(ask(w, "SN-1", CLAIM, text, &k), WIRE_ISSUED);
	enrol_work_free(&k);
	memcpy(strstr(text, "\"GW\""), "\"XX\"", 4);
	assert_int_equal(ask(w, "SN-1", CLAIM, text, &k), WIRE_PARSE);
	assert_false(k.success);
	enrol_work_free(&k);
}

static void
who_sends_without_a_claim_gets_nothing(void **state)
{
	struct world *w = *state;
	own_pkey EVP_PKEY *key = ca_key_new(&w->e);

	expect(w, "SN-1", "", key, WIRE_UNIT, false);
	expect(w, "SN-1",
	    "1111111111111111111111111111111111111111111111111111111111111111",
	    key, WIRE_UNIT, false);
	assert_int_equal(
	    registry_revoke(&w->en.registry, "claim", "soft", &w->e), 0);
	expect(w, "SN-1", CLAIM, key, WIRE_UNIT, false);
}

static void
a_serial_that_is_not_its_topics_is_refused(void **state)
{
	struct world *w = *state;
	own_pkey EVP_PKEY *key = ca_key_new(&w->e);
	own_str char *text = request(w, "SN-1", key);
	struct enrol_work k;

	assert_int_equal(ask(w, "SN-2", CLAIM, text, &k), WIRE_PARSE);
	assert_false(k.success);
	enrol_work_free(&k);
}

static void
a_csr_for_another_name_is_refused(void **state)
{
	struct world *w = *state;
	own_pkey EVP_PKEY *key = ca_key_new(&w->e);
	own_str char *text = request(w, "SN-1", key);
	struct enrol_work k;

	memcpy(strstr(text, "\"SN-1\""), "\"SN-7\"", 6);
	assert_int_equal(ask(w, "SN-7", CLAIM, text, &k), WIRE_KEY);
	assert_false(k.success);
	enrol_work_free(&k);
}

static void
the_quota_is_a_number_of_units(void **state)
{
	struct world *w = *state;
	own_pkey EVP_PKEY *a = ca_key_new(&w->e);
	own_pkey EVP_PKEY *b = ca_key_new(&w->e);
	own_pkey EVP_PKEY *c = ca_key_new(&w->e);

	expect(w, "SN-1", CLAIM, a, WIRE_ISSUED, true);
	expect(w, "SN-1", CLAIM, a, WIRE_ISSUED, true); /* the same unit */
	expect(w, "SN-2", CLAIM, b, WIRE_ISSUED, true);
	expect(w, "SN-3", CLAIM, c, WIRE_UNIT, false);
	assert_int_equal(
	    registry_unit_add(&w->en.registry, "SN-3", "", NULL, &w->e), 0);
	expect(w, "SN-3", CLAIM, c, WIRE_ISSUED, true);
}

static void
a_batch_for_tpms_takes_no_software_key(void **state)
{
	struct world *w = *state;
	own_pkey EVP_PKEY *key = ca_key_new(&w->e);

	expect(w, "SN-1", CLAIM_TPM, key, WIRE_EK, false);
}

static void
a_copied_key_puts_both_in_quarantine(void **state)
{
	struct world *w = *state;
	own_pkey EVP_PKEY *key = ca_key_new(&w->e);

	expect(w, "SN-1", CLAIM, key, WIRE_ISSUED, true);
	expect(w, "SN-2", CLAIM, key, WIRE_QUARANTINE, false);
	assert_true(is_in(w, "SN-1", "quarantined"));
	assert_true(is_in(w, "SN-2", "quarantined"));
	expect(w, "SN-1", CLAIM, key, WIRE_QUARANTINE, false);
}

static void
a_unit_with_tpm_never_comes_back_without(void **state)
{
	struct world *w = *state;
	own_pkey EVP_PKEY *key = ca_key_new(&w->e);

	assert_int_equal(registry_unit_add(&w->en.registry, "SN-1", "",
			     "2222222222222222222222222222222222222222222222"
			     "222222222222222222",
			     &w->e),
	    0);
	expect(w, "SN-1", CLAIM, key, WIRE_QUARANTINE, false);
}

static void
only_the_certificate_itself_confirms(void **state)
{
	struct world *w = *state;
	own_pkey EVP_PKEY *key = ca_key_new(&w->e);
	char print[65];

	expect(w, "SN-1", CLAIM, key, WIRE_ISSUED, true);
	fingerprint(w, "SN-1", 0, print);
	assert_false(confirmed(w, "SN-1", print, CLAIM));
	assert_false(confirmed(w, "SN-1", print, ""));
	assert_false(confirmed(w, "SN-2", print, print));
	assert_true(is_in(w, "SN-1", "pending"));
	assert_true(confirmed(w, "SN-1", print, print));
	assert_true(is_in(w, "SN-1", "active"));
	assert_true(confirmed(w, "SN-1", print, print)); /* its ack was lost */
}

static void
the_new_certificate_ends_the_old_one_when_confirmed(void **state)
{
	struct world *w = *state;
	own_pkey EVP_PKEY *key = ca_key_new(&w->e);
	own_pkey EVP_PKEY *next = ca_key_new(&w->e);
	char old[65], new[65];

	expect(w, "SN-1", CLAIM, key, WIRE_ISSUED, true);
	fingerprint(w, "SN-1", 0, old);
	assert_true(confirmed(w, "SN-1", old, old));
	/* A new software key: its own certificate vouches for it. */
	expect(w, "SN-1", old, next, WIRE_ISSUED, true);
	assert_int_equal(certificates(w, "SN-1"), 2);
	for (size_t i = 0; i < 2; i++) {
		fingerprint(w, "SN-1", i, new);
		if (strcmp(new, old) != 0)
			break;
	}
	assert_true(confirmed(w, "SN-1", old, old)); /* still in force */
	assert_true(confirmed(w, "SN-1", new, new));
	assert_false(confirmed(w, "SN-1", old, old));
}

static void
a_new_software_key_by_a_claim_is_a_clone(void **state)
{
	struct world *w = *state;
	own_pkey EVP_PKEY *key = ca_key_new(&w->e);
	own_pkey EVP_PKEY *next = ca_key_new(&w->e);
	char old[65];

	expect(w, "SN-1", CLAIM, key, WIRE_ISSUED, true);
	fingerprint(w, "SN-1", 0, old);
	assert_true(confirmed(w, "SN-1", old, old));
	expect(w, "SN-1", CLAIM, next, WIRE_QUARANTINE, false);
	assert_false(confirmed(w, "SN-1", old, old));
	assert_int_equal(
	    registry_release(&w->en.registry, "SN-1", false, &w->e), 0);
	assert_true(confirmed(w, "SN-1", old, old));
}

static void
what_is_not_confirmed_in_an_hour_is_dropped(void **state)
{
	struct world *w = *state;
	own_pkey EVP_PKEY *key = ca_key_new(&w->e);
	own_str char *text = request(w, "SN-1", key);
	struct enrol_work k;
	char print[65];

	assert_int_equal(ask(w, "SN-1", CLAIM, text, &k), WIRE_ISSUED);
	enrol_work_free(&k);
	fingerprint(w, "SN-1", 0, print);
	assert_int_equal(
	    db_run(w->en.registry.db, &w->e,
		"UPDATE certificate SET issued = issued - 3700 WHERE role ="
		" 'unit'",
		""),
	    0);
	assert_false(confirmed(w, "SN-1", print, print));
	assert_int_equal(ask(w, "SN-1", CLAIM, text, &k), WIRE_KEY);
	enrol_work_free(&k);
	assert_int_equal(registry_sweep(&w->en.registry, &w->e), 0);
	assert_int_equal(ask(w, "SN-1", CLAIM, text, &k), WIRE_KEY);
	assert_false(k.success);
	enrol_work_free(&k);
	expect(w, "SN-1", CLAIM, key, WIRE_ISSUED, true); /* a new request */
}

static void
revoked_is_for_ever(void **state)
{
	struct world *w = *state;
	own_pkey EVP_PKEY *key = ca_key_new(&w->e);
	char print[65];

	expect(w, "SN-1", CLAIM, key, WIRE_ISSUED, true);
	fingerprint(w, "SN-1", 0, print);
	assert_true(confirmed(w, "SN-1", print, print));
	assert_int_equal(
	    registry_revoke(&w->en.registry, "unit", "SN-1", &w->e), 0);
	assert_false(confirmed(w, "SN-1", print, print));
	expect(w, "SN-1", CLAIM, key, WIRE_UNIT, false);
	assert_int_equal(
	    registry_release(&w->en.registry, "SN-1", false, &w->e), -1);
	assert_int_equal(
	    registry_revoke(&w->en.registry, "unit", "SN-9", &w->e), -1);
}

static void
garbage_is_answered_with_silence(void **state)
{
	struct world *w = *state;
	struct enrol_work k = { .topic = "ingot/v1/enrol/SN-1/request",
		.by = CLAIM,
		.text = "{]",
		.len = 2 };

	enrol_handle(&w->en, &k, 1);
	assert_null(k.reply);
	assert_false(k.success);
	k = (struct enrol_work){ .topic = "nonsense", .text = "", .by = "" };
	enrol_handle(&w->en, &k, 1);
	assert_null(k.reply);
}

/* A TPM activates a credential for a key that
 * was only loaded into it, so the service must look at what the key is. */
static void
a_key_that_was_not_born_in_the_tpm_gets_nothing(void **state)
{
	static const struct {
		uint32_t attributes;
		bool good;
	} rows[] = {
		{ LEAF, true },
		{ LEAF & ~(uint32_t)TPM_FIXED_TPM, false },
		{ LEAF & ~(uint32_t)TPM_FIXED_PARENT, false },
		{ LEAF & ~(uint32_t)TPM_ORIGIN, false },
		{ LEAF & ~(uint32_t)TPM_SIGN, false },
		{ LEAF | TPM_RESTRICTED, false },
		{ LEAF | TPM_DECRYPT, false },
		{ LEAF | TPM_ADMIN_POLICY, false },
	};
	struct world *w = *state;

	make_ek(w);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		own_pkey EVP_PKEY *key = ca_key_new(&w->e);
		own_str char *text =
		    tpm_request(w, "SN-T", key, key, rows[i].attributes);
		struct enrol_work k;

		(void)ask(w, "SN-T", CLAIM_TPM, text, &k);
		if (k.success != rows[i].good ||
		    k.stage != (rows[i].good ? WIRE_ISSUED : WIRE_KEY))
			fail_msg("row %zu: %s", i, k.note);
		enrol_work_free(&k);
	}
}

static void
a_csr_for_another_key_than_the_tpms_gets_nothing(void **state)
{
	struct world *w = *state;
	own_pkey EVP_PKEY *key = ca_key_new(&w->e);
	own_pkey EVP_PKEY *other = ca_key_new(&w->e);
	own_str char *text = NULL;
	struct enrol_work k;

	make_ek(w);
	text = tpm_request(w, "SN-T", other, key, LEAF);
	assert_int_equal(ask(w, "SN-T", CLAIM_TPM, text, &k), WIRE_KEY);
	assert_false(k.success);
	enrol_work_free(&k);
}

static void
an_ek_that_nobody_vouches_for_gets_nothing(void **state)
{
	struct world *w = *state;
	own_pkey EVP_PKEY *key = ca_key_new(&w->e);
	own_str char *text = NULL, *last = NULL;
	struct enrol_work k;

	make_ek(w);
	assert_int_equal(
	    registry_release(&w->en.registry, "x", false, &w->e), -1);
	assert_int_equal(db_run(w->en.registry.db, &w->e,
			     "UPDATE unit SET ek_hash = NULL", ""),
	    0);
	text = tpm_request(w, "SN-T", key, key, LEAF);
	assert_int_equal(ask(w, "SN-T", CLAIM_TPM, text, &k), WIRE_EK);
	assert_false(k.success);
	enrol_work_free(&k);
	/* a key that is no EK at all */
	w->ek[7] ^= 1;
	last = tpm_request(w, "SN-T", key, key, LEAF);
	assert_int_equal(ask(w, "SN-T", CLAIM_TPM, last, &k), WIRE_EK);
	enrol_work_free(&k);
}

static void
one_tpm_is_one_unit(void **state)
{
	struct world *w = *state;
	own_pkey EVP_PKEY *a = ca_key_new(&w->e);
	own_pkey EVP_PKEY *b = ca_key_new(&w->e);
	own_str char *first = NULL, *second = NULL;
	struct enrol_work k;

	make_ek(w);
	first = tpm_request(w, "SN-T", a, a, LEAF);
	second = tpm_request(w, "SN-U", b, b, LEAF);
	assert_int_equal(ask(w, "SN-T", CLAIM_TPM, first, &k), WIRE_ISSUED);
	enrol_work_free(&k);
	assert_int_equal(
	    ask(w, "SN-U", CLAIM_TPM, second, &k), WIRE_QUARANTINE);
	assert_string_equal(k.other, "SN-T");
	enrol_work_free(&k);
	assert_true(is_in(w, "SN-T", "quarantined"));
	assert_true(is_in(w, "SN-U", "quarantined"));
}

/* A public area can be made up by anybody: it must not end a unit's service. */
static void
who_shows_no_tpm_quarantines_nobody(void **state)
{
	struct world *w = *state;
	own_pkey EVP_PKEY *key = ca_key_new(&w->e);
	own_pkey EVP_PKEY *his = ca_key_new(&w->e);
	own_str char *text = NULL;
	struct enrol_work k;

	make_ek(w);
	text = tpm_request(w, "SN-U", his, his, LEAF);
	assert_int_equal(db_run(w->en.registry.db, &w->e,
			     "UPDATE batch SET unproven = 0", ""),
	    0);
	/* the EK of SN-T under another serial; SN-T without any */
	assert_int_equal(ask(w, "SN-U", CLAIM_TPM, text, &k), WIRE_EK);
	enrol_work_free(&k);
	expect(w, "SN-T", CLAIM_TPM, key, WIRE_EK, false);
	assert_true(is_in(w, "SN-T", "registered"));
}

/* Its certificate vouches for its software key, not for a TPM. */
static void
a_software_unit_does_not_grow_a_tpm(void **state)
{
	struct world *w = *state;
	own_pkey EVP_PKEY *key = ca_key_new(&w->e);
	own_pkey EVP_PKEY *next = ca_key_new(&w->e);
	own_str char *text = NULL;
	struct enrol_work k;
	char print[65];

	expect(w, "SN-1", CLAIM, key, WIRE_ISSUED, true);
	fingerprint(w, "SN-1", 0, print);
	assert_true(confirmed(w, "SN-1", print, print));
	make_ek(w);
	text = tpm_request(w, "SN-1", next, next, LEAF);
	for (int known = 1; known >= 0; known--) {
		assert_int_equal(ask(w, "SN-1", print, text, &k), WIRE_EK);
		assert_false(k.success);
		enrol_work_free(&k);
		assert_true(is_in(w, "SN-T", "registered"));
		assert_int_equal(db_run(w->en.registry.db, &w->e,
				     "UPDATE unit SET ek_hash = NULL", ""),
		    0);
	}
	assert_true(is_in(w, "SN-1", "active"));
}

static void
a_password_is_known_by_its_hash(void **state)
{
	char stored[REGISTRY_PASSWORD_MAX], other[REGISTRY_PASSWORD_MAX];
	struct err e;

	(void)state;
	assert_int_equal(registry_password("secret", stored, &e), 0);
	assert_int_equal(registry_password("secret", other, &e), 0);
	assert_string_not_equal(stored, other);
	assert_null(strstr(stored, "secret"));
	assert_true(registry_password_is(stored, "secret"));
	assert_false(registry_password_is(stored, "secre"));
	assert_false(registry_password_is(stored, ""));
	assert_false(registry_password_is("", "secret"));
}

static void
the_units_authority_issues_units_only(void **state)
{
	struct world *w = *state;
	own_pkey EVP_PKEY *key = ca_key_new(&w->e);
	struct ca_order o = { .cn = "SN/1",
		.key = key,
		.not_before = time(NULL),
		.not_after = time(NULL) + 100 };
	own_x509 X509 *x = NULL;

	assert_null(ca_issue(&w->en.units, &o, &w->e));
	o.cn = "SN-1";
	x = ca_issue(&w->en.units, &o, &w->e);
	assert_non_null(x);
	assert_int_equal(X509_check_ca(x), 0);
	assert_int_equal(X509_get_extended_key_usage(x), XKU_SSL_CLIENT);
	assert_int_equal(ASN1_STRING_length(X509_get0_serialNumber(x)), 20);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		T(the_answer_opens_with_the_units_key_alone),
		T(a_worker_that_died_before_it_answered_changes_nothing),
		T(a_request_twice_in_one_batch_is_one),
		T(an_id_serves_one_request),
		T(who_sends_without_a_claim_gets_nothing),
		T(a_serial_that_is_not_its_topics_is_refused),
		T(a_csr_for_another_name_is_refused),
		T(the_quota_is_a_number_of_units),
		T(a_batch_for_tpms_takes_no_software_key),
		T(a_copied_key_puts_both_in_quarantine),
		T(a_unit_with_tpm_never_comes_back_without),
		T(only_the_certificate_itself_confirms),
		T(the_new_certificate_ends_the_old_one_when_confirmed),
		T(a_new_software_key_by_a_claim_is_a_clone),
		T(what_is_not_confirmed_in_an_hour_is_dropped),
		T(revoked_is_for_ever),
		T(garbage_is_answered_with_silence),
		T(a_key_that_was_not_born_in_the_tpm_gets_nothing),
		T(a_csr_for_another_key_than_the_tpms_gets_nothing),
		T(an_ek_that_nobody_vouches_for_gets_nothing),
		T(one_tpm_is_one_unit),
		T(who_shows_no_tpm_quarantines_nobody),
		T(a_software_unit_does_not_grow_a_tpm),
		cmocka_unit_test(a_password_is_known_by_its_hash),
		T(the_units_authority_issues_units_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
