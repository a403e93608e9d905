/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ocpp_secure.h"

static struct issued root, other;

static void
install(enum ocpp_version v, const char *type, X509 *x)
{
	own_str char *pem = pem_of(x), *all = NULL;
	char fmt[128];

	(void)snprintf(fmt, sizeof(fmt),
	    "{\"certificateType\":\"%s\",\"certificate\":%%s}", type);
	all = with_text(fmt, pem);
	assert_int_equal(
	    asked(v, OCPP_DOWN, "InstallCertificate", all), PAIR_TAKEN);
}

static void
says(const char *status, const char *reason)
{
	own_json json_t *o = said_json(w.nsaid - 1);

	if (strcmp(job_text(o, "status"), status) != 0)
		fail_msg("%s instead of %s", last_said(), status);
	assert_string_equal(
	    job_text(json_object_get(o, "statusInfo"), "reasonCode"), reason);
}

/* The hash data of the n-th installed of a type, as 1.6 or 2.x lists it. */
static json_t *
listed(enum ocpp_version v, const char *type, size_t n)
{
	char payload[128];
	json_t *hash;

	(void)snprintf(payload, sizeof(payload),
	    v == OCPP_16 ? "{\"certificateType\":\"%s\"}"
			 : "{\"certificateType\":[\"%s\"]}",
	    type);
	assert_int_equal(
	    asked(v, OCPP_DOWN, "GetInstalledCertificateIds", payload),
	    PAIR_TAKEN);
	own_json json_t *o = said_json(w.nsaid - 1);

	hash = json_array_get(json_object_get(o,
				  v == OCPP_16 ? "certificateHashData"
					       : "certificateHashDataChain"),
	    n);
	if (v != OCPP_16)
		hash = json_object_get(hash, "certificateHashData");
	return json_incref(hash);
}

static void
delete_hash(enum ocpp_version v, json_t *hash)
{
	own_json json_t *o = json_pack("{s:O}", "certificateHashData", hash);
	own_str char *text = json_line(o);

	assert_int_equal(
	    asked(v, OCPP_DOWN, "DeleteCertificate", text), PAIR_TAKEN);
}

static void
what_the_store_takes_is_listed_and_deleted_again(void **state)
{
	static const struct {
		enum ocpp_version v;
		const char *type;
	} rows[] = {
		{ OCPP_16, "CentralSystemRootCertificate" },
		{ OCPP_16, "ManufacturerRootCertificate" },
		{ OCPP_201, "CSMSRootCertificate" },
		{ OCPP_201, "ManufacturerRootCertificate" },
		{ OCPP_201, "V2GRootCertificate" },
		{ OCPP_21, "MORootCertificate" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		json_t *hash;

		install(rows[i].v, rows[i].type, root.cert);
		says("Accepted", "");
		assert_int_equal(w.forgotten, 2 * i + 1);
		hash = listed(rows[i].v, rows[i].type, 0);
		says("Accepted", "");
		delete_hash(rows[i].v, hash);
		says("Accepted", "");
		delete_hash(rows[i].v, hash);
		says("NotFound", rows[i].v == OCPP_16 ? "" : "NotFound");
		json_decref(hash);
		json_decref(listed(rows[i].v, rows[i].type, 0));
		says("NotFound", rows[i].v == OCPP_16 ? "" : "NotFound");
		quiet();
	}
}

static void
hash_data_are_those_of_rfc_6960(void **state)
{
	unsigned char name[32], key[32];
	char hex[65];
	json_t *hash;

	(void)state;
	install(OCPP_201, "V2GRootCertificate", root.cert);
	hash = listed(OCPP_201, "V2GRootCertificate", 0);
	assert_int_equal(X509_NAME_digest(X509_get_subject_name(root.cert),
			     EVP_sha256(), name, NULL),
	    1);
	assert_int_equal(
	    X509_pubkey_digest(root.cert, EVP_sha256(), key, NULL), 1);
	hex_encode(name, 32, hex);
	assert_string_equal(job_text(hash, "issuerNameHash"), hex);
	hex_encode(key, 32, hex);
	assert_string_equal(job_text(hash, "issuerKeyHash"), hex);
	assert_string_equal(job_text(hash, "serialNumber"), "1");
	/* Others write zeros in front. */
	(void)json_object_set_new(hash, "serialNumber", json_string("0001"));
	delete_hash(OCPP_201, hash);
	says("Accepted", "");
	json_decref(hash);
}

static void
a_certificate_that_is_no_authority_is_rejected(void **state)
{
	own_issued struct issued leaf =
	    issue(&(struct issue){ .cn = "leaf", .by = &root });
	own_issued struct issued old = issue(&(struct issue){
	    .cn = "old", .ca = 1, .from_s = -7200, .to_s = -3600 });

	(void)state;
	install(OCPP_16, "CentralSystemRootCertificate", leaf.cert);
	assert_string_equal(
	    last_said(), "answer down i1 {\"status\":\"Rejected\"}");
	install(OCPP_201, "CSMSRootCertificate", old.cert);
	says("Rejected", "InvalidCertificate");
	assert_int_equal(asked(OCPP_201, OCPP_DOWN, "InstallCertificate",
			     "{\"certificateType\":\"CSMSRootCertificate\","
			     "\"certificate\":\"no PEM\"}"),
	    PAIR_TAKEN);
	says("Rejected", "InvalidCertificate");
	install(OCPP_21, "OEMRootCertificate", root.cert);
	says("Rejected", "UnsupportedParam");
	json_decref(listed(OCPP_201, "CSMSRootCertificate", 0));
	says("NotFound", "NotFound");
}

static void
a_full_store_rejects_and_one_that_can_not_be_written_fails(void **state)
{
	(void)state;
	charging_stop(&w.store);
	(void)close(w.store.state);
	store_begins("max_anchors = 1;");
	install(OCPP_201, "CSMSRootCertificate", root.cert);
	says("Accepted", "");
	install(OCPP_201, "CSMSRootCertificate", other.cert);
	says("Rejected", "OutOfStorage");
	w.full = true;
	install(OCPP_201, "MORootCertificate", other.cert);
	says("Failed", "InternalError");
	w.full = false;
}

static void
the_last_root_of_a_csms_in_use_stays(void **state)
{
	struct err e;
	json_t *hash;

	(void)state;
	w.set.csms.profile = 2;
	install(OCPP_16, "CentralSystemRootCertificate", root.cert);
	hash = listed(OCPP_16, "CentralSystemRootCertificate", 0);
	delete_hash(OCPP_16, hash);
	says("Failed", "");
	install(OCPP_16, "CentralSystemRootCertificate", other.cert);
	assert_int_equal(x509_fingerprint(root.cert, w.root, &e), 0);
	delete_hash(OCPP_201, hash);
	says("Failed", "InUse");
	assert_int_equal(x509_fingerprint(other.cert, w.root, &e), 0);
	delete_hash(OCPP_16, hash);
	says("Accepted", "");
	json_decref(hash);
}

static void
beside_a_root_only_one_that_it_signed_is_taken_where_that_is_asked(void **state)
{
	own_issued struct issued next =
	    issue(&(struct issue){ .cn = "next", .by = &root, .ca = 1 });
	own_issued struct issued strange =
	    issue(&(struct issue){ .cn = "strange", .by = &other, .ca = 1 });

	(void)state;
	w.pair.charger->root_check = true;
	install(OCPP_201, "CSMSRootCertificate", root.cert);
	says("Accepted", "");
	install(OCPP_201, "CSMSRootCertificate", other.cert);
	says("Rejected", "InvalidCertificate");
	install(OCPP_201, "CSMSRootCertificate", strange.cert);
	says("Rejected", "InvalidCertificate");
	install(OCPP_201, "CSMSRootCertificate", next.cert);
	says("Accepted", "");
}

static void
all_types_are_listed_when_none_is_named(void **state)
{
	(void)state;
	install(OCPP_201, "CSMSRootCertificate", root.cert);
	install(OCPP_201, "MORootCertificate", other.cert);
	(void)asked(OCPP_201, OCPP_DOWN, "GetInstalledCertificateIds", "{}");
	own_json json_t *o = said_json(w.nsaid - 1);

	assert_int_equal(
	    json_array_size(json_object_get(o, "certificateHashDataChain")), 2);
}

/* --- a leaf --------------------------------------------------------------- */

/* The CSR of the CALL that was said at i. */
static X509_REQ *
request(unsigned i)
{
	own_json json_t *o = said_json(i);
	BIO *bio = BIO_new_mem_buf(job_text(o, "csr"), -1);
	X509_REQ *req = PEM_read_bio_X509_REQ(bio, NULL, NULL, NULL);

	BIO_free(bio);
	assert_non_null(req);
	assert_int_equal(X509_REQ_verify(req, X509_REQ_get0_pubkey(req)), 1);
	return req;
}

static char *
sign(X509_REQ *req, const struct issued *by, const char *cn)
{
	struct issued leaf = issue(&(struct issue){ .cn = cn,
	    .by = by,
	    .key = X509_REQ_get_pubkey(req),
	    .eku = "clientAuth" });
	char *pem = pem_of(leaf.cert);

	issued_free(&leaf);
	X509_REQ_free(req);
	return pem;
}

static void
send_signed(enum ocpp_version v, const char *pem, const char *more)
{
	char fmt[128];
	own_str char *all = NULL;

	(void)snprintf(fmt, sizeof(fmt), "{\"certificateChain\":%%s%s}", more);
	all = with_text(fmt, pem);
	assert_int_equal(
	    asked(v, OCPP_DOWN, "CertificateSigned", all), PAIR_TAKEN);
}

static void
trigger(enum ocpp_version v)
{
	assert_int_equal(v == OCPP_16
		? asked(v, OCPP_DOWN, "ExtendedTriggerMessage",
		      "{\"requestedMessage\":"
		      "\"SignChargePointCertificate\"}")
		: asked(v, OCPP_DOWN, "TriggerMessage",
		      "{\"requestedMessage\":"
		      "\"SignChargingStationCertificate\"}"),
	    PAIR_TAKEN);
	if (w.nsaid < 2)
		fail_msg("%s", last_said());
	assert_string_equal(
	    w.said[w.nsaid - 2], "answer down i1 {\"status\":\"Accepted\"}");
}

static void
ready_for_profile_3(void)
{
	w.set.csms.profile = 3;
	w.set.csms.own_leaf = true;
	(void)strcpy(w.pair.charger->serial, "SN-42");
	install(OCPP_16, "CentralSystemRootCertificate", root.cert);
	quiet();
}

static void
a_certificate_is_asked_for_taken_and_dialled_with(void **state)
{
	static const enum ocpp_version versions[] = { OCPP_16, OCPP_201,
		OCPP_21 };

	(void)state;
	ready_for_profile_3();
	for (size_t i = 0; i < 3; i++) {
		own_str char *pem = NULL;
		X509_REQ *req;
		char subject[256];

		trigger(versions[i]);
		req = request(w.nsaid - 1);
		(void)X509_NAME_oneline(
		    X509_REQ_get_subject_name(req), subject, sizeof(subject));
		assert_non_null(strstr(subject, "/O=Example"));
		assert_non_null(strstr(subject, "/CN=SN-42"));
		answered_call(0, "{\"status\":\"Accepted\"}");
		pem = sign(req, &root, "SN-42");
		send_signed(versions[i], pem, "");
		says("Accepted", "");
		assert_int_equal(w.redials, 1);
		assert_string_equal(w.pair.charger->leaf, "SN-42");
		assert_non_null(strstr(w.events,
		    "ReconfigurationOfSecurityParameters: charge point CP1: a "
		    "new ChargingStationCertificate"));
		assert_false(sign_waits(secured_of(w.secure, "CP1")));
		quiet();
	}
	restart();
	assert_string_equal(w.pair.charger->leaf, "SN-42");
}

static void
each_request_has_a_new_key(void **state)
{
	X509_REQ *a, *b;

	(void)state;
	ready_for_profile_3();
	trigger(OCPP_16);
	a = request(w.nsaid - 1);
	trigger(OCPP_16);
	b = request(w.nsaid - 1);
	assert_int_equal(
	    EVP_PKEY_eq(X509_REQ_get0_pubkey(a), X509_REQ_get0_pubkey(b)), 0);
	X509_REQ_free(a);
	X509_REQ_free(b);
}

static void
a_certificate_of_strangers_is_rejected_and_an_event(void **state)
{
	own_str char *pem = NULL, *mine = NULL;
	own_issued struct issued thief = issue(
	    &(struct issue){ .cn = "SN-42", .by = &root, .eku = "clientAuth" });

	(void)state;
	ready_for_profile_3();
	trigger(OCPP_16);
	pem = sign(request(w.nsaid - 1), &other, "SN-42");
	send_signed(OCPP_16, pem, "");
	assert_string_equal(
	    last_said(), "answer down i1 {\"status\":\"Rejected\"}");
	assert_non_null(
	    strstr(w.events, "InvalidChargingStationCertificate: "));
	/* Signed well, but its key is somewhere else. */
	mine = pem_of(thief.cert);
	send_signed(OCPP_201, mine, "");
	says("Rejected", "InvalidCertificate");
	assert_int_equal(w.redials, 0);
}

static void
in_2_1_the_request_is_told_by_its_number(void **state)
{
	own_str char *pem = NULL;
	own_json json_t *o = NULL;
	char more[64];

	(void)state;
	ready_for_profile_3();
	trigger(OCPP_21);
	o = said_json(w.nsaid - 1);
	assert_string_equal(
	    job_text(o, "certificateType"), "ChargingStationCertificate");
	assert_int_equal(
	    json_integer_value(json_object_get(o, "requestId")), 1);
	pem = sign(request(w.nsaid - 1), &root, "SN-42");
	send_signed(OCPP_21, pem, ",\"requestId\":7");
	says("Rejected", "InvalidValue");
	(void)snprintf(more, sizeof(more), ",\"requestId\":1");
	send_signed(OCPP_21, pem, more);
	says("Accepted", "");
}

static void
a_chain_that_is_too_long_is_rejected(void **state)
{
	char *text = calloc(1, 10100);

	(void)state;
	ready_for_profile_3();
	trigger(OCPP_16);
	memset(text, 'A', 10001);
	w.pair.version = OCPP_201;
	struct frame f = { .type = OCPP_CALL, .id = { "i1", 2 } };
	own_str char *all = with_text("{\"certificateChain\":%s}", text);

	f.payload = (struct span){ all, strlen(all) };
	assert_int_equal(
	    asked_signed(&w.pair, OCPP_DOWN, &f, f.payload, NULL), PAIR_TAKEN);
	says("Rejected", "TooLargeElement");
	free(text);
}

/* TC_A_23: waits, then waits twice as long, then no more. */
static void
what_is_not_answered_is_asked_again_after_double_the_time(void **state)
{
	struct secured *r;
	uint64_t first;

	(void)state;
	ready_for_profile_3();
	r = secured_of(w.secure, "CP1");
	r->wait_s = 10;
	r->repeats = 2;
	trigger(OCPP_16);
	answered_call(0, "{\"status\":\"Accepted\"}");
	first = r->signing[LEAF_CSMS].next_ms;
	assert_in_range(first, now_ms() + 9000, now_ms() + 10000);
	sign_sweep(w.secure, r, first - 1);
	assert_int_equal(w.ncalls, 1);
	sign_sweep(w.secure, r, first);
	assert_int_equal(w.ncalls, 2);
	assert_string_equal(w.said[w.nsaid - 1], w.said[1]);
	answered_call(1, "{\"status\":\"Accepted\"}");
	assert_in_range(
	    r->signing[LEAF_CSMS].next_ms, now_ms() + 19000, now_ms() + 20000);
	sign_sweep(w.secure, r, now_ms() + 20000);
	answered_call(2, NULL);
	assert_in_range(
	    r->signing[LEAF_CSMS].next_ms, now_ms() + 39000, now_ms() + 40000);
	sign_sweep(w.secure, r, now_ms() + 40000);
	assert_int_equal(w.ncalls, 3);
	assert_false(sign_waits(r));
	/* Its key is gone. */
	struct err e;
	own_json json_t *n = ask_store(NULL, "certs.count", json_object(), &e);
	assert_int_equal(json_integer_value(json_object_get(n, "keys")), 0);
}

static void
a_request_that_is_rejected_ends_there(void **state)
{
	(void)state;
	ready_for_profile_3();
	trigger(OCPP_201);
	answered_call(0, "{\"status\":\"Rejected\"}");
	assert_false(sign_waits(secured_of(w.secure, "CP1")));
}

static void
without_an_organization_nothing_is_asked_for(void **state)
{
	(void)state;
	w.set.cpo = NULL;
	assert_int_equal(
	    asked(OCPP_201, OCPP_DOWN, "TriggerMessage",
		"{\"requestedMessage\":\"SignChargingStationCertificate\"}"),
	    PAIR_TAKEN);
	says("Rejected", "InternalError");
	assert_int_equal(
	    asked(OCPP_201, OCPP_DOWN, "TriggerMessage",
		"{\"requestedMessage\":\"SignCombinedCertificate\"}"),
	    PAIR_TAKEN);
	says("NotImplemented", "UnsupportedRequest");
	assert_int_equal(asked(OCPP_201, OCPP_DOWN, "TriggerMessage",
			     "{\"requestedMessage\":\"Heartbeat\"}"),
	    PAIR_PASS);
}

static void
a_leaf_near_its_end_is_renewed_by_itself_once_a_day(void **state)
{
	own_str char *pem = NULL;
	X509_REQ *req;
	struct issued leaf;
	struct err e;

	(void)state;
	ready_for_profile_3();
	secure_opened(w.secure, &w.pair);
	assert_int_equal(w.ncalls, 0); /* there is none to renew */
	trigger(OCPP_16);
	req = request(w.nsaid - 1);
	leaf = issue(&(struct issue){ .cn = "SN-42",
	    .by = &root,
	    .key = X509_REQ_get_pubkey(req),
	    .from_s = -9 * 86400,
	    .to_s = 86400,
	    .eku = "clientAuth" });
	X509_REQ_free(req);
	pem = pem_of(leaf.cert);
	issued_free(&leaf);
	send_signed(OCPP_16, pem, "");
	says("Accepted", "");
	quiet();
	/* It stays connected for months: looked at from time to time. */
	assert_non_null(chargers_get(w.chargers, "CP0", &e));
	secure_look(w.secure);
	assert_int_equal(w.ncalls, 0);
	secure_look(w.secure);
	assert_int_equal(w.ncalls, 1);
	assert_non_null(strstr(w.said[0], "call up SignCertificate {"));
	answered_call(0, "{\"status\":\"Rejected\"}");
	secure_opened(w.secure, &w.pair);
	assert_int_equal(w.ncalls, 1);
}

static void
the_certificate_of_the_charging_station_is_not_deleted(void **state)
{
	own_str char *pem = NULL;
	struct err e;

	(void)state;
	ready_for_profile_3();
	trigger(OCPP_16);
	pem = sign(request(w.nsaid - 1), &root, "SN-42");
	send_signed(OCPP_16, pem, "");
	own_json json_t *all = ask_store(NULL, "certs.list",
	    json_pack("{s:[s]}", "types", "CSMSCertificateChain"), &e);
	const json_t *hash = json_object_get(
	    json_array_get(json_object_get(all, "certificates"), 0), "hash");
	own_json json_t *data =
	    json_pack("{s:s, s:s, s:s, s:s}", "hashAlgorithm", "SHA256",
		"issuerNameHash", job_text(hash, "issuer_name"),
		"issuerKeyHash", job_text(hash, "issuer_key"), "serialNumber",
		job_text(hash, "serial"));

	assert_true(*job_text(hash, "serial") != '\0');
	delete_hash(OCPP_201, data);
	says("Failed", "InUse");
}

/* --- policies ------------------------------------------------------------- */

static const struct {
	enum ocpp_version v;
	enum ocpp_way way;
	const char *action, *payload, *refusal;
} rows[] = {
	{ OCPP_16, OCPP_DOWN, "InstallCertificate",
	    "{\"certificateType\":\"CentralSystemRootCertificate\","
	    "\"certificate\":\"x\"}",
	    "Rejected" },
	{ OCPP_201, OCPP_DOWN, "DeleteCertificate",
	    "{\"certificateHashData\":{\"hashAlgorithm\":\"SHA256\","
	    "\"issuerNameHash\":\"aa\",\"issuerKeyHash\":\"bb\","
	    "\"serialNumber\":\"1\"}}",
	    "Failed" },
	{ OCPP_21, OCPP_DOWN, "GetInstalledCertificateIds", "{}", "NotFound" },
	{ OCPP_16, OCPP_DOWN, "CertificateSigned",
	    "{\"certificateChain\":\"x\"}", "Rejected" },
	{ OCPP_16, OCPP_DOWN, "ExtendedTriggerMessage",
	    "{\"requestedMessage\":\"SignChargePointCertificate\"}",
	    "Rejected" },
	{ OCPP_16, OCPP_UP, "SignCertificate", "{\"csr\":\"x\"}", "Rejected" },
};

static void
what_is_forwarded_is_not_touched_and_what_is_refused_is_answered(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		w.class.certificates = OCPP_FORWARD;
		assert_int_equal(asked(rows[i].v, rows[i].way, rows[i].action,
				     rows[i].payload),
		    PAIR_PASS);
		assert_int_equal(w.nsaid, 0);
		w.class.certificates = OCPP_REFUSE;
		assert_int_equal(asked(rows[i].v, rows[i].way, rows[i].action,
				     rows[i].payload),
		    PAIR_TAKEN);
		says(rows[i].refusal, "");
		quiet();
	}
}

static void
firmware_signed_by_strangers_is_refused(void **state)
{
	own_issued struct issued maker = issue(&(struct issue){
	    .cn = "maker", .by = &root, .eku = "codeSigning" });
	own_issued struct issued thief = issue(&(struct issue){
	    .cn = "thief", .by = &other, .eku = "codeSigning" });
	own_str char *good = pem_of(maker.cert), *bad = pem_of(thief.cert);
	own_str char *old = with_text("{\"requestId\":1,\"firmware\":{"
				      "\"location\":\"https://x/f\","
				      "\"retrieveDateTime\":"
				      "\"2026-01-01T00:00:00Z\","
				      "\"signature\":\"AA==\","
				      "\"signingCertificate\":%s}}",
	    bad);
	own_str char *new = with_text("{\"requestId\":1,\"firmware\":{"
				      "\"location\":\"https://x/f\","
				      "\"retrieveDateTime\":"
				      "\"2026-01-01T00:00:00Z\","
				      "\"signature\":\"AA==\","
				      "\"signingCertificate\":%s}}",
	    good);

	(void)state;
	/* Nobody to judge by. */
	assert_int_equal(
	    asked(OCPP_16, OCPP_DOWN, "SignedUpdateFirmware", old), PAIR_PASS);
	install(OCPP_16, "ManufacturerRootCertificate", root.cert);
	quiet();
	assert_int_equal(
	    asked(OCPP_16, OCPP_DOWN, "SignedUpdateFirmware", old), PAIR_TAKEN);
	assert_string_equal(
	    last_said(), "answer down i1 {\"status\":\"InvalidCertificate\"}");
	assert_non_null(
	    strstr(w.events, "InvalidFirmwareSigningCertificate: "));
	assert_int_equal(
	    asked(OCPP_201, OCPP_DOWN, "UpdateFirmware", old), PAIR_TAKEN);
	says("InvalidCertificate", "InvalidCertificate");
	assert_int_equal(
	    asked(OCPP_201, OCPP_DOWN, "UpdateFirmware", new), PAIR_PASS);
	assert_int_equal(
	    asked(OCPP_16, OCPP_DOWN, "SignedUpdateFirmware", new), PAIR_PASS);
	w.class.certificates = OCPP_FORWARD;
	assert_int_equal(
	    asked(OCPP_16, OCPP_DOWN, "SignedUpdateFirmware", old), PAIR_PASS);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		in_the_world(what_the_store_takes_is_listed_and_deleted_again),
		in_the_world(hash_data_are_those_of_rfc_6960),
		in_the_world(a_certificate_that_is_no_authority_is_rejected),
		in_the_world(
		    a_full_store_rejects_and_one_that_can_not_be_written_fails),
		in_the_world(the_last_root_of_a_csms_in_use_stays),
		in_the_world(
		    beside_a_root_only_one_that_it_signed_is_taken_where_that_is_asked),
		in_the_world(all_types_are_listed_when_none_is_named),
		in_the_world(a_certificate_is_asked_for_taken_and_dialled_with),
		in_the_world(each_request_has_a_new_key),
		in_the_world(
		    a_certificate_of_strangers_is_rejected_and_an_event),
		in_the_world(in_2_1_the_request_is_told_by_its_number),
		in_the_world(a_chain_that_is_too_long_is_rejected),
		in_the_world(
		    what_is_not_answered_is_asked_again_after_double_the_time),
		in_the_world(a_request_that_is_rejected_ends_there),
		in_the_world(without_an_organization_nothing_is_asked_for),
		in_the_world(
		    a_leaf_near_its_end_is_renewed_by_itself_once_a_day),
		in_the_world(
		    the_certificate_of_the_charging_station_is_not_deleted),
		in_the_world(
		    what_is_forwarded_is_not_touched_and_what_is_refused_is_answered),
		in_the_world(firmware_signed_by_strangers_is_refused),
	};
	int rc;

	root = issue(&(struct issue){ .cn = "root", .ca = 1 });
	other = issue(&(struct issue){ .cn = "other", .ca = 1 });
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	issued_free(&root);
	issued_free(&other);
	return rc;
}
