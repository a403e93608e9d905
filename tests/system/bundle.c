/* SPDX-License-Identifier: MIT */
/*
 * bundle UNPACK: flips bits in a good bundle and hands what comes out to
 * bundle_open() and to ingot-unpack; all of it has to be refused, with a
 * reason and an empty folder. Then the hostile archives, through the real
 * unpacker. Says TAP lines.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bundle.h"
#include "craft.h"
#include "file.h"
#include "own.h"

#define RAW_FLIPS    1000 /* in the file as it travels */
#define INNER_FLIPS  1000 /* inside, with frame and seal made anew */
#define UNPACK_FLIPS 150
#define PAYLOAD      3000 /* small: so the rest is hit as often */
#define NOBODY       65534

static struct craft_maker maker;
static char payload[PAYLOAD];
static const char *unpack;
static int failed;

static void
tell(bool good, const char *name, const char *why)
{
	(void)printf("%sok %s\n", good ? "" : "not ", name);
	if (!good)
		(void)printf("# %s\n", why);
	failed += !good;
}

static unsigned
entries_in(int dir)
{
	int copy = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fdopendir(copy);
	unsigned n = 0;

	while (d != NULL && readdir(d) != NULL)
		n++;
	(void)closedir(d);
	return n - 2;
}

/* An empty folder that belongs to nobody. */
static int
staging_new(void)
{
	struct err e;

	(void)file_remove_tree(AT_FDCWD, "staging", &e);
	if (mkdir("staging", 0700) == -1 ||
	    chown("staging", NOBODY, NOBODY) == -1)
		abort();
	return open("staging", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* What ingot-unpack said, and how it ended. */
struct said {
	int status;
	char out[1024];
	char err[1024];
};

static void
read_all(int fd, char *text, size_t size)
{
	size_t n = 0;
	ssize_t got;

	while (n < size - 1 && (got = read(fd, text + n, size - 1 - n)) > 0)
		n += (size_t)got;
	text[n] = '\0';
	(void)close(fd);
}

static pid_t
unpack_start(int bundle, int staging, const char *unsigned_ok, int out, int err)
{
	int anchors = open("anchors.pem", O_RDONLY);
	pid_t pid = fork();

	if (pid == 0) {
		/* High first, so that none is overwritten before its turn. */
		int b = fcntl(bundle, F_DUPFD, 50);
		int s = fcntl(staging, F_DUPFD, 50);
		int a = fcntl(anchors, F_DUPFD, 50);

		(void)dup2(out, 1);
		(void)dup2(err, 2);
		(void)dup2(b, 3);
		(void)dup2(s, 4);
		(void)dup2(a, 5);
		(void)close_range(6, ~0u, 0);
		(void)execl(unpack, "ingot-unpack", "uid=65534", "gid=65534",
		    "model=gw100", "floor=5", unsigned_ok, (char *)NULL);
		_exit(127);
	}
	(void)close(anchors);
	return pid;
}

static void
unpack_run(int bundle, int staging, const char *unsigned_ok, struct said *s)
{
	int out[2], err[2];
	pid_t pid;

	if (pipe2(out, O_CLOEXEC) == -1 || pipe2(err, O_CLOEXEC) == -1)
		abort();
	pid = unpack_start(bundle, staging, unsigned_ok, out[1], err[1]);
	(void)close(out[1]);
	(void)close(err[1]);
	read_all(out[0], s->out, sizeof(s->out));
	read_all(err[0], s->err, sizeof(s->err));
	(void)waitpid(pid, &s->status, 0);
}

static bool
unpack_refuses(int bundle, const char *unsigned_ok, struct said *s)
{
	own_fd int staging = staging_new();

	unpack_run(bundle, staging, unsigned_ok, s);
	return WIFEXITED(s->status) && WEXITSTATUS(s->status) == 1 &&
	    s->err[0] != '\0' && s->out[0] == '\0' && entries_in(staging) == 0;
}

static bool
open_refuses(int bundle, struct err *e)
{
	const struct bundle_trust trust = { .anchors = maker.anchors };
	own_fd int staging = staging_new();
	struct bundle_info info;

	e->text[0] = '\0';
	return bundle_open(bundle, &trust, staging, &info, e) == -1 &&
	    e->text[0] != '\0' && entries_in(staging) == 0;
}

/* The parts of a good bundle. */
struct good {
	struct bytes manifest;
	struct bytes signature;
	struct craft_entry entries[5];
	struct bytes file; /* as it travels */
};

static void
good_make(struct good *g)
{
	static const struct craft_entry members[] = {
		{ .path = "documents/ssh.conf", .content = "a", .len = 1 },
		{ .path = "files/etc/data",
		    .content = payload,
		    .len = PAYLOAD },
		{ .path = "proof", .content = "{}\n", .len = 3 }
	};
	own_fd int fd = -1;
	struct err e;

	memset(g, 0, sizeof(*g));
	craft_manifest(members, 3, 0, &g->manifest);
	craft_signature(&maker, &g->manifest, &g->signature);
	g->entries[0] = (struct craft_entry){ .path = "manifest",
		.content = g->manifest.p,
		.len = g->manifest.len };
	g->entries[1] = (struct craft_entry){ .path = "signature",
		.content = g->signature.p,
		.len = g->signature.len };
	memcpy(g->entries + 2, members, sizeof(members));
	fd = craft_bundle(g->entries, 5, NULL);
	if (file_read_fd(fd, 1 << 24, &g->file, &e) == -1)
		abort();
}

/* The file with bit n flipped. */
static int
flipped(const struct bytes *file, size_t n)
{
	int fd = memfd_create("flipped", MFD_CLOEXEC);
	char c = (char)(file->p[n / 8] ^ (1 << n % 8));

	if (write(fd, file->p, file->len) != (ssize_t)file->len ||
	    pwrite(fd, &c, 1, (off_t)(n / 8)) != 1)
		abort();
	return fd;
}

/* Bits spread evenly, with a step that is no multiple of 8. */
static size_t
nth_bit(const struct bytes *file, int i, int of)
{
	return ((size_t)i * (file->len * 8 / (size_t)of) + (size_t)i % 8) %
	    (file->len * 8);
}

static void
flips_of_the_file(const struct good *g)
{
	char why[1200] = "";
	int refused = 0;
	struct said s;
	struct err e;

	for (int i = 0; i < RAW_FLIPS; i++) {
		own_fd int fd =
		    flipped(&g->file, nth_bit(&g->file, i, RAW_FLIPS));

		if (open_refuses(fd, &e))
			refused++;
		else
			(void)snprintf(why, sizeof(why), "flip %d", i);
	}
	tell(refused == RAW_FLIPS,
	    "a_bundle_with_one_flipped_bit_is_refused_1000_times", why);
	refused = 0;
	for (int i = 0; i < UNPACK_FLIPS; i++) {
		own_fd int fd =
		    flipped(&g->file, nth_bit(&g->file, i, UNPACK_FLIPS));

		if (unpack_refuses(fd, "unsigned=0", &s))
			refused++;
		else
			(void)snprintf(why, sizeof(why), "flip %d: %x %.900s",
			    i, (unsigned)s.status, s.err);
	}
	tell(refused == UNPACK_FLIPS,
	    "the_unpacker_refuses_flipped_bits_and_leaves_nothing", why);
}

/* Some bits of a CMS signature are said twice, and its reader believes one of
 * them: with one of those flipped it is still the maker's, over the same
 * manifest, or it is refused. */
static bool
still_the_makers(int fd, const struct good *g)
{
	const struct bundle_trust trust = { .anchors = maker.anchors };
	struct bundle_info info;
	uint8_t hash[SHA256_LEN];
	char id[SHA256_HEX];
	struct err e;

	if (sha256(g->manifest.p, g->manifest.len, hash, &e) == -1)
		return false;
	hex_encode(hash, sizeof(hash), id);
	return bundle_open(fd, &trust, -1, &info, &e) == 0 &&
	    strcmp(info.signer, "CN=Maker") == 0 && strcmp(info.id, id) == 0;
}

/* Flips inside entry n, with all else right: the signature and the hashes have
 * to tell, not the frame. */
static int
inner_flips(struct good *g, size_t n, int of, char why[static 64])
{
	struct bytes part = { .p = (char *)g->entries[n].content,
		.len = g->entries[n].len };
	char *copy = malloc(part.len);
	int refused = 0;
	struct err e;

	if (copy == NULL)
		abort();
	for (int i = 0; i < of; i++) {
		size_t bit = nth_bit(&part, i, of);
		own_fd int fd = -1;

		memcpy(copy, part.p, part.len);
		copy[bit / 8] = (char)(copy[bit / 8] ^ (1 << bit % 8));
		g->entries[n].content = copy;
		fd = craft_bundle(g->entries, 5, NULL);
		if (open_refuses(fd, &e) || (n == 1 && still_the_makers(fd, g)))
			refused++;
		else
			(void)snprintf(
			    why, 64, "%s, bit %zu", g->entries[n].path, bit);
	}
	g->entries[n].content = part.p;
	free(copy);
	return refused;
}

static void
flips_inside(struct good *g)
{
	char why[64] = "";
	int third = INNER_FLIPS / 3;

	tell(inner_flips(g, 0, third, why) == third,
	    "a_flipped_bit_in_the_manifest_breaks_its_signature", why);
	tell(inner_flips(g, 1, third, why) == third,
	    "a_flipped_bit_in_the_signature_makes_nobody_else_the_maker", why);
	tell(inner_flips(g, 3, third, why) == third,
	    "a_flipped_bit_in_a_member_breaks_its_hash", why);
}

static void
the_good_one(const struct good *g)
{
	own_fd int staging = staging_new(), fd = flipped(&g->file, 0);
	own_snapshot struct snapshot s = { 0 };
	struct err e = { 0 };
	struct said said;
	bool good;

	if (pwrite(fd, g->file.p, 1, 0) != 1)
		abort();
	unpack_run(fd, staging, "unsigned=0", &said);
	good = WIFEXITED(said.status) && WEXITSTATUS(said.status) == 0 &&
	    strstr(said.out, "\"signer\":\"CN=Maker\"") != NULL;
	tell(good, "the_unpacker_opens_a_good_bundle", said.err);
	good = snapshot_read(&s, staging, &e) == 0 &&
	    snapshot_verify(&s, staging, &e) == 0 &&
	    strstr(said.out, s.id) != NULL;
	tell(good, "what_it_unpacked_is_what_the_manifest_says", e.text);
}

static const struct {
	const char *name;
	struct craft_entry entry; /* in the place of files/etc/data */
} hostile[] = {
	{ "a_path_out_of_the_folder_is_refused_by_the_unpacker",
	    { .path = "../../../tmp/x", .content = "x", .len = 1 } },
	{ "an_absolute_path_is_refused_by_the_unpacker",
	    { .path = "/tmp/x", .content = "x", .len = 1 } },
	{ "a_link_is_refused_by_the_unpacker",
	    { .path = "files/etc/data", .type = AE_IFLNK, .symlink = "/etc" } },
	{ "a_hard_link_is_refused_by_the_unpacker",
	    { .path = "files/etc/data", .hardlink = "manifest" } },
	{ "a_device_is_refused_by_the_unpacker",
	    { .path = "files/etc/data", .type = AE_IFCHR } },
	{ "a_pipe_is_refused_by_the_unpacker",
	    { .path = "files/etc/data", .type = AE_IFIFO } },
	{ "a_set_id_file_is_refused_by_the_unpacker",
	    { .path = "files/etc/data",
		.content = payload,
		.len = PAYLOAD,
		.mode = 04755 } },
	{ "a_member_twice_is_refused_by_the_unpacker",
	    { .path = "documents/ssh.conf", .content = "a", .len = 1 } },
};

static void
hostile_archives(struct good *g)
{
	struct craft_entry kept = g->entries[3];
	struct said s;

	for (size_t i = 0; i < sizeof(hostile) / sizeof(hostile[0]); i++) {
		own_fd int fd = -1;

		g->entries[3] = hostile[i].entry;
		fd = craft_bundle(g->entries, 5, NULL);
		tell(unpack_refuses(fd, "unsigned=0", &s), hostile[i].name,
		    s.err);
	}
	g->entries[3] = kept;
}

static void
a_bomb(void)
{
	static const char zeros[1 << 20];
	own_fd int fd = memfd_create("bomb", MFD_CLOEXEC);
	struct err e;
	struct zst_writer *z = zst_writer_new(fd, &e);
	struct said s;

	for (int i = 0; i < 2048; i++)
		if (zst_write(z, zeros, sizeof(zeros), &e) == -1)
			abort();
	if (zst_seal(z, &e) == -1)
		abort();
	zst_writer_free(z);
	tell(unpack_refuses(fd, "unsigned=1", &s),
	    "two_gigabytes_of_zeros_are_refused_by_the_unpacker", s.err);
}

static void
not_signed(struct good *g)
{
	size_t kept = g->entries[1].len;
	own_fd int fd = -1;
	struct said s;

	g->entries[1].len = 0;
	fd = craft_bundle(g->entries, 5, NULL);
	g->entries[1].len = kept;
	tell(unpack_refuses(fd, "unsigned=0", &s) &&
		strstr(s.err, "not signed") != NULL,
	    "an_unsigned_bundle_is_refused_unless_allowed", s.err);
}

static long
status_field(pid_t pid, const char *name, int base)
{
	char path[64], line[256];
	long value = -1;
	FILE *f;

	(void)snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	if ((f = fopen(path, "r")) == NULL)
		return -1;
	while (fgets(line, sizeof(line), f) != NULL)
		if (strncmp(line, name, strlen(name)) == 0)
			value = strtol(line + strlen(name), NULL, base);
	(void)fclose(f);
	return value;
}

/* A bundle that takes a while, so that its opener can be looked at. */
static void
the_cage(void)
{
	own_fd int fd = memfd_create("slow", MFD_CLOEXEC), staging = -1;
	own_fd int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	bool caged = false;
	pid_t pid;

	/* A file of the right size that is all hole: reading takes the time. */
	if (ftruncate(fd, 1024) == -1)
		abort();
	for (int i = 0; i < 200 && !caged; i++) {
		own_fd int into = staging_new();

		pid = unpack_start(fd, into, "unsigned=1", null, null);
		for (int k = 0; k < 100000 && !caged; k++) {
			caged = status_field(pid, "Seccomp:", 10) == 2 &&
			    status_field(pid, "Uid:", 10) == NOBODY &&
			    status_field(pid, "CapEff:", 16) == 0 &&
			    status_field(pid, "NoNewPrivs:", 10) == 1;
			if (status_field(pid, "VmSize:", 10) == -1)
				break;
		}
		(void)waitpid(pid, NULL, 0);
	}
	tell(caged, "the_unpacker_works_in_a_cage", "never seen in it");
}

static void
write_anchors(void)
{
	own_bytes struct bytes pem = { 0 };
	STACK_OF(X509) *one = sk_X509_new_null();
	struct err e;

	(void)sk_X509_push(one, maker.root);
	if (x509_chain_pem(one, &pem, &e) == -1 ||
	    file_write(
		AT_FDCWD, "anchors.pem", pem.p, pem.len, FILE_PUBLIC, &e) == -1)
		abort();
	sk_X509_free(one);
}

int
main(int argc, char *argv[])
{
	unsigned x = 1;
	struct good g;

	(void)setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc != 2)
		return 2;
	unpack = argv[1];
	for (size_t i = 0; i < PAYLOAD; i++) {
		x = x * 1103515245 + 12345;
		payload[i] = (char)(x >> 20);
	}
	craft_maker_make(&maker, "codeSigning");
	write_anchors();
	good_make(&g);
	the_good_one(&g);
	flips_of_the_file(&g);
	flips_inside(&g);
	hostile_archives(&g);
	a_bomb();
	not_signed(&g);
	the_cage();
	bytes_free(&g.manifest);
	bytes_free(&g.signature);
	bytes_free(&g.file);
	craft_maker_free(&maker);
	return failed == 0 ? 0 : 1;
}
