/* SPDX-License-Identifier: MIT */
/*
 * The proof for people: first what was decided and by whom, then each file
 * with what became of its keys. It names places and reasons; a value is not in
 * it, so there is none to hide here. Whoever sealed the bundle wrote it, so it
 * is cleaned before a terminal sees it.
 */
#include <stdio.h>
#include <string.h>

#include "cli_in.h"
#include "proof_show.h"

static const char *
text(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s == NULL ? "" : s;
}

static long long
number(const json_t *o, const char *key)
{
	return (long long)json_integer_value(json_object_get(o, key));
}

static void
print_review(const json_t *o)
{
	if (*text(o, "who") != '\0')
		(void)printf("; %s, says %s on %s%s%s", text(o, "class"),
		    text(o, "who"), text(o, "when"),
		    *text(o, "from") == '\0' ? "" : ", derives from ",
		    text(o, "from"));
	(void)printf("\n");
}

static void
print_rules(const json_t *head)
{
	const json_t *one;
	size_t i;

	json_array_foreach(json_object_get(head, "rules"), i, one)
	{
		(void)printf("rule      %s:%lld %s %s%s%s, %lld x%s%s",
		    text(one, "policy"), number(one, "line"),
		    text(one, "action"), text(one, "file"),
		    *text(one, "key") == '\0' ? "" : " ", text(one, "key"),
		    number(one, "values"),
		    *text(one, "why") == '\0' ? "" : ": ", text(one, "why"));
		print_review(one);
	}
	json_array_foreach(json_object_get(head, "accepted"), i, one)
	{
		(void)printf("accepted  %s:%lld %s in %s, %lld x: %s",
		    text(one, "policy"), number(one, "line"),
		    text(one, "finding"), text(one, "file"),
		    number(one, "findings"), text(one, "why"));
		print_review(one);
	}
}

static void
print_head(const json_t *head)
{
	const json_t *counts = json_object_get(head, "counts");
	const json_t *residue = json_object_get(head, "residue");
	const json_t *one;
	const char *what;
	size_t i;

	json_array_foreach(json_object_get(head, "policies"), i, one)(void)
	    printf(
		"policy    %s  %s\n", text(one, "name"), text(one, "sha256"));
	print_rules(head);
	json_object_foreach(
	    (json_t *)json_object_get(head, "identity"), what, one)
	{
		(void)printf("identity  ");
		cli_print_line(stdout, what);
		(void)printf(": %lld searched for\n",
		    (long long)json_integer_value(one));
	}
	(void)printf("residue   %lld values in %lld forms\n",
	    number(residue, "values"), number(residue, "forms"));
	(void)printf(
	    "counts    %lld files, %lld keys: %lld kept, %lld replaced, "
	    "%lld emptied; %lld files dropped, %lld skipped\n",
	    number(counts, "files"), number(counts, "keys"),
	    number(counts, "kept"), number(counts, "replaced"),
	    number(counts, "emptied"), number(counts, "dropped"),
	    number(counts, "skipped"));
	(void)printf("open      %lld\n", number(head, "open"));
}

static void
print_keys(const json_t *file, const char *what)
{
	const json_t *one, *keys = json_object_get(file, what);
	const char *key;

	json_object_foreach((json_t *)keys, key, one)
	{
		(void)printf("  %s ", what);
		cli_print_line(stdout, key);
		if (json_is_string(one))
			(void)printf(" (%s)", json_string_value(one));
		(void)printf("\n");
	}
}

static void
print_file(const json_t *file)
{
	static const char *const lists[] = { "slots", "texts", "emptied", "cut",
		"kept_by_rule", "kept" };

	(void)printf("%s: ", text(file, "file"));
	if (json_object_get(file, "dropped") != NULL)
		(void)printf("dropped: %s\n", text(file, "dropped"));
	else if (json_object_get(file, "skipped") != NULL)
		(void)printf("skipped: %s\n", text(file, "skipped"));
	else
		(void)printf("by %s%s%s, %lld keys, %lld lines\n",
		    text(file, "net"), *text(file, "format") == '\0' ? "" : " ",
		    text(file, "format"), number(file, "keys"),
		    number(file, "lines"));
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		print_keys(file, lists[i]);
	if (number(file, "unnamed") > 0)
		(void)printf("  and %lld that have no name worth the word\n",
		    number(file, "unnamed"));
}

static int
print_lines(const struct bytes *proof, struct err *e)
{
	const char *p = proof->p, *stop = p + proof->len, *end;

	for (; p < stop; p = end + 1) {
		own_json json_t *o = NULL;

		end = memchr(p, '\n', (size_t)(stop - p));
		if (end == NULL)
			end = stop;
		o = json_parse("proof", p, (size_t)(end - p), proof->len, e);
		if (o == NULL)
			return -1;
		cli_clean(o);
		if (p == proof->p)
			print_head(o);
		else
			print_file(o);
	}
	return 0;
}

int
proof_show(int fd, const struct bundle_trust *trust, bool json, struct err *e)
{
	own_bytes struct bytes proof = { 0 };
	struct bundle_info info;

	if (bundle_proof(fd, trust, &proof, &info, e) == -1)
		return -1;
	if (!json)
		return print_lines(&proof, e);
	(void)fwrite(proof.p, 1, proof.len, stdout);
	return 0;
}
