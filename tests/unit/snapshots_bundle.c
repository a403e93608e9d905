/* SPDX-License-Identifier: MIT */
/*
 * Bundles: a good one opens to the tree that was sealed; each thing that can
 * be wrong with one is refused for its own reason, and leaves nothing behind.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bundle.h"
#include "craft.h"
#include "file.h"
#include "issue.h"
#include "own.h"
#include "place.h"

#undef assert
#define assert(x) assert_true(x)

#define FILES     3

static const struct craft_entry files[FILES] = {
	{ .path = "documents/ssh.conf", .content = "port = 22;\n", .len = 11 },
	{ .path = "files/etc/x", .content = "content of x\n", .len = 13 },
	{ .path = "proof", .content = "{}\n", .len = 3 },
};

/* manifest, signature and members of a good bundle, to be spoiled. */
struct parts {
	struct bytes manifest;
	struct bytes signature;
	struct craft_entry entries[16];
	size_t count;
	const char *behind;
};

static struct craft_maker maker, stranger, mailer;

static int
make_makers(void **state)
{
	(void)state;
	craft_maker_make(&maker, "codeSigning");
	craft_maker_make(&stranger, "codeSigning");
	craft_maker_make(&mailer, "emailProtection");
	return 0;
}

static int
drop_makers(void **state)
{
	(void)state;
	craft_maker_free(&maker);
	craft_maker_free(&stranger);
	craft_maker_free(&mailer);
	return 0;
}

static void
parts_lay(struct parts *p)
{
	p->entries[0] = (struct craft_entry){ .path = "manifest",
		.content = p->manifest.p,
		.len = p->manifest.len };
	p->entries[1] = (struct craft_entry){ .path = "signature",
		.content = p->signature.p,
		.len = p->signature.len };
}

static void
parts_make(struct parts *p, const struct craft_maker *by)
{
	memset(p, 0, sizeof(*p));
	craft_manifest(files, FILES, 0, &p->manifest);
	if (by != NULL)
		craft_signature(by, &p->manifest, &p->signature);
	parts_lay(p);
	memcpy(p->entries + 2, files, sizeof(files));
	p->count = 2 + FILES;
}

static void
parts_free(struct parts *p)
{
	bytes_free(&p->manifest);
	bytes_free(&p->signature);
}

static unsigned
entries_in(const char *path)
{
	DIR *d = opendir(path);
	unsigned n = 0;

	assert_non_null(d);
	while (readdir(d) != NULL)
		n++;
	(void)closedir(d);
	return n - 2;
}

/* Opens into the folder "out" of the place. */
static int
open_into(int fd, const struct bundle_trust *trust, struct bundle_info *info,
    struct err *e)
{
	own_fd int dir = -1;
	int rc;

	(void)mkdir("out", 0700);
	dir = open("out", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_not_equal(dir, -1);
	rc = bundle_open(fd, trust, dir, info, e);
	if (rc == -1)
		assert_int_equal(entries_in("out"), 0);
	return rc;
}

static void
refused_with(
    const struct parts *p, const struct bundle_trust *trust, const char *why)
{
	own_fd int fd = craft_bundle(p->entries, p->count, p->behind);
	struct bundle_info info;
	struct err e;

	assert_int_equal(open_into(fd, trust, &info, &e), -1);
	if (strstr(e.text, why) == NULL)
		fail_msg("\"%s\" was told, not \"%s\"", e.text, why);
	assert_int_equal(bundle_open(fd, trust, -1, &info, &e), -1);
}

static void
refused(const struct parts *p, const char *why)
{
	const struct bundle_trust trust = { .anchors = maker.anchors };

	refused_with(p, &trust, why);
}

static const void *
content_of_file(void *ctx, size_t i, struct err *e)
{
	(void)ctx;
	(void)e;
	return files[i].content;
}

static void
a_sealed_bundle_opens_to_the_same_tree(void **state)
{
	const struct bundle_trust trust = { .anchors = maker.anchors,
		.unit = { "gw100", NULL, NULL, 5 } };
	own_fd int fd = memfd_create("bundle", MFD_CLOEXEC), dir = -1;
	own_snapshot struct snapshot s = { 0 }, read = { 0 };
	struct bundle_info info;
	struct parts p;
	struct err e;

	(void)state;
	parts_make(&p, &maker);
	assert_int_equal(
	    snapshot_parse(&s, p.manifest.p, p.manifest.len, &e), 0);
	assert_int_equal(bundle_write(fd, &s, &p.manifest, &p.signature, NULL,
			     content_of_file, NULL, &e),
	    0);
	assert_int_equal(open_into(fd, &trust, &info, &e), 0);
	assert_string_equal(info.id, s.id);
	assert_string_equal(info.signer, "CN=Maker");
	assert_true(info.is_signed);
	assert_int_equal(info.sequence, 5);
	dir = open("out", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(snapshot_read(&read, dir, &e), 0);
	assert_int_equal(snapshot_verify(&read, dir, &e), 0);
	parts_free(&p);
}

static void
sealing_twice_gives_the_same_bytes(void **state)
{
	own_bytes struct bytes one = { 0 }, two = { 0 };
	own_fd int a = -1, b = -1;
	struct parts p;
	struct err e;

	(void)state;
	parts_make(&p, NULL);
	a = craft_bundle(p.entries, p.count, NULL);
	b = craft_bundle(p.entries, p.count, NULL);
	assert_int_equal(file_read_fd(a, 1 << 20, &one, &e), 0);
	assert_int_equal(file_read_fd(b, 1 << 20, &two, &e), 0);
	assert_int_equal(one.len, two.len);
	assert_memory_equal(one.p, two.p, one.len);
	parts_free(&p);
}

static void
only_a_trusted_maker_is_believed(void **state)
{
	const struct bundle_trust none = { .anchors = NULL };
	struct parts p;

	(void)state;
	parts_make(&p, NULL);
	refused(&p, "not signed");
	parts_free(&p);
	parts_make(&p, &stranger);
	refused(&p, "certificate");
	parts_free(&p);
	parts_make(&p, &mailer);
	refused(&p, "certificate");
	parts_free(&p);
	parts_make(&p, &maker);
	refused_with(&p, &none, "no signer is trusted");
	parts_free(&p);
}

static void
a_mail_certificate_of_the_maker_signs_no_bundle(void **state)
{
	const struct bundle_trust trust = { .anchors = mailer.anchors };
	struct parts p;

	(void)state;
	parts_make(&p, &mailer);
	refused_with(&p, &trust, "code signing");
	parts_free(&p);
}

static void
an_unsigned_bundle_is_taken_where_that_is_allowed(void **state)
{
	struct bundle_trust trust = { .unsigned_ok = true };
	struct bundle_info info;
	own_fd int fd = -1;
	struct parts p;
	struct err e;

	(void)state;
	parts_make(&p, NULL);
	fd = craft_bundle(p.entries, p.count, NULL);
	assert_int_equal(open_into(fd, &trust, &info, &e), 0);
	assert_false(info.is_signed);
	parts_free(&p);
	/* A signature that is there is never taken for none. */
	trust.anchors = maker.anchors;
	parts_make(&p, &stranger);
	refused_with(&p, &trust, "certificate");
	parts_free(&p);
}

static void
another_model_or_an_older_sequence_is_refused(void **state)
{
	struct bundle_trust trust = { .anchors = maker.anchors,
		.unit = { .model = "gw200" } };
	struct parts p;

	(void)state;
	parts_make(&p, &maker);
	refused_with(&p, &trust, "for model gw100, this unit is a gw200");
	trust.unit.model = NULL;
	trust.unit.sequence_floor = 6;
	refused_with(&p, &trust, "sequence 5 is older than 6");
	trust.unit.sequence_floor = 0;
	trust.total_max = 26;
	refused_with(&p, &trust, "27 bytes together");
	parts_free(&p);
}

/* What stands in the third place instead of documents/ssh.conf. */
static const struct {
	struct craft_entry entry;
	const char *why;
} intruders[] = {
	{ { .path = "../../etc/cron.d/x", .content = "x", .len = 1 },
	    "stands where" },
	{ { .path = "/etc/cron.d/x", .content = "x", .len = 1 },
	    "stands where" },
	{ { .path = "files/etc/y", .content = "x", .len = 1 }, "stands where" },
	{ { .path = "documents/ssh.conf",
	      .type = AE_IFLNK,
	      .symlink = "/etc/shadow" },
	    "is a link" },
	{ { .path = "documents/ssh.conf", .hardlink = "manifest" },
	    "is a link" },
	{ { .path = "documents/ssh.conf", .type = AE_IFDIR }, "stands where" },
	{ { .path = "documents/ssh.conf", .type = AE_IFCHR }, "device" },
	{ { .path = "documents/ssh.conf", .type = AE_IFBLK }, "device" },
	{ { .path = "documents/ssh.conf", .type = AE_IFIFO }, "device" },
	{ { .path = "documents/ssh.conf",
	      .content = "port = 22;\n",
	      .len = 11,
	      .mode = 04755 },
	    "set-id" },
	{ { .path = "documents/ssh.conf",
	      .content = "port = 22;\n",
	      .len = 11,
	      .mode = 02755 },
	    "set-id" },
	{ { .path = "documents/ssh.conf",
	      .content = "port = 22;\n",
	      .len = 11,
	      .mode = 0777 },
	    "another mode" },
	{ { .path = "documents/ssh.conf",
	      .content = "port = 22;\n",
	      .len = 11,
	      .xattr = "security.capability" },
	    "attributes" },
	{ { .path = "documents/ssh.conf",
	      .content = "port = 23;\n",
	      .len = 11 },
	    "not what the manifest says" },
	{ { .path = "documents/ssh.conf", .content = "port = 22;", .len = 10 },
	    "another size" },
};

static void
nothing_but_the_member_that_is_due_is_taken(void **state)
{
	struct parts p;

	(void)state;
	for (size_t i = 0; i < sizeof(intruders) / sizeof(intruders[0]); i++) {
		parts_make(&p, &maker);
		p.entries[2] = intruders[i].entry;
		refused(&p, intruders[i].why);
		parts_free(&p);
	}
}

static void
the_order_of_members_is_the_manifests(void **state)
{
	struct craft_entry swap;
	struct parts p;

	(void)state;
	parts_make(&p, &maker);
	swap = p.entries[0];
	p.entries[0] = p.entries[1];
	p.entries[1] = swap;
	refused(&p, "signature stands where manifest has to come");
	parts_lay(&p);
	p.entries[3] = p.entries[2]; /* twice */
	refused(&p, "documents/ssh.conf stands where files/etc/x");
	p.entries[3] = p.entries[4]; /* one less */
	p.count--;
	refused(&p, "proof stands where files/etc/x");
	parts_free(&p);
}

static void
what_comes_after_the_last_member_is_refused(void **state)
{
	struct parts p;

	(void)state;
	parts_make(&p, &maker);
	p.entries[p.count++] = (struct craft_entry){
		.path = "files/etc/more", .content = "x", .len = 1
	};
	refused(&p, "files/etc/more is not in the manifest");
	p.count -= 2;
	refused(&p, "proof is missing");
	p.count++;
	p.behind = "hidden";
	refused(&p, "behind the archive's end");
	parts_free(&p);
}

static void
a_manifest_that_claims_more_than_the_limit_is_refused(void **state)
{
	struct parts p;

	(void)state;
	parts_make(&p, NULL);
	craft_manifest(files, FILES, SNAPSHOT_MEMBER_MAX + 1, &p.manifest);
	craft_signature(&maker, &p.manifest, &p.signature);
	parts_lay(&p);
	refused(&p, "\"size\"");
	parts_free(&p);
}

static void
a_huge_manifest_or_signature_is_not_read(void **state)
{
	own_bytes struct bytes big = { 0 };
	struct parts p;

	(void)state;
	for (int i = 0; i < 5 * 1024; i++)
		bytes_fmt(&big, "%1024d", i);
	parts_make(&p, &maker);
	p.entries[0].content = big.p;
	p.entries[0].len = big.len;
	refused(&p, "manifest is larger than");
	parts_lay(&p);
	p.entries[1].content = big.p;
	p.entries[1].len = CMS_SIG_MAX + 1;
	refused(&p, "signature is larger than");
	parts_free(&p);
}

/* 4 GiB of zeros in some hundred kilobytes. */
static void
a_decompression_bomb_is_cut_short(void **state)
{
	const struct bundle_trust trust = { .unsigned_ok = true };
	int fd = memfd_create("bomb", MFD_CLOEXEC);
	static const char zeros[1 << 20];
	struct bundle_info info;
	struct zst_writer *z;
	struct err e;

	(void)state;
	z = zst_writer_new(fd, &e);
	assert_non_null(z);
	for (int i = 0; i < 256; i++)
		assert_int_equal(zst_write(z, zeros, sizeof(zeros), &e), 0);
	assert_int_equal(zst_seal(z, &e), 0);
	zst_writer_free(z);
	assert_int_equal(open_into(fd, &trust, &info, &e), -1);
	(void)close(fd);
}

static void
a_bomb_behind_the_archive_is_cut_short(void **state)
{
	const struct bundle_trust trust = { .anchors = maker.anchors };
	own_fd int fd = -1, bomb = memfd_create("bomb", MFD_CLOEXEC);
	own_bytes struct bytes all = { 0 };
	static const char zeros[1 << 20];
	struct zst_reader *r;
	struct zst_writer *z;
	struct bundle_info info;
	struct parts p;
	const void *chunk;
	struct err e;
	long n;

	(void)state;
	parts_make(&p, &maker);
	fd = craft_bundle(p.entries, p.count, NULL);
	r = zst_reader_new(fd, &e);
	z = zst_writer_new(bomb, &e);
	while ((n = zst_read(r, &chunk, &e)) > 0)
		assert_int_equal(zst_write(z, chunk, (size_t)n, &e), 0);
	for (int i = 0; i < 64; i++)
		assert_int_equal(zst_write(z, zeros, sizeof(zeros), &e), 0);
	assert_int_equal(zst_seal(z, &e), 0);
	zst_reader_free(r);
	zst_writer_free(z);
	assert_int_equal(open_into(bomb, &trust, &info, &e), -1);
	assert_non_null(strstr(e.text, "unpacks to more"));
	parts_free(&p);
}

/* Every truncation of a good bundle, and every single byte added. */
static void
a_cut_or_lengthened_bundle_is_refused(void **state)
{
	const struct bundle_trust trust = { .anchors = maker.anchors };
	own_bytes struct bytes all = { 0 };
	struct bundle_info info;
	own_fd int fd = -1;
	struct parts p;
	struct err e;

	(void)state;
	parts_make(&p, &maker);
	fd = craft_bundle(p.entries, p.count, NULL);
	assert_int_equal(file_read_fd(fd, 1 << 20, &all, &e), 0);
	for (size_t n = 0; n < all.len; n += 7) {
		own_fd int cut = memfd_create("cut", MFD_CLOEXEC);

		assert_int_equal(write(cut, all.p, n), (ssize_t)n);
		assert_int_equal(open_into(cut, &trust, &info, &e), -1);
	}
	assert_int_equal(open_into(fd, &trust, &info, &e), 0);
	assert_int_equal(pwrite(fd, "x", 1, (off_t)all.len), 1);
	assert_int_equal(bundle_open(fd, &trust, -1, &info, &e), -1);
	parts_free(&p);
}

/* Bit 4 of the frame header says nothing (RFC 8878 section 3.1.1.1.1.3). */
static void
damage_that_changes_no_content_is_told_by_the_seal(void **state)
{
	const struct bundle_trust trust = { .anchors = maker.anchors };
	own_bytes struct bytes all = { 0 };
	own_fd int fd = -1;
	struct bundle_info info;
	struct parts p;
	struct err e;
	char c;

	(void)state;
	parts_make(&p, &maker);
	fd = craft_bundle(p.entries, p.count, NULL);
	assert_int_equal(file_read_fd(fd, 1 << 20, &all, &e), 0);
	c = (char)(all.p[4] ^ 0x10);
	assert_int_equal(pwrite(fd, &c, 1, 4), 1);
	assert_int_equal(open_into(fd, &trust, &info, &e), -1);
	assert_non_null(strstr(e.text, "its seal does not match"));
	parts_free(&p);
}

static void
a_frame_after_the_frame_is_refused(void **state)
{
	const struct bundle_trust trust = { .anchors = maker.anchors };
	own_bytes struct bytes all = { 0 };
	own_fd int fd = -1, two = memfd_create("two", MFD_CLOEXEC);
	struct bundle_info info;
	struct parts p;
	struct err e;

	(void)state;
	parts_make(&p, &maker);
	fd = craft_bundle(p.entries, p.count, NULL);
	assert_int_equal(file_read_fd(fd, 1 << 20, &all, &e), 0);
	assert_int_equal(write(two, all.p, all.len), (ssize_t)all.len);
	assert_int_equal(write(two, all.p, all.len), (ssize_t)all.len);
	assert_int_equal(bundle_open(two, &trust, -1, &info, &e), -1);
	assert_non_null(strstr(e.text, "goes on behind"));
	parts_free(&p);
}

static void
what_is_no_file_is_no_bundle(void **state)
{
	const struct bundle_trust trust = { .unsigned_ok = true };
	own_fd int null = open("/dev/zero", O_RDONLY | O_CLOEXEC);
	struct bundle_info info;
	struct err e;

	(void)state;
	assert_int_equal(bundle_open(null, &trust, -1, &info, &e), -1);
	assert_non_null(strstr(e.text, "not a bundle"));
}

/* The bundle p, whose manifest names to (or nobody), put into a box for by. */
static int
boxed(struct parts *p, const struct issued *to, const struct issued *by)
{
	own_fd int plain = -1;
	own_bytes struct bytes all = { 0 };
	own_snapshot struct snapshot s = { 0 };
	STACK_OF(X509) *into = issue_chain(by->cert, NULL);
	int fd = memfd_create("boxed", MFD_CLOEXEC);
	struct box_writer *w;
	char hex[SHA256_HEX];
	struct err e;

	parts_make(p, NULL);
	assert_int_equal(
	    snapshot_parse(&s, p->manifest.p, p->manifest.len, &e), 0);
	if (to != NULL) {
		assert_int_equal(x509_spki_hash(to->key, hex, &e), 0);
		(void)hex_decode(hex, s.terms.recipients[0], SHA256_LEN);
		s.terms.recipient_count = 1;
	}
	assert_int_equal(snapshot_manifest(&s, &p->manifest, &e), 0);
	craft_signature(&maker, &p->manifest, &p->signature);
	parts_lay(p);
	plain = craft_bundle(p->entries, p->count, NULL);
	assert_int_equal(file_read_fd(plain, 1 << 20, &all, &e), 0);
	w = box_writer_new(fd, into, &e);
	assert_non_null(w);
	assert_int_equal(box_write(w, all.p, all.len, &e), 0);
	assert_int_equal(box_end(w, &e), 0);
	box_writer_free(w);
	sk_X509_free(into);
	return fd;
}

static void
an_encrypted_bundle_opens_for_whom_its_maker_named(void **state)
{
	const struct issue agreement = { .cn = "a", .usage = "keyAgreement" };
	own_issued struct issued factory = issue(&agreement);
	own_issued struct issued rival = issue(&agreement);
	struct bundle_trust trust = { .anchors = maker.anchors };
	const struct {
		const struct issued *named, *boxed, *opens;
		const char *why; /* NULL: opens */
	} rows[] = {
		{ &factory, &factory, &rival, "not encrypted to this" },
		/* Taken out of its box, and put into one for the rival. */
		{ &factory, &rival, &rival, "was not its maker" },
		/* Or a bundle that never was encrypted. */
		{ NULL, &rival, &rival, "was not its maker" },
		/* Last: what it unpacks stays. */
		{ &factory, &factory, &factory, NULL },
	};
	struct bundle_info info;
	struct parts p;
	struct err e;
	int rc;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		own_fd int fd = boxed(&p, rows[i].named, rows[i].boxed);
		own_fd int out = memfd_create("out", MFD_CLOEXEC);

		trust.to = rows[i].opens->cert;
		trust.key = rows[i].opens->key;
		e.text[0] = '\0';
		rc = open_into(fd, &trust, &info, &e);
		if (rc != (rows[i].why == NULL ? 0 : -1) ||
		    (rc == -1 && strstr(e.text, rows[i].why) == NULL))
			fail_msg("row %zu: %s", i, e.text);
		assert_int_equal(bundle_unbox(fd, &trust, out, &info, &e), rc);
		if (rc == 0)
			assert_true(info.is_encrypted);
		if (rc == 0)
			assert_int_equal(
			    bundle_open(out, &trust, -1, &info, &e), 0);
		parts_free(&p);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		in_a_place(a_sealed_bundle_opens_to_the_same_tree),
		in_a_place(sealing_twice_gives_the_same_bytes),
		in_a_place(only_a_trusted_maker_is_believed),
		in_a_place(a_mail_certificate_of_the_maker_signs_no_bundle),
		in_a_place(an_unsigned_bundle_is_taken_where_that_is_allowed),
		in_a_place(another_model_or_an_older_sequence_is_refused),
		in_a_place(nothing_but_the_member_that_is_due_is_taken),
		in_a_place(the_order_of_members_is_the_manifests),
		in_a_place(what_comes_after_the_last_member_is_refused),
		in_a_place(
		    a_manifest_that_claims_more_than_the_limit_is_refused),
		in_a_place(a_huge_manifest_or_signature_is_not_read),
		in_a_place(a_decompression_bomb_is_cut_short),
		in_a_place(a_bomb_behind_the_archive_is_cut_short),
		in_a_place(a_cut_or_lengthened_bundle_is_refused),
		in_a_place(damage_that_changes_no_content_is_told_by_the_seal),
		in_a_place(a_frame_after_the_frame_is_refused),
		in_a_place(what_is_no_file_is_no_bundle),
		in_a_place(an_encrypted_bundle_opens_for_whom_its_maker_named),
	};

	return cmocka_run_group_tests(tests, make_makers, drop_makers);
}
