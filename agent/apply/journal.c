/* SPDX-License-Identifier: MIT */
/*
 * The journal. It promises that what is read is what was written, or an
 * error; what to do about a damaged one is the transaction's affair (revert:
 * "current" is moved last, so it still names what was live).
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "buf.h"
#include "file.h"
#include "journal.h"
#include "json.h"

static const char *const known[] = { "asked", "before", "phase", "snapshot",
	"target", "yes", NULL };

static int
check_sum(const char *line, size_t len, const char *sum, struct err *e)
{
	uint8_t is[SHA256_LEN];
	char hex[SHA256_HEX];

	if (sha256(line, len, is, e) == -1)
		return -1;
	hex_encode(is, sizeof(is), hex);
	if (strncmp(hex, sum, SHA256_HEX - 1) != 0)
		return err_set(e, EBADMSG, "journal: its checksum is wrong");
	return 0;
}

static int
check_snapshot(const char *id, struct err *e)
{
	uint8_t raw[SHA256_LEN];

	/* A refused or reverted transaction of a damaged journal has none. */
	if (*id != '\0' && hex_decode(id, raw, sizeof(raw)) != SHA256_LEN)
		return err_set(e, EBADMSG, "journal: \"snapshot\" is no hash");
	return 0;
}

static int
from_json(struct journal *j, const json_t *o, struct err *e)
{
	const char *phase, *id, *asked;

	/* Without "asked" it is of an agent that did not keep it. */
	if (json_known(o, known, e) == -1 ||
	    json_str(o, "phase", 16, &phase, e) == -1 ||
	    json_str(o, "snapshot", SHA256_HEX - 1, &id, e) == -1 ||
	    json_str_or(
		o, "asked", JOURNAL_ASKED_MAX, JOURNAL_ALL, &asked, e) == -1 ||
	    json_num(o, "target", 0, JOURNAL_NUMBER_MAX, &j->target, e) == -1 ||
	    json_num(o, "before", 0, JOURNAL_NUMBER_MAX, &j->before, e) == -1)
		return err_in(e, "journal");
	if (!json_is_boolean(json_object_get(o, "yes")))
		return err_set(
		    e, EBADMSG, "journal: \"yes\" is not true or false");
	j->yes = json_is_true(json_object_get(o, "yes"));
	if (txn_by_name(phase, &j->phase) == -1)
		return err_set(
		    e, EBADMSG, "journal: no phase is called \"%s\"", phase);
	if (check_snapshot(id, e) == -1)
		return -1;
	(void)snprintf(j->snapshot, sizeof(j->snapshot), "%s", id);
	(void)snprintf(j->asked, sizeof(j->asked), "%s", asked);
	return 0;
}

bool
journal_asked(const struct journal *j, const char *plugin)
{
	size_t n = strlen(plugin);

	if (strcmp(j->asked, JOURNAL_ALL) == 0)
		return true;
	/* Whole names: "ssh" was not asked because "openssh" was. */
	for (const char *p = j->asked; p != NULL; p = strchr(p, ' ')) {
		p += *p == ' ';
		if (strncmp(p, plugin, n) == 0 && p[n] == ' ')
			return true;
	}
	return false;
}

int
journal_ask(struct journal *j, const char *plugin, struct err *e)
{
	size_t n = strlen(j->asked), more = strlen(plugin) + 1;

	if (journal_asked(j, plugin))
		return 0;
	if (n + more > JOURNAL_ASKED_MAX)
		return err_set(
		    e, ENOSPC, "journal: no room for \"%s\"", plugin);
	(void)snprintf(j->asked + n, sizeof(j->asked) - n, "%s ", plugin);
	return 0;
}

int
journal_parse(struct journal *j, const void *text, size_t len, struct err *e)
{
	const char *p = text;
	const char *end = len == 0 ? NULL : memchr(p, '\n', len);
	size_t line;
	own_json json_t *o = NULL;

	memset(j, 0, sizeof(*j));
	if (len > JOURNAL_MAX)
		return err_set(e, EBADMSG, "journal: too long");
	line = end == NULL ? 0 : (size_t)(end - p);
	/* The sum, with its own line end, is the rest to the byte. */
	if (end == NULL || len - line != 1 + SHA256_HEX || p[len - 1] != '\n')
		return err_set(e, EBADMSG, "journal: cut off");
	if (check_sum(p, line, end + 1, e) == -1)
		return -1;
	if ((o = json_parse("journal", p, line, JOURNAL_MAX, e)) == NULL)
		return -1;
	return from_json(j, o, e);
}

int
journal_write(int state, const struct journal *j, struct err *e)
{
	own_json json_t *o = json_pack("{s:s, s:s, s:s, s:I, s:I, s:b}",
	    "phase", txn_name(j->phase), "asked", j->asked, "snapshot",
	    j->snapshot, "target", (json_int_t)j->target, "before",
	    (json_int_t)j->before, "yes", (int)j->yes);
	own_str char *line = o == NULL ? NULL : json_line(o);
	own_bytes struct bytes out = { 0 };
	uint8_t sum[SHA256_LEN];
	char hex[SHA256_HEX];

	if (line == NULL)
		return err_set(e, ENOMEM, "journal: no memory");
	if (sha256(line, strlen(line), sum, e) == -1)
		return -1;
	hex_encode(sum, sizeof(sum), hex);
	bytes_fmt(&out, "%s\n%s\n", line, hex);
	if (out.bad)
		return err_set(e, ENOMEM, "journal: no memory");
	return file_write(state, JOURNAL_FILE, out.p, out.len, FILE_SECRET, e);
}

int
journal_read(int state, struct journal *j, struct err *e)
{
	own_bytes struct bytes text = { 0 };

	memset(j, 0, sizeof(*j));
	if (faccessat(state, JOURNAL_FILE, F_OK, AT_SYMLINK_NOFOLLOW) == -1 &&
	    errno == ENOENT)
		return 0;
	if (file_read(state, JOURNAL_FILE, JOURNAL_MAX, &text, e) == -1)
		return -1;
	return journal_parse(j, text.p, text.len, e) == -1 ? -1 : 1;
}

int
journal_remove(int state, struct err *e)
{
	return file_remove(state, JOURNAL_FILE, e);
}
