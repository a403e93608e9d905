/* SPDX-License-Identifier: MIT */
/*
 * A plugin's policy: what is written is what is granted, and not a bit more.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sys/stat.h>

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "grants.h"
#include "plugin.h"

static struct grants *
parse(const char *text, struct err *e)
{
	return grants_parse("demo", "demo.conf", text, strlen(text), e);
}

static void
a_whole_policy_is_read(void **state)
{
	struct err e;
	struct grants *g = parse(
	    "file = \"other.so\"; user = \"ingot-demo\"; groups = [ \"tss\" ];"
	    "needs = [ \"INSTALL\", \"RELOAD\", \"SIGN\", \"TPM\","
	    " \"NET_ADMIN\", \"NETWORK\", \"STATE\" ];"
	    "late_ms = 500; memory_mb = 32; descriptors = 500; read = [ \"/r\" ];"
	    "write = [ \"/w\" ]; connect = [ 8883, 1 ]; bind = [ 65535 ];"
	    "hand = ( { name = \"lock\"; path = \"/run/xtables.lock\"; } );"
	    "install = ( { name = \"drop-in\"; path = \"/etc/x.conf\";"
	    "  mode = \"0640\"; owner = \"root\"; group = \"adm\"; } );"
	    "reload = ( { name = \"sshd\"; pidfile = \"/run/sshd.pid\";"
	    "  check = [ \"/usr/sbin/sshd\", \"-t\" ]; signal = \"USR1\";"
	    "  exe = \"/usr/sbin/sshd\"; },"
	    " { name = \"broker\"; run = [ \"/usr/sbin/b\", \"-c\" ];"
	    "  config = \"/etc/b.conf\"; } ); unix = true;"
	    "ask = [ \"cert_store.csr\", \"agent.facts\" ];"
	    "sign = [ \"mqtt\" ];",
	    &e);

	(void)state;
	if (g == NULL)
		fail_msg("%s", e.text);
	assert_string_equal(g->file, "other.so");
	assert_int_equal(g->spec.granted, 0x7f);
	assert_int_equal(g->late_ms, 500);
	assert_int_equal(g->spec.memory_mb, 32);
	assert_int_equal(g->spec.descriptors, 500);
	assert_string_equal(g->spec.read[0], "/r");
	assert_null(g->spec.read[1]);
	assert_string_equal(g->spec.write[0], "/w");
	assert_int_equal(g->spec.connect[0], 8883);
	assert_int_equal(g->spec.connect[2], 0);
	assert_int_equal(g->spec.bind[0], 65535);
	assert_string_equal(g->spec.hand[0], "lock");
	assert_string_equal(g->hand[0].path, "/run/xtables.lock");
	assert_int_equal(grants_install(g, "drop-in")->mode, 0640);
	assert_null(grants_install(g, "drop"));
	assert_null(grants_install(g, "/etc/x.conf"));
	assert_string_equal(grants_reload(g, "sshd")->check[1], "-t");
	assert_null(grants_reload(g, "sshd")->check[2]);
	assert_int_equal(grants_reload(g, "sshd")->signal, SIGUSR1);
	assert_null(grants_reload(g, "sshd2"));
	assert_null(grants_reload(g, "sshd")->config);
	assert_string_equal(grants_reload(g, "broker")->run[1], "-c");
	assert_string_equal(grants_reload(g, "broker")->config, "/etc/b.conf");
	assert_int_equal(g->spec.unix_sockets, 1);
	grants_free(g);
}

static void
nothing_is_granted_by_default(void **state)
{
	struct err e;
	struct grants *g = parse("user = \"nobody\";", &e);

	(void)state;
	assert_non_null(g);
	assert_string_equal(g->file, "demo.so");
	assert_int_equal(g->spec.granted, 0);
	assert_null(g->spec.read[0]);
	assert_null(g->spec.write[0]);
	assert_null(g->install[0].name);
	assert_null(g->reload[0].name);
	assert_null(g->hand[0].name);
	assert_false(grants_may_ask(g, "agent", "facts"));
	assert_false(grants_may_sign(g, "mqtt"));
	assert_int_equal(g->spec.unix_sockets, 0);
	assert_int_equal(g->late_ms, 10000);
	grants_free(g);
	grants_free(NULL);
}

static void
a_pair_is_granted_as_a_whole(void **state)
{
	struct err e;
	struct grants *g =
	    parse("user = \"a\"; ask = [ \"cert_store.csr\", \"a.b.c\" ];"
		  "sign = [ \"mqtt\" ];"
		  "circumstances = [ \"uplink.connected\" ];",
		&e);

	(void)state;
	assert_non_null(g);
	assert_true(grants_may_ask(g, "cert_store", "csr"));
	assert_true(grants_may_ask(g, "a", "b.c"));
	assert_false(grants_may_ask(g, "cert_store", "cs"));
	assert_false(grants_may_ask(g, "cert_store", "csr2"));
	assert_false(grants_may_ask(g, "cert", "csr"));
	assert_false(grants_may_ask(g, "cert_store", ""));
	assert_false(grants_may_ask(g, "", "csr"));
	assert_false(grants_may_ask(g, "cert_store.csr", ""));
	assert_true(grants_may_sign(g, "mqtt"));
	assert_false(grants_may_sign(g, "mqtt.pending"));
	/* One certificate among those of a purpose; nothing shorter. */
	assert_true(grants_may_sign(g, "mqtt.0123456789abcdef01234567"));
	assert_false(grants_may_sign(g, "mqtt.0123456789abcdef0123456"));
	assert_false(grants_may_sign(g, "mqtt.0123456789abcdef0123456g"));
	assert_false(grants_may_sign(g, "mqt.0123456789abcdef01234567"));
	assert_false(grants_may_sign(g, ""));
	assert_true(grants_circumstance(g, "uplink.connected"));
	assert_false(grants_circumstance(g, "uplink"));
	assert_false(grants_circumstance(g, "uplink.connected.x"));
	grants_free(g);
}

static void
what_is_wrong_is_refused_with_its_place(void **state)
{
	static const struct {
		const char *text, *why;
	} rows[] = {
		{ "", "user is missing" },
		{ "usr = \"a\";", "unknown key" },
		{ "user = \"a b\";", "is no name" },
		{ "file = \"a/b.so\";", "is no name" },
		{ "needs = [ \"ROOT\" ];", "no plugin can need" },
		{ "needs = [ \"install\" ];", "no plugin can need" },
		{ "late_ms = 1;", "between 10" },
		{ "memory_mb = 100000;", "between 8" },
		{ "read = [ \"etc\" ];", "absolute path" },
		{ "read = [ \"/a/../b\" ];", "without .." },
		{ "write = [ \"/a/..\" ];", "without .." },
		{ "read = [\"/1\",\"/2\",\"/3\",\"/4\",\"/5\",\"/6\",\"/7\","
		  "\"/8\"];",
		    "more than 7" },
		{ "connect = [ 0 ];", "a port is" },
		{ "connect = [ 65536 ];", "a port is" },
		{ "connect = [ \"80\" ];", "a port is" },
		{ "bind = [ -1 ];", "a port is" },
		{ "hand = ( { name = \"a\"; } );", "path is missing" },
		{ "hand = ( { name = \"a\"; path = \"b\"; } );",
		    "absolute path" },
		{ "hand = ( 7 );", "is missing" },
		{ "install = ( { path = \"/a\"; } );", "name is missing" },
		{ "install = ( { name = \"a/b\"; path = \"/a\"; } );",
		    "is no name" },
		{ "install = ( { name = \"a\"; path = \"/a\";"
		  " mode = \"0666\"; } );",
		    "not for all to write" },
		{ "install = ( { name = \"a\"; path = \"/a\";"
		  " mode = \"4755\"; } );",
		    "octal" },
		{ "install = ( { name = \"a\"; path = \"/a\";"
		  " mode = \"rw\"; } );",
		    "octal" },
		{ "install = ( { name = \"a\"; path = \"/a\"; mode = 600; } );",
		    "must be a text" },
		{ "reload = ( { name = \"a\"; } );", "pidfile is missing" },
		{ "reload = ( { name = \"a\"; pidfile = \"/p\";"
		  " check = [ \"sshd\" ]; } );",
		    "absolute path" },
		{ "reload = ( { name = \"a\"; pidfile = \"/p\";"
		  " signal = \"KILL\"; } );",
		    "HUP, USR1" },
		{ "reload = ( { name = \"a\"; pidfile = \"/p\";"
		  " sh = \"x\"; } );",
		    "unknown key" },
		{ "reload = ( { name = \"a\"; run = [ \"/b\" ]; } );",
		    "config is missing" },
		{ "reload = ( { name = \"a\"; run = [ ]; config = \"/c\"; } "
		  ");",
		    "run is empty" },
		{ "reload = ( { name = \"a\"; run = [ \"b\" ];"
		  " config = \"/c\"; } );",
		    "absolute path" },
		{ "reload = ( { name = \"a\"; run = [ \"/b\" ];"
		  " config = \"/c\"; pidfile = \"/p\"; } );",
		    "unknown key" },
		{ "ask = [ \"csr\" ];", "plugin.verb" },
		{ "ask = [ \".csr\" ];", "plugin.verb" },
		{ "ask = [ \"a.\" ];", "plugin.verb" },
		{ "sign = [ \"a b\" ];", "is no name" },
	};
	char text[512];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct err e;

		(void)snprintf(text, sizeof(text), "%s%s",
		    i > 2 ? "user = \"a\";\n" : "", rows[i].text);
		assert_null(parse(text, &e));
		if (strstr(e.text, rows[i].why) == NULL)
			fail_msg("%s: %s", rows[i].text, e.text);
		assert_non_null(strstr(e.text, "demo.conf:"));
	}
}

static char top[] = "/tmp/ingot-grants.XXXXXX";

static void
put(const char *name, const char *text)
{
	char path[256];
	struct err e;

	(void)snprintf(path, sizeof(path), "%s/%s", top, name);
	assert_int_equal(
	    file_write(AT_FDCWD, path, text, strlen(text), FILE_PUBLIC, &e), 0);
}

static void
the_owners_policy_hides_the_shipped_one(void **state)
{
	char own[128], shipped[128];
	struct settings s = { .policy_dir = own, .shipped_dir = shipped };
	struct grants *g;
	struct err e;

	(void)state;
	(void)snprintf(own, sizeof(own), "%s/own", top);
	(void)snprintf(shipped, sizeof(shipped), "%s/shipped", top);
	put("shipped/plugins/demo.conf", "user = \"nobody\"; late_ms = 11;");
	g = grants_read(&s, "demo", &e);
	assert_non_null(g);
	assert_int_equal(g->late_ms, 11);
	assert_int_not_equal(g->spec.uid, 0);
	grants_free(g);
	put("own/plugins/demo.conf", "user = \"nobody\"; late_ms = 12;");
	g = grants_read(&s, "demo", &e);
	assert_non_null(g);
	assert_int_equal(g->late_ms, 12);
	grants_free(g);
	put("own/plugins/demo.conf", "user = \"nobody\"; late_ms = x;");
	assert_null(grants_read(&s, "demo", &e)); /* no falling back */
	assert_null(grants_read(&s, "other", &e));
	assert_non_null(strstr(e.text, "no policy for plugin other: write"));
}

/* What we ship must be what we accept; its users need not exist here. */
static void
every_shipped_policy_is_accepted(void **state)
{
	DIR *d = opendir("policies/plugins");
	const struct dirent *de;
	size_t n = 0;

	(void)state;
	if (d == NULL)
		fail_msg("policies/plugins: start the test in the project");
	while ((de = readdir(d)) != NULL) {
		own_bytes struct bytes text = { 0 };
		struct grants *g = NULL;
		struct err e;

		if (de->d_name[0] == '.')
			continue;
		if (file_read(dirfd(d), de->d_name, CONF_SIZE_MAX, &text, &e) ==
			-1 ||
		    (g = grants_parse(
			 "demo", de->d_name, text.p, text.len, &e)) == NULL)
			fail_msg("%s", e.text);
		assert_string_not_equal(g->user, "root");
		grants_free(g);
		n++;
	}
	(void)closedir(d);
	assert_in_range(n, 4, 15);
}

static void
root_and_people_who_do_not_exist_run_no_plugin(void **state)
{
	static const struct {
		const char *text, *why;
	} rows[] = {
		{ "user = \"root\";", "is root" },
		{ "user = \"nobody-of-this-name\";", "no user" },
		{ "user = \"nobody\"; groups = [ \"nobody-of-it\" ];",
		    "no group" },
		{ "user = \"nobody\"; install = ( { name = \"a\";"
		  " path = \"/a\"; owner = \"nobody-of-it\"; } );",
		    "install a: no user" },
	};
	char own[128];
	struct settings s = { .policy_dir = own, .shipped_dir = "/nix" };
	struct err e;

	(void)state;
	(void)snprintf(own, sizeof(own), "%s/own", top);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		put("own/plugins/demo.conf", rows[i].text);
		assert_null(grants_read(&s, "demo", &e));
		if (strstr(e.text, rows[i].why) == NULL)
			fail_msg("%s: %s", rows[i].text, e.text);
	}
}

static int
make_top(void **state)
{
	char path[128];
	struct err e;

	(void)state;
	if (mkdtemp(top) == NULL)
		return -1;
	(void)snprintf(path, sizeof(path), "%s/own/plugins", top);
	if (file_mkdirs(AT_FDCWD, path, 0755, &e) == -1)
		return -1;
	(void)snprintf(path, sizeof(path), "%s/shipped/plugins", top);
	return file_mkdirs(AT_FDCWD, path, 0755, &e);
}

static int
drop_top(void **state)
{
	struct err e;

	(void)state;
	return file_remove_tree(AT_FDCWD, top, &e);
}

static void
every_need_has_a_name(void **state)
{
	(void)state;
	for (uint32_t bit = 1; bit <= INGOT_NEED_STATE; bit <<= 1)
		assert_int_equal(grants_need(grants_need_name(bit)), bit);
	assert_null(grants_need_name(0));
	assert_int_equal(grants_need("NIX"), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_whole_policy_is_read),
		cmocka_unit_test(nothing_is_granted_by_default),
		cmocka_unit_test(a_pair_is_granted_as_a_whole),
		cmocka_unit_test(what_is_wrong_is_refused_with_its_place),
		cmocka_unit_test(every_shipped_policy_is_accepted),
		cmocka_unit_test(the_owners_policy_hides_the_shipped_one),
		cmocka_unit_test(
		    root_and_people_who_do_not_exist_run_no_plugin),
		cmocka_unit_test(every_need_has_a_name),
	};

	return cmocka_run_group_tests(tests, make_top, drop_top);
}
