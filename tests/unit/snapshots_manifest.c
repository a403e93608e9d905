/* SPDX-License-Identifier: MIT */
/*
 * The manifest: what is written is read, nothing that could name a place
 * outside its tree is, and a tree is only good when it is exactly the one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sys/stat.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "file.h"
#include "own.h"
#include "place.h"
#include "snapshot.h"

#define HASH "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define MEMBER(path, more)                                                     \
	"{\"path\":\"" path "\",\"sha256\":\"" HASH "\",\"size\":0," more "}"
#define META                                                                   \
	"\"mode\":\"0644\",\"owner\":\"root\",\"group\":\"root\","             \
	"\"slots\":false"
#define WITH(members)                                                          \
	"{\"ingot\":1,\"name\":\"site\",\"model\":\"gw\",\"sequence\":1,"      \
	"\"members\":[" members "]}"

static int
parse(struct snapshot *s, const char *text, struct err *e)
{
	return snapshot_parse(s, text, strlen(text), e);
}

static void
a_written_manifest_is_read_back_equal(void **state)
{
	struct member members[2] = {
		{ "documents/ssh.conf", { 1 }, 7, 0600, "root", "adm", true },
		{ "files/etc/x y", { 2 }, 9, 0755, "www-data", "root", false }
	};
	struct snapshot in = { .name = "site a",
		.model = "gw100",
		.sequence = 12,
		.terms = { .hardware_count = 2,
		    .hardware = { "A2", "B1" },
		    .agent = "0.1.0",
		    .recipient_count = 1,
		    .recipients = { { 7 } } },
		.count = 2,
		.members = members };
	own_snapshot struct snapshot out = { 0 };
	own_bytes struct bytes text = { 0 };
	struct err e;

	(void)state;
	assert_int_equal(snapshot_manifest(&in, &text, &e), 0);
	assert_int_equal(snapshot_parse(&out, text.p, text.len, &e), 0);
	assert_string_equal(in.id, out.id);
	assert_string_equal(out.name, "site a");
	assert_int_equal(out.sequence, 12);
	assert_int_equal(out.count, 2);
	assert_memory_equal(out.members, members, sizeof(members));
	assert_memory_equal(&out.terms, &in.terms, sizeof(in.terms));
	assert_ptr_equal(
	    snapshot_member(&out, "files/etc/x y"), &out.members[1]);
	assert_null(snapshot_member(&out, "files/etc"));
}

static void
the_id_is_the_hash_of_the_bytes(void **state)
{
	own_snapshot struct snapshot s = { 0 };
	uint8_t hash[SHA256_LEN];
	char hex[SHA256_HEX];
	struct err e;

	(void)state;
	assert_int_equal(parse(&s, WITH(""), &e), 0);
	assert_int_equal(sha256(WITH(""), strlen(WITH("")), hash, &e), 0);
	hex_encode(hash, sizeof(hash), hex);
	assert_string_equal(s.id, hex);
}

/* Each is refused, and the reason holds this. */
static const struct {
	const char *text;
	const char *why;
} bad_manifests[] = {
	{ "", "manifest" },
	{ "[]", "object" },
	{ WITH("") "x", "manifest" },
	{ "{\"ingot\":2,\"name\":\"a\",\"model\":\"b\",\"sequence\":1,"
	  "\"members\":[]}",
	    "the bundle's format is 2" },
	{ "{\"ingot\":1,\"ingot\":1,\"name\":\"a\",\"model\":\"b\","
	  "\"sequence\":1,\"members\":[]}",
	    "duplicate" },
	{ "{\"ingot\":1,\"name\":\"../a\",\"model\":\"b\",\"sequence\":1,"
	  "\"members\":[]}",
	    "name" },
	{ "{\"ingot\":1,\"name\":\"a\",\"model\":\"b\",\"sequence\":0,"
	  "\"members\":[]}",
	    "sequence" },
	{ WITH(MEMBER("files/../../etc/shadow", META)), "leaves" },
	{ WITH(MEMBER("/etc/shadow", META)), "empty part" },
	{ WITH(MEMBER("files//etc", META)), "empty part" },
	{ WITH(MEMBER("files/./etc", META)), "leaves" },
	{ WITH(MEMBER("files/", META)), "empty part" },
	{ WITH(MEMBER("files", META)), "neither" },
	{ WITH(MEMBER("manifest", META)), "neither" },
	{ WITH(MEMBER("signature", META)), "neither" },
	{ WITH(MEMBER("documents/a/b.conf", META)), "neither" },
	{ WITH(MEMBER("documents/A.conf", META)), "neither" },
	{ WITH(MEMBER("documents/.conf", META)), "neither" },
	{ WITH(MEMBER("packages/-rf.deb", META)), "neither" },
	{ WITH(MEMBER("packages/.deb", META)), "neither" },
	{ WITH(MEMBER("packages/a/b.deb", META)), "neither" },
	{ WITH(MEMBER("packages/a b.deb", META)), "neither" },
	{ WITH("{\"path\":\"packages/a.deb\",\"sha256\":\"" HASH
	       "\",\"size\":536870913," META "}"),
	    "size" },
	{ WITH(MEMBER("files/a\\nb", META)), "0x0a" },
	{ WITH(MEMBER("files/\303\244", META)), "0xc3" },
	{ WITH(MEMBER("files/b", META) "," MEMBER("files/a", META)),
	    "out of order" },
	{ WITH(MEMBER("files/a", META) "," MEMBER("files/a", META)), "twice" },
	{ WITH(MEMBER("files/a", META) "," MEMBER("files/a-b", META) "," MEMBER(
	      "files/a/b", META)),
	    "a file and a folder" },
	{ WITH(MEMBER("files/a",
	      "\"mode\":\"4755\",\"owner\":\"root\",\"group\":\"root\","
	      "\"slots\":false")),
	    "set-id" },
	{ WITH(MEMBER("files/a",
	      "\"mode\":\"755\",\"owner\":\"root\",\"group\":\"root\","
	      "\"slots\":false")),
	    "mode" },
	{ WITH(MEMBER("files/a",
	      "\"mode\":\"0755\",\"owner\":\"\",\"group\":\"root\","
	      "\"slots\":false")),
	    "owner" },
	{ WITH(MEMBER("files/a",
	      "\"mode\":\"0755\",\"owner\":\"a:b\",\"group\":\"root\","
	      "\"slots\":false")),
	    "owner" },
	{ WITH(MEMBER("files/a",
	      "\"mode\":\"0755\",\"owner\":\"root\",\"group\":\"root\"")),
	    "slots" },
	{ WITH("{\"path\":\"files/a\",\"sha256\":\"E3\",\"size\":0," META "}"),
	    "sha256" },
	{ WITH("{\"path\":\"files/a\",\"sha256\":\"" HASH
	       "\",\"size\":67108865," META "}"),
	    "size" },
	{ WITH("{\"path\":\"files/a\",\"sha256\":\"" HASH "\",\"size\":-1," META
	       "}"),
	    "size" },
};

static void
a_bad_manifest_is_refused_with_its_reason(void **state)
{
	struct snapshot s;
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof(bad_manifests) / sizeof(*bad_manifests);
	     i++) {
		assert_int_equal(parse(&s, bad_manifests[i].text, &e), -1);
		if (strstr(e.text, bad_manifests[i].why) == NULL)
			fail_msg("%s: %s", bad_manifests[i].text, e.text);
		snapshot_free(&s);
	}
}

static void
a_path_of_any_length_is_taken_or_refused(void **state)
{
	char path[SNAPSHOT_PATH_MAX + 32];
	struct err e;

	(void)state;
	for (size_t n = 1; n < sizeof(path) - 8; n++) {
		(void)strcpy(path, "files/");
		for (size_t i = 6; i < 6 + n; i++)
			path[i] = i % 100 == 0 && i < 5 + n ? '/' : 'a';
		path[6 + n] = '\0';
		assert_int_equal(snapshot_path_check(path, &e),
		    6 + n < SNAPSHOT_PATH_MAX ? 0 : -1);
	}
}

/* A tree with two members in a folder of the test. */
static void
make_tree(int dir, struct snapshot *s)
{
	static const char first[] = "one", second[] = "two";
	own_bytes struct bytes text = { 0 };
	struct err e;

	memset(s, 0, sizeof(*s));
	(void)strcpy(s->name, "site");
	(void)strcpy(s->model, "gw");
	s->sequence = 1;
	s->count = 2;
	s->members = calloc(2, sizeof(*s->members));
	s->members[0] = (struct member){ "documents/ssh.conf", { 0 }, 3, 0644,
		"root", "root", false };
	s->members[1] = (struct member){ "files/etc/x", { 0 }, 3, 0644, "root",
		"root", false };
	assert_int_equal(sha256(first, 3, s->members[0].sha256, &e), 0);
	assert_int_equal(sha256(second, 3, s->members[1].sha256, &e), 0);
	assert_int_equal(file_mkdirs(dir, "documents", 0755, &e), 0);
	assert_int_equal(file_mkdirs(dir, "files/etc", 0755, &e), 0);
	assert_int_equal(snapshot_manifest(s, &text, &e), 0);
	assert_int_equal(
	    file_write(dir, "manifest", text.p, text.len, FILE_PUBLIC, &e), 0);
	assert_int_equal(
	    file_write(dir, "signature", "", 0, FILE_PUBLIC, &e), 0);
	assert_int_equal(
	    file_write(dir, s->members[0].path, first, 3, FILE_PUBLIC, &e), 0);
	assert_int_equal(
	    file_write(dir, s->members[1].path, second, 3, FILE_PUBLIC, &e), 0);
}

static void
the_tree_that_was_written_is_good(void **state)
{
	own_snapshot struct snapshot made = { 0 }, read = { 0 };
	struct err e;

	(void)state;
	make_tree(AT_FDCWD, &made);
	assert_int_equal(snapshot_read(&read, AT_FDCWD, &e), 0);
	assert_string_equal(made.id, read.id);
	assert_int_equal(snapshot_verify(&read, AT_FDCWD, &e), 0);
}

static void
refused(const struct snapshot *s, int dir, const char *why)
{
	struct err e;

	assert_int_equal(snapshot_verify(s, dir, &e), -1);
	if (strstr(e.text, why) == NULL)
		fail_msg("%s", e.text);
}

static void
a_changed_tree_is_refused(void **state)
{
	own_snapshot struct snapshot s = { 0 };
	struct err e;

	(void)state;
	make_tree(AT_FDCWD, &s);
	assert_int_equal(
	    file_write(AT_FDCWD, "files/etc/x", "twO", 3, FILE_PUBLIC, &e), 0);
	refused(&s, AT_FDCWD, "is not what the manifest says");
	assert_int_equal(
	    file_write(AT_FDCWD, "files/etc/x", "twoo", 4, FILE_PUBLIC, &e), 0);
	refused(&s, AT_FDCWD, "not a file of 3 bytes");
	assert_int_equal(file_remove(AT_FDCWD, "files/etc/x", &e), 0);
	refused(&s, AT_FDCWD, "open files/etc/x");
	assert_int_equal(
	    file_link(AT_FDCWD, "../../documents/ssh.conf", "files/etc/x", &e),
	    0);
	refused(&s, AT_FDCWD, "open files/etc/x");
}

static void
what_the_manifest_does_not_name_is_refused(void **state)
{
	own_snapshot struct snapshot s = { 0 };
	struct err e;

	(void)state;
	make_tree(AT_FDCWD, &s);
	assert_int_equal(
	    file_write(AT_FDCWD, "files/etc/y", "", 0, FILE_PUBLIC, &e), 0);
	refused(&s, AT_FDCWD, "files/etc/y is not in the manifest");
	assert_int_equal(file_remove(AT_FDCWD, "files/etc/y", &e), 0);
	assert_int_equal(mkdirat(AT_FDCWD, "files/empty", 0755), 0);
	refused(&s, AT_FDCWD, "files/empty is not in the manifest");
	assert_int_equal(unlinkat(AT_FDCWD, "files/empty", AT_REMOVEDIR), 0);
	assert_int_equal(symlinkat("/etc", AT_FDCWD, "files/link"), 0);
	refused(&s, AT_FDCWD, "files/link is not in the manifest");
	assert_int_equal(unlinkat(AT_FDCWD, "files/link", 0), 0);
	assert_int_equal(mkfifoat(AT_FDCWD, "pipe", 0600), 0);
	refused(&s, AT_FDCWD, "pipe is not in the manifest");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_written_manifest_is_read_back_equal),
		cmocka_unit_test(the_id_is_the_hash_of_the_bytes),
		cmocka_unit_test(a_bad_manifest_is_refused_with_its_reason),
		cmocka_unit_test(a_path_of_any_length_is_taken_or_refused),
		in_a_place(the_tree_that_was_written_is_good),
		in_a_place(a_changed_tree_is_refused),
		in_a_place(what_the_manifest_does_not_name_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
