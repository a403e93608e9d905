/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <utime.h>

#include <cmocka.h>

#include <fnmatch.h>

#include "capture.h"
#include "place.h"
#include "policy.h"
#include "product.h"

static char policies[512]; /* the project's: tests stand elsewhere */

static const char *
profile_path(const char *name)
{
	static char path[1024];

	(void)snprintf(
	    path, sizeof(path), "%s/capture/%s.conf", policies, name);
	return path;
}

static void
read_profile(struct policy *p, const char *name)
{
	struct err e = { 0 };

	(void)policy_read(p, profile_path(name), &e);
	assert_string_equal(e.text, "");
}

/*
 * The replication checklist of "Move to Production", rows 1, 6 to 19, item by
 * item, and where each is in every layout; "copy" or "never".
 */
#define E5      "/opt/eurotech/esf"
#define K5      "/opt/eclipse/kura"
#define LAYOUTS 4
static const char *const layouts[LAYOUTS] = { "esf-5", "esf-6", "esf-7",
	"kura" };
static const struct {
	const char *item;
	const char *action;
	const char *path[LAYOUTS];
} checklist[] = {
	{ "latest snapshot", "copy",
	    { E5 "/data/snapshots/snapshot_0.xml",
		E5 "/user/snapshots/snapshot_0.xml",
		E5 "/user/snapshots/snapshot_0.xml",
		K5 "/user/snapshots/snapshot_0.xml" } },
	{ "dpa.properties", "copy",
	    { E5 "/kura/dpa.properties", E5 "/data/dpa.properties",
		E5 "/packages/dpa.properties",
		K5 "/packages/dpa.properties" } },
	{ "packages", "copy",
	    { E5 "/kura/packages/app_1.0.dp", E5 "/data/packages/app_1.0.dp",
		E5 "/packages/app_1.0.dp", K5 "/packages/app_1.0.dp" } },
	{ "security.policy", "copy",
	    { E5 "/kura/security.policy", E5 "/kura/security.policy",
		E5 "/user/security/security.policy",
		K5 "/user/security/security.policy" } },
#define EVERYWHERE(path)                                                       \
	{                                                                      \
		path, path, path, path                                         \
	}
	{ "DNS", "copy", EVERYWHERE("/etc/bind/named.conf") },
	{ "interfaces", "copy", EVERYWHERE("/etc/network/interfaces") },
	{ "iptables", "copy", EVERYWHERE("/etc/sysconfig/iptables") },
	{ "firewall_cust", "copy", EVERYWHERE("/etc/init.d/firewall_cust") },
	{ "ppp", "copy", EVERYWHERE("/etc/ppp/peers/LE910_2-1") },
	{ "ppp", "copy", EVERYWHERE("/etc/ppp/chap-secrets") },
	{ "dhcpd", "copy", EVERYWHERE("/etc/dhcpd-wlan0.conf") },
	{ "wpa_supplicant", "copy",
	    EVERYWHERE("/etc/wpa_supplicant-wlan0.conf") },
	{ "hostapd", "copy", EVERYWHERE("/etc/hostapd-wlan0.conf") },
	{ "kuranet.conf", "copy",
	    { E5 "/data/kuranet.conf", E5 "/data/kuranet.conf",
		E5 "/data/kuranet.conf", K5 "/data/kuranet.conf" } },
	{ "signing keystore", "never",
	    { E5 "/security/bundle-signing.ks",
		E5 "/security/bundle-signing.ks",
		E5 "/user/security/bundle-signing.ks",
		K5 "/user/security/bundle-signing.ks" } },
	{ "SSL keystore", "never",
	    { E5 "/security/cacerts.ks", E5 "/security/cacerts.ks",
		E5 "/user/security/cacerts.ks",
		K5 "/user/security/cacerts.ks" } },
	{ "SSL keystore password", "copy",
	    { E5 "/kura/kura.properties", E5 "/framework/kura.properties",
		E5 "/framework/kura.properties",
		K5 "/framework/kura.properties" } },
};

#define CHECKLIST (sizeof(checklist) / sizeof(checklist[0]))

/* A folder in a pattern stands for all below it. */
static bool
covers(const char *pattern, const char *path)
{
	size_t n = strlen(pattern);

	return fnmatch(pattern, path, 0) == 0 ||
	    (strncmp(pattern, path, n) == 0 && path[n] == '/');
}

static const struct policy_path *
item_for(const struct policy *p, const char *item, const char *path)
{
	for (size_t i = 0; i < p->path_count; i++)
		if (strcmp(p->paths[i].item, item) == 0 &&
		    covers(p->paths[i].pattern, path))
			return &p->paths[i];
	print_error("no item \"%s\" for %s\n", item, path);
	return NULL;
}

static void
every_item_of_the_checklist_is_in_every_layout(void **state)
{
	(void)state;
	for (size_t l = 0; l < LAYOUTS; l++) {
		own_policy struct policy p = { 0 };

		read_profile(&p, layouts[l]);
		for (size_t i = 0; i < CHECKLIST; i++) {
			const struct policy_path *found = item_for(
			    &p, checklist[i].item, checklist[i].path[l]);
			bool never = strcmp(checklist[i].action, "never") == 0;

			assert_non_null(found);
			assert_int_equal(found->never, never);
			assert_int_equal(
			    policy_never(&p, checklist[i].path[l]) != NULL,
			    never);
		}
	}
}

static void
a_root_script_and_the_newest_snapshot_are_marked_so(void **state)
{
	(void)state;
	for (size_t l = 0; l < LAYOUTS; l++) {
		own_policy struct policy p = { 0 };

		read_profile(&p, layouts[l]);
		assert_true(
		    item_for(&p, "firewall_cust", "/etc/init.d/firewall_cust")
			->root_script);
		assert_true(
		    item_for(&p, "latest snapshot", checklist[0].path[l])
			->newest);
		assert_string_equal(
		    item_for(&p, "latest snapshot", checklist[0].path[l])->as,
		    checklist[0].path[l]);
	}
}

/* A sample in the folder the test stands in. */
static void
put(const char *path, const char *text)
{
	struct err e;
	char copy[512], *slash;

	(void)snprintf(copy, sizeof(copy), "root%s", path);
	slash = strrchr(copy, '/');
	*slash = '\0';
	assert_int_equal(file_mkdirs(AT_FDCWD, copy, 0755, &e), 0);
	*slash = '/';
	assert_int_equal(
	    file_write(AT_FDCWD, copy, text, strlen(text), FILE_PUBLIC, &e), 0);
}

static int
open_root(void)
{
	int fd = open("root", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	assert_int_not_equal(fd, -1);
	return fd;
}

static const struct {
	const char *profile, *file, *text, *said;
	const char *says; /* "": fits */
} versions[] = {
	{ "esf-5", E5 "/kura/kura.properties", "kura.version=ESF_5.0.0\n", NULL,
	    "" },
	{ "esf-6", E5 "/framework/kura.properties",
	    "#kura.version=7\nesf.version = 6.2.1\nkura.version=x\n", NULL,
	    "" },
	{ "esf-7", E5 "/framework/kura.properties",
	    "a=b\nesf.version:7.6.0\r\n", NULL, "" },
	{ "kura", K5 "/framework/kura.properties", "kura.version=KURA_5.6.0",
	    NULL, "" },
	{ "kura-4", K5 "/framework/kura.properties",
	    "kura.version=KURA_4.1.2\n", NULL, "" },
	{ "kura-3", K5 "/kura/kura.properties", "kura.version=KURA_2.1.0\n",
	    NULL, "" },
	{ "kura-3", K5 "/kura/kura.properties", "kura.version=1.4.0\n", NULL,
	    "" },
	{ "kura-4", K5 "/framework/kura.properties",
	    "kura.version=KURA_5.0.0\n", NULL, "--profile list" },
	{ "esf-7", E5 "/framework/kura.properties", "esf.version=6.2.1\n", NULL,
	    "the sample is version 6.2.1, but this profile knows Eurotech ESF "
	    "7" },
	{ "esf-7", E5 "/framework/kura.properties", "esf.version=70.1\n", NULL,
	    "70.1" },
	{ "esf-7", E5 "/framework/kura.properties", "esf.versions=7.1\n", NULL,
	    "does not say which version" },
	{ "esf-7", E5 "/elsewhere", "", NULL, "--product-version" },
	{ "esf-7", E5 "/elsewhere", "", "7.1", "" },
	{ "esf-7", E5 "/elsewhere", "", "8.0", "--profile list" },
	{ "debian", E5 "/elsewhere", "", NULL, "" },
	{ "debian", E5 "/elsewhere", "", "12", "asks for no version" },
};

static void
an_unknown_version_stops_with_a_remedy(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++) {
		own_policy struct policy p = { 0 };
		own_fd int root = -1;
		struct err e = { 0 };
		char version[64];
		int rc;

		(void)file_remove_tree(AT_FDCWD, "root", &e);
		put(versions[i].file, versions[i].text);
		root = open_root();
		read_profile(&p, versions[i].profile);
		e.text[0] = '\0';
		rc = product_check(&p.product, root, versions[i].said, version,
		    sizeof(version), &e);
		if (strstr(e.text, versions[i].says) == NULL ||
		    (rc == 0) != (versions[i].says[0] == '\0'))
			print_error("%zu: %s\n", i, e.text);
		assert_int_equal(rc == 0, versions[i].says[0] == '\0');
		assert_non_null(strstr(e.text, versions[i].says));
	}
}

static void
every_shipped_profile_reads_and_says_what_it_is(void **state)
{
	static const char *const wanted[] = { "debian", "esf-5", "esf-6",
		"esf-7", "everest", "gateway", "kura-3", "kura-4", "kura",
		"openwrt" };
	const char *const folders[] = { policies, NULL };
	own_json json_t *list = NULL;
	own_fd int root = -1;

	(void)state;
	put(E5 "/framework/kura.properties", "esf.version=7.6.0\n");
	put(E5 "/packages/dpa.properties", "");
	root = open_root();
	list = product_list(folders, root);
	assert_int_equal(json_array_size(list), 10);
	for (size_t i = 0; i < 10; i++) {
		const json_t *one = json_array_get(list, i);
		const char *name =
		    json_string_value(json_object_get(one, "name"));

		assert_null(json_object_get(one, "error"));
		assert_string_equal(name, wanted[i]);
		assert_int_equal(json_is_true(json_object_get(one, "fits")),
		    strcmp(name, "esf-7") == 0);
	}
}

static void
a_profile_is_found_by_a_plain_name_in_the_owners_folder_first(void **state)
{
	const char *const folders[] = { "root", policies, NULL };
	char path[1024];
	struct err e;

	(void)state;
	put("/capture/kura.conf", "");
	assert_int_equal(product_find(folders, "kura", path, &e), 0);
	assert_string_equal(path, "root/capture/kura.conf");
	assert_int_equal(product_find(folders, "esf-7", path, &e), 0);
	assert_string_equal(path, profile_path("esf-7"));
	assert_int_equal(product_find(folders, "esf-8", path, &e), -1);
	assert_non_null(strstr(e.text, "--profile list"));
	assert_int_equal(product_find(folders, "../x", path, &e), -1);
	assert_int_equal(product_find(folders, "", path, &e), -1);
}

#define ITEMS(rest) "items = ( { item = \"x\"; " rest " } );"
static const struct {
	const char *text;
	const char *says;
} refused[] = {
	{ ITEMS(""), "a.conf:1: an item has paths" },
	{ ITEMS("paths = [ \"/x\" ]; never = true;"), "why must say why" },
	{ ITEMS(
	      "paths = [ \"/x\" ]; never = true; why = \"w\"; needed = true;"),
	    "nothing else" },
	{ ITEMS("paths = [ \"/x\" ]; newest = true;"), "go together" },
	{ ITEMS("paths = [ \"/x\" ]; as = \"/y\";"), "go together" },
	{ ITEMS("paths = [ \"/x\" ]; newest = true; as = \"y\";"),
	    "does not begin with /" },
	{ ITEMS("paths = [ \"/x\" ]; more = 1;"), "unknown key" },
	{ "items = ( 1 );", "holds groups" },
	{ "product = { name = \"x\"; versions = [ \"1\" ]; };", "go together" },
	{ "product = { name = \"x\"; versions = [ \"1\" ]; version = { files = "
	  "[ \"/x\" ]; }; };",
	    "needs files and keys" },
	{ "product = { versions = [ \"1\" ]; };", "name is missing" },
	{ "include = [ \"none.conf\" ];", "a.conf:1: " },
	{ "include = [ \"./a.conf\" ];", "include each other" },
	{ "include = [ \"b.conf\" ];", "b.conf:2: unknown key" },
	{ "reset = \"b.conf\";", "b.conf:2: unknown key" },
};

static void
a_policy_that_makes_no_sense_is_refused_with_file_and_line(void **state)
{
	struct err e;

	(void)state;
	assert_int_equal(
	    file_write(AT_FDCWD, "b.conf", "\nfoo = 1;", 9, FILE_PUBLIC, &e),
	    0);
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		own_policy struct policy p = { 0 };

		assert_int_equal(file_write(AT_FDCWD, "a.conf", refused[i].text,
				     strlen(refused[i].text), FILE_PUBLIC, &e),
		    0);
		assert_int_equal(policy_read(&p, "a.conf", &e), -1);
		if (strstr(e.text, refused[i].says) == NULL)
			print_error("%zu: %s\n", i, e.text);
		assert_non_null(strstr(e.text, refused[i].says));
	}
}

static void
what_includes_has_the_last_word_and_both_lists_count(void **state)
{
	static const char top[] = "include = [ \"low.conf\", \"low.conf\" ]; "
				  "optional = [ \"/a\" ]; documents = \"/d\";";
	static const char low[] =
	    "include = [ \"top.conf\" ]; files = [ \"/b\" ]; documents = "
	    "\"/e\"; shortest = 9; exclude = [ \"*.x\" ];";
	own_policy struct policy p = { 0 };
	struct err e = { 0 };

	(void)state;
	assert_int_equal(
	    file_write(AT_FDCWD, "top.conf", top, strlen(top), FILE_PUBLIC, &e),
	    0);
	assert_int_equal(
	    file_write(AT_FDCWD, "low.conf", low, strlen(low), FILE_PUBLIC, &e),
	    0);
	(void)policy_read(&p, "top.conf", &e);
	assert_string_equal(e.text, "");
	assert_int_equal(p.path_count, 2);
	assert_string_equal(p.paths[0].pattern, "/a");
	assert_false(p.paths[0].needed);
	assert_true(p.paths[1].needed);
	assert_string_equal(p.documents, "/d");
	assert_int_equal(p.shortest, 9);
	assert_true(policy_excludes(&p, "/b/c.x"));
}

#define SNAPSHOTS E5 "/data/snapshots/"

/* A snapshot of Kura that holds nothing but its own number. */
static void
put_snapshot(const char *id, time_t at)
{
	char path[256], text[512];

	(void)snprintf(path, sizeof(path), SNAPSHOTS "snapshot_%s.xml", id);
	(void)snprintf(text, sizeof(text),
	    "<esf:configurations xmlns:esf=\"http://eurotech.com/esf/2.0\">"
	    "<esf:configuration pid=\"p\"><esf:properties><esf:property "
	    "name=\"number\" array=\"false\" encrypted=\"false\" "
	    "type=\"String\"><esf:value>number %s</esf:value></esf:property>"
	    "</esf:properties></esf:configuration></esf:configurations>\n",
	    id);
	put(path, text);
	(void)snprintf(
	    path, sizeof(path), "root" SNAPSHOTS "snapshot_%s.xml", id);
	assert_int_equal(utime(path, &(struct utimbuf){ at, at }), 0);
}

static const struct {
	time_t seed, first, second; /* times of writing; 0: not there */
	const char *word;
	const char *taken; /* NULL: refused */
	const char *says;
} seeds[] = {
	{ 1000, 2000, 3000, NULL, "1434122113492", "" },
	{ 1000, 0, 0, NULL, "0", "" },
	{ 0, 2000, 3000, NULL, "1434122113492", "" },
	{ 9000, 2000, 3000, NULL, NULL, "--kura-snapshot seed or newest" },
	{ 9000, 2000, 3000, "newest", "1434122113492", "" },
	{ 9000, 2000, 3000, "seed", "0", "" },
	{ 9000, 2000, 3000, "99", "99", "" },
	{ 9000, 2000, 3000, "98", NULL, "no snapshot \"98\"" },
	{ 0, 2000, 3000, "seed", NULL, "no snapshot \"seed\"" },
};

static void
make_sample(size_t i)
{
	struct err e;

	(void)file_remove_tree(AT_FDCWD, "root", &e);
	put("/etc/passwd", "root:x:0:0::/:/bin/sh\n");
	put("/etc/group", "root:x:0:\n");
	put("/etc/ingot/unit.conf", "serial = \"GW-000017\"; model = \"m\";");
	put(E5 "/kura/kura.properties", "kura.version=ESF_5.0.0\n");
	put(SNAPSHOTS "snapshot_x.xml", "<a/>");
	if (seeds[i].seed != 0)
		put_snapshot("0", seeds[i].seed);
	if (seeds[i].first != 0)
		put_snapshot("99", seeds[i].first);
	if (seeds[i].second != 0)
		put_snapshot("1434122113492", seeds[i].second);
}

static int
capture_sample(struct capture *c, size_t i, struct err *e)
{
	own_fd int root = open_root();
	struct capture_words words = { .policy = profile_path("esf-5"),
		.root = root,
		.name = "n",
		.model = "m",
		.sequence = 1,
		.seed = seeds[i].word };

	return capture_run(c, &words, e);
}

static void
beside_newer_snapshots_a_replaced_seed_demands_a_word(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(seeds) / sizeof(seeds[0]); i++) {
		own_capture struct capture c = { .offsets = NULL };
		struct err e = { 0 };
		char path[256];
		size_t members = 0;
		int rc;

		make_sample(i);
		rc = capture_sample(&c, i, &e);
		if ((rc == 0) != (seeds[i].taken != NULL))
			print_error("%zu: %s\n", i, e.text);
		assert_int_equal(rc == 0, seeds[i].taken != NULL);
		assert_non_null(strstr(e.text, seeds[i].says));
		if (rc == -1)
			continue;
		(void)snprintf(path, sizeof(path), SNAPSHOTS "snapshot_%s.xml",
		    seeds[i].taken);
		assert_string_equal(c.seed.path, path);
		for (size_t k = 0; k < c.snapshot.count; k++)
			members += strcmp(c.snapshot.members[k].path,
				       "files" SNAPSHOTS "snapshot_0.xml") == 0;
		assert_int_equal(members, 1); /* and under the seed's name */
	}
}

/* As Kura's installer leaves it: a folder with the version in its name, and a
 * link that everything else goes by. */
static void
a_product_behind_a_link_is_captured_as_if_it_were_in_its_place(void **state)
{
#define REAL "/opt/eclipse/kura_5.0.1_board"
	static const char *const targets[] = { REAL, "kura_5.0.1_board",
		"../../opt/eclipse/../eclipse/kura_5.0.1_board" };
	const struct capture_words words = { .policy = "policy.conf",
		.name = "site",
		.model = "gw",
		.sequence = 1 };

	(void)state;
	for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++) {
		own_capture struct capture c = { .offsets = NULL };
		struct capture_words w = words;
		own_fd int root = -1;
		char policy[1400];
		struct err e;

		(void)file_remove_tree(AT_FDCWD, "root", &e);
		put("/etc/passwd", "root:x:0:0::/:/bin/sh\n");
		put("/etc/group", "root:x:0:\n");
		put("/etc/ingot/unit.conf", "serial = \"GW-000017\";");
		put(REAL "/framework/kura.properties",
		    "kura.version=KURA_5.0.1");
		put(REAL "/user/snapshots/snapshot_12.xml",
		    "<configurations xmlns=\"http://eurotech.com/esf/2.0\"/>");
		put(REAL "/user/snapshots/snapshot_5.xml", "<an/>");
		put(REAL "/user/security/own.jks", "never read");
		put(REAL "/packages/x.dp", "dropped by its place");
		put(REAL "/packages/dpa.properties", "a=b\n");
		put(REAL "/log4j/log4j.xml", "<excluded/>");
		assert_int_equal(
		    symlink(targets[i], "root/opt/eclipse/kura"), 0);
		(void)snprintf(policy, sizeof(policy),
		    "include = [ \"%s\" ]; scrub = [ \"rules.conf\" ]; exclude = [ \"" K5
		    "/log4j/*\" ]; optional "
		    "= [ \"" K5 "/user/security\", \"" K5
		    "/user/snapshots\" ];",
		    profile_path("kura"));
		assert_int_equal(file_write(AT_FDCWD, "policy.conf", policy,
				     strlen(policy), FILE_PUBLIC, &e),
		    0);
		(void)snprintf(policy, sizeof(policy),
		    "rules = ( { file = \"" K5 "/packages/x.dp\"; drop = true; "
		    "} );");
		assert_int_equal(file_write(AT_FDCWD, "rules.conf", policy,
				     strlen(policy), FILE_PUBLIC, &e),
		    0);
		w.root = root = open_root();
		if (capture_run(&c, &w, &e) == -1)
			fail_msg("%s", e.text);
		assert_int_equal(c.snapshot.count, 4);
		assert_string_equal(c.snapshot.members[0].path,
		    "files" K5 "/framework/kura.properties");
		assert_string_equal(c.snapshot.members[1].path,
		    "files" K5 "/packages/dpa.properties");
		assert_string_equal(c.snapshot.members[2].path,
		    "files" K5 "/user/snapshots/snapshot_0.xml");
	}
}

static void
a_script_of_root_is_not_sealed_unsigned(void **state)
{
	own_capture struct capture c = { .offsets = NULL };
	struct err e = { 0 };

	(void)state;
	make_sample(0);
	put("/etc/init.d/firewall_cust", "#!/bin/sh\niptables -L\n");
	assert_int_equal(capture_sample(&c, 0, &e), 0);
	assert_int_equal(c.findings.open, 0);
	assert_int_equal(capture_seal(&c, -1, NULL, NULL, NULL, &e), -1);
	assert_int_equal(e.code, EACCES);
	assert_non_null(strstr(e.text, "firewall_cust is run as root"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		in_a_place(every_item_of_the_checklist_is_in_every_layout),
		in_a_place(a_root_script_and_the_newest_snapshot_are_marked_so),
		in_a_place(an_unknown_version_stops_with_a_remedy),
		in_a_place(every_shipped_profile_reads_and_says_what_it_is),
		in_a_place(
		    a_profile_is_found_by_a_plain_name_in_the_owners_folder_first),
		in_a_place(
		    a_policy_that_makes_no_sense_is_refused_with_file_and_line),
		in_a_place(
		    what_includes_has_the_last_word_and_both_lists_count),
		in_a_place(
		    beside_newer_snapshots_a_replaced_seed_demands_a_word),
		in_a_place(
		    a_product_behind_a_link_is_captured_as_if_it_were_in_its_place),
		in_a_place(a_script_of_root_is_not_sealed_unsigned),
	};

	if (getcwd(policies, sizeof(policies) - 20) == NULL)
		return 1;
	(void)strcat(policies, "/policies");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
