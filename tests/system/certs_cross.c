/* SPDX-License-Identifier: MIT */
/*
 *	certs_cross COUNT SEED FOLDER
 *
 * COUNT chains, good and broken in one way each, put to verify_chain() and to
 * `openssl verify` with the same anchors, purpose, time, names and CRLs. Prints
 * one line a kind, "KIND: asked A, both accept B, both refuse C, only openssl
 * accepts D, only we accept E", and "unexplained" lines; ends 1 when there is
 * one. SEED makes a run again; FOLDER keeps the files of the last chain.
 *
 * Where the two differ, on purpose (column strict below; D, never E):
 *	P-224, secp256k1	security level 2 is 112 bits for OpenSSL
 *	serials			zero, negative or of 21 octets pass OpenSSL
 *	doubled extensions	OpenSSL sees those it knows itself
 *	authority as leaf	RFC 5280 does not forbid it
 *	version 1 leaf		likewise, where it needs no extension
 *	constraints in a leaf	OpenSSL ignores them
 *	wildcard over an excluded name	texts are compared (CVE-2025-61727)
 *	uses of MO, MF, code	OpenSSL 3.0 has no such purposes: it is asked
 *				for "any", and we look at the usages ourselves
 *	RSA-2048 for code	makers' keys have a higher floor (and no
 *				Edwards curve, which none of those has)
 * Only we accept (column lenient): a cross-signed authority whose certificate
 * that OpenSSL prefers leads nowhere; OpenSSL does not come back.
 */
#include <openssl/err.h>

#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "certs_ways.h"
#include "own.h"

/* --- a chain -------------------------------------------------------------- */

static const char *const kinds[] = { "P-256", "P-256", "P-384", "P-521",
	"RSA-3072", "ED25519" };

static void
begin(struct world *w, const struct way *way)
{
	*w = (struct world){ .n = 3 + (int)dice(CERTS - 2) };
	do
		w->purpose = (enum verify_purpose)dice(VERIFY_PURPOSES);
	while (way->purposes != 0 && (way->purposes & 1u << w->purpose) == 0);
	for (int i = 0; i < w->n; i++) {
		do
			w->kind[i] = kinds[dice(LENGTH(kinds))];
		while (w->purpose == VERIFY_CODE && w->kind[i][0] == 'E');
		w->spec[i].ca = i > 0;
		w->spec[i].begin = CRAFT_NOW - (time_t)dice(9999);
	}
	w->spec[0].san = "DNS:unit.example.org,IP:192.0.2.7";
	if (w->purpose == VERIFY_CODE)
		w->spec[0].eku = "codeSigning";
	else if (dice(2) == 0 && w->purpose == VERIFY_CSMS_CLIENT)
		w->spec[0].eku = "clientAuth";
	if (dice(3) == 0) {
		w->ip = dice(2) == 0;
		w->name = w->ip ? "192.0.2.7" : "unit.example.org";
	}
	w->partial = dice(4) == 0;
	w->crls = !w->partial && dice(4) == 0;
	do
		w->victim = (int)dice((unsigned)w->n);
	while (way->victims != 0 &&
	    (way->victims &
		(w->victim == 0                 ? LEAF
			: w->victim == w->n - 1 ? ROOT
						: MIDDLE)) == 0);
	/* Who stands above the anchor concerns nobody. */
	if (way->victims != 0)
		w->partial = false;
	if (way->strike != NULL)
		way->strike(w);
}

static EVP_PKEY *
key_of(const struct world *w, int i)
{
	return craft_key(w->kind[i], (unsigned)i % 2);
}

static X509 *
changed(X509 *x)
{
	own_bytes struct bytes der = { 0 };
	const unsigned char *at;

	craft_der(x, &der);
	X509_free(x);
	der.p[der.len - 1] ^= 1;
	at = (const unsigned char *)der.p;
	return d2i_X509(NULL, &at, (long)der.len);
}

static void
make(struct world *w)
{
	static const char *const names[CERTS] = { "unit", "one", "two", "three",
		"four" };

	for (int i = w->n - 1; i >= 0; i--) {
		struct craft_cert *c = &w->spec[i];

		c->cn = names[i];
		c->key = key_of(w, i);
		if (i < w->n - 1) {
			c->issuer = w->made[i + 1];
			if (c->issuer_key == NULL)
				c->issuer_key = key_of(w, i + 1);
		}
		w->made[i] = craft_x509(c);
		if (w->spoil && i == w->victim)
			w->made[i] = changed(w->made[i]);
	}
}

/* The victim once more, as another root has signed it, for other names. */
static void
make_crossed(struct world *w)
{
	const struct craft_cert root = {
		.cn = "another root", .ca = true, .key = craft_key("P-256", 51)
	};
	struct craft_cert again = w->spec[w->victim];
	X509 *another = craft_x509(&root);

	again.issuer = another;
	again.issuer_key = craft_key("P-256", 51);
	again.limits = "critical,permitted;DNS:example.com";
	w->extra = craft_x509(&again);
	w->trusted[w->trusted_n++] = cert_new(another, &(struct err){ 0 });
}

static void
add_crl(struct world *w, int issuer)
{
	X509_CRL *crl = X509_CRL_new();
	ASN1_TIME *from = ASN1_TIME_adj(NULL, CRAFT_NOW - CRAFT_DAY, 0, 0);
	ASN1_TIME *to = ASN1_TIME_adj(
	    NULL, CRAFT_NOW + (w->crl_old ? -9 : CRAFT_DAY), 0, 0);
	bool edwards = strncmp(w->kind[issuer], "ED", 2) == 0;

	X509_CRL_set_version(crl, X509_CRL_VERSION_2);
	X509_CRL_set_issuer_name(crl, X509_get_subject_name(w->made[issuer]));
	X509_CRL_set1_lastUpdate(crl, from);
	X509_CRL_set1_nextUpdate(crl, to);
	if (w->revoked && issuer == w->victim + 1) {
		X509_REVOKED *one = X509_REVOKED_new();

		X509_REVOKED_set_serialNumber(
		    one, X509_get_serialNumber(w->made[w->victim]));
		X509_REVOKED_set_revocationDate(one, from);
		X509_CRL_add0_revoked(crl, one);
	}
	assert(X509_CRL_sign(
		   crl, key_of(w, issuer), edwards ? NULL : EVP_sha256()) > 0);
	sk_X509_CRL_push(w->lists, crl);
	ASN1_TIME_free(from);
	ASN1_TIME_free(to);
}

/* Returns false when a certificate could not even be read by the store. */
static bool
hand_over(struct world *w)
{
	int top = w->partial ? w->n - 2 : w->n - 1;
	struct err e;
	bool readable = true;

	for (int i = 0; i < top; i++) {
		if (w->missing && i == w->victim)
			continue;
		X509_up_ref(w->made[i]);
		w->sent[w->sent_n] = cert_new(w->made[i], &e);
		readable = readable && w->sent[w->sent_n] != NULL;
		w->sent_n++;
	}
	if (w->extra != NULL) {
		X509_up_ref(w->extra);
		w->sent[w->sent_n++] = cert_new(w->extra, &e);
	}
	/* Whatever order they come in. */
	for (int i = w->sent_n - 1; i > 1; i--) {
		int k = 1 + (int)dice((unsigned)i);
		struct cert *c = w->sent[i];

		w->sent[i] = w->sent[k];
		w->sent[k] = c;
	}
	if (!w->strange) {
		X509_up_ref(w->made[top]);
		w->trusted[w->trusted_n++] = cert_new(w->made[top], &e);
	}
	if (w->strange || dice(2) == 0) {
		const struct craft_cert other = {
			.cn = "other", .ca = true, .key = craft_key("P-256", 52)
		};

		w->trusted[w->trusted_n++] = craft_new(&other);
	}
	return readable;
}

static void
end(struct world *w)
{
	for (int i = 0; i < CERTS; i++)
		X509_free(w->made[i]);
	for (int i = 0; i < w->sent_n; i++)
		cert_free(w->sent[i]);
	for (int i = 0; i < w->trusted_n; i++)
		cert_free(w->trusted[i]);
	X509_free(w->extra);
	sk_X509_CRL_pop_free(w->lists, X509_CRL_free);
}

/* --- the two answers ------------------------------------------------------ */

static bool
ours(const struct world *w, struct err *e)
{
	const struct verify_job job = { .chain = w->sent,
		.chain_count = w->sent_n,
		.anchors = w->trusted,
		.anchor_count = (size_t)w->trusted_n,
		.purpose = w->purpose,
		.at = CRAFT_NOW,
		.name = w->name,
		.wildcards = w->wildcards,
		.crls = w->lists };

	return verify_chain(&job, NULL, e) == CERTS_ACCEPTED;
}

static FILE *
file(const char *name)
{
	FILE *f = fopen(name, "w");

	assert(f != NULL);
	return f;
}

static void
write_files(const struct world *w)
{
	FILE *leaf = file("leaf.pem"), *untrusted = file("untrusted.pem"),
	     *anchors = file("anchors.pem"), *crls = file("crls.pem");

	PEM_write_X509(leaf, w->made[0]);
	/* OpenSSL takes the first that is valid. */
	if (w->extra != NULL)
		PEM_write_X509(untrusted, w->extra);
	/* By what was made: the store may not have read it. */
	for (int i = 1; i < w->n; i++)
		if (!(w->missing && i == w->victim) &&
		    i < (w->partial ? w->n - 2 : w->n - 1))
			PEM_write_X509(untrusted, w->made[i]);
	for (int i = 0; i < w->trusted_n; i++)
		PEM_write_X509(anchors, w->trusted[i]->x);
	for (int i = 0; i < sk_X509_CRL_num(w->lists); i++)
		PEM_write_X509_CRL(crls, sk_X509_CRL_value(w->lists, i));
	(void)fclose(leaf);
	(void)fclose(untrusted);
	(void)fclose(anchors);
	(void)fclose(crls);
}

static bool
theirs(const struct world *w)
{
	static const char *const purposes[VERIFY_PURPOSES] = { "sslclient",
		"sslserver", "sslserver", "any", "any", "any" };
	char at[24];
	const char *argv[40] = { "openssl", "verify", "-x509_strict",
		"-auth_level", "2", "-partial_chain", "-policy_check",
		"-policy", "anyPolicy", "-no-CApath", "-no-CAstore", "-CAfile",
		"anchors.pem", "-attime", at, "-purpose",
		purposes[w->purpose] };
	extern char **environ;
	posix_spawn_file_actions_t quiet;
	int n = 17, status = -1;
	pid_t pid;

	(void)snprintf(at, sizeof(at), "%lld", (long long)CRAFT_NOW);
	if (w->sent_n > 1) {
		argv[n++] = "-untrusted";
		argv[n++] = "untrusted.pem";
	}
	if (w->name != NULL) {
		argv[n++] = w->ip ? "-verify_ip" : "-verify_hostname";
		argv[n++] = w->name;
	}
	if (w->lists != NULL) {
		argv[n++] = "-crl_check_all";
		argv[n++] = "-CRLfile";
		argv[n++] = "crls.pem";
	}
	argv[n++] = "leaf.pem";
	write_files(w);
	posix_spawn_file_actions_init(&quiet);
	posix_spawn_file_actions_addopen(
	    &quiet, 1, "said", O_WRONLY | O_CREAT | O_TRUNC, 0600);
	posix_spawn_file_actions_adddup2(&quiet, 1, 2);
	assert(posix_spawnp(&pid, "openssl", &quiet, NULL,
		   (char *const *)(uintptr_t)argv, environ) == 0);
	assert(waitpid(pid, &status, 0) == pid && WIFEXITED(status));
	posix_spawn_file_actions_destroy(&quiet);
	return WEXITSTATUS(status) == 0;
}

/* --- the count ------------------------------------------------------------ */

static struct {
	int asked, both_accept, both_refuse, theirs, ours;
} counts[LENGTH(ways)];

/* What a chain was made for is known: that is asked too, not only whether the
 * two agree. */
static bool
explained(const struct way *way, bool our, bool their)
{
	if (way->strike == NULL)
		return our && their;
	if (way->lenient)
		return our;
	return !our && (!their || way->strict);
}

static bool
one(const struct way *way, unsigned long long seed)
{
	size_t at = (size_t)(way - ways);
	struct err e = { .text = "cannot be read" };
	struct world w;
	bool our, their, fine;

	state = seed;
	(void)dice(2);
	begin(&w, way);
	make(&w);
	if (w.crossed)
		make_crossed(&w);
	if (w.crls) {
		w.lists = sk_X509_CRL_new_null();
		for (int i = 1; i < w.n; i++)
			add_crl(&w, i);
	}
	our = hand_over(&w) && ours(&w, &e);
	their = theirs(&w);
	fine = explained(way, our, their);
	counts[at].asked++;
	counts[at].both_accept += our && their;
	counts[at].both_refuse += !our && !their;
	counts[at].theirs += their && !our;
	counts[at].ours += our && !their;
	if (!fine)
		printf("unexplained: %s, chain %llu, %s, certificate %d of %d: "
		       "we %s (%s), openssl %s\n",
		    way->name, seed, verify_purpose_name(w.purpose), w.victim,
		    w.n, our ? "accept" : "refuse", our ? "" : e.text,
		    their ? "accepts" : "refuses");
	end(&w);
	return fine;
}

int
main(int argc, char *argv[])
{
	int all = argc == 4 ? atoi(argv[1]) : 0, bad = 0;
	unsigned long long seed = argc == 4 ? strtoull(argv[2], NULL, 10) : 0;

	if (all < 1 || chdir(argv[3]) == -1) {
		(void)fprintf(stderr, "certs_cross COUNT SEED FOLDER\n");
		return 2;
	}
	for (int i = 0; i < all; i++)
		/* A third of them is good. */
		bad +=
		    !one(i % 3 == 0 ? &ways[0]
				    : &ways[1 + (size_t)i % (LENGTH(ways) - 1)],
			seed + (unsigned long long)i);
	for (size_t i = 0; i < LENGTH(ways); i++)
		printf("%s: asked %d, both accept %d, both refuse %d, "
		       "only openssl accepts %d, only we accept %d\n",
		    ways[i].name, counts[i].asked, counts[i].both_accept,
		    counts[i].both_refuse, counts[i].theirs, counts[i].ours);
	return bad == 0 ? 0 : 1;
}
