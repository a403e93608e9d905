/* SPDX-License-Identifier: MIT */
/*
 * The walk over a snapshot. It owes an item to every property, whatever the
 * table and the takers do, and to everything that stands where no property
 * does; that is what makes the report complete.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "kura_in.h"

#define ENROL "org.eclipse.kura.provisioning.ProvisioningService"

struct import_item *
kura_say(const struct kura_here *h, enum import_verdict v, const char *fmt, ...)
{
	char text[ERR_TEXT_MAX];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return import_say(h->k->im, &h->at, v, "%s", text);
}

static bool
whole_number(const char *s)
{
	s += *s == '-' || *s == '+';
	return *s != '\0' && s[strspn(s, "0123456789")] == '\0';
}

static bool
real_number(const char *s)
{
	char *end;

	(void)strtod(s, &end);
	return *s != '\0' && *end == '\0';
}

static bool
truth(const char *s)
{
	return strcasecmp(s, "true") == 0 || strcasecmp(s, "false") == 0;
}

static bool
one_char(const char *s)
{
	/* One character of UTF-8. */
	size_t n = 0;

	for (; *s != '\0'; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n == 1;
}

static bool
any_text(const char *s)
{
	(void)s;
	return true;
}

/* The ten types of Kura; all others it passes over without a word. */
static const struct {
	const char *name;
	bool (*good)(const char *);
} types[] = {
	{ "String", any_text },
	{ "Password", any_text },
	{ "Boolean", truth },
	{ "Integer", whole_number },
	{ "Long", whole_number },
	{ "Short", whole_number },
	{ "Byte", whole_number },
	{ "Double", real_number },
	{ "Float", real_number },
	{ "Char", one_char },
};

/* Says what is wrong with type and values; false: nothing is. */
static bool
odd_type(const struct kura_here *h)
{
	const struct kura_property *p = h->p;
	size_t t = 0, n = sizeof(types) / sizeof(*types);

	if (p->type == NULL) {
		(void)kura_say(h, IMPORT_UNKNOWN,
		    "has no type: Kura passes over it, and so does this");
		return true;
	}
	while (t < n && strcmp(types[t].name, p->type) != 0)
		t++;
	if (t == n) {
		(void)kura_say(h, IMPORT_UNKNOWN,
		    "type \"%.32s\" is none of Kura's ten: Kura passes over "
		    "it, and so does this",
		    p->type);
		return true;
	}
	for (size_t i = 0; i < p->n; i++)
		if (p->values[i][0] != '\0' && !types[t].good(p->values[i])) {
			(void)kura_say(h, IMPORT_UNKNOWN,
			    "value %zu is no %s, so Kura could not read it",
			    i + 1, p->type);
			return true;
		}
	if (!p->array && p->n > 1) {
		(void)kura_say(
		    h, IMPORT_UNKNOWN, "%zu values, but it is no array", p->n);
		return true;
	}
	return false;
}

/* A name that promises a secret, in a component nobody here knows. */
static bool
looks_secret(const struct kura_property *p)
{
	static const char *const words[] = { "password", "passphrase", "passwd",
		"secret", "token", "credential", "private.key", "privatekey",
		"api.key", "apikey" };

	if (strcmp(p->type, "Password") == 0 || p->encrypted)
		return true;
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (strcmp(p->type, "String") == 0 &&
		    strcasestr(p->name, words[i]) != NULL)
			return true;
	return false;
}

static void
say_row(const struct kura_here *h)
{
	struct import_item *it;

	if (*h->value == '\0' && h->p->n <= 1) {
		(void)kura_say(h, IMPORT_EMPTY, "not set");
		return;
	}
	it = kura_say(h, h->row->verdict, "%s", h->row->says);
	if ((h->row->flags & SHOWN) != 0 && h->p->n == 1)
		import_value(h->k->im, it, h->value);
}

static void
say_unknown(const struct kura_here *h)
{
	if (h->p->n == 0)
		(void)kura_say(h, IMPORT_UNKNOWN, "not known here; no value");
	else
		(void)kura_say(h, IMPORT_UNKNOWN,
		    "not known here; %s, %zu value%s, %zu characters",
		    h->p->type, h->p->n, h->p->n == 1 ? "" : "s",
		    strlen(h->value));
}

/* A secret may be an array too; every value of it counts. */
static void
take_secrets(struct kura_here *h, kura_take_fn *take)
{
	for (size_t i = 0; i < h->p->n; i++) {
		h->value = h->p->values[i];
		take(h);
	}
}

static void
take(struct kura_here *h)
{
	bool secret = looks_secret(h->p) ||
	    (h->row != NULL && (h->row->flags & SECRET) != 0);

	if (secret && h->p->n > 0)
		take_secrets(h,
		    h->row != NULL && h->row->take != NULL ? h->row->take
							   : kura_take_secret);
	else if (h->row == NULL)
		say_unknown(h);
	else if (h->row->take != NULL)
		h->row->take(h);
	else
		say_row(h);
}

static bool
twice(const struct kura_here *h)
{
	const struct kura_property *first = kura_property(h->c, h->p->name);

	if (first == h->p)
		return false;
	(void)kura_say(h, IMPORT_MALFORMED,
	    "stands twice; the first time in line %u", first->line);
	return true;
}

static void
property(struct kura *k, const struct kura_component *c,
    const struct kura_property *p, const char *kind)
{
	struct kura_here h = { .k = k,
		.c = c,
		.p = p,
		.row = kura_row(kind, c->pid, p->name),
		.value = p->n == 0 ? "" : p->values[0],
		.at = { c->pid, p->name, p->line } };
	size_t items = k->im->count, rules = k->rules.n;

	k->im->settings++;
	if (*p->name == '\0')
		(void)kura_say(&h, IMPORT_MALFORMED, "a property without name");
	else if (!twice(&h) && !odd_type(&h))
		take(&h);
	/* A rule gets its item when all of them are known. */
	if (k->im->count == items && k->rules.n == rules)
		say_unknown(&h);
}

static void
component(struct kura *k, const struct kura_component *c)
{
	const struct import_at at = { c->pid, "", c->line };
	const struct kura_property *factory =
	    kura_property(c, "service.factoryPid");
	const char *kind =
	    factory != NULL && factory->n > 0 ? factory->values[0] : c->pid;

	if (*c->pid == '\0')
		(void)import_say(k->im, &at, IMPORT_MALFORMED,
		    "a configuration without pid");
	for (const struct kura_component *o = k->s->all; o < c; o++)
		if (strcmp(o->pid, c->pid) == 0)
			(void)import_say(k->im, &at, IMPORT_MALFORMED,
			    "this pid stands twice; the first time in line %u",
			    o->line);
	for (size_t i = 0; i < c->n; i++)
		property(k, c, &c->props[i], kind);
}

/* OCDs describe components to a console and are never on a disk. */
static void
oddities(struct kura *k)
{
	for (size_t i = 0; i < k->s->n_odd; i++) {
		const struct kura_oddity *o = &k->s->odd[i];
		const struct import_at at = { o->component == 0
			    ? "snapshot"
			    : k->s->all[o->component - 1].pid,
			"", o->line };
		bool ocd = strncmp(o->what, "element OCD ", 12) == 0;

		(void)import_say(k->im, &at,
		    ocd ? IMPORT_ANYWAY : IMPORT_UNKNOWN, "%s%s", o->what,
		    ocd ? ": describes the component, sets nothing" : "");
	}
}

static void
walk(struct kura *k)
{
	/* The broker to enrol at is judged by the one to work with. */
	for (int last = 0; last < 2; last++)
		for (size_t i = 0; i < k->s->n; i++)
			if ((strcmp(k->s->all[i].pid, ENROL) == 0) == last)
				component(k, &k->s->all[i]);
	oddities(k);
	kura_write_firewall(k);
	kura_write_uplink(k);
	if (k->im->sum[IMPORT_MALFORMED] > 0)
		import_no_documents(k->im);
}

/* The bytes of the tree: the file's own, or what is in it. */
static int
opened(struct kura *k, const char **text, size_t *len, struct bytes *clear,
    const char *file, struct err *e)
{
	const struct import_at at = { "snapshot", "", 0 };
	struct import_item *it;

	if (!kura_sealed(*text, *len) && !kura_sealed_old(*text, *len))
		return 0;
	if (k->key->len == 0)
		return err_set(e, EACCES,
		    "%s is encrypted; give the key with --key or --key-fd "
		    "(--published-key: the one in Kura's source)",
		    file);
	if (kura_open(k->key, *text, *len, clear, e) == -1)
		return err_in(e, "%s", file);
	if (k->from == KURA_UNSAID)
		k->from = KURA_DISK; /* only there are whole files encrypted */
	if (kura_key_is_published(k->key)) {
		it = import_say(k->im, &at, IMPORT_ANYWAY,
		    "the snapshot is encrypted with the key that stands in "
		    "Kura's public source: it protects nothing");
		import_finding(k->im, it, "published-key");
	}
	*text = clear->p;
	*len = clear->len;
	return 0;
}

static int
read_tree(struct kura_snapshot *s, const char *text, size_t len, struct err *e)
{
	size_t at = 0;

	while (at < len && strchr(" \t\r\n", text[at]) != NULL)
		at++;
	if (at < len && (text[at] == '{' || text[at] == '['))
		return err_set(e, EINVAL,
		    "line 1: this is JSON, as Kura's REST interface gives it; import "
		    "reads the XML that the console downloads");
	return kura_xml_read(s, text, len, e);
}

int
kura_import(struct import *im, const struct kura_asked *a, const char *text,
    size_t len, struct err *e)
{
	own_bytes struct bytes clear = { .limit = KURA_FILE_MAX };
	own_kura struct kura_snapshot s = { 0 };
	struct kura k = { .im = im, .from = a->from, .key = a->key, .s = &s };

	im->source = "kura";
	if ((im->file = strdup(a->file)) == NULL)
		return err_set(e, ENOMEM, "out of memory");
	if (opened(&k, &text, &len, &clear, a->file, e) == -1)
		return -1;
	if (read_tree(&s, text, len, e) == -1)
		return err_in(e, "%s", a->file);
	walk(&k);
	rules_free(&k.rules);
	import_sort(im);
	return im->bad ? err_set(e, E2BIG, "%s: more than fits", a->file) : 0;
}
