/* SPDX-License-Identifier: MIT */
/*
 * Secrets are found by what they are called, wherever they stand: a frame that
 * the judge only warns about, a vendor's key, an answer whose CALL is forgotten
 * hold them as well. So this reads the text by itself, in two steps: is all of
 * it JSON (then nothing after it has to ask again), and which values go. Too
 * much is rather taken out than too little.
 *
 * It knows nothing of what a charge point does with a text inside a text; one
 * that speaks of a key by name goes whole.
 */
#include <string.h>
#include <strings.h>

#include "redact.h"
#include "redact_scan.h"

#define STARS "\"***\""

struct text {
	const char *start, *end;
	const char *done; /* up to here it is in out */
	struct bytes *out;
	bool idtags;
};

static const char *
behind(const struct text *t, const char *p)
{
	const char *at;

	return scan_value(p, t->end, 0, &at);
}

static int
lower(int c)
{
	return c >= 'A' && c <= 'Z' ? c + 'a' - 'A' : c;
}

/* One character as ASCII in lower case; what is none is 0x80. */
static int
letter(const char **p, const char *end)
{
	const char *s = *p;
	int c = 0;

	if (*s != '\\' && (signed char)*s >= 0x20) {
		*p = s + 1;
		return lower(*s);
	}
	*p = scan_character(s, end);
	if (*s != '\\')
		return 0x80;
	if (s[1] != 'u')
		return lower(s[1]);
	for (int i = 2; i < 6; i++)
		c = c << 4 | ((s[i] & 0xf) + (s[i] > '9' ? 9 : 0));
	return c < 0x80 ? lower(c) : 0x80;
}

/* Does the string (p behind its quote) go on with word? *rest: behind it. */
static bool
begins(const char *p, const char *end, const char *word, const char **rest)
{
	for (; *word != '\0' && *p != '"'; word++)
		if (letter(&p, end) != *word)
			return false;
	*rest = p;
	return *word == '\0';
}

static bool
is(const struct text *t, const char *s, const char *word)
{
	const char *rest;

	return begins(s + 1, t->end, word, &rest) && *rest == '"';
}

static bool
is_one_of(const struct text *t, const char *s, const char *const *words)
{
	for (; *words != NULL; words++)
		if (is(t, s, *words))
			return true;
	return false;
}

/* In lower case. Vendors' keys ("WifiPassword") count like OCPP's own. */
static const char *const secrets[] = { "authorizationkey", "password",
	"passphrase", "passwd", "secret", "privatekey", "simpin" };

/* Does the string at s speak of a secret; only: of nothing else behind it. */
static bool
speaks(const struct text *t, const char *s, bool *only)
{
	const char *rest, *at;
	int c;

	for (s++; *s != '"';) {
		at = s;
		c = letter(&s, t->end);
		if (c != 'a' && c != 'p' && c != 's') /* as the words begin */
			continue;
		for (size_t i = 0; i < sizeof(secrets) / sizeof(*secrets); i++)
			if (begins(at, t->end, secrets[i], &rest)) {
				if (only != NULL)
					*only = *rest == '"';
				return true;
			}
	}
	return false;
}

static void
copy_to(struct text *t, const char *p)
{
	bytes_add(t->out, t->done, (size_t)(p - t->done));
	t->done = p;
}

static const char *
replace(struct text *t, const char *p)
{
	const char *end = behind(t, p);

	copy_to(t, scan_space(p, t->end));
	bytes_add(t->out, STARS, sizeof(STARS) - 1);
	return t->done = end;
}

/* "ftp://name:password@host/": what stands before the at. */
static bool
has_userinfo(const struct text *t, const char *s)
{
	const char *rest;
	int c = 0;

	for (s++; *s != '"'; (void)letter(&s, t->end)) {
		if ((*s != ':' && *s != '\\') ||
		    !begins(s, t->end, "://", &rest))
			continue;
		while (*rest != '"' && c != '/' && c != '?' && c != '#')
			if ((c = letter(&rest, t->end)) == '@')
				return true;
		c = 0;
	}
	return false;
}

/* A name alone ("key":"AuthorizationKey", a list of keys) is no secret; one
 * with something behind it may be {"AuthorizationKey":"..."} in a text. */
static const char *
visit_string(struct text *t, const char *p)
{
	bool only;

	if ((speaks(t, p, &only) && !only) || has_userinfo(t, p))
		return replace(t, p);
	return behind(t, p);
}

struct object {
	bool marked; /* its key or variable is a secret's */
	bool jws;    /* a signed message: its payload is the real one, base64 */
	bool vpn;
};

/* The next member: key, and the value (spaces passed). NULL: no more. */
static const char *
next_member(const struct text *t, const char *p, const char **key)
{
	p = scan_space(p, t->end);
	if (*p == '{' || *p == ',')
		p = scan_space(p + 1, t->end);
	if (*p == '}')
		return NULL;
	*key = p;
	p = scan_space(behind(t, p), t->end);
	return scan_space(p + 1, t->end);
}

/* "variable":{"name":"BasicAuthPassword"} */
static bool
names_secret(const struct text *t, const char *p)
{
	const char *key;

	if (*p == '"')
		return speaks(t, p, NULL);
	if (*p != '{')
		return false;
	while ((p = next_member(t, p, &key)) != NULL) {
		if (is(t, key, "name") && *p == '"' && speaks(t, p, NULL))
			return true;
		p = behind(t, p);
	}
	return false;
}

/* All of it first: "value" may stand before "key", and twice. */
static void
look_at(const struct text *t, const char *p, struct object *o)
{
	const char *key;

	while ((p = next_member(t, p, &key)) != NULL) {
		if (is(t, key, "key") || is(t, key, "variable"))
			o->marked = o->marked || names_secret(t, p);
		o->jws = o->jws || is(t, key, "signature");
		p = behind(t, p);
	}
}

static bool
goes(const struct text *t, const struct object *o, const char *key,
    const char *value)
{
	static const char *const stays[] = { "key", "variable", "component",
		"readonly", "attributestatus", "attributetype", NULL };
	static const char *const tags[] = { "idtag", "parentidtag", "idtoken",
		"additionalidtoken", "customeridentifier", NULL };

	if ((o->vpn && is(t, key, "key")) || speaks(t, key, NULL))
		return true;
	if (o->marked)
		return !is_one_of(t, key, stays);
	if (o->jws && is(t, key, "payload"))
		return true;
	return t->idtags && *value != '{' && *value != '[' &&
	    is_one_of(t, key, tags);
}

static const char *visit(struct text *, const char *, bool vpn);

static const char *
visit_object(struct text *t, const char *p, bool vpn)
{
	struct object o = { .vpn = vpn };
	const char *key, *value;

	look_at(t, p, &o);
	while ((value = next_member(t, p, &key)) != NULL)
		p = goes(t, &o, key, value)
		    ? replace(t, value)
		    : visit(t, value, is(t, key, "vpn"));
	p = scan_space(p, t->end);
	return (*p == '{' ? scan_space(p + 1, t->end) : p) + 1;
}

/* As deep as scan_value() allowed. */
static const char *
visit(struct text *t, const char *p, bool vpn)
{
	p = scan_space(p, t->end);
	if (*p == '"')
		return visit_string(t, p);
	if (*p == '{')
		return visit_object(t, p, vpn);
	if (*p != '[')
		return behind(t, p);
	for (p = scan_space(p + 1, t->end); *p != ']';
	     p = scan_space(p, t->end)) {
		p = scan_space(visit(t, p, vpn), t->end);
		p = *p == ',' ? p + 1 : p;
	}
	return p + 1;
}

/* An error's description may repeat what it refuses. */
static bool
may_repeat(const struct text *t, const char *type, const char *action)
{
	static const char *const careless[] = { "ChangeConfiguration",
		"SetVariables", "SetNetworkProfile", "DataTransfer" };
	const char *end = behind(t, type);

	if (end - type != 1 || (*type != '4' && *type != '5'))
		return false;
	for (size_t i = 0;
	     action != NULL && i < sizeof(careless) / sizeof(*careless); i++)
		if (strncmp(action, careless[i], strlen(careless[i])) == 0)
			return true;
	return action == NULL;
}

static void
elements(struct text *t, const char *action)
{
	const char *p = scan_space(scan_space(t->start, t->end) + 1, t->end);
	bool all = *p != ']' && may_repeat(t, p, action);

	for (int i = 0; *p != ']'; i++) {
		p = all && i > 2 ? replace(t, p) : visit(t, p, false);
		p = scan_space(p, t->end);
		p = *p == ',' ? scan_space(p + 1, t->end) : p;
	}
	copy_to(t, t->end);
}

static void
refuse(struct span text, const char *at, struct bytes *out)
{
	bytes_fmt(out, "{\"unreadable\":%zu,\"at\":%zu}", text.len,
	    (size_t)(at - text.p));
}

/* False: it did not fit, and out is as it was. */
static bool
add_elements(struct text *t, const char *action)
{
	struct bytes *out = t->out;
	size_t before = out->len;

	elements(t, action);
	if (!out->bad)
		return true;
	if (out->p != NULL)
		explicit_bzero(out->p + before, out->len - before);
	out->len = before;
	out->bad = false;
	return false;
}

void
redact(enum ocpp_version version, const struct frame *f, const char *action,
    struct span text, bool idtags, struct bytes *out)
{
	struct text t = { text.p, text.p + text.len, text.p, out, idtags };
	const char *at = scan_fault(t.start, t.end);

	/* Names tell enough, in every version and without what was made of
	 * the text. */
	(void)version;
	(void)f;
	if (out->bad)
		return;
	if (at == NULL && !add_elements(&t, action))
		at = t.end;
	if (at != NULL)
		refuse(text, at, out);
}
