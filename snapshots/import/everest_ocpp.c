/* SPDX-License-Identifier: MIT */
/*
 * OCPP configurations in JSON, in the shapes that EVerest has had: sections
 * of keys (1.6), components of variables with attributes (a device model), a
 * list of such components. Each value gets an item; what only describes a
 * variable gets none, since it sets nothing.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "everest_in.h"

#define NAME_CHARS 512

struct ocpp_walk {
	struct everest *ev;
	const char *place;
};

static void
each(const struct ocpp_walk *, const char *path, const json_t *, int depth);

static void
say(const struct ocpp_walk *w, const char *path, const char *value)
{
	struct everest_here h = { .ev = w->ev,
		.module = "ocpp",
		.value = value,
		.row = everest_row("ocpp", path),
		.at = { w->place, path, 0 } };

	w->ev->im->settings++;
	everest_say(&h);
}

/* A JSON text in a text, as in NetworkConnectionProfiles: looked into. */
static bool
nested(const struct ocpp_walk *w, const char *path, const char *text, int depth)
{
	own_json json_t *j = NULL;
	struct err e;

	if (*text != '[' && *text != '{')
		return false;
	if ((j = json_parse(path, text, strlen(text), EVEREST_OCPP_MAX, &e)) ==
		NULL ||
	    json_array_size(j) + json_object_size(j) == 0)
		return false;
	each(w, path, j, depth + 1);
	return true;
}

static void
scalar(const struct ocpp_walk *w, const char *path, const json_t *j, int depth)
{
	char number[64];

	if (json_is_string(j)) {
		if (!nested(w, path, json_string_value(j), depth))
			say(w, path, json_string_value(j));
		return;
	}
	if (json_is_integer(j))
		(void)snprintf(number, sizeof(number), "%lld",
		    (long long)json_integer_value(j));
	else if (json_is_real(j))
		(void)snprintf(
		    number, sizeof(number), "%g", json_real_value(j));
	else
		(void)snprintf(number, sizeof(number), "%s",
		    json_is_true(j)        ? "true"
			: json_is_false(j) ? "false"
					   : "");
	say(w, path, number);
}

/* A variable of a device model: its attributes' values are what is set. */
static void
variable(
    const struct ocpp_walk *w, const char *path, const json_t *j, int depth)
{
	const json_t *attributes = json_object_get(j, "attributes"), *at, *v;
	const char *key;
	size_t i;

	json_array_foreach(attributes, i, at)
	{
		if ((v = json_object_get(at, "value")) != NULL)
			each(w, path, v, depth + 1);
	}
	if (json_is_object(attributes)) {
		json_object_foreach((json_t *)(uintptr_t)attributes, key, v)
		{
			each(w, path, v, depth + 1);
		}
	}
	if ((v = json_object_get(j, "default")) != NULL)
		each(w, path, v, depth + 1);
}

/* Words that describe, in a component's file. */
static bool
describes(const char *key)
{
	static const char *const words[] = { "$schema", "description", "type",
		"required", "variable_name", "characteristics", "name" };

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (strcmp(key, words[i]) == 0)
			return true;
	return false;
}

static void
each(const struct ocpp_walk *w, const char *path, const json_t *j, int depth)
{
	bool component = json_is_object(json_object_get(j, "properties")) ||
	    json_object_get(j, "variables") != NULL;
	char name[NAME_CHARS];
	const char *key, *last = strrchr(path, '.');
	const json_t *v;
	size_t i;

	if (depth > JSON_DEPTH_MAX ||
	    (!json_is_object(j) && !json_is_array(j))) {
		scalar(w, path, j, depth);
		return;
	}
	if (json_object_get(j, "attributes") != NULL) {
		variable(w, path, j, depth);
		return;
	}
	json_array_foreach(j, i, v)
	{
		(void)snprintf(name, sizeof(name), "%s[%zu].%s", path, i,
		    last == NULL ? path : last + 1);
		each(w, name, v, depth + 1);
	}
	json_object_foreach((json_t *)(uintptr_t)j, key, v)
	{
		if (component && describes(key))
			continue;
		(void)snprintf(name, sizeof(name), "%s%s%s", path,
		    *path == '\0' ? "" : ".", key);
		each(w, name, v, depth + 1);
	}
}

int
everest_ocpp_read(
    struct everest *ev, const struct everest_ocpp *o, struct err *e)
{
	const struct ocpp_walk w = { ev, o->name };
	own_json json_t *j =
	    json_parse(o->name, o->text, o->len, EVEREST_OCPP_MAX, e);

	if (j == NULL)
		return -1;
	if (!json_is_object(j) && !json_is_array(j))
		return err_set(
		    e, EBADMSG, "%s: no configuration of OCPP", o->name);
	each(&w, "", j, 0);
	return 0;
}

void
everest_take_ocpp_path(const struct everest_here *h)
{
	const struct everest_ocpp *o = h->ev->asked->ocpp;
	bool read = o != NULL && o->name != NULL;
	struct import_item *it =
	    import_say(h->ev->im, &h->at, h->row->verdict, "%s%s", h->row->says,
		read ? "" : "; not read: give the files behind it with --ocpp");

	import_value(h->ev->im, it, h->value);
	/* It holds the password; nobody should believe it was looked into. */
	if (!read)
		import_finding(h->ev->im, it, "not-read");
}
