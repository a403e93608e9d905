/* SPDX-License-Identifier: MIT */
/*
 * Slot values. Issued and generated ones are secrets as a rule: they live in
 * identity/, 0600, and no error text ever quotes one.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "digest.h"
#include "file.h"
#include "values.h"

#define ISSUED    "identity/issued.json"
#define GENERATED "identity/generated.json"
#define STORE_MAX (VALUES_COUNT_MAX * (SLOT_NAME_MAX + SLOT_VALUE_MAX + 16))
#define NAME_SET  "abcdefghijklmnopqrstuvwxyz0123456789._-"
/* Safe between the quotes of every format that is filled: no quote, blank,
 * backslash or line end (slot.h). */
#define VALUE_SET                                                              \
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"       \
	"._:/@+=-"

static bool
made_of(const char *s, const char *set, size_t max)
{
	size_t n = strlen(s);

	return n > 0 && n <= max && strspn(s, set) == n;
}

/* An error names the slot and never the value: it may be a password. */
static int
pair_check(const char *what, const char *name, const char *value, struct err *e)
{
	if (!made_of(name, NAME_SET, SLOT_NAME_MAX))
		return err_set(
		    e, EBADMSG, "%s: \"%.64s\" is no slot name", what, name);
	if (value == NULL || !made_of(value, VALUE_SET, SLOT_VALUE_MAX))
		return err_set(e, EBADMSG,
		    "%s: the value of \"%s\" is empty, too long, or holds a "
		    "character that slots do not allow",
		    what, name);
	return 0;
}

static int
pairs_check(const char *what, const json_t *o, struct err *e)
{
	const char *name;
	json_t *value;

	if (!json_is_object(o))
		return err_set(e, EBADMSG, "%s: not an object", what);
	if (json_object_size(o) > VALUES_COUNT_MAX)
		return err_set(e, E2BIG, "%s: more than %d values", what,
		    VALUES_COUNT_MAX);
	json_object_foreach((json_t *)o, name,
	    value) if (pair_check(what, name, json_string_value(value), e) ==
	    -1) return -1;
	return 0;
}

/* A store that is not there is a new unit's. A damaged one is an error: taken
 * for empty, each generated secret would be made anew, and who holds the old
 * one would be locked out. */
static int
store_read(int state, const char *path, json_t **out, struct err *e)
{
	own_bytes struct bytes text = { 0 };

	if (faccessat(state, path, F_OK, AT_SYMLINK_NOFOLLOW) == -1 &&
	    errno == ENOENT) {
		*out = json_object();
		return *out == NULL ? err_set(e, ENOMEM, "no memory") : 0;
	}
	if (file_read(state, path, STORE_MAX, &text, e) == -1)
		return -1;
	*out = json_parse(path, text.p, text.len, STORE_MAX, e);
	return *out == NULL ? -1 : pairs_check(path, *out, e);
}

static int
store_write(int state, const char *path, const json_t *o, struct err *e)
{
	char *line = json_line(o);
	int rc;

	if (line == NULL)
		return err_set(e, ENOMEM, "%s: no memory", path);
	rc = file_mkdirs(state, "identity", 0700, e);
	if (rc == 0)
		rc =
		    file_write(state, path, line, strlen(line), FILE_SECRET, e);
	explicit_bzero(line, strlen(line));
	free(line);
	return rc;
}

/* The group "values" of unit.conf, as an object. */
static int
own_values_of(struct facts *f, conf_node *root, struct err *e)
{
	conf_node *group, *one;
	const char *text;
	struct err why;

	if ((f->values = json_object()) == NULL)
		return err_set(e, ENOMEM, "no memory");
	if (conf_group(root, "values", &group, e) == -1)
		return -1;
	for (size_t i = 0; i < conf_len(group); i++) {
		one = conf_at(group, i);
		if (conf_text(one, SLOT_VALUE_MAX, &text, e) == -1)
			return -1;
		if (pair_check("values", conf_name(one), text, &why) == -1)
			return conf_err(one, e, "%s", why.text);
		(void)json_object_set_new(
		    f->values, conf_name(one), json_string(text));
	}
	return 0;
}

/* Serial and model fill slots, so they may hold what a value may. */
static int
named(conf_node *root, const char *key, char out[static UNIT_SERIAL_MAX + 1],
    struct err *e)
{
	const char *text;

	if (conf_str(root, key, UNIT_SERIAL_MAX, &text, e) == -1)
		return -1;
	if (!made_of(text, VALUE_SET, UNIT_SERIAL_MAX))
		return conf_err(conf_get(root, key), e,
		    "\"%s\" may hold A-Z a-z 0-9 . _ : / @ + = - only", key);
	(void)snprintf(out, UNIT_SERIAL_MAX + 1, "%s", text);
	return 0;
}

int
facts_read(struct facts *f, const struct settings *s, struct err *e)
{
	static const char *const known[] = { "serial", "model", "hardware",
		"golden", "values", NULL };
	own_conf struct conf c = { 0 };

	memset(f, 0, sizeof(*f));
	if (conf_read(&c, s->unit_file, e) == -1)
		return err_in(e, "facts of this unit");
	if (conf_known(conf_root(&c), known, e) == -1 ||
	    named(conf_root(&c), "serial", f->serial, e) == -1 ||
	    named(conf_root(&c), "model", f->model, e) == -1 ||
	    conf_bool_or(conf_root(&c), "golden", false, &f->golden, e) == -1 ||
	    (conf_get(conf_root(&c), "hardware") != NULL &&
		named(conf_root(&c), "hardware", f->hardware, e) == -1) ||
	    own_values_of(f, conf_root(&c), e) == -1)
		return -1;
	/* Of the system and not of a file: the first snapshot may have given
	 * this unit another. */
	if (gethostname(f->hostname, sizeof(f->hostname)) == -1)
		return err_sys(e, "host name");
	f->hostname[sizeof(f->hostname) - 1] = '\0';
	return 0;
}

void
facts_free(struct facts *f)
{
	json_decref(f->values);
	memset(f, 0, sizeof(*f));
}

/* From sysfs: the agent opens no network socket, not even to ask for this. */
static int
read_mac(const char *ifname, char out[static 18])
{
	char path[64];
	own_file FILE *f = NULL;

	(void)snprintf(
	    path, sizeof(path), "/sys/class/net/%.16s/address", ifname);
	if ((f = fopen(path, "re")) == NULL)
		return -1;
	return fscanf(f, "%17[0-9a-f:]", out) == 1 ? 0 : -1;
}

json_t *
facts_macs(void)
{
	json_t *list = json_array();
	DIR *d = opendir("/sys/class/net");
	struct dirent *de;
	char mac[18];

	while (d != NULL && (de = readdir(d)) != NULL)
		if (de->d_name[0] != '.' && strcmp(de->d_name, "lo") != 0 &&
		    read_mac(de->d_name, mac) == 0)
			(void)json_array_append_new(list,
			    json_pack(
				"{s:s, s:s}", "name", de->d_name, "mac", mac));
	if (d != NULL)
		(void)closedir(d);
	return list;
}

int
values_open(
    struct values *v, const struct settings *s, int state, struct err *e)
{
	memset(v, 0, sizeof(*v));
	v->state = state;
	if (facts_read(&v->facts, s, e) == -1 ||
	    store_read(state, ISSUED, &v->issued, e) == -1 ||
	    store_read(state, GENERATED, &v->generated, e) == -1) {
		values_close(v);
		return -1;
	}
	return 0;
}

void
values_close(struct values *v)
{
	facts_free(&v->facts);
	json_decref(v->issued);
	json_decref(v->generated);
	memset(v, 0, sizeof(*v));
}

static int
give(char value[static SLOT_VALUE_MAX + 1], const char *text)
{
	(void)snprintf(value, SLOT_VALUE_MAX + 1, "%s", text);
	return 1;
}

/* The name is a document's: it must not lead out of the folder. */
static int
unit_mac(
    const char *ifname, char value[static SLOT_VALUE_MAX + 1], struct err *e)
{
	char mac[18];

	if (strchr(ifname, '/') != NULL || strlen(ifname) >= IFNAMSIZ ||
	    read_mac(ifname, mac) == -1)
		return err_set(e, ENOENT,
		    "@{unit.mac.%s}: this unit has no such interface", ifname);
	return give(value, mac);
}

/* What the agent knows itself comes first, so that no entry of "values" passes
 * for another serial. */
static int
unit_value(struct values *v, const char *name,
    char value[static SLOT_VALUE_MAX + 1], struct err *e)
{
	const json_t *own = json_object_get(v->facts.values, name);

	if (strcmp(name, "serial") == 0)
		return give(value, v->facts.serial);
	if (strcmp(name, "model") == 0)
		return give(value, v->facts.model);
	if (strcmp(name, "hostname") == 0)
		return give(value, v->facts.hostname);
	if (strcmp(name, "hardware") == 0 && v->facts.hardware[0] != '\0')
		return give(value, v->facts.hardware);
	if (strncmp(name, "mac.", 4) == 0)
		return unit_mac(name + 4, value, e);
	if (own != NULL)
		return give(value, json_string_value(own));
	return err_set(e, ENOENT,
	    "@{unit.%s}: add \"%s\" to the values of the unit's facts "
	    "(unit.conf)",
	    name, name);
}

/* 0: it may still come; what needs it waits for the enrolment. */
static int
issued_value(struct values *v, const char *name,
    char value[static SLOT_VALUE_MAX + 1], struct err *e)
{
	const json_t *has = json_object_get(v->issued, name);

	(void)e;
	return has == NULL ? 0 : give(value, json_string_value(has));
}

/* rest: "psk:32". The length belongs to the slot, not to the name. */
static int
generated_value(struct values *v, const char *rest,
    char value[static SLOT_VALUE_MAX + 1], struct err *e)
{
	const char *colon = strchr(rest, ':');
	unsigned long len = colon == NULL ? 0 : strtoul(colon + 1, NULL, 10);
	char name[SLOT_NAME_MAX + 1];
	const json_t *has;

	if (len < 8 || len > 64)
		return err_set(e, EINVAL,
		    "@{generated.%s}: its length is not 8 to 64", rest);
	(void)snprintf(name, sizeof(name), "%.*s", (int)(colon - rest), rest);
	/* Made once and kept: the same snapshot applied again, or one that is
	 * gone back to, must not change a password in use. */
	if ((has = json_object_get(v->generated, name)) != NULL) {
		if (json_string_length(has) != len)
			return err_set(e, EINVAL,
			    "@{generated.%s}: this unit's value has %zu "
			    "characters; take another name for another length",
			    rest, json_string_length(has));
		return give(value, json_string_value(has));
	}
	if (random_text(value, len, e) == -1)
		return -1;
	v->changed = true;
	return json_object_set_new(v->generated, name, json_string(value)) == -1
	    ? err_set(e, ENOMEM, "no memory")
	    : 1;
}

int
values_lookup(void *ctx, const char *name,
    char value[static SLOT_VALUE_MAX + 1], struct err *e)
{
	static const struct {
		const char *kind;
		int (*value)(struct values *, const char *,
		    char[static SLOT_VALUE_MAX + 1], struct err *);
	} kinds[] = {
		{ "unit.", unit_value },
		{ "issued.", issued_value },
		{ "generated.", generated_value },
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		size_t n = strlen(kinds[i].kind);

		if (strncmp(name, kinds[i].kind, n) == 0)
			return kinds[i].value(ctx, name + n, value, e);
	}
	return err_set(e, EINVAL, "@{%s}: no such kind of slot", name);
}

int
values_save(struct values *v, struct err *e)
{
	if (!v->changed)
		return 0;
	if (store_write(v->state, GENERATED, v->generated, e) == -1)
		return -1;
	v->changed = false;
	return 0;
}

/* Adds to what was issued before: a renewal brings only what is new. */
int
values_issue(int state, const json_t *values, struct err *e)
{
	own_json json_t *all = NULL;

	if (pairs_check("issued values", values, e) == -1 ||
	    store_read(state, ISSUED, &all, e) == -1)
		return -1;
	if (json_object_update(all, (json_t *)values) == -1)
		return err_set(e, ENOMEM, "no memory");
	if (pairs_check("issued values", all, e) == -1)
		return -1;
	return store_write(state, ISSUED, all, e);
}
