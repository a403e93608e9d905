/* SPDX-License-Identifier: MIT */
/* What cert_store answered, for a person. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "cert.h"
#include "digest.h"
#include "file.h"
#include "own.h"

static long long
number(const json_t *o, const char *key)
{
	return json_integer_value(json_object_get(o, key));
}

/* As it came; for files, and for what has lines. */
static const char *
text_of(const json_t *o, const char *key)
{
	const char *text = json_string_value(json_object_get(o, key));

	return text == NULL ? "" : text;
}

static void
row(const char *name, const json_t *o, const char *key)
{
	(void)printf("%-12s", name);
	cli_print_clean(cli_text(o, key));
	(void)printf("\n");
}

enum ctl_code
cert_show_list(struct cli *c, const json_t *reply)
{
	const json_t *one;
	size_t i;

	(void)c;
	json_array_foreach(json_object_get(reply, "certificates"), i, one)
	{
		const json_t *hash = json_object_get(one, "hash");

		(void)printf("%-6s %-5s %-13s until %.10s  %-20.20s ",
		    cli_text(one, "kind"), cli_text(one, "of"),
		    cli_text(one, "state"), cli_text(one, "not_after"),
		    cli_text(hash, "serial"));
		cli_print_clean(cli_text(one, "subject"));
		(void)printf("\n");
	}
	return CODE_OK;
}

enum ctl_code
cert_show_leaf(struct cli *c, const json_t *reply)
{
	const json_t *one = json_object_get(reply, "certificate");

	(void)c;
	row("subject", one, "subject");
	row("state", one, "state");
	row("from", one, "not_before");
	row("until", one, "not_after");
	(void)printf("%-12s%lld%s\n", "days", number(reply, "days"),
	    json_is_true(json_object_get(reply, "renew"))
		? " (time for a new one)"
		: "");
	row("serial", json_object_get(one, "hash"), "serial");
	row("fingerprint", one, "fingerprint");
	row("file", one, "file");
	row("chain", one, "chain");
	row("key", one, "key");
	return CODE_OK;
}

enum ctl_code
cert_show_expiry(struct cli *c, const json_t *reply)
{
	const json_t *one;
	size_t i;

	(void)c;
	json_array_foreach(json_object_get(reply, "leaves"), i, one)
	{
		bool renew = json_is_true(json_object_get(one, "renew"));
		const char *due = renew ? "; time for a new one" : "";

		(void)printf("%-5s ", cli_text(one, "leaf"));
		if (json_object_get(one, "not_after") == NULL)
			(void)printf("%s%s", cli_text(one, "result"), due);
		else
			(void)printf("until %.10s (%lld days), a new one from "
				     "%.10s on%s",
			    cli_text(one, "not_after"), number(one, "days"),
			    cli_text(one, "renew_at"), due);
		if (number(one, "requests") > 0)
			(void)printf(
			    "; %lld requests are out", number(one, "requests"));
		(void)printf("\n");
	}
	return CODE_OK;
}

static void
show_counts(const json_t *group, const char *what)
{
	const json_t *one;
	const char *name;

	json_object_foreach((json_t *)(uintptr_t)group, name, one)(void)
	    printf("%-8s %-6s %5lld, of them valid now %lld\n", what, name,
		number(one, "all"), number(one, "valid"));
}

enum ctl_code
cert_show_count(struct cli *c, const json_t *reply)
{
	(void)c;
	show_counts(json_object_get(reply, "anchors"), "anchors");
	show_counts(json_object_get(reply, "leaves"), "leaves");
	(void)printf("keys %lld, of them waiting for a certificate %lld\n"
		     "files %lld, bytes %lld\n",
	    number(reply, "keys"), number(reply, "requests"),
	    number(reply, "files"), number(reply, "bytes"));
	return CODE_OK;
}

enum ctl_code
cert_show_answer(struct cli *c, const json_t *reply)
{
	const char *text = text_of(reply, "response"),
		   *out = cli_option(c, "out");
	own_str char *der = malloc(strlen(text) + 1);
	struct err e;
	long n;

	if (out == NULL || der == NULL) {
		cli_print_line(stdout, text);
		(void)printf("\n");
		return CODE_OK;
	}
	n = base64_decode(text, der, strlen(text));
	if (n == -1 ||
	    file_write(AT_FDCWD, out, der, (size_t)n, FILE_PUBLIC, &e) == -1)
		return cli_fail(c, CODE_FAILED, &e);
	return CODE_OK;
}

enum ctl_code
cert_show_csr(struct cli *c, const json_t *reply)
{
	const char *csr = text_of(reply, "csr"), *out = cli_option(c, "out");
	struct err e;

	if (out == NULL)
		cli_print_clean(csr);
	else if (file_write(AT_FDCWD, out, csr, strlen(csr), FILE_PUBLIC, &e) ==
	    -1)
		return cli_fail(c, CODE_FAILED, &e);
	else
		(void)printf("%s: the request; its key is %s\n", out,
		    cli_text(reply, "key"));
	return CODE_OK;
}

enum ctl_code
cert_show_verify(struct cli *c, const json_t *reply)
{
	(void)c;
	(void)printf("valid, %lld certificates up to the anchor\n",
	    number(json_object_get(reply, "path"), "count"));
	return CODE_OK;
}

enum ctl_code
cert_show_deleted(struct cli *c, const json_t *reply)
{
	long long dependent = number(reply, "dependent");

	(void)c;
	(void)printf(
	    "deleted: %s %s\n", cli_text(reply, "kind"), cli_text(reply, "of"));
	if (number(reply, "below") > 0)
		(void)printf("with it %lld authorities below it\n",
		    number(reply, "below"));
	if (dependent > 0)
		(void)printf("%lld leaves have lost their anchor by it; they "
			     "are still here\n",
		    dependent);
	return CODE_OK;
}

enum ctl_code
cert_show_collected(struct cli *c, const json_t *reply)
{
	const json_t *n = json_object_get(reply, "collected");

	(void)c;
	(void)printf("collected: %lld leaves, %lld keys, %lld OCSP answers\n",
	    number(n, "leaves"), number(n, "keys"), number(n, "ocsp"));
	return CODE_OK;
}

enum ctl_code
cert_show_location(struct cli *c, const json_t *reply)
{
	(void)c;
	(void)printf("%s\n", cli_text(reply, "anchors"));
	return CODE_OK;
}

enum ctl_code
cert_show_ocsp(struct cli *c, const json_t *reply)
{
	const json_t *one, *url;
	size_t i, k;

	(void)c;
	json_array_foreach(json_object_get(reply, "requests"), i, one)
	{
		const json_t *hash = json_object_get(one, "hash");

		(void)printf("serial %s issuer %s %s\n",
		    cli_text(hash, "serial"), cli_text(hash, "issuer_name"),
		    cli_text(hash, "issuer_key"));
		json_array_foreach(json_object_get(one, "responders"), k, url)
		{
			(void)printf("  ");
			cli_print_clean(json_string_value(url));
			(void)printf("\n");
		}
	}
	return CODE_OK;
}

enum ctl_code
cert_show_crls(struct cli *c, const json_t *reply)
{
	const json_t *one;
	size_t i;

	(void)c;
	json_array_foreach(json_object_get(reply, "lists"), i, one)
	{
		(void)printf("%-5s %-13s until %.10s  lists %lld  ",
		    cli_text(one, "domain"), cli_text(one, "state"),
		    cli_text(one, "until"), number(one, "revoked"));
		cli_print_clean(cli_text(one, "issuer"));
		(void)printf("  ");
		cli_print_clean(cli_text(one, "file"));
		(void)printf("\n");
	}
	return CODE_OK;
}

enum ctl_code
cert_show_handles(struct cli *c, const json_t *reply)
{
	const json_t *one, *list = json_object_get(reply, "handles");
	size_t i;

	(void)c;
	json_array_foreach(list, i, one)(void)
	    printf("%s  %-12s %s\n", cli_text(one, "handle"),
		cli_text(one, "kind"), cli_text(one, "name"));
	(void)printf("%zu persistent objects; none of them is Ingot's\n",
	    json_array_size(list));
	return CODE_OK;
}

enum ctl_code
cert_show_done(struct cli *c, const json_t *reply)
{
	(void)c;
	(void)printf("%s\n", cli_text(reply, "result"));
	return CODE_OK;
}
