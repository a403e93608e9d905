/* SPDX-License-Identifier: MIT */
/*
 * The list of units: a table of columns, each with its place and its check,
 * and the rows. Two rows that could mean one unit are refused before anything
 * is touched: a serial given twice would be cast twice, a host key given twice
 * is a clone or a slip of the pen.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "csv.h"
#include "own.h"
#include "units.h"

#define LETTERS      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
#define DIGITS       "0123456789"
#define NAMES        LETTERS DIGITS "._:@+=-"
#define VALUES       NAMES "/"
#define VALUE_PREFIX "value."

/* How a column's text is taken: at most max bytes out of set, the first of
 * them out of first. */
struct column {
	const char *name;
	size_t at;
	size_t max;
	const char *set;
	const char *first;
	bool needed;
	const char *says; /* the same for a person */
};

#define AT(m) offsetof(struct unit, m)
#define SAYS  "1 to 64 of A-Z a-z 0-9 . _ : @ + = -, a letter or digit first"
static const struct column columns[] = {
	{ "serial", AT(serial), UNIT_TEXT_MAX, NAMES, LETTERS DIGITS, true,
	    SAYS },
	{ "host", AT(host), UNIT_HOST_MAX, LETTERS DIGITS ".:%_-",
	    LETTERS DIGITS ":", true, "a host name or an IP address" },
	{ "port", AT(port), 5, DIGITS, DIGITS, false, "1 to 65535" },
	{ "user", AT(user), 32, LETTERS DIGITS "_.-", LETTERS "_", false,
	    "a user name of A-Z a-z 0-9 _ . -" },
	{ "hostkey", AT(hostkey), UNIT_HOSTKEY_LEN, LETTERS DIGITS ":+/", "S",
	    false, "SHA256:..., as ssh-keygen -lf KEY.pub prints it" },
	{ "model", AT(model), UNIT_TEXT_MAX, NAMES, LETTERS DIGITS, false,
	    SAYS },
	{ "hardware", AT(hardware), 32, LETTERS DIGITS "._+-", LETTERS DIGITS,
	    false, "a revision: 1 to 32 of A-Z a-z 0-9 . _ + -" },
};
#define COLUMNS (sizeof(columns) / sizeof(columns[0]))

/* The file's header: what each of its fields is. */
struct header {
	struct units *units;
	const struct unit_defaults *defaults;
	const char *file;
	size_t count;                                /* 0: not read yet */
	const struct column *column[CSV_FIELDS_MAX]; /* NULL: a value */
	char value[CSV_FIELDS_MAX][UNIT_TEXT_MAX + 1];
};

static bool
made_of(const char *s, const char *set, size_t max)
{
	size_t n = strlen(s);

	return n > 0 && n <= max && strspn(s, set) == n;
}

bool
unit_hostkey_ok(const char *s)
{
	return strlen(s) == UNIT_HOSTKEY_LEN && strncmp(s, "SHA256:", 7) == 0 &&
	    strspn(s + 7, LETTERS DIGITS "+/") == UNIT_HOSTKEY_LEN - 7;
}

/* One field into its place. An empty one leaves the default. */
static int
take(struct unit *u, const struct column *c, const char *text, struct err *e)
{
	long port = c->at == AT(port) ? strtol(text, NULL, 10) : 1;

	if (*text == '\0' && !c->needed)
		return 0;
	if (!made_of(text, c->set, c->max) || strchr(c->first, *text) == NULL ||
	    port < 1 || port > 65535 ||
	    (c->at == AT(hostkey) && !unit_hostkey_ok(text)))
		return err_set(e, EINVAL, "%s %s; it is %s", c->name,
		    *text == '\0' ? "is empty" : "is not right", c->says);
	if (c->at == AT(port))
		u->port = (uint16_t)port;
	else
		(void)memcpy((char *)u + c->at, text, strlen(text) + 1);
	return 0;
}

static int
take_value(struct unit *u, const char *name, const char *text, struct err *e)
{
	struct unit_value *v;

	if (*text == '\0')
		return 0;
	if (!made_of(text, VALUES, UNIT_VALUE_MAX))
		return err_set(e, EINVAL,
		    VALUE_PREFIX "%s: a value holds 1 to %d of A-Z a-z 0-9 and "
				 "._:/@+=-",
		    name, UNIT_VALUE_MAX);
	if (u->values == UNIT_VALUES_MAX)
		return err_set(e, E2BIG, "more than %zu values", u->values);
	v = reallocarray(u->value, u->values + 1, sizeof(*v));
	if (v == NULL)
		return err_set(e, ENOMEM, "no memory");
	u->value = v;
	v += u->values++;
	(void)snprintf(v->name, sizeof(v->name), "%s", name);
	(void)snprintf(v->text, sizeof(v->text), "%s", text);
	return 0;
}

static struct unit *
add(struct units *l, const struct unit_defaults *d, struct err *e)
{
	struct unit *u;

	if (l->count == UNITS_MAX) {
		(void)err_set(e, E2BIG,
		    "more than %d units; divide the file into several days",
		    UNITS_MAX);
		return NULL;
	}
	if ((u = reallocarray(l->unit, l->count + 1, sizeof(*u))) == NULL) {
		(void)err_set(e, ENOMEM, "no memory");
		return NULL;
	}
	l->unit = u;
	u += l->count++;
	*u = (struct unit){ .port = d->port };
	(void)snprintf(u->user, sizeof(u->user), "%s", d->user);
	(void)snprintf(u->model, sizeof(u->model), "%s", d->model);
	(void)snprintf(u->hardware, sizeof(u->hardware), "%s", d->hardware);
	return u;
}

static const char *
twin_of(const struct unit *a, const struct unit *b)
{
	if (*a->serial != '\0' && strcmp(a->serial, b->serial) == 0)
		return "serial";
	if (a->port == b->port && strcasecmp(a->host, b->host) == 0)
		return "host and port";
	if (*a->hostkey != '\0' && strcmp(a->hostkey, b->hostkey) == 0)
		return "host key";
	return NULL;
}

/* The newest unit against all before it; then it gets its name. */
static int
settle(struct units *l, struct err *e)
{
	struct unit *u = &l->unit[l->count - 1];
	const char *what;

	for (size_t i = 0; i + 1 < l->count; i++)
		if ((what = twin_of(u, &l->unit[i])) != NULL)
			return err_set(e, EEXIST,
			    "the same %s as %s%s (line %u); one of them is "
			    "wrong",
			    what, l->unit[i].serial[0] == '\0' ? "" : "unit ",
			    l->unit[i].name, l->unit[i].line);
	if (*u->serial != '\0')
		(void)snprintf(u->name, sizeof(u->name), "%s", u->serial);
	else if (u->port == 22)
		(void)snprintf(u->name, sizeof(u->name), "%s", u->host);
	else
		(void)snprintf(
		    u->name, sizeof(u->name), "[%s]:%u", u->host, u->port);
	return 0;
}

static const struct column *
column_called(const char *name)
{
	for (size_t i = 0; i < COLUMNS; i++)
		if (strcmp(columns[i].name, name) == 0)
			return &columns[i];
	return NULL;
}

static int
header_field(struct header *h, size_t i, const char *name, struct err *e)
{
	static const size_t prefix = sizeof(VALUE_PREFIX) - 1;

	if (strcmp(name, "password") == 0)
		return err_set(e, EINVAL,
		    "a password does not belong into this file; give it with "
		    "--password-fd");
	/* unit.conf would not be read with it, and the agent not start. */
	if (strncmp(name, VALUE_PREFIX, prefix) == 0 &&
	    strspn(name + prefix, DIGITS "_-") > 0)
		return err_set(e, EINVAL,
		    "\"%.64s\": the name of a value begins with a letter",
		    name);
	h->column[i] = column_called(name);
	if (strncmp(name, VALUE_PREFIX, prefix) == 0 &&
	    made_of(name + prefix, "abcdefghijklmnopqrstuvwxyz" DIGITS "_-",
		UNIT_TEXT_MAX))
		(void)snprintf(
		    h->value[i], sizeof(h->value[i]), "%s", name + prefix);
	else if (h->column[i] == NULL)
		return err_set(e, EINVAL,
		    "there is no column \"%.64s\"; there are serial, host, "
		    "port, user, hostkey, model, hardware and value.NAME%s",
		    name,
		    strchr(name, ';') != NULL ? "; fields end with a comma, "
						"not with a semicolon"
					      : "");
	for (size_t k = 0; k < i; k++)
		if (h->column[k] == h->column[i] &&
		    strcmp(h->value[k], h->value[i]) == 0)
			return err_set(
			    e, EEXIST, "column %s stands twice", name);
	return 0;
}

static int
header(struct header *h, char *const *fields, size_t n, struct err *e)
{
	bool there;

	for (size_t i = 0; i < n; i++)
		if (header_field(h, i, fields[i], e) == -1)
			return -1;
	for (size_t c = 0; c < COLUMNS; c++) {
		there = !columns[c].needed;
		for (size_t i = 0; i < n; i++)
			there = there || h->column[i] == &columns[c];
		if (!there)
			return err_set(e, EINVAL,
			    "the first line names the columns, and \"%s\" is "
			    "not among them",
			    columns[c].name);
	}
	h->count = n;
	return 0;
}

static int
row(void *ctx, unsigned line, char *const *fields, size_t n, struct err *e)
{
	struct header *h = ctx;
	struct unit *u;
	int rc = 0;

	if (h->count == 0)
		return header(h, fields, n, e);
	if (n != h->count)
		return err_set(e, EBADMSG,
		    "%zu fields, but the first line names %zu columns", n,
		    h->count);
	if ((u = add(h->units, h->defaults, e)) == NULL)
		return -1;
	u->line = line;
	for (size_t i = 0; i < n && rc == 0; i++)
		rc = h->column[i] != NULL
		    ? take(u, h->column[i], fields[i], e)
		    : take_value(u, h->value[i], fields[i], e);
	return rc == -1 ? -1 : settle(h->units, e);
}

int
units_parse(struct units *l, const char *name, const char *text, size_t len,
    const struct unit_defaults *d, struct err *e)
{
	struct header *h = calloc(1, sizeof(*h));
	int rc;

	memset(l, 0, sizeof(*l));
	if (h == NULL)
		return err_set(e, ENOMEM, "no memory");
	h->units = l;
	h->defaults = d;
	rc = csv_parse(name, text, len, row, h, e);
	free(h);
	if (rc == 0 && l->count == 0)
		return err_set(e, ENODATA,
		    "%s: names no unit; the first line is \"serial,host\", the "
		    "next ones are the units",
		    name);
	return rc;
}

/* [SERIAL=][USER@]HOST[:PORT]; an IPv6 address with a port stands in []. */
static int
word(struct unit *u, char *text, struct err *e)
{
	char *host = text, *at, *port = NULL;
	int rc = 0;

	if ((at = strchr(host, '=')) != NULL) {
		*at = '\0';
		rc = take(u, column_called("serial"), host, e);
		host = at + 1;
	}
	if (rc == 0 && (at = strrchr(host, '@')) != NULL) {
		*at = '\0';
		rc = take(u, column_called("user"), host, e);
		host = at + 1;
	}
	if (*host == '[' && (at = strchr(host, ']')) != NULL) {
		*at = '\0';
		host++;
		port = at[1] == ':' ? at + 2 : NULL;
	} else if ((at = strchr(host, ':')) != NULL &&
	    strchr(at + 1, ':') == NULL) {
		*at = '\0';
		port = at + 1;
	}
	if (rc == 0)
		rc = take(u, column_called("host"), host, e);
	if (rc == 0 && port != NULL)
		rc = take(u, column_called("port"), port, e);
	return rc;
}

int
units_words(struct units *l, char *const *words, const struct unit_defaults *d,
    struct err *e)
{
	memset(l, 0, sizeof(*l));
	for (; *words != NULL; words++) {
		own_str char *copy = strdup(*words);
		struct unit *u = copy == NULL ? NULL : add(l, d, e);

		if (copy == NULL)
			return err_set(e, ENOMEM, "no memory");
		if (u == NULL || word(u, copy, e) == -1 || settle(l, e) == -1)
			return err_in(e, "\"%.100s\"", *words);
	}
	return 0;
}

void
units_free(struct units *l)
{
	for (size_t i = 0; i < l->count; i++)
		free(l->unit[i].value);
	free(l->unit);
	memset(l, 0, sizeof(*l));
}
