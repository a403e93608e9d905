/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ocpp_secure.h"
#include "who.h"

#define KEY     "000102030405060708090a0b0c0d0e0f"
#define OLD_KEY "old password 123"

static struct charger *
cp(void)
{
	return w.pair.charger;
}

static void
has_old_key(uint8_t profile)
{
	struct err e;

	w.set.csms.profile = profile;
	memcpy(cp()->secret, OLD_KEY, 16);
	cp()->secret_len = 16;
	assert_int_equal(charger_save(w.chargers, cp(), &e), 0);
}

static void
change(const char *key, const char *value)
{
	char payload[512];

	(void)snprintf(payload, sizeof(payload),
	    "{\"key\":\"%s\",\"value\":\"%s\"}", key, value);
	assert_int_equal(
	    asked(OCPP_16, OCPP_DOWN, "ChangeConfiguration", payload),
	    PAIR_TAKEN);
}

static void
says(const char *status)
{
	char want[64];

	(void)snprintf(
	    want, sizeof(want), "answer down i1 {\"status\":\"%s\"}", status);
	assert_string_equal(last_said(), want);
}

static bool
dialled(enum dial_end end, unsigned status)
{
	struct dial_result r = { .end = end, .status = status, .why = "so" };

	return secure_dialled(w.secure, &w.pair, &r);
}

static void
is_secret(const char *bytes, size_t len)
{
	assert_int_equal(cp()->secret_len, len);
	assert_memory_equal(cp()->secret, bytes, len);
}

/* --- passwords ------------------------------------------------------------ */

static const struct {
	const char *value, *bytes; /* NULL: rejected */
	size_t len;
} keys[] = {
	{ KEY, "\0\1\2\3\4\5\6\7\10\11\12\13\14\15\16\17", 16 },
	{ "000102030405060708090A0B0C0D0E0F3A3A3A3A",
	    "\0\1\2\3\4\5\6\7\10\11\12\13\14\15\16\17::::", 20 },
	{ "sixteen letters!", "sixteen letters!", 16 },
	{ "twenty letters it is", "twenty letters it is", 20 },
	{ "fifteen letters", NULL, 0 },
	{ "twenty-one letters it", NULL, 0 },
	{ "not hexadecimal, and of 34 letters", NULL, 0 },
	{ "00010203040506070809000000000000000000000000", NULL, 0 },
	{ "", NULL, 0 },
};

static void
a_key_is_bytes_in_hexadecimal_or_a_short_text(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		has_old_key(1);
		change("AuthorizationKey", keys[i].value);
		says(keys[i].bytes == NULL ? "Rejected" : "Accepted");
		if (keys[i].bytes != NULL)
			is_secret(keys[i].bytes, keys[i].len);
		else
			is_secret(OLD_KEY, 16);
		assert_int_equal(w.redials, keys[i].bytes != NULL);
		quiet();
	}
}

static void
a_new_key_is_durable_when_it_is_accepted(void **state)
{
	(void)state;
	has_old_key(2);
	change("authorizationkey", KEY);
	says("Accepted");
	assert_int_equal(w.redials, 1);
	restart();
	is_secret(keys[0].bytes, 16);
	/* After the restart the CSMS says no: the old one counts again. */
	assert_true(dialled(DIAL_HTTP, 401));
	is_secret(OLD_KEY, 16);
	restart();
	is_secret(OLD_KEY, 16);
	assert_false(dialled(DIAL_HTTP, 401));
}

static void
a_key_that_worked_is_not_taken_back(void **state)
{
	(void)state;
	has_old_key(1);
	change("AuthorizationKey", KEY);
	assert_false(dialled(DIAL_OPEN, 0));
	assert_false(dialled(DIAL_HTTP, 401));
	is_secret(keys[0].bytes, 16);
	restart();
	assert_false(dialled(DIAL_HTTP, 401));
	is_secret(keys[0].bytes, 16);
}

static void
a_csms_that_is_down_takes_no_key_back(void **state)
{
	(void)state;
	has_old_key(1);
	change("AuthorizationKey", KEY);
	for (int i = 0; i < 10; i++) {
		assert_false(dialled(DIAL_NO_ROUTE, 0));
		assert_false(dialled(DIAL_HTTP, 503));
		assert_false(dialled(DIAL_HTTP, 0));
		assert_false(dialled(DIAL_TLS_PEER, 0));
	}
	is_secret(keys[0].bytes, 16);
}

static void
of_two_changes_the_first_is_what_is_gone_back_to(void **state)
{
	(void)state;
	has_old_key(1);
	change("AuthorizationKey", KEY);
	change("AuthorizationKey", "sixteen letters!");
	assert_true(dialled(DIAL_HTTP, 401));
	is_secret(OLD_KEY, 16);
}

static void
no_secret_is_in_an_event_or_an_answer(void **state)
{
	(void)state;
	has_old_key(1);
	change("AuthorizationKey", "sixteen letters!");
	change("AuthorizationKey", "a wrong one: PLANTED PLANTED PLANTED");
	assert_non_null(strstr(w.events, "a new password"));
	assert_null(strstr(w.events, "sixteen"));
	for (unsigned i = 0; i < w.nsaid; i++) {
		assert_null(strstr(w.said[i], "sixteen"));
		assert_null(strstr(w.said[i], "PLANTED"));
	}
	assert_int_equal(
	    asked(OCPP_201, OCPP_DOWN, "SetVariables",
		"{\"setVariableData\":[{\"attributeValue\":\"PLANTED\","
		"\"component\":{\"name\":\"SecurityCtrlr\"},\"variable\":{"
		"\"name\":\"BasicAuthPassword\"}}]}"),
	    PAIR_TAKEN);
	assert_non_null(strstr(last_said(), "Rejected"));
	assert_null(strstr(last_said(), "PLANTED"));
}

static void
a_password_of_the_document_is_the_documents(void **state)
{
	(void)state;
	has_old_key(1);
	w.set.csms.password = (char *)(uintptr_t) "given by the document";
	change("AuthorizationKey", KEY);
	says("Rejected");
	is_secret(OLD_KEY, 16);
}

static void
with_a_certificate_a_new_key_waits(void **state)
{
	(void)state;
	has_old_key(3);
	change("AuthorizationKey", KEY);
	says("Accepted");
	assert_int_equal(w.redials, 0);
}

/* --- a charge point that takes it itself ---------------------------------- */

static enum pair_do
charger_says(const char *id, const char *payload)
{
	struct frame f = { .type = OCPP_RESULT,
		.payload = { payload, strlen(payload) } };
	struct call call = { .ours = false };

	(void)strcpy(call.id, id);
	return answered_change(&w.pair, OCPP_UP, &f, f.payload, &call);
}

static void
a_key_that_the_charge_point_takes_is_learnt(void **state)
{
	static const char *const payload =
	    "{\"key\":\"AuthorizationKey\",\"value\":\"" KEY "\"}";
	struct who_proof proof = { .given_len = 16, .has_hash = true };

	(void)state;
	w.class.profiles = OCPP_FORWARD;
	has_old_key(1);
	assert_int_equal(
	    asked(OCPP_16, OCPP_DOWN, "ChangeConfiguration", payload),
	    PAIR_PASS);
	assert_int_equal(
	    charger_says("i1", "{\"status\":\"Rejected\"}"), PAIR_PASS);
	is_secret(OLD_KEY, 16);
	assert_int_equal(
	    asked(OCPP_16, OCPP_DOWN, "ChangeConfiguration", payload),
	    PAIR_PASS);
	assert_int_equal(
	    charger_says("other", "{\"status\":\"Accepted\"}"), PAIR_PASS);
	is_secret(OLD_KEY, 16);
	assert_int_equal(
	    charger_says("i1", "{\"status\":\"Accepted\"}"), PAIR_PASS);
	restart();
	is_secret(keys[0].bytes, 16);
	memcpy(proof.given, keys[0].bytes, 16);
	memcpy(proof.salt, cp()->salt, sizeof(proof.salt));
	memcpy(proof.hash, cp()->hash, sizeof(proof.hash));
	who_prove(&proof);
	assert_true(proof.good);
}

static void
a_key_that_would_lock_a_charge_point_out_is_refused(void **state)
{
	(void)state;
	w.class.profiles = OCPP_FORWARD;
	w.class.password = (char *)(uintptr_t) "what it presents here";
	change("AuthorizationKey", KEY);
	says("Rejected");
}

/* --- profiles of 1.6 ------------------------------------------------------ */

static struct issued root;

static void
root_is_installed(void)
{
	own_str char *pem = pem_of(root.cert);
	own_json json_t *reply = NULL;
	struct err e;

	reply = ask_store(NULL, "certs.install",
	    json_pack("{s:s, s:s}", "domain", "CSMS", "certificate", pem), &e);
	assert_string_equal(certs_result(reply), "Accepted");
}

static void
leaf_is_installed(void)
{
	struct err e;
	own_json json_t *csr = ask_store(NULL, "certs.csr",
	    json_pack("{s:s, s:s}", "leaf", "CSMS", "common", "CP1"), &e);
	BIO *bio = BIO_new_mem_buf(job_text(csr, "csr"), -1);
	X509_REQ *req = PEM_read_bio_X509_REQ(bio, NULL, NULL, NULL);
	struct issued leaf = issue(&(struct issue){ .cn = "CP1",
	    .by = &root,
	    .key = X509_REQ_get_pubkey(req),
	    .eku = "clientAuth" });
	own_str char *pem = pem_of(leaf.cert);
	own_json json_t *reply = ask_store(NULL, "certs.update",
	    json_pack("{s:s, s:s}", "leaf", "CSMS", "chain", pem), &e);

	assert_string_equal(certs_result(reply), "Accepted");
	X509_REQ_free(req);
	BIO_free(bio);
	issued_free(&leaf);
}

/* A05.FR.02 to .06; TC_083, TC_084. */
static void
a_profile_is_refused_that_is_lower_or_lacks_something(void **state)
{
	(void)state;
	w.set.csms.profile = 0;
	change("SecurityProfile", "1");
	says("Rejected"); /* no key */
	has_old_key(0);
	change("SecurityProfile", "0");
	says("Rejected");
	change("SecurityProfile", "4");
	says("Rejected");
	change("SecurityProfile", "one");
	says("Rejected");
	change("SecurityProfile", "2");
	says("Rejected"); /* no root */
	change("SecurityProfile", "3");
	says("Rejected");
	root_is_installed();
	change("SecurityProfile", "3");
	says("Rejected"); /* no certificate */
	assert_int_equal(w.redials, 0);
	change("SecurityProfile", "2");
	says("Accepted");
	assert_int_equal(w.redials, 1);
	assert_false(dialled(DIAL_OPEN, 0));
	change("SecurityProfile", "2");
	says("Rejected");
	change("SecurityProfile", "1");
	says("Rejected");
	leaf_is_installed();
	change("SecurityProfile", "3");
	says("Accepted");
	restart();
	assert_int_equal(profile_of(w.secure, cp()), 3);
}

static void
a_profile_that_does_not_work_is_taken_back(void **state)
{
	static const struct {
		enum dial_end end;
		unsigned status, times; /* until it is believed */
	} rows[] = {
		{ DIAL_TLS_PEER, 0, 1 },
		{ DIAL_TLS_VERSION, 0, 1 },
		{ DIAL_TLS, 0, 1 },
		{ DIAL_HTTP, 401, 1 },
		{ DIAL_HTTP, 404, 1 },
		{ DIAL_UPGRADE, 0, 1 },
		{ DIAL_HTTP, 503, 3 },
		{ DIAL_NO_ROUTE, 0, 3 },
		{ DIAL_NO_NAME, 0, 3 },
	};

	(void)state;
	root_is_installed();
	has_old_key(1);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		change("SecurityProfile", "2");
		says("Accepted");
		assert_int_equal(profile_of(w.secure, cp()), 2);
		for (unsigned n = 1; n < rows[i].times; n++)
			assert_false(dialled(rows[i].end, rows[i].status));
		assert_true(dialled(rows[i].end, rows[i].status));
		assert_int_equal(profile_of(w.secure, cp()), 1);
		restart();
		assert_int_equal(profile_of(w.secure, cp()), 1);
		quiet();
	}
}

static void
only_from_3_to_2_and_only_where_it_is_allowed_it_goes_down(void **state)
{
	struct err e;

	(void)state;
	root_is_installed();
	leaf_is_installed();
	has_old_key(3);
	assert_string_equal(profile_refusal(w.secure, cp(), 2, false, &e),
	    "NoSecurityDowngrade");
	w.set.csms.downgrade = true;
	assert_null(profile_refusal(w.secure, cp(), 2, false, &e));
	assert_string_equal(profile_refusal(w.secure, cp(), 1, false, &e),
	    "NoSecurityDowngrade");
	w.set.csms.profile = 2;
	assert_string_equal(profile_refusal(w.secure, cp(), 1, false, &e),
	    "NoSecurityDowngrade");
}

/* --- keys of 1.6 ---------------------------------------------------------- */

static void
keys_of_the_gateway_are_answered_and_others_forwarded(void **state)
{
	(void)state;
	has_old_key(1);
	assert_int_equal(asked(OCPP_16, OCPP_DOWN, "GetConfiguration",
			     "{\"key\":[\"securityprofile\","
			     "\"AuthorizationKey\",\"CpoName\"]}"),
	    PAIR_TAKEN);
	assert_string_equal(last_said(),
	    "answer down i1 {\"configurationKey\":[{\"key\":"
	    "\"SecurityProfile\",\"readonly\":false,\"value\":\"1\"},{\"key\":"
	    "\"AuthorizationKey\",\"readonly\":false},{\"key\":\"CpoName\","
	    "\"readonly\":false,\"value\":\"Example\"}]}");
	assert_int_equal(asked(OCPP_16, OCPP_DOWN, "GetConfiguration",
			     "{\"key\":[\"HeartbeatInterval\"]}"),
	    PAIR_PASS);
	assert_int_equal(asked(OCPP_16, OCPP_DOWN, "ChangeConfiguration",
			     "{\"key\":\"HeartbeatInterval\",\"value\":\"5\"}"),
	    PAIR_PASS);
}

static void
a_question_for_both_is_answered_by_both(void **state)
{
	(void)state;
	assert_int_equal(
	    asked(OCPP_16, OCPP_DOWN, "GetConfiguration",
		"{\"key\":[\"SecurityProfile\",\"HeartbeatInterval\"]}"),
	    PAIR_TAKEN);
	assert_string_equal(last_said(),
	    "call down GetConfiguration {\"key\":[\"HeartbeatInterval\"]}");
	answered_call(0,
	    "{\"configurationKey\":[{\"key\":\"HeartbeatInterval\","
	    "\"readonly\":false,\"value\":\"5\"}],\"unknownKey\":[]}");
	assert_string_equal(last_said(),
	    "answer down i1 {\"configurationKey\":[{\"key\":"
	    "\"HeartbeatInterval\",\"readonly\":false,\"value\":\"5\"},{"
	    "\"key\":\"SecurityProfile\",\"readonly\":false,\"value\":\"0\"}],"
	    "\"unknownKey\":[]}");
	quiet();
	assert_int_equal(
	    asked(OCPP_16, OCPP_DOWN, "GetConfiguration", "{}"), PAIR_TAKEN);
	answered_call(0,
	    "{\"configurationKey\":[{\"key\":\"securityProfile\","
	    "\"readonly\":true,\"value\":\"9\"},{\"key\":\"A\","
	    "\"readonly\":true}]}");
	assert_null(strstr(last_said(), "\"9\""));
	assert_non_null(strstr(last_said(), "\"SecurityProfile\""));
	assert_non_null(strstr(last_said(), "{\"key\":\"A\","));
	quiet();
	(void)asked(OCPP_16, OCPP_DOWN, "GetConfiguration", "{}");
	answered_call(0, NULL);
	assert_string_equal(last_said(),
	    "refuse down i1 GenericError the charge point did not answer");
}

static void
the_organization_and_waits_are_kept(void **state)
{
	(void)state;
	change("CpoName", "Someone else");
	says("Accepted");
	change("CpoName", "");
	says("Rejected");
	change("CertSigningWaitMinimum", "7");
	says("Accepted");
	change("CertSigningRepeatTimes", "-1");
	says("Rejected");
	change("CertificateSignedMaxChainSize", "1");
	says("Rejected");
	change("AdditionalRootCertificateCheck", "false");
	says("Rejected");
	restart();
	assert_string_equal(
	    cpo_of(w.secure, secured_of(w.secure, "CP1")), "Someone else");
	assert_int_equal(secured_of(w.secure, "CP1")->wait_s, 7);
}

static void
a_record_that_is_damaged_is_begun_anew(void **state)
{
	struct err e;
	uint8_t digest[32];
	char name[100] = "secure/", *hex = name + 7;

	(void)state;
	change("CertSigningWaitMinimum", "7");
	assert_int_equal(sha256("CP1", 3, digest, &e), 0);
	hex_encode(digest, 32, hex);
	assert_int_equal(
	    file_write(AT_FDCWD, name, "{\"wait\":", 8, FILE_SECRET, &e), 0);
	restart();
	assert_int_equal(secured_of(w.secure, "CP1")->wait_s, 60);
}

/* --- 2.x ------------------------------------------------------------------ */

#define VARIABLE(component, name, value)                                       \
	"{\"attributeValue\":\"" value                                         \
	"\",\"component\":{\"name\":\"" component                              \
	"\"},\"variable\":{\"name\":\"" name "\"}}"
#define SET(list) "{\"setVariableData\":[" list "]}"

static json_t *
result(unsigned i, size_t n)
{
	own_json json_t *o = said_json(i);
	json_t *list = json_object_get(o, "setVariableResult");

	if (list == NULL)
		list = json_object_get(o, "getVariableResult");
	return json_incref(json_array_get(list, n));
}

static void
set(enum ocpp_version v, const char *payload, const char *status)
{
	assert_int_equal(
	    asked(v, OCPP_DOWN, "SetVariables", payload), PAIR_TAKEN);
	own_json json_t *one = result(w.nsaid - 1, 0);

	if (strcmp(job_text(one, "attributeStatus"), status) != 0)
		fail_msg("%s", last_said());
}

static void
a_password_of_2x_is_a_text(void **state)
{
	(void)state;
	has_old_key(2);
	set(OCPP_201,
	    SET(VARIABLE("SecurityCtrlr", "BasicAuthPassword",
		"000102030405060708090a0b0c0d0e0f")),
	    "Accepted");
	is_secret("000102030405060708090a0b0c0d0e0f", 32);
	assert_int_equal(w.redials, 1);
	set(OCPP_201, SET(VARIABLE("SecurityCtrlr", "BasicAuthPassword", "x")),
	    "Rejected");
	assert_int_equal(w.redials, 1);
	set(OCPP_201, SET(VARIABLE("SecurityCtrlr", "SecurityProfile", "3")),
	    "Rejected");
	assert_int_equal(
	    asked(OCPP_201, OCPP_DOWN, "SetVariables",
		SET(VARIABLE("OCPPCommCtrlr", "HeartbeatInterval", "5"))),
	    PAIR_PASS);
}

static void
variables_of_both_are_set_by_both(void **state)
{
	(void)state;
	has_old_key(2);
	assert_int_equal(
	    asked(OCPP_201, OCPP_DOWN, "SetVariables",
		SET(VARIABLE("SecurityCtrlr", "BasicAuthPassword",
		    "sixteen letters!") "," VARIABLE("OCPPCommCtrlr",
		    "HeartbeatInterval", "5"))),
	    PAIR_TAKEN);
	assert_non_null(strstr(last_said(), "call down SetVariables "));
	assert_non_null(strstr(last_said(), "HeartbeatInterval"));
	assert_null(strstr(last_said(), "BasicAuthPassword"));
	assert_int_equal(w.redials, 0);
	answered_call(0,
	    "{\"setVariableResult\":[{\"attributeStatus\":\"Accepted\","
	    "\"component\":{\"name\":\"OCPPCommCtrlr\"},\"variable\":{"
	    "\"name\":\"HeartbeatInterval\"}}]}");
	own_json json_t *a = result(w.nsaid - 1, 0),
			*b = result(w.nsaid - 1, 1);

	assert_string_equal(job_text(a, "attributeStatus"), "Accepted");
	assert_string_equal(job_text(json_object_get(b, "variable"), "name"),
	    "BasicAuthPassword");
	assert_int_equal(w.redials, 1);
}

static void
what_is_written_only_is_not_read(void **state)
{
	(void)state;
	has_old_key(2);
	assert_int_equal(asked(OCPP_201, OCPP_DOWN, "GetVariables",
			     "{\"getVariableData\":[{\"component\":{\"name\":"
			     "\"SecurityCtrlr\"},\"variable\":{\"name\":"
			     "\"BasicAuthPassword\"}},{\"component\":{\"name\":"
			     "\"SecurityCtrlr\"},\"variable\":{\"name\":"
			     "\"SecurityProfile\"}}]}"),
	    PAIR_TAKEN);
	own_json json_t *a = result(w.nsaid - 1, 0),
			*b = result(w.nsaid - 1, 1);

	assert_string_equal(job_text(a, "attributeStatus"), "Rejected");
	assert_null(json_object_get(a, "attributeValue"));
	assert_string_equal(job_text(b, "attributeValue"), "2");
}

#define PROFILE(slot, url, profile, more)                                      \
	"{\"configurationSlot\":" slot ",\"connectionData\":{\"ocppVersion\":" \
	"\"OCPP20\",\"ocppTransport\":\"JSON\",\"ocppCsmsUrl\":\"" url         \
	"\",\"messageTimeout\":30,\"securityProfile\":" profile                \
	",\"ocppInterface\":\"Wired0\"" more "}}"
#define HOME "ws://CSMS.example/ocpp/"

static void
network(const char *payload, const char *status)
{
	assert_int_equal(
	    asked(OCPP_201, OCPP_DOWN, "SetNetworkProfile", payload),
	    PAIR_TAKEN);
	own_json json_t *o = said_json(w.nsaid - 1);

	if (strcmp(job_text(o, "status"), status) != 0)
		fail_msg("%s", last_said());
}

static void
reset_is_answered(const char *status)
{
	char payload[64];
	struct frame f = { .type = OCPP_RESULT };
	struct call call = { .ours = false };

	assert_int_equal(
	    asked(OCPP_201, OCPP_DOWN, "Reset", "{\"type\":\"OnIdle\"}"),
	    PAIR_PASS);
	(void)snprintf(payload, sizeof(payload), "{\"status\":\"%s\"}", status);
	f.payload = (struct span){ payload, strlen(payload) };
	assert_int_equal(
	    answered_reset(&w.pair, OCPP_UP, &f, f.payload, &call), PAIR_PASS);
}

/* TC_A_19 to 22, TC_B_45 to 50. */
static void
a_network_profile_takes_effect_with_the_reset(void **state)
{
	(void)state;
	has_old_key(1);
	network(PROFILE("1", HOME, "2", ""), "Accepted");
	set(OCPP_201,
	    SET(VARIABLE("OCPPCommCtrlr", "NetworkConfigurationPriority", "1")),
	    "Rejected"); /* no root */
	assert_non_null(strstr(last_said(), "InvalidCertificate"));
	root_is_installed();
	set(OCPP_201,
	    SET(VARIABLE(
		"OCPPCommCtrlr", "NetworkConfigurationPriority", "1,5")),
	    "Rejected"); /* no slot 5 */
	set(OCPP_201,
	    SET(VARIABLE("OCPPCommCtrlr", "NetworkConfigurationPriority", "1")),
	    "Accepted");
	assert_int_equal(profile_of(w.secure, cp()), 1);
	reset_is_answered("Rejected");
	assert_int_equal(profile_of(w.secure, cp()), 1);
	restart();
	reset_is_answered("Accepted");
	assert_int_equal(profile_of(w.secure, cp()), 2);
	restart();
	assert_int_equal(profile_of(w.secure, cp()), 2);
	/* It does not work: back, and the next Reset changes nothing. */
	assert_true(dialled(DIAL_TLS_PEER, 0));
	assert_int_equal(profile_of(w.secure, cp()), 1);
	reset_is_answered("Accepted");
	assert_int_equal(profile_of(w.secure, cp()), 1);
}

static void
a_network_profile_that_would_move_or_lower_is_rejected(void **state)
{
	(void)state;
	has_old_key(2);
	network(
	    PROFILE("1", "wss://elsewhere.example/ocpp", "2", ""), "Rejected");
	network(PROFILE("1", HOME, "1", ""), "Rejected");
	network(PROFILE("1", HOME, "2",
		    ",\"vpn\":{\"server\":\"s\",\"user\":\"u\",\"password\":"
		    "\"p\",\"key\":\"k\",\"type\":\"IPSec\"}"),
	    "Rejected");
	network(PROFILE("1", HOME, "2", ""), "Accepted");
	network(PROFILE("2", HOME, "3", ""), "Accepted");
	network(PROFILE("3", HOME, "3", ""), "Accepted");
	network(PROFILE("4", HOME, "3", ""), "Accepted");
	network(PROFILE("5", HOME, "3", ""), "Rejected");
	network(PROFILE("4", HOME, "2", ""), "Accepted");
}

static enum pair_do
not_read(const char *payload)
{
	struct frame f = { .type = OCPP_CALL,
		.id = { "i1", 2 },
		.payload = { payload, strlen(payload) } };

	return asked_set_vars(&w.pair, OCPP_DOWN, &f, f.payload, NULL);
}

static void
a_charge_point_is_not_moved_unless_it_may_be(void **state)
{
	static const char *const there =
	    PROFILE("1", "wss://elsewhere.example/ocpp", "2", "");
	static const char *const url =
	    SET(VARIABLE("NetworkConfiguration", "OcppCsmsUrl", "wss://x"));

	(void)state;
	w.class.profiles = w.class.certificates = OCPP_FORWARD;
	network(there, "Rejected");
	set(OCPP_21, url, "Rejected");
	set(OCPP_21,
	    SET(VARIABLE(
		"NetworkConfiguration", "Ocpp\\u0043smsUrl", "wss://x")),
	    "Rejected");
	/* What speaks of nothing of ours is not even read. */
	assert_int_equal(not_read("{\"a\":1,\"a\":2"), PAIR_PASS);
	assert_int_equal(
	    not_read("{\"ocppcsmsurl\":1,\"a\":1,\"a\":2}"), PAIR_TAKEN);
	w.class.move = true;
	assert_int_equal(
	    asked(OCPP_201, OCPP_DOWN, "SetNetworkProfile", there), PAIR_PASS);
	assert_int_equal(
	    asked(OCPP_21, OCPP_DOWN, "SetVariables", url), PAIR_PASS);
	w.class.profiles = OCPP_REFUSE;
	network(there, "Rejected");
}

static void
what_is_refused_is_refused_and_what_is_forwarded_untouched(void **state)
{
	(void)state;
	has_old_key(1);
	w.class.profiles = OCPP_REFUSE;
	change("SecurityProfile", "2");
	says("Rejected");
	change("AuthorizationKey", KEY);
	says("Rejected");
	set(OCPP_201,
	    SET(VARIABLE(
		"SecurityCtrlr", "BasicAuthPassword", "sixteen letters!")),
	    "Rejected");
	w.class.profiles = OCPP_FORWARD;
	assert_int_equal(asked(OCPP_16, OCPP_DOWN, "ChangeConfiguration",
			     "{\"key\":\"SecurityProfile\",\"value\":\"2\"}"),
	    PAIR_PASS);
	assert_int_equal(asked(OCPP_201, OCPP_DOWN, "SetVariables",
			     SET(VARIABLE("SecurityCtrlr", "BasicAuthPassword",
				 "sixteen letters!"))),
	    PAIR_PASS);
	is_secret(OLD_KEY, 16);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		in_the_world(a_key_is_bytes_in_hexadecimal_or_a_short_text),
		in_the_world(a_new_key_is_durable_when_it_is_accepted),
		in_the_world(a_key_that_worked_is_not_taken_back),
		in_the_world(a_csms_that_is_down_takes_no_key_back),
		in_the_world(of_two_changes_the_first_is_what_is_gone_back_to),
		in_the_world(no_secret_is_in_an_event_or_an_answer),
		in_the_world(a_password_of_the_document_is_the_documents),
		in_the_world(with_a_certificate_a_new_key_waits),
		in_the_world(a_key_that_the_charge_point_takes_is_learnt),
		in_the_world(
		    a_key_that_would_lock_a_charge_point_out_is_refused),
		in_the_world(
		    a_profile_is_refused_that_is_lower_or_lacks_something),
		in_the_world(a_profile_that_does_not_work_is_taken_back),
		in_the_world(
		    only_from_3_to_2_and_only_where_it_is_allowed_it_goes_down),
		in_the_world(
		    keys_of_the_gateway_are_answered_and_others_forwarded),
		in_the_world(a_question_for_both_is_answered_by_both),
		in_the_world(the_organization_and_waits_are_kept),
		in_the_world(a_record_that_is_damaged_is_begun_anew),
		in_the_world(a_password_of_2x_is_a_text),
		in_the_world(variables_of_both_are_set_by_both),
		in_the_world(what_is_written_only_is_not_read),
		in_the_world(a_network_profile_takes_effect_with_the_reset),
		in_the_world(
		    a_network_profile_that_would_move_or_lower_is_rejected),
		in_the_world(a_charge_point_is_not_moved_unless_it_may_be),
		in_the_world(
		    what_is_refused_is_refused_and_what_is_forwarded_untouched),
	};
	int rc;

	root = issue(&(struct issue){ .cn = "root", .ca = 1 });
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	issued_free(&root);
	return rc;
}
