/* SPDX-License-Identifier: MIT */
/*
 * Findings as SARIF 2.1.0, which forges and editors read. Clause numbers are
 * those of the OASIS standard. A value is in no message; its mark is of one
 * run, so it is a property and no fingerprint, which would have to last.
 */
#include <ctype.h>
#include <string.h>

#include "scrub_in.h"

/* One rule for each kind of finding (3.49). */
static const char *const says[FINDING_COUNT] = {
	[FINDING_PRIVATE_KEY] = "A private key or a key store",
	[FINDING_KEYWORD] = "A value whose name says that it is a secret",
	[FINDING_ENTROPY] = "A word as random as a key, or a password's hash",
	[FINDING_TOKEN] = "A web token or a token of a cloud",
	[FINDING_URL] = "A password in a URL",
	[FINDING_ADDRESS] = "A hardware address",
	[FINDING_DEFAULT] = "A default password that everybody knows",
	[FINDING_SUBSCRIBER] = "The number of a SIM card or a modem",
	[FINDING_RESIDUE] = "A trace of the sample or of a removed secret",
	[FINDING_WEAK] = "A removed value too short to be searched for",
	[FINDING_IDENTITY] = "An identifier was not found on the sample",
	[FINDING_UNUSED] = "A rule that must take something found nothing",
	[FINDING_SPECIAL] = "A link, device, pipe or socket",
	[FINDING_SET_ID] = "A set-id or sticky bit",
	[FINDING_UNREADABLE] = "A file that is not of its rules' format",
	[FINDING_BINARY] = "No plain text: not looked into",
	[FINDING_ARCHIVE] = "Packed so that not all could be looked into",
};

static const char *
level(enum finding_id id)
{
	return scrub_is_note(id) ? "note" : "error";
}

static json_t *
rules(void)
{
	json_t *list = json_array();

	for (enum finding_id id = 0; id < FINDING_COUNT; id++)
		(void)json_array_append_new(list,
		    json_pack("{s:s, s:{s:s}, s:{s:s}}", "id", finding_name(id),
			"shortDescription", "text", says[id],
			"defaultConfiguration", "level", level(id)));
	return list;
}

json_t *
sarif_new(void)
{
	return json_pack("{s:s, s:s, s:[{s:{s:{s:s, s:s, s:o}}, s:s, s:[], "
			 "s:[{s:b, s:[]}]}]}",
	    "$schema", "https://json.schemastore.org/sarif-2.1.0.json",
	    "version", "2.1.0", "runs", "tool", "driver", "name", "ingot scrub",
	    "version", INGOT_VERSION, "rules", rules(), "columnKind",
	    "unicodeCodePoints", "results", "invocations",
	    "executionSuccessful", 1, "toolExecutionNotifications");
}

static json_t *
run_of(json_t *log)
{
	return json_array_get(json_object_get(log, "runs"), 0);
}

/* A path as a relative reference (RFC 3986); what is inside an archive stands
 * behind its "!". */
static json_t *
uri(const char *path)
{
	own_bytes struct bytes out = { 0 };

	for (; *path != '\0'; path++)
		if (isalnum((unsigned char)*path) ||
		    strchr("-._~/!", *path) != NULL)
			bytes_add(&out, path, 1);
		else
			bytes_fmt(&out, "%%%02X", (unsigned char)*path);
	return json_string(out.p == NULL ? "" : out.p);
}

static json_t *
location(const struct finding *f)
{
	json_t *j = json_pack("{s:{s:{s:o}}}", "physicalLocation",
	    "artifactLocation", "uri", uri(f->path));

	if (f->line > 0)
		(void)json_object_set_new(
		    json_object_get(j, "physicalLocation"), "region",
		    json_pack("{s:i}", "startLine", (int)f->line));
	return j;
}

static json_t *
result(const struct finding *f)
{
	own_bytes struct bytes message = { 0 };
	json_t *j, *more;

	bytes_fmt(
	    &message, "%s%s%s", f->text, f->key[0] == '\0' ? "" : ": ", f->key);
	j = json_pack("{s:s, s:i, s:s, s:{s:o}, s:[o], s:{s:o}}", "ruleId",
	    finding_name(f->id), "ruleIndex", (int)f->id, "level", level(f->id),
	    "message", "text", json_text(message.p == NULL ? "" : message.p),
	    "locations", location(f), "properties", "key", json_text(f->key));
	more = json_object_get(j, "properties");
	if (f->mark[0] != '\0') {
		(void)json_object_set_new(
		    more, "length", json_integer((json_int_t)f->len));
		(void)json_object_set_new(more, "mark", json_string(f->mark));
	}
	/* 3.27.23: a person has looked at it. */
	if (f->accepted != NULL)
		(void)json_object_set_new(j, "suppressions",
		    json_pack("[{s:s, s:o}]", "kind", "external",
			"justification", json_text(f->accepted)));
	return j;
}

int
sarif_add(json_t *log, const struct findings *f)
{
	json_t *list = json_object_get(run_of(log), "results");

	for (size_t i = 0; i < f->count; i++)
		if (json_array_append_new(list, result(&f->all[i])) == -1)
			return -1;
	return 0;
}

int
sarif_trouble(json_t *log, const char *path, const char *why)
{
	json_t *one =
	    json_array_get(json_object_get(run_of(log), "invocations"), 0);
	json_t *list = json_object_get(one, "toolExecutionNotifications");

	(void)json_object_set_new(one, "executionSuccessful", json_false());
	return json_array_append_new(list,
	    json_pack("{s:s, s:{s:o}, s:[{s:{s:{s:o}}}]}", "level", "error",
		"message", "text", json_text(why), "locations",
		"physicalLocation", "artifactLocation", "uri", uri(path)));
}
