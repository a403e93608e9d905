/* SPDX-License-Identifier: MIT */
/*
 * The snapshot reader: expat in namespace mode, and a table that says which
 * element may stand in which. Kura's own reader compares literal tag texts
 * ("esf:configuration"), so it takes other files than this one; here the
 * namespace decides.
 */
#include <expat.h>

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "buf.h"
#include "kura_xml.h"

#define ESF     "http://eurotech.com/esf/2.0"
#define OLD     "http://eurotech.com/kura/2.0" /* of Kura before 1.0 */
#define DIVIDER '\n' /* between namespace and name: in neither of them */

enum level {
	OUTSIDE,
	CONFIGURATIONS,
	CONFIGURATION,
	PROPERTIES,
	PROPERTY,
	VALUE,
	LEVELS
};

static const char *const element[LEVELS] = { "", "configurations",
	"configuration", "properties", "property", "value" };

struct reading {
	XML_Parser parser;
	struct kura_snapshot *s;
	struct err *e;
	bool failed;
	enum level at;
	int foreign;        /* levels inside an element that does not belong */
	bool said;          /* text at this place was reported already */
	struct bytes value; /* of the value element that is open */
};

static unsigned
line_of(const struct reading *r)
{
	return (unsigned)XML_GetCurrentLineNumber(r->parser);
}

static void __attribute__((format(printf, 2, 3)))
stop(struct reading *r, const char *fmt, ...)
{
	char why[ERR_TEXT_MAX / 2];
	va_list ap;

	if (r->failed)
		return;
	va_start(ap, fmt);
	(void)vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	(void)err_set(r->e, EBADMSG, "line %u: %s", line_of(r), why);
	r->failed = true;
	(void)XML_StopParser(r->parser, XML_FALSE);
}

static void __attribute__((format(printf, 2, 3)))
odd(struct reading *r, const char *fmt, ...)
{
	struct kura_snapshot *s = r->s;
	struct kura_oddity *o;
	va_list ap;

	if (s->n_odd == KURA_ODDITIES_MAX) {
		stop(r, "more than %d things that no snapshot holds",
		    KURA_ODDITIES_MAX);
		return;
	}
	o = reallocarray(s->odd, s->n_odd + 1, sizeof(*o));
	if (o == NULL) {
		stop(r, "out of memory");
		return;
	}
	s->odd = o;
	o += s->n_odd;
	*o = (struct kura_oddity){ .line = line_of(r),
		.component = r->at >= CONFIGURATION ? s->n : 0 };
	va_start(ap, fmt);
	if (vasprintf(&o->what, fmt, ap) == -1)
		o->what = NULL;
	va_end(ap);
	if (o->what == NULL)
		stop(r, "out of memory");
	else
		s->n_odd++;
}

static char *
copy(struct reading *r, const char *text)
{
	char *c = NULL;

	if (strlen(text) > KURA_NAME_MAX)
		stop(r, "a name of more than %d bytes", KURA_NAME_MAX);
	else if ((c = strdup(text)) == NULL)
		stop(r, "out of memory");
	return c;
}

/* Room for one more of size bytes each in a list that doubles. */
static bool
grow(struct reading *r, void **list, size_t n, size_t *room, size_t size)
{
	size_t more = *room == 0 ? 16 : 2 * *room;
	void *p;

	if (n < *room)
		return true;
	if ((p = reallocarray(*list, more, size)) == NULL) {
		stop(r, "out of memory");
		return false;
	}
	*list = p;
	*room = more;
	return true;
}

static struct kura_component *
component(struct reading *r)
{
	return &r->s->all[r->s->n - 1];
}

static struct kura_property *
property(struct reading *r)
{
	return &component(r)->props[component(r)->n - 1];
}

/* The part behind the namespace, when it is ours; else NULL. */
static const char *
ours(const char *tag)
{
	static const char *const known[] = { ESF "\n", OLD "\n", NULL };

	for (const char *const *k = known; *k != NULL; k++)
		if (strncmp(tag, *k, strlen(*k)) == 0)
			return tag + strlen(*k);
	return NULL;
}

static const char *
local(const char *tag)
{
	const char *divider = strrchr(tag, DIVIDER);

	return divider == NULL ? tag : divider + 1;
}

static void
begin_configuration(struct reading *r, const char **attributes)
{
	struct kura_snapshot *s = r->s;
	const char *pid = "";

	for (; attributes[0] != NULL; attributes += 2)
		if (strcmp(attributes[0], "pid") == 0)
			pid = attributes[1];
		else
			odd(r, "attribute %.64s of a configuration",
			    local(attributes[0]));
	if (s->n == KURA_PIDS_MAX) {
		stop(r, "more than %d configurations", KURA_PIDS_MAX);
		return;
	}
	if (!grow(r, (void **)&s->all, s->n, &s->room, sizeof(*s->all)))
		return;
	s->all[s->n] =
	    (struct kura_component){ .line = line_of(r), .pid = copy(r, pid) };
	if (s->all[s->n].pid != NULL)
		s->n++;
}

static bool
is_true(struct reading *r, const char *name, const char *text)
{
	/* Java's Boolean minds no case; the XML schema's has digits. */
	bool yes = strcasecmp(text, "true") == 0 || strcmp(text, "1") == 0;

	if (!yes && strcasecmp(text, "false") != 0 && strcmp(text, "0") != 0)
		odd(r, "%s=\"%.32s\" is neither true nor false: taken as false",
		    name, text);
	return yes;
}

static void
property_attribute(struct reading *r, struct kura_property *p, const char *name,
    const char *text)
{
	if (strcmp(name, "name") == 0) {
		free(p->name);
		p->name = copy(r, text);
	} else if (strcmp(name, "type") == 0)
		p->type = copy(r, text);
	else if (strcmp(name, "array") == 0)
		p->array = is_true(r, name, text);
	else if (strcmp(name, "encrypted") == 0)
		p->encrypted = is_true(r, name, text);
	else
		odd(r, "attribute %.64s of a property", local(name));
}

static void
begin_property(struct reading *r, const char **attributes)
{
	struct kura_component *c = component(r);
	struct kura_property p = { .line = line_of(r), .name = strdup("") };

	if (++r->s->n_props > KURA_PROPS_MAX)
		stop(r, "more than %d properties", KURA_PROPS_MAX);
	for (; attributes[0] != NULL; attributes += 2)
		property_attribute(r, &p, attributes[0], attributes[1]);
	if (r->failed || p.name == NULL ||
	    !grow(r, (void **)&c->props, c->n, &c->room, sizeof(*c->props))) {
		free(p.name);
		free(p.type);
		return;
	}
	c->props[c->n++] = p;
}

/* Elements that take no attribute. */
static void
begin_plain(struct reading *r, const char **attributes)
{
	for (; attributes[0] != NULL; attributes += 2)
		odd(r, "attribute %.64s of %s", local(attributes[0]),
		    element[r->at]);
	bytes_free(&r->value);
}

static void (*const begin[LEVELS])(struct reading *, const char **) = {
	[CONFIGURATIONS] = begin_plain,
	[CONFIGURATION] = begin_configuration,
	[PROPERTIES] = begin_plain,
	[PROPERTY] = begin_property,
	[VALUE] = begin_plain,
};

static void
wrong_root(struct reading *r, const char *tag)
{
	if (strcmp(local(tag), "deviceConfigurations") == 0)
		stop(r,
		    "this is Kapua's form of a configuration, not a snapshot; "
		    "download the snapshot from the gateway itself");
	else
		stop(r,
		    "the outermost element is %.64s; a snapshot's is "
		    "configurations in the namespace " ESF,
		    local(tag));
}

static void XMLCALL
on_start(void *ctx, const char *tag, const char **attributes)
{
	struct reading *r = ctx;
	const char *name = ours(tag);

	if (r->failed)
		return;
	r->said = false;
	if ((int)r->at + r->foreign >= KURA_DEPTH_MAX) {
		stop(r, "nested deeper than %d levels", KURA_DEPTH_MAX);
	} else if (r->foreign == 0 && r->at + 1 < LEVELS && name != NULL &&
	    strcmp(name, element[r->at + 1]) == 0) {
		r->at++;
		begin[r->at](r, attributes);
	} else if (r->at == OUTSIDE) {
		wrong_root(r, tag);
	} else if (r->foreign++ == 0) {
		odd(r, "element %.64s in %s, with all that is in it",
		    local(tag), element[r->at]);
	}
}

static void
end_value(struct reading *r)
{
	struct kura_property *p = property(r);
	char *value, **more;

	if (p->n == KURA_VALUES_MAX) {
		stop(r, "more than %d values in one property", KURA_VALUES_MAX);
		return;
	}
	more = reallocarray(p->values, p->n + 1, sizeof(*more));
	if (more == NULL ||
	    (value = strdup(r->value.len == 0 ? "" : r->value.p)) == NULL) {
		p->values = more == NULL ? p->values : more;
		stop(r, "out of memory");
		return;
	}
	p->values = more;
	p->values[p->n++] = value;
}

static void XMLCALL
on_end(void *ctx, const char *tag)
{
	struct reading *r = ctx;

	(void)tag;
	if (r->failed)
		return;
	r->said = false;
	if (r->foreign > 0) {
		r->foreign--;
	} else {
		if (r->at == VALUE)
			end_value(r);
		r->at--;
	}
}

static bool
blank(const char *text, size_t n)
{
	while (n > 0 && strchr(" \t\r\n", text[n - 1]) != NULL)
		n--;
	return n == 0;
}

static void XMLCALL
on_text(void *ctx, const char *text, int n)
{
	struct reading *r = ctx;

	if (r->failed || r->foreign > 0)
		return;
	if (r->at == VALUE) {
		bytes_add(&r->value, text, (size_t)n);
		if (r->value.bad)
			stop(
			    r, "a value of more than %d bytes", KURA_VALUE_MAX);
	} else if (!r->said && !blank(text, (size_t)n)) {
		/* What it says stays unsaid: it may be a secret. */
		odd(r, "text in %s outside of any value", element[r->at]);
		r->said = true;
	}
}

static void XMLCALL
on_doctype(void *ctx, const char *name, const char *system, const char *public,
    int internal)
{
	(void)name;
	(void)system;
	(void)public;
	(void)internal;
	stop(ctx, "a DOCTYPE is not allowed");
}

static int
parse(struct reading *r, const char *text, size_t len)
{
	XML_SetUserData(r->parser, r);
	XML_SetElementHandler(r->parser, on_start, on_end);
	XML_SetCharacterDataHandler(r->parser, on_text);
	XML_SetStartDoctypeDeclHandler(r->parser, on_doctype);
	if (XML_Parse(r->parser, text, (int)len, 1) == XML_STATUS_OK &&
	    !r->failed)
		return 0;
	return r->failed ? -1
			 : err_set(r->e, EBADMSG, "line %u: %s", line_of(r),
			       XML_ErrorString(XML_GetErrorCode(r->parser)));
}

int
kura_xml_read(
    struct kura_snapshot *s, const char *text, size_t len, struct err *e)
{
	struct reading r = { .s = s, .e = e, .value.limit = KURA_VALUE_MAX };
	int rc;

	memset(s, 0, sizeof(*s));
	if (len > KURA_FILE_MAX)
		return err_set(e, EFBIG, "larger than %d bytes", KURA_FILE_MAX);
	if ((r.parser = XML_ParserCreateNS(NULL, DIVIDER)) == NULL)
		return err_set(e, ENOMEM, "out of memory");
	rc = parse(&r, text, len);
	XML_ParserFree(r.parser);
	bytes_free(&r.value);
	if (rc == -1)
		kura_snapshot_free(s);
	return rc;
}
