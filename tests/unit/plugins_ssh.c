/* SPDX-License-Identifier: MIT */
/*
 * The SSH plugin's readers, without a server: sshd_config as sshd sees it,
 * which line of it counts, and the first packet of a server that may lie.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../plugins/ssh_hardening/dropin.h"
#include "../../plugins/ssh_hardening/effective.h"
#include "../../plugins/ssh_hardening/kexinit.h"
#include "file.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

static void
a_line_is_read_as_sshd_reads_it(void **state)
{
	static const struct {
		const char *line, *word, *args;
	} rows[] = {
		{ "Port 22", "port", "22" },
		{ "  PORT\t22  ", "port", "22" },
		{ "Port=22", "port", "22" },
		{ "Port = 22", "port", "22" },
		{ "Port \"22\" # comment", "port", "22" },
		{ "AllowUsers a  b\tc", "allowusers", "a b c" },
		{ "ChallengeResponseAuthentication yes",
		    "kbdinteractiveauthentication", "yes" },
		{ "Banner \"/etc/my banner\"", "banner",
		    "/etc/my\x01"
		    "banner" },
		{ "Banner a\\ b", "banner",
		    "a\x01"
		    "b" },
		{ "Banner a#b", "banner", "a#b" },
		{ "Port 22\r", "port", "22" },
		{ "Port", "port", "" },
	};
	struct err e;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		own_sshd_conf struct sshd_conf c = { 0 };

		assert_int_equal(sshd_conf_text(&c, "x", rows[i].line,
				     strlen(rows[i].line), false, &e),
		    0);
		assert_int_equal(c.count, 1);
		assert_string_equal(c.first->word, rows[i].word);
		assert_string_equal(c.first->args, rows[i].args);
		assert_int_equal(c.first->line, 1);
	}
}

static void
what_sshd_would_not_read_is_an_error_with_its_line(void **state)
{
	static const struct {
		const char *text;
		size_t len; /* 0: strlen */
	} rows[] = {
		{ "Port 22\nBanner \"open", 0 },
		{ "Port 22\n\"Port\" 22", 0 },
		{ "Port 22\nPo\0rt 22", 16 },
	};
	own_sshd_conf struct sshd_conf c = { 0 };
	char big[8192];
	struct err e;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_int_equal(
		    sshd_conf_text(&c, "f", rows[i].text,
			rows[i].len ? rows[i].len : strlen(rows[i].text), false,
			&e),
		    -1);
		assert_non_null(strstr(e.text, "f:2"));
	}
	memset(big, 'a', sizeof(big));
	assert_int_equal(
	    sshd_conf_text(&c, "f", big, sizeof(big), false, &e), -1);
	memset(big, ' ', sizeof(big));
	assert_int_equal(
	    sshd_conf_text(&c, "f", big, sizeof(big), false, &e), -1);
}

static void
a_file_of_ten_thousand_lines_is_refused(void **state)
{
	own_sshd_conf struct sshd_conf c = { 0 };
	own_bytes struct bytes b = { 0 };
	struct err e;

	(void)state;
	for (int i = 0; i < 10000; i++)
		bytes_fmt(&b, "Port 22\n");
	assert_int_equal(sshd_conf_text(&c, "f", b.p, b.len, false, &e), -1);
	assert_non_null(strstr(e.text, "f:4097: more than 4096"));
}

static void
a_match_block_ends_with_its_file(void **state)
{
	static const char text[] = "Port 22\nMatch all\nPort 23\n";
	own_sshd_conf struct sshd_conf c = { 0 };
	struct err e;

	(void)state;
	assert_int_equal(
	    sshd_conf_text(&c, "a", text, sizeof(text) - 1, false, &e), 0);
	assert_int_equal(sshd_conf_text(&c, "b", "Port 24\n", 8, false, &e), 0);
	assert_false(c.first->match);
	assert_true(c.first->next->match);
	assert_false(c.last->match);
	assert_string_equal(sshd_conf_find(&c, "port")->args, "22");
}

/* path gets the name of a new folder with main in it. */
static void
write_main(char dir[static 64], char path[static 96], const char *main)
{
	struct err e;

	(void)strcpy(dir, "/tmp/ingot-ssh.XXXXXX");
	assert_non_null(mkdtemp(dir));
	(void)snprintf(path, 96, "%s/main", dir);
	assert_int_equal(
	    file_write(AT_FDCWD, path, main, strlen(main), FILE_PUBLIC, &e), 0);
}

static void
includes_are_followed_in_the_order_of_names(void **state)
{
	own_sshd_conf struct sshd_conf c = { 0 };
	char dir[64], path[96], text[256], at[96];
	struct err e;

	(void)state;
	write_main(dir, path, "");
	(void)snprintf(text, sizeof(text),
	    "Include %s/*.conf %s/none/*.conf %s/absent\nPort 3\n", dir, dir,
	    dir);
	assert_int_equal(
	    file_write(AT_FDCWD, path, text, strlen(text), FILE_PUBLIC, &e), 0);
	(void)snprintf(at, sizeof(at), "%s/90-b.conf", dir);
	assert_int_equal(
	    file_write(AT_FDCWD, at, "Port 2\n", 7, FILE_PUBLIC, &e), 0);
	(void)snprintf(at, sizeof(at), "%s/10-a.conf", dir);
	assert_int_equal(file_write(AT_FDCWD, at, "Match all\nPort 1\n", 17,
			     FILE_PUBLIC, &e),
	    0);
	assert_int_equal(sshd_conf_read(&c, path, &e), 0);
	assert_int_equal(c.count, 3);
	assert_string_equal(c.first->args, "1");
	assert_true(c.first->match);
	assert_string_equal(c.first->next->args, "2");
	assert_false(c.first->next->match);
	assert_string_equal(c.last->args, "3");
	assert_int_equal(file_remove_tree(AT_FDCWD, dir, &e), 0);
}

static void
a_file_that_includes_itself_ends(void **state)
{
	own_sshd_conf struct sshd_conf c = { 0 };
	char dir[64], path[96], text[128];
	struct err e;

	(void)state;
	write_main(dir, path, "");
	(void)snprintf(text, sizeof(text), "Include %s/ma*\n", dir);
	assert_int_equal(
	    file_write(AT_FDCWD, path, text, strlen(text), FILE_PUBLIC, &e), 0);
	assert_int_equal(sshd_conf_read(&c, path, &e), -1);
	assert_non_null(strstr(e.text, "too many Includes"));
	assert_int_equal(file_remove_tree(AT_FDCWD, dir, &e), 0);
}

/* The words of the reason when the drop-in stands between before and after. */
static void
says(const char *before, const char *dropin, const char *after,
    const char *reason)
{
	static const char ours[] = "Port 22\nPasswordAuthentication no\n";
	own_sshd_conf struct sshd_conf unit = { 0 }, want = { 0 };
	struct err e = { .text = "" };
	int rc;

	assert_int_equal(sshd_conf_text(&want, DROPIN_PATH, ours,
			     sizeof(ours) - 1, false, &e),
	    0);
	assert_int_equal(
	    sshd_conf_text(&unit, "before", before, strlen(before), false, &e),
	    0);
	assert_int_equal(sshd_conf_text(&unit, DROPIN_PATH, dropin,
			     strlen(dropin), false, &e),
	    0);
	assert_int_equal(
	    sshd_conf_text(&unit, "after", after, strlen(after), false, &e), 0);
	rc = effective_holds(&unit, &want, &e);
	if (rc != (reason == NULL ? 0 : -1) ||
	    (reason != NULL && strstr(e.text, reason) == NULL))
		fail_msg("\"%s\" + \"%s\": %s", before, after, e.text);
}

static void
the_line_that_counts_is_named(void **state)
{
	static const char ours[] = "Port 22\nPasswordAuthentication no\n";
	static const struct {
		const char *before, *dropin, *after, *reason;
	} rows[] = {
		{ "", ours, "", NULL },
		{ "Banner x\n", ours, "PasswordAuthentication yes\n", NULL },
		{ "PasswordAuthentication no\n", ours, "", NULL },
		{ "", ours, "Match all\nPasswordAuthentication no\n", NULL },
		{ "\nPasswordAuthentication yes\n", ours, "",
		    "before:2: passwordauthentication yes comes before" },
		{ "Match all\nPasswordAuthentication yes\n", ours, "",
		    "before:2: a Match block" },
		{ "", ours, "Match User x\nPasswordAuthentication yes\n",
		    "after:2: a Match block" },
		{ "", ours, "Port 2222\n", "after:1: port 2222 adds to" },
		{ "Port 22\nPort 2222\n", ours, "", "before:2" },
		{ "", "", "", "does not include" },
		{ "", "", "PasswordAuthentication no\nPort 22\n",
		    "does not include" },
		{ "", "Match all\nPort 22\nPasswordAuthentication no\n", "",
		    "within a Match" },
		{ "", "Port 22\n", "", "passwordauthentication is missing" },
		{ "", "Port 22\nPasswordAuthentication yes\n", "",
		    "not written by Ingot" },
		{ "", "Port 22\nPasswordAuthentication no\nDenyUsers x\n", "",
		    "not written by Ingot" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		says(rows[i].before, rows[i].dropin, rows[i].after,
		    rows[i].reason);
}

static void
an_artifact_says_again_what_the_document_said(void **state)
{
	static const char text[] =
	    "port = 2022; users = [ \"ann\", \"bob\" ]; probe_user = \"bob\";";
	own_promise struct ssh_promise p = { 0 };
	own_bytes struct bytes b = { 0 };
	struct ssh_document d;
	struct err e;

	(void)state;
	assert_int_equal(ssh_document_read(&d, text, sizeof(text) - 1, &e), 0);
	dropin_write(&d, &b);
	assert_int_equal(dropin_read(&p, b.p, b.len, &e), 0);
	assert_int_equal(p.port, 2022);
	assert_string_equal(p.probe_user, "bob");
	assert_int_equal(p.n_users, 2);
	assert_string_equal(p.users[0], "bob");
	assert_string_equal(p.users[1], "ann");
}

static void
an_artifact_of_another_hand_is_refused(void **state)
{
	static const char *const rows[] = { "", "Port 22\n",
		"# Written by Ingot from ssh_hardening.conf; a change here is "
		"undone.\n#: probe-user a b\nPort 22\n",
		"# Written by Ingot from ssh_hardening.conf; a change here is "
		"undone.\n#: probe-user a\nPort 0\n",
		"# Written by Ingot from ssh_hardening.conf; a change here is "
		"undone.\n#: probe-user a\nPort 22\nAllowUsers * b\n" };
	struct err e;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		own_promise struct ssh_promise p = { 0 };

		assert_int_equal(
		    dropin_read(&p, rows[i], strlen(rows[i]), &e), -1);
	}
}

/* A KEXINIT payload whose lists are all "a,b"; its length. */
static size_t
kexinit_payload(unsigned char *p)
{
	unsigned char *at = p;

	*at++ = 20;
	memset(at, 7, 16);
	at += 16;
	for (int i = 0; i < KEX_LISTS; i++) {
		memcpy(at, "\0\0\0\3a,b", 7);
		at += 7;
	}
	memset(at, 0, 5);
	return (size_t)(at - p) + 5;
}

static void
the_lists_of_a_server_are_read(void **state)
{
	static struct kexinit k;
	unsigned char p[256];
	struct err e;

	(void)state;
	assert_int_equal(kexinit_parse(&k, p, kexinit_payload(p), &e), 0);
	for (int i = 0; i < KEX_LISTS; i++)
		assert_string_equal(k.list[i], "a,b");
}

static void
a_server_that_lies_about_a_length_is_caught(void **state)
{
	static struct kexinit k;
	unsigned char p[256];
	size_t len = kexinit_payload(p);
	struct err e;

	(void)state;
	for (size_t n = 0; n < len - 5; n++)
		assert_int_equal(kexinit_parse(&k, p, n, &e), -1);
	for (size_t i = 0; i < KEX_LISTS; i++) {
		(void)kexinit_payload(p);
		memset(p + 17 + 7 * i, 0xff, 4);
		assert_int_equal(kexinit_parse(&k, p, len, &e), -1);
		(void)kexinit_payload(p);
		p[17 + 7 * i + 4] = '\n';
		assert_int_equal(kexinit_parse(&k, p, len, &e), -1);
	}
	(void)kexinit_payload(p);
	p[0] = 21;
	assert_int_equal(kexinit_parse(&k, p, len, &e), -1);
}

static void
a_name_that_was_not_allowed_is_found(void **state)
{
	static const struct {
		const char *list, *allowed, *stranger;
	} rows[] = {
		{ "a,b", "a,b,c", "" }, { "", "a", "" },
		{ "a,bb,c", "a,b,c", "bb" }, { "a,b", "ab", "a" },
		{ "a", "", "a" },
		{ "a,kex-strict-s-v00@openssh.com,ext-info-s", "a", "" },
		{ "abcdefgh", "a", "abc" }, /* cut, not overrun */
	};
	char out[4];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		kexinit_stranger(
		    rows[i].list, rows[i].allowed, out, sizeof(out));
		assert_string_equal(out, rows[i].stranger);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_is_read_as_sshd_reads_it),
		cmocka_unit_test(
		    what_sshd_would_not_read_is_an_error_with_its_line),
		cmocka_unit_test(a_file_of_ten_thousand_lines_is_refused),
		cmocka_unit_test(a_match_block_ends_with_its_file),
		cmocka_unit_test(includes_are_followed_in_the_order_of_names),
		cmocka_unit_test(a_file_that_includes_itself_ends),
		cmocka_unit_test(the_line_that_counts_is_named),
		cmocka_unit_test(an_artifact_says_again_what_the_document_said),
		cmocka_unit_test(an_artifact_of_another_hand_is_refused),
		cmocka_unit_test(the_lists_of_a_server_are_read),
		cmocka_unit_test(a_server_that_lies_about_a_length_is_caught),
		cmocka_unit_test(a_name_that_was_not_allowed_is_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
