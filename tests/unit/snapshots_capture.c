/* SPDX-License-Identifier: MIT */
/*
 * Capturing: what the policy lists and nothing else, never outside the root,
 * the same bytes each time, and not sealed while anything is undecided.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sys/mman.h>
#include <sys/stat.h>

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "capture.h"
#include "file.h"
#include "own.h"
#include "place.h"
#include "tree.h"

static void
put(const char *path, const char *text)
{
	char folder[256];
	struct err e;

	(void)snprintf(folder, sizeof(folder), "%s", path);
	*strrchr(folder, '/') = '\0';
	assert_int_equal(file_mkdirs(AT_FDCWD, folder, 0755, &e), 0);
	assert_int_equal(
	    file_write(AT_FDCWD, path, text, strlen(text), FILE_PUBLIC, &e), 0);
}

/* A small sample below "root", and a policy beside it. */
static void
sample(const char *policy)
{
	put("root/etc/passwd",
	    "root:x:0:0::/root:/bin/sh\nmeter:x:1234:1234::/:/x\n");
	put("root/etc/group", "root:x:0:\nmeter:x:1234:\n");
	put("root/etc/app/a.conf", "a=1\n");
	put("root/etc/app/b.conf", "b=2\n");
	put("root/etc/app/sub/c.txt", "c\n");
	put("root/docs/ssh.conf", "serial = \"@{unit.serial}\";\n");
	put("./policy.conf", policy);
}

/* Captures the sample; -1 as capture_run() does. */
static int
run(struct capture *c, struct err *e)
{
	own_fd int root = open("root", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	const struct capture_words words = { .policy = "policy.conf",
		.root = root,
		.name = "site",
		.model = "gw",
		.sequence = 1 };

	return capture_run(c, &words, e);
}

static void
captured(struct capture *c)
{
	struct err e;

	if (run(c, &e) == -1)
		fail_msg("%s", e.text);
}

/* The members but for the proof, joined. */
static void
has(const struct capture *c, const char *wanted)
{
	own_bytes struct bytes all = { 0 };

	bytes_add(&all, "", 0);
	for (size_t i = 0; i + 1 < c->snapshot.count; i++)
		bytes_fmt(&all, "%s%s", i == 0 ? "" : " ",
		    c->snapshot.members[i].path);
	assert_string_equal(all.p, wanted);
	assert_string_equal(
	    c->snapshot.members[c->snapshot.count - 1].path, "proof");
}

static const struct finding *
finding(const struct capture *c, enum finding_id id)
{
	for (size_t i = 0; i < c->findings.count; i++)
		if (c->findings.all[i].id == id)
			return &c->findings.all[i];
	return NULL;
}

static const struct {
	const char *policy;
	const char *members;
} lists[] = {
	{ "files = [ \"/etc/app\" ];",
	    "files/etc/app/a.conf files/etc/app/b.conf files/etc/app/sub/c.txt" },
	{ "files = [ \"/etc/app/a.conf\", \"/etc/app/*.conf\" ];",
	    "files/etc/app/a.conf files/etc/app/b.conf" },
	{ "files = [ \"/etc/*/sub\" ];", "files/etc/app/sub/c.txt" },
	{ "files = [ \"/e[st]c/app/?.conf\" ]; exclude = [ \"*/b.*\" ];",
	    "files/etc/app/a.conf" },
	{ "optional = [ \"/none\", \"/etc/app/x*\" ];", "" },
	{ "documents = \"/docs\";", "documents/ssh.conf" },
};

static void
what_the_policy_lists_is_captured_and_no_more(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		own_capture struct capture c = { .offsets = NULL };

		sample(lists[i].policy);
		captured(&c);
		has(&c, lists[i].members);
		assert_int_equal(c.findings.open, 0);
	}
}

static void
the_same_sample_gives_the_same_bytes(void **state)
{
	own_capture struct capture one = { .offsets = NULL };
	own_capture struct capture two = { .offsets = NULL };

	(void)state;
	sample("documents = \"/docs\"; files = [ \"/etc/app\" ];");
	captured(&one);
	assert_int_equal(unlink("root/etc/app/a.conf"), 0);
	put("root/etc/app/a.conf", "a=1\n");
	captured(&two);
	assert_string_equal(one.snapshot.id, two.snapshot.id);
	assert_int_equal(one.manifest.len, two.manifest.len);
	assert_memory_equal(one.manifest.p, two.manifest.p, one.manifest.len);
}

static void
members_keep_mode_owner_and_slots(void **state)
{
	own_capture struct capture c = { .offsets = NULL };
	const struct member *m;

	(void)state;
	sample("documents = \"/docs\"; files = [ \"/etc/app/a.conf\" ];");
	assert_int_equal(chmod("root/etc/app/a.conf", 0640), 0);
	if (chown("root/etc/app/a.conf", 1234, 1234) == -1)
		skip();
	captured(&c);
	m = snapshot_member(&c.snapshot, "files/etc/app/a.conf");
	assert_non_null(m);
	assert_int_equal(m->mode, 0640);
	assert_string_equal(m->owner, "meter");
	assert_string_equal(m->group, "meter");
	assert_false(m->slots);
	assert_true(snapshot_member(&c.snapshot, "documents/ssh.conf")->slots);
}

static void
an_owner_whom_the_sample_does_not_know_is_an_error(void **state)
{
	own_capture struct capture c = { .offsets = NULL };
	struct err e;

	(void)state;
	sample("files = [ \"/etc/app/a.conf\" ];");
	if (chown("root/etc/app/a.conf", 77, 77) == -1)
		skip();
	assert_int_equal(run(&c, &e), -1);
	assert_non_null(strstr(e.text, "belongs to user 77"));
}

static void
a_file_that_must_be_there_is_named(void **state)
{
	own_capture struct capture c = { .offsets = NULL };
	struct err e;

	(void)state;
	sample("\nfiles = [ \"/etc/none\" ];");
	assert_int_equal(run(&c, &e), -1);
	assert_non_null(strstr(e.text, "policy.conf:2: "));
	assert_non_null(strstr(e.text, "/etc/none"));
}

static void
nothing_outside_the_root_is_reached(void **state)
{
	own_bytes struct bytes text = { 0 };
	own_fd int root = -1;
	struct stat st;
	struct err e;

	(void)state;
	sample("");
	put("outside/secret", "outside\n");
	root = open("root", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(symlink("../../outside", "root/etc/up"), 0);
	assert_int_equal(symlink("/outside/secret", "root/etc/abs"), 0);
	assert_int_equal(
	    tree_read(root, "/etc/up/secret", 100, &text, &st, &e), -1);
	assert_int_equal(tree_read(root, "/etc/abs", 100, &text, &st, &e), -1);
	assert_int_equal(
	    tree_read(root, "/../outside/secret", 100, &text, &st, &e), -1);
	/* What follows links ends in the root as well. */
	assert_int_equal(
	    tree_read_through(root, "/etc/up/secret", 100, &text, &e), -1);
	assert_int_equal(
	    tree_read_through(root, "/etc/abs", 100, &text, &e), -1);
	put("root/outside/secret", "inside\n");
	assert_int_equal(
	    tree_read_through(root, "/etc/abs", 100, &text, &e), 0);
	assert_string_equal(text.p, "inside\n");
}

static void
a_link_that_leads_back_up_ends_no_walk(void **state)
{
	struct tree_paths paths = { 0 };
	own_fd int root = -1;
	struct err e;

	(void)state;
	sample("");
	assert_int_equal(symlink("/etc/app", "root/link"), 0);
	assert_int_equal(symlink("..", "root/etc/app/sub/up"), 0);
	root = open("root", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(tree_list_through(root, "/link", &paths, &e), 3);
	assert_int_equal(tree_list_through(root, "/l*/a.*", &paths, &e), 1);
	tree_sort(&paths);
	assert_int_equal(paths.count, 3);
	assert_string_equal(paths.all[0], "/link/a.conf");
	assert_int_equal(tree_list(root, "/link/a.conf", &paths, &e), -1);
	assert_non_null(strstr(e.text, "symbolic link"));
	tree_free(&paths);
}

static void
what_is_no_plain_file_is_told_and_left_out(void **state)
{
	own_capture struct capture open_one = { .offsets = NULL };
	own_capture struct capture c = { .offsets = NULL };

	(void)state;
	sample("files = [ \"/etc/app\" ];");
	assert_int_equal(symlink("/etc/shadow", "root/etc/app/link"), 0);
	assert_int_equal(mkfifo("root/etc/app/pipe", 0600), 0);
	captured(&open_one);
	assert_int_equal(open_one.findings.open, 2);
	put("./policy.conf",
	    "files = [ \"/etc/app\" ]; exclude = [ \"*.txt\" ]; accept = ( { "
	    "finding = \"special-file\"; file = \"/etc/app/*\"; "
	    "why = \"not needed\"; } );");
	captured(&c);
	assert_int_equal(c.findings.open, 0);
	has(&c, "files/etc/app/a.conf files/etc/app/b.conf");
}

static void
a_file_with_holes_is_told(void **state)
{
	own_capture struct capture c = { .offsets = NULL };

	(void)state;
	sample("files = [ \"/etc/app\" ];");
	assert_int_equal(truncate("root/etc/app/a.conf", 1 << 20), 0);
	captured(&c);
	assert_non_null(finding(&c, FINDING_SPECIAL));
}

static volatile int writing = 1;

static void *
keep_writing(void *fd)
{
	while (writing)
		if (pwrite(*(int *)fd, "x", 1, 0) != 1)
			break;
	return NULL;
}

/* Reading 8 MiB takes a thousand times as long as one write. */
static void
a_file_that_changes_while_it_is_read_is_told(void **state)
{
	own_fd int root = -1, fd = -1;
	own_bytes struct bytes text = { 0 };
	static char block[1 << 20];
	struct stat st;
	pthread_t thread;
	struct err e = { 0 };
	int rc = 0;

	(void)state;
	sample("");
	root = open("root", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	fd = open("root/busy", O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	for (int i = 0; i < 8; i++)
		assert_int_equal(
		    write(fd, block, sizeof(block)), (ssize_t)sizeof(block));
	assert_int_equal(pthread_create(&thread, NULL, keep_writing, &fd), 0);
	for (int i = 0; i < 100 && rc == 0; i++)
		rc = tree_read(root, "/busy", 1 << 24, &text, &st, &e);
	writing = 0;
	(void)pthread_join(thread, NULL);
	assert_int_equal(rc, -1);
	assert_non_null(strstr(e.text, "changed while it was read"));
}

static void
a_dropped_file_does_not_travel_but_its_key_is_searched_for(void **state)
{
	own_capture struct capture c = { .offsets = NULL };

	(void)state;
	sample("files = [ \"/etc/app\" ]; scrub = [ \"scrub.conf\" ];");
	put("./scrub.conf",
	    "rules = ( { file = \"*.key\"; drop = true; why = \"a key\"; } );");
	put("root/etc/app/x.key",
	    "-----BEGIN EC PRIVATE KEY-----\n"
	    "MHcCAQEEIDGBpX8zQY2aotd4qsRdBwB45RQlQza6RuhAPwAqVmy0oAoGCCqGSM49\n"
	    "-----END EC PRIVATE KEY-----\n");
	put("root/etc/app/a.conf",
	    "# QY2aotd4qsRdBwB45RQlQza6RuhAPwAqVmy0oAoGCCqGSM49\n");
	captured(&c);
	has(&c,
	    "files/etc/app/a.conf files/etc/app/b.conf "
	    "files/etc/app/sub/c.txt");
	assert_int_equal(json_array_size(c.dropped), 1);
	assert_string_equal(
	    finding(&c, FINDING_RESIDUE)->path, "/etc/app/a.conf");
}

static void
a_file_can_be_dropped_for_what_it_holds(void **state)
{
	own_capture struct capture c = { .offsets = NULL };

	(void)state;
	sample("files = [ \"/etc/app\" ]; scrub = [ \"rules.conf\" ];");
	put("./rules.conf",
	    "rules = ( { file = \"*\"; content = \"private-key\"; drop = true; "
	    "why = \"a key\"; } );");
	put("root/etc/app/innocent",
	    "-----BEGIN EC PRIVATE KEY-----\n"
	    "MHcCAQEEIIrYSSNQFaA2Hwf1duRSxKtLYX5CB04fSeQ6tF1aY/Pu\n"
	    "-----END EC PRIVATE KEY-----\n");
	/* The same line elsewhere is not dropped, but found. */
	put("root/etc/app/a.conf",
	    "n=MHcCAQEEIIrYSSNQFaA2Hwf1duRSxKtLYX5CB04fSeQ6tF1aY/Pu\n");
	captured(&c);
	has(&c,
	    "files/etc/app/a.conf files/etc/app/b.conf files/etc/app/sub/c.txt");
	assert_null(finding(&c, FINDING_PRIVATE_KEY));
	assert_non_null(finding(&c, FINDING_RESIDUE));
	assert_int_equal(json_array_size(c.dropped), 1);
	assert_int_equal(c.ledger.dropped, 1);
}

static void
an_identifier_of_the_sample_is_found_wherever_it_is(void **state)
{
	own_capture struct capture c = { .offsets = NULL };

	(void)state;
	sample("files = [ \"/etc/app\" ]; identity = ( { what = \"serial\"; "
	       "file = \"/unit.conf\"; format = \"libconfig\"; key = "
	       "\"serial\"; } );");
	put("root/unit.conf", "serial = \"GW-77-4242\";\n");
	put("root/etc/app/sub/gw-77-4242.txt", "named like the unit\n");
	captured(&c);
	/* The name of a file: in the proof, which lists it, and in the
	 * manifest. */
	assert_string_equal(finding(&c, FINDING_RESIDUE)->path, "proof");
	assert_int_equal(c.findings.open, 2);
	assert_string_equal(finding(&c, FINDING_RESIDUE)->key, "serial");
}

/* Nobody seals it, and who finds it sealed all the same is told. */
static void
the_proof_says_how_many_findings_are_open(void **state)
{
	own_capture struct capture c = { .offsets = NULL };
	const struct member *proof;
	const uint8_t *all;
	struct err e;

	(void)state;
	sample("files = [ \"/etc/app\" ];");
	put("root/etc/app/a.conf", "password=hunter22x\ntoken=hunter33y\n");
	captured(&c);
	assert_int_equal(c.findings.open, 2);
	proof = &c.snapshot.members[c.snapshot.count - 1];
	assert_string_equal(proof->path, "proof");
	all = spool_map(c.spool, &e);
	assert_non_null(all);
	assert_non_null(memmem(all + c.offsets[c.snapshot.count - 1],
	    proof->size, "\"open\":2", 8));
}

static void
a_missing_identifier_and_an_unused_rule_are_told(void **state)
{
	own_capture struct capture c = { .offsets = NULL };

	(void)state;
	sample("scrub = [ \"scrub.conf\" ]; identity = ( { what = \"serial\"; "
	       "file = \"/none\"; } );");
	put("./scrub.conf",
	    "rules = ( { file = \"/x\"; format = \"pairs\"; key = \"psk\"; "
	    "empty = true; needed = true; } );");
	captured(&c);
	assert_string_equal(finding(&c, FINDING_IDENTITY)->key, "serial");
	assert_string_equal(finding(&c, FINDING_UNUSED)->path, "scrub.conf");
	assert_int_equal(c.findings.open, 2);
}

static void
a_capture_with_an_open_finding_is_not_sealed(void **state)
{
	own_capture struct capture c = { .offsets = NULL };
	own_fd int fd = memfd_create("out", MFD_CLOEXEC);
	struct stat st;
	struct err e;

	(void)state;
	sample("files = [ \"/etc/app\" ];");
	put("root/etc/app/a.conf", "password=abcdefg\n");
	captured(&c);
	assert_int_equal(capture_seal(&c, fd, NULL, NULL, NULL, &e), -1);
	assert_non_null(strstr(e.text, "1 findings are open"));
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_size, 0);
}

static void
a_sealed_capture_opens(void **state)
{
	const struct bundle_trust trust = { .unsigned_ok = true };
	own_capture struct capture c = { .offsets = NULL };
	own_fd int fd = memfd_create("out", MFD_CLOEXEC);
	struct bundle_info info;
	struct err e;

	(void)state;
	sample("documents = \"/docs\"; files = [ \"/etc/app\" ];");
	captured(&c);
	assert_int_equal(capture_seal(&c, fd, NULL, NULL, NULL, &e), 0);
	assert_int_equal(bundle_open(fd, &trust, -1, &info, &e), 0);
	assert_string_equal(info.id, c.snapshot.id);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		in_a_place(what_the_policy_lists_is_captured_and_no_more),
		in_a_place(the_same_sample_gives_the_same_bytes),
		in_a_place(members_keep_mode_owner_and_slots),
		in_a_place(an_owner_whom_the_sample_does_not_know_is_an_error),
		in_a_place(a_file_that_must_be_there_is_named),
		in_a_place(nothing_outside_the_root_is_reached),
		in_a_place(a_link_that_leads_back_up_ends_no_walk),
		in_a_place(what_is_no_plain_file_is_told_and_left_out),
		in_a_place(a_file_with_holes_is_told),
		in_a_place(a_file_that_changes_while_it_is_read_is_told),
		in_a_place(
		    a_dropped_file_does_not_travel_but_its_key_is_searched_for),
		in_a_place(a_file_can_be_dropped_for_what_it_holds),
		in_a_place(an_identifier_of_the_sample_is_found_wherever_it_is),
		in_a_place(the_proof_says_how_many_findings_are_open),
		in_a_place(a_missing_identifier_and_an_unused_rule_are_told),
		in_a_place(a_capture_with_an_open_finding_is_not_sealed),
		in_a_place(a_sealed_capture_opens),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
