/* SPDX-License-Identifier: MIT */
/*
 * The verdict's rules without an agent: policy, judgement, listeners,
 * enrolment record. tests/system/production.test has the whole of it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <sys/socket.h>
#include <sys/stat.h>

#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "enrolment.h"
#include "file.h"
#include "listeners.h"
#include "look.h"
#include "verdict.h"

static struct {
	char path[64];
	struct settings settings;
} w;

static int
make(void **state)
{
	char sub[96];

	(void)state;
	(void)strcpy(w.path, "/tmp/ingot-verdict.XXXXXX");
	assert_non_null(mkdtemp(w.path));
	(void)snprintf(sub, sizeof(sub), "%s/production", w.path);
	assert_int_equal(mkdir(sub, 0700), 0);
	w.settings.policy_dir = w.path;
	w.settings.shipped_dir = "/nonexistent";
	return 0;
}

static int
drop(void **state)
{
	struct err e;

	(void)state;
	(void)file_remove_tree(AT_FDCWD, w.path, &e);
	return 0;
}

static int
policy(const char *text, struct verdict_policy *p, struct err *e)
{
	char path[128];

	(void)snprintf(
	    path, sizeof(path), "%s/production/production.conf", w.path);
	assert_int_equal(
	    file_write(AT_FDCWD, path, text, strlen(text), FILE_PUBLIC, e), 0);
	return verdict_policy_read(p, &w.settings, e);
}

static const json_t *
finding(const json_t *list, const char *id)
{
	const json_t *one;
	size_t i;

	json_array_foreach(list, i,
	    one) if (strcmp(json_string_value(json_object_get(one, "id")),
			 id) == 0) return one;
	return NULL;
}

static void
only_required_findings_decide(void **state)
{
	own_verdict_policy struct verdict_policy p;
	own_json json_t *list = json_array();
	struct err e;

	(void)state;
	assert_int_equal(policy("required = [ \"a\", \"ssh.*\" ];", &p, &e), 0);
	look_add(list, "x", "a", "here", true, "fine");
	look_add(list, "x", "ssh.one", "here", true, "fine");
	look_add(list, "x", "other", "here", false, "bad");
	assert_true(verdict_judge(&p, list));
	assert_true(
	    json_is_false(json_object_get(finding(list, "other"), "required")));
	look_add(list, "x", "ssh.two", "here", false, "bad");
	assert_false(verdict_judge(&p, list));
	assert_non_null(json_object_get(finding(list, "ssh.two"), "remedy"));
}

static void
what_need_not_be_there_must_have_passed_if_it_is(void **state)
{
	static const char text[] =
	    "required = [ \"a\" ]; if_present = [ \"ocpp.no-old-tls\" ];";
	own_verdict_policy struct verdict_policy p;
	own_json json_t *list = json_array();
	struct err e;

	(void)state;
	assert_int_equal(policy(text, &p, &e), 0);
	look_add(list, "x", "a", "here", true, "fine");
	assert_true(verdict_judge(&p, list));
	look_add(list, "x", "ocpp.no-old-tls", "lan", true, "fine");
	look_add(list, "x", "ocpp.other", "lan", false, "bad");
	assert_true(verdict_judge(&p, list));
	look_add(list, "x", "ocpp.no-old-tls", "old", false, "bad");
	assert_false(verdict_judge(&p, list));
	assert_true(verdict_requires(&p, "ocpp.no-old-tls"));
	assert_false(verdict_requires(&p, "ocpp.no-old-tls2"));
}

static void
what_nobody_looked_at_has_failed(void **state)
{
	own_verdict_policy struct verdict_policy p;
	own_json json_t *list = json_array();
	struct err e;

	(void)state;
	assert_int_equal(policy("required = [ \"a\", \"ssh.*\" ];", &p, &e), 0);
	look_add(list, "x", "a", "here", true, "fine");
	look_add(list, "x", "sshd.one", "here", true, "another room");
	assert_false(verdict_judge(&p, list));
	assert_string_equal(
	    json_string_value(json_object_get(finding(list, "ssh.*"), "why")),
	    "nobody looked at it");
	assert_true(
	    json_is_true(json_object_get(finding(list, "ssh.*"), "required")));
}

static void
none_can_vouch_for_what_another_guards(void **state)
{
	static const char text[] = "required = [ \"ssh.* by ssh_hardening\" ];";
	own_verdict_policy struct verdict_policy p;
	own_json json_t *list = json_array();
	struct err e;

	(void)state;
	assert_int_equal(policy(text, &p, &e), 0);
	look_add(list, "uplink", "ssh.one", "here", true, "fine");
	assert_false(verdict_judge(&p, list));
	(void)json_array_clear(list);
	look_add(list, "ssh_hardening", "ssh.one", "here", true, "fine");
	assert_true(verdict_judge(&p, list));
	look_add(list, "uplink", "ssh.two", "here", false, "bad");
	assert_false(verdict_judge(&p, list));
}

static void
one_failed_of_many_with_the_same_id_is_enough(void **state)
{
	own_verdict_policy struct verdict_policy p;
	own_json json_t *list = json_array();
	struct err e;

	(void)state;
	assert_int_equal(policy("required = [ \"a\" ];", &p, &e), 0);
	look_add(list, "x", "a", "here", true, "fine");
	look_add(list, "y", "a", "there", false, "bad");
	look_add(list, "z", "a", "elsewhere", true, "fine");
	assert_false(verdict_judge(&p, list));
}

static void
a_policy_is_read_strictly(void **state)
{
	static const char *const rows[] = { "", "required = [ ];",
		"required = [ 1 ];", "required = \"a\";",
		"required = [ \"a\" ]; forbidden_ports = [ 0 ];",
		"required = [ \"a\" ]; forbidden_ports = [ 70000 ];",
		"required = [ \"a\" ]; local_ports = [ \"x\" ];",
		"required = [ \"a\" ]; allow_software_key = 1;",
		"required = [ \"a\" ]; requierd = [ \"b\" ];",
		"required = [ \"a\" ]; if_present = \"b\";" };
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		own_verdict_policy struct verdict_policy p;

		if (policy(rows[i], &p, &e) != -1)
			fail_msg("taken: %s", rows[i]);
	}
}

static void
without_a_policy_there_is_no_verdict(void **state)
{
	own_verdict_policy struct verdict_policy p;
	struct err e;

	(void)state;
	assert_int_equal(verdict_policy_read(&p, &w.settings, &e), -1);
	assert_non_null(strstr(e.text, "production/production.conf"));
}

static void
the_shipped_policy_is_good(void **state)
{
	const struct settings s = { .policy_dir = "/nonexistent",
		.shipped_dir = "policies" };
	own_verdict_policy struct verdict_policy p;
	struct err e;

	(void)state;
	if (verdict_policy_read(&p, &s, &e) == -1)
		fail_msg("%s", e.text);
	assert_false(p.allow_software_key);
	assert_int_equal(p.local[0], 5002);
}

#define HEAD                                                                   \
	"  sl  local_address rem_address   st tx_queue rx_queue tr tm->when\n"
#define REST " 00000000:00000000 00:00000000 00000000     0        0 1 1 0\n"

static void
listeners_are_found_with_their_reach(void **state)
{
	static const char v4[] =
	    HEAD "   0: 00000000:1F40 00000000:0000 0A" REST
		 "   1: 0100007F:138A 00000000:0000 0A" REST
		 "   2: 0100007F:1F41 0100007F:8000 01" REST;
	static const char v6[] =
	    HEAD "   0: 00000000000000000000000000000000:0016 "
		 "00000000000000000000000000000000:0000 0A" REST
		 "   1: 00000000000000000000000001000000:0017 "
		 "00000000000000000000000000000000:0000 0A" REST
		 "   2: 0000000000000000FFFF00000100007F:0018 "
		 "00000000000000000000000000000000:0000 0A" REST;
	struct listener l[8];
	struct err e;
	int n;

	(void)state;
	n = listeners_parse(l, 0, 8, v4, sizeof(v4) - 1, &e);
	assert_int_equal(n, 2);
	n = listeners_parse(l, (size_t)n, 8, v6, sizeof(v6) - 1, &e);
	assert_int_equal(n, 5);
	assert_true(l[0].port == 8000 && !l[0].local);
	assert_true(l[1].port == 5002 && l[1].local);
	assert_true(l[2].port == 22 && !l[2].local);
	assert_true(l[3].port == 23 && l[3].local);
	assert_true(l[4].port == 24 && l[4].local);
	assert_int_equal(listeners_parse(l, 0, 2, v4, sizeof(v4) - 1, &e), 2);
	assert_int_equal(listeners_parse(l, 0, 1, v4, sizeof(v4) - 1, &e), -1);
}

static void
a_table_of_another_shape_is_an_error(void **state)
{
	static const char *const rows[] = { HEAD "nonsense\n",
		HEAD "   0: 00000000:1F40 00000000:0000 0A",
		HEAD "   0: 0000:1F40 00000000:0000 0A" REST,
		HEAD "   0: 00000000-1F40 00000000:0000 0A" REST };
	struct listener l[8];
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(
		    listeners_parse(l, 0, 8, rows[i], strlen(rows[i]), &e), -1);
}

static void
a_real_listener_is_seen(void **state)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(at);
	int s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	static struct listener l[LISTENERS_MAX];
	struct err e;
	int n, seen = 0;

	(void)state;
	assert_int_equal(bind(s, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(s, 1), 0);
	assert_int_equal(getsockname(s, (struct sockaddr *)&at, &len), 0);
	n = listeners_read(l, &e);
	for (int i = 0; i < n; i++)
		seen += l[i].port == ntohs(at.sin_port) && l[i].local;
	assert_int_equal(seen, 1);
	(void)close(s);
}

static void
an_enrolment_record_is_checked_both_ways(void **state)
{
	int dir = open(w.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	own_json json_t *good = json_pack("{s:s, s:s, s:s, s:s}", "subject",
	    "CN=U-1", "fingerprint", "ab", "origin", "tpm", "spki", "cd");
	own_json json_t *bad = json_pack("{s:s, s:s, s:s, s:s}", "subject",
	    "CN=U-1", "fingerprint", "ab", "origin", "cloud", "spki", "cd");
	json_t *read;
	struct err e;

	(void)state;
	assert_null(enrolment_read(dir, &e));
	assert_non_null(strstr(e.text, "ingot enrol"));
	assert_int_equal(enrolment_write(dir, bad, &e), -1);
	assert_int_equal(enrolment_write(dir, good, &e), 0);
	assert_non_null(read = enrolment_read(dir, &e));
	assert_true(json_integer_value(json_object_get(read, "at")) > 0);
	json_decref(read);
	assert_int_equal(file_write(dir, "identity/enrolment.json", "{}", 2,
			     FILE_SECRET, &e),
	    0);
	assert_null(enrolment_read(dir, &e));
	(void)close(dir);
}

#define T(f) cmocka_unit_test_setup_teardown(f, make, drop)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(only_required_findings_decide),
		T(what_need_not_be_there_must_have_passed_if_it_is),
		T(what_nobody_looked_at_has_failed),
		T(none_can_vouch_for_what_another_guards),
		T(one_failed_of_many_with_the_same_id_is_enough),
		T(a_policy_is_read_strictly),
		T(without_a_policy_there_is_no_verdict),
		T(the_shipped_policy_is_good),
		T(listeners_are_found_with_their_reach),
		T(a_table_of_another_shape_is_an_error),
		T(a_real_listener_is_seen),
		T(an_enrolment_record_is_checked_both_ways),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
