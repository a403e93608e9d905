/* SPDX-License-Identifier: MIT */
/*
 * For whom a snapshot is. Read from bytes whose signature is good already, but
 * strictly all the same: a maker's mistake here would be applied to a fleet.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "snapshot.h"
#include "terms.h"

#define CRITICAL_NAME_MAX 64
#define MEMBERS           "members."

static bool
listed(const char *name, const char *const list[])
{
	for (; *list != NULL; list++)
		if (strcmp(name, *list) == 0)
			return true;
	return false;
}

/* Is it there? For "members.x": in any of them. */
static bool
present(const json_t *manifest, const char *name)
{
	size_t n = strlen(MEMBERS), i;
	json_t *one;

	if (strncmp(name, MEMBERS, n) != 0)
		return json_object_get(manifest, name) != NULL;
	json_array_foreach(json_object_get(manifest, "members"), i,
	    one) if (json_object_get(one, name + n) != NULL) return true;
	return false;
}

static int
critical_check(const json_t *manifest, const char *name,
    const char *const known[], const char *const member_known[], struct err *e)
{
	size_t n = strlen(MEMBERS);
	bool member = strncmp(name, MEMBERS, n) == 0;

	if (!(member ? listed(name + n, member_known) : listed(name, known)))
		return err_set(e, ENOTSUP,
		    "the field \"%s\" is critical, and agent %s does not know "
		    "it; update the agent first",
		    name, INGOT_VERSION);
	if (!present(manifest, name))
		return err_set(e, EBADMSG,
		    "\"critical\" names \"%s\", which is not there", name);
	return 0;
}

/* A text of an array; NULL: it is none, or too long. */
static const char *
text_at(const json_t *list, size_t i, size_t max)
{
	const json_t *one = json_array_get(list, i);
	const char *text = json_string_value(one);

	return text == NULL || strlen(text) != json_string_length(one) ||
		strlen(text) > max
	    ? NULL
	    : text;
}

/* The array, or NULL for one that is not there. */
static int
list_of(const json_t *manifest, const char *key, size_t max, json_t **out,
    struct err *e)
{
	*out = NULL;
	if (json_object_get(manifest, key) == NULL)
		return 0;
	return json_array_of(manifest, key, max, out, e);
}

static int
critical_parse(const json_t *manifest, const char *const known[],
    const char *const member_known[], struct err *e)
{
	const char *name;
	json_t *list;

	if (list_of(manifest, "critical", TERMS_CRITICAL_MAX, &list, e) == -1)
		return -1;
	for (size_t i = 0; i < json_array_size(list); i++) {
		if ((name = text_at(list, i, CRITICAL_NAME_MAX)) == NULL)
			return err_set(
			    e, EBADMSG, "\"critical\" holds no field name");
		if (critical_check(manifest, name, known, member_known, e) ==
		    -1)
			return -1;
	}
	return 0;
}

int
terms_revision_check(const char *text, struct err *e)
{
	static const char ok[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				 "abcdefghijklmnopqrstuvwxyz0123456789._+-";
	size_t n = strlen(text);

	if (n == 0 || n > TERMS_REVISION_MAX || strspn(text, ok) != n)
		return err_set(e, EINVAL,
		    "\"%.80s\": a hardware revision is 1 to %d of A-Z a-z 0-9 "
		    ". _ + -",
		    text, TERMS_REVISION_MAX);
	return 0;
}

static int
hardware_parse(struct terms *t, const json_t *manifest, struct err *e)
{
	const char *text;
	json_t *list;

	if (list_of(manifest, "hardware", TERMS_HARDWARE_MAX, &list, e) == -1)
		return -1;
	if (list != NULL && json_array_size(list) == 0)
		return err_set(e, EBADMSG, "\"hardware\" is empty");
	for (size_t i = 0; i < json_array_size(list); i++) {
		if ((text = text_at(list, i, TERMS_REVISION_MAX)) == NULL ||
		    terms_revision_check(text, e) == -1)
			return err_set(
			    e, EBADMSG, "\"hardware\" holds no revision");
		(void)strcpy(t->hardware[t->hardware_count++], text);
	}
	return 0;
}

static int
recipients_parse(struct terms *t, const json_t *manifest, struct err *e)
{
	const char *hex;
	json_t *list;

	if (list_of(manifest, "recipients", TERMS_RECIPIENTS_MAX, &list, e) ==
	    -1)
		return -1;
	for (size_t i = 0; i < json_array_size(list); i++) {
		hex = text_at(list, i, SHA256_HEX - 1);
		if (hex == NULL ||
		    hex_decode(hex, t->recipients[i], SHA256_LEN) != SHA256_LEN)
			return err_set(e, EBADMSG,
			    "\"recipients\" holds no SHA-256 in hex");
		t->recipient_count++;
	}
	return 0;
}

/* The next number of a version; *p is moved behind it and its dot. */
static long
number_of(const char **p)
{
	long n = 0;

	while (**p >= '0' && **p <= '9')
		n = n * 10 + *(*p)++ - '0';
	if (**p == '.')
		(*p)++;
	return n;
}

int
terms_version_check(const char *v, struct err *e)
{
	const char *p = v;
	size_t digits;

	for (int part = 0; part < 3; part++) {
		digits = strspn(p, "0123456789");
		p += digits;
		if (digits == 0 || digits > 4 || *p != (part < 2 ? '.' : '\0'))
			return err_set(
			    e, EINVAL, "\"%.40s\" is no version like 0.2.0", v);
		p++;
	}
	return 0;
}

int
terms_version_compare(const char *a, const char *b)
{
	long x, y;

	for (int part = 0; part < 3; part++) {
		x = number_of(&a);
		y = number_of(&b);
		if (x != y)
			return x < y ? -1 : 1;
	}
	return 0;
}

int
terms_parse(struct terms *t, const json_t *manifest, const char *const known[],
    const char *const member_known[], struct err *e)
{
	const char *agent;

	memset(t, 0, sizeof(*t));
	if (critical_parse(manifest, known, member_known, e) == -1 ||
	    hardware_parse(t, manifest, e) == -1 ||
	    recipients_parse(t, manifest, e) == -1 ||
	    json_str_or(manifest, "agent", TERMS_VERSION_MAX, "", &agent, e) ==
		-1)
		return -1;
	if (*agent != '\0' && terms_version_check(agent, e) == -1)
		return err_in(e, "\"agent\"");
	(void)strcpy(t->agent, agent);
	return 0;
}

static json_t *
texts(const struct terms *t, bool hardware)
{
	size_t n = hardware ? t->hardware_count : t->recipient_count;
	json_t *list = json_array();
	char hex[SHA256_HEX];

	for (size_t i = 0; i < n; i++) {
		hex_encode(t->recipients[i], SHA256_LEN, hex);
		(void)json_array_append_new(
		    list, json_string(hardware ? t->hardware[i] : hex));
	}
	return list;
}

/* A restriction; and it is critical, so nobody passes it by. */
static int
restrict_to(json_t *manifest, json_t *critical, const char *key, json_t *value)
{
	return json_object_set_new(manifest, key, value) == -1 ||
		json_array_append_new(critical, json_string(key)) == -1
	    ? -1
	    : 0;
}

int
terms_write(const struct terms *t, json_t *manifest, struct err *e)
{
	own_json json_t *critical = json_array();
	int rc = critical == NULL ? -1 : 0;

	if (rc == 0 && t->agent[0] != '\0')
		rc = restrict_to(
		    manifest, critical, "agent", json_string(t->agent));
	if (rc == 0 && t->hardware_count > 0)
		rc =
		    restrict_to(manifest, critical, "hardware", texts(t, true));
	if (rc == 0 && t->recipient_count > 0)
		rc = restrict_to(
		    manifest, critical, "recipients", texts(t, false));
	if (rc == 0 && json_array_size(critical) > 0)
		rc = json_object_set(manifest, "critical", critical);
	return rc == -1 ? err_set(e, ENOMEM, "manifest: out of memory") : 0;
}

int
terms_add_recipient(
    struct terms *t, const uint8_t spki[static SHA256_LEN], struct err *e)
{
	for (size_t i = 0; i < t->recipient_count; i++)
		if (memcmp(t->recipients[i], spki, SHA256_LEN) == 0)
			return 0;
	if (t->recipient_count == TERMS_RECIPIENTS_MAX)
		return err_set(
		    e, E2BIG, "more than %d recipients", TERMS_RECIPIENTS_MAX);
	memcpy(t->recipients[t->recipient_count++], spki, SHA256_LEN);
	return 0;
}

static int
hardware_fit(const struct terms *t, const char *hardware, struct err *e)
{
	char all[256] = "";
	size_t n = 0;

	for (size_t i = 0; i < t->hardware_count; i++) {
		if (strcmp(t->hardware[i], hardware) == 0)
			return 0;
		if (n < sizeof(all))
			n += (size_t)snprintf(all + n, sizeof(all) - n, "%s%s",
			    i == 0 ? "" : ", ", t->hardware[i]);
	}
	if (t->hardware_count == 0)
		return 0;
	if (*hardware == '\0')
		return err_set(e, EPERM,
		    "the snapshot is for hardware %s, and this unit does not "
		    "say what it is; set \"hardware\" in its unit.conf",
		    all);
	return err_set(e, EPERM,
	    "the snapshot is for hardware %s, this unit is %s; take the bundle "
	    "made for that revision",
	    all, hardware);
}

int
terms_fit(const struct snapshot *s, const struct terms_unit *u, struct err *e)
{
	const struct terms *t = &s->terms;

	if (u->model != NULL && strcmp(u->model, s->model) != 0)
		return err_set(e, EPERM,
		    "the snapshot is for model %s, this unit is a %s; take the "
		    "bundle made for it",
		    s->model, u->model);
	if (u->hardware != NULL && hardware_fit(t, u->hardware, e) == -1)
		return -1;
	if (u->agent != NULL && t->agent[0] != '\0' &&
	    terms_version_compare(u->agent, t->agent) < 0)
		return err_set(e, EPERM,
		    "the snapshot needs agent %s or later, this is %s; update "
		    "the agent first",
		    t->agent, u->agent);
	if (s->sequence < u->sequence_floor)
		return err_set(e, EPERM,
		    "the snapshot's sequence %lld is older than %lld, which "
		    "was confirmed in production; take one that is not older",
		    (long long)s->sequence, (long long)u->sequence_floor);
	return 0;
}
