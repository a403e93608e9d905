/* SPDX-License-Identifier: MIT */
/*
 * The walk over config.yaml: every scalar in it gets an item, whatever stands
 * around it. A module's own keys (config_module, config_implementation) are
 * judged by the table; what ties modules together is EVerest's business.
 */
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "everest_in.h"

#define PATH_MAX_CHARS 512

/* Passwords of EVerest's samples. */
static bool
shipped(const char *value)
{
	static const char *const known[] = { "DEADBEEFDEADBEEF", "123456",
		"changeit", "password", "AABBCCDDEEFFGGHH" };

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (strcmp(value, known[i]) == 0)
			return true;
	return false;
}

static void
say_secret(const struct everest_here *h)
{
	const struct everest_row *row = h->row;
	struct import_item *it = import_say(h->ev->im, &h->at,
	    row == NULL ? IMPORT_UNKNOWN : row->verdict, "%s",
	    row == NULL ? "a secret of a module that is not known here"
			: row->says);

	import_secret(h->ev->im, it, "password", (long)strlen(h->value),
	    row == NULL ? NULL : row->slot);
	if (shipped(h->value))
		import_finding(h->ev->im, it, "default-password");
}

void
everest_say(const struct everest_here *h)
{
	const struct everest_row *row = h->row;
	struct import *im = h->ev->im;
	struct import_item *it;

	if (*h->value == '\0') {
		(void)import_say(im, &h->at, IMPORT_EMPTY, "not set");
	} else if (everest_secret(h->at.name) ||
	    (row != NULL && (row->flags & EV_SECRET) != 0)) {
		say_secret(h);
	} else if (row == NULL) {
		(void)import_say(im, &h->at, IMPORT_UNKNOWN,
		    "not known here; %zu characters", strlen(h->value));
	} else {
		it = import_say(im, &h->at, row->verdict, "%s", row->says);
		if ((row->flags & EV_SHOWN) != 0)
			import_value(im, it, h->value);
		if (row->bad != NULL && fnmatch(row->bad, h->value, 0) == 0)
			import_finding(im, it, row->finding);
	}
}

static void
one(struct everest *ev, const char *module, const char *place, const char *key,
    const struct yaml_node *node)
{
	struct everest_here h = { .ev = ev,
		.module = module,
		.value = node->text == NULL ? "" : node->text,
		.row = everest_row(module, key),
		.at = { place, key, node->line } };

	ev->im->settings++;
	if (h.row != NULL && h.row->take != NULL && *h.value != '\0')
		h.row->take(&h);
	else
		everest_say(&h);
}

/* All scalars below node; path is what stands before their key. */
static void
each(struct everest *ev, const char *module, const char *place,
    const char *path, const struct yaml_node *node)
{
	char name[PATH_MAX_CHARS];
	const char *last = strrchr(path, '.');

	if (node->n == 0) {
		one(ev, module, place, path, node);
		return;
	}
	for (size_t i = 0; i < node->n; i++) {
		const struct yaml_node *in = &node->in[i];

		/* An entry of a list is called like the list. */
		if (in->key == NULL)
			(void)snprintf(name, sizeof(name), "%s[%zu].%s", path,
			    i, last == NULL ? path : last + 1);
		else
			(void)snprintf(name, sizeof(name), "%s%s%s", path,
			    *path == '\0' ? "" : ".", in->key);
		each(ev, module, place, name, in);
	}
}

/* Everything below node, with one verdict and no look at the values. */
static void
all_as(struct everest *ev, const char *place, const char *name,
    const struct yaml_node *node, enum import_verdict v, const char *says)
{
	const struct import_at at = { place, name, node->line };

	ev->im->settings++;
	(void)import_say(ev->im, &at, v, "%s", says);
}

static void
part(struct everest *ev, const char *module, const char *place,
    const struct yaml_node *node)
{
	static const struct {
		const char *name;
		const char *says; /* NULL: judged key by key */
	} parts[] = {
		{ "module", "the kind of module" },
		{ "config_module", NULL },
		{ "config_implementation", NULL },
		{ "connections", "ties EVerest's modules together" },
		{ "mapping", "which EVSE the module serves" },
		{ "telemetry", "EVerest's own" },
		{ "standalone", "EVerest's own" },
		{ "capabilities",
		    "EVerest's manager grants it to its module; Ingot has no "
		    "part in it" },
		{ "access", "EVerest's manager grants it to its module" },
	};

	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
		if (strcmp(node->key, parts[i].name) == 0) {
			if (parts[i].says == NULL)
				each(ev, module, place, node->key, node);
			else
				all_as(ev, place, node->key, node,
				    IMPORT_ANYWAY, parts[i].says);
			return;
		}
	each(ev, "", place, node->key, node);
}

static void
module(struct everest *ev, const struct yaml_node *node)
{
	const char *kind = yaml_text(node, "module", "");
	const struct import_at at = { node->key, "module", node->line };
	char place[PATH_MAX_CHARS];

	if (*kind == '\0') {
		ev->im->settings++;
		(void)import_say(ev->im, &at, IMPORT_MALFORMED,
		    "a module that does not say which (module: NAME)");
		return;
	}
	(void)snprintf(place, sizeof(place), "%s (%s)", node->key, kind);
	for (size_t i = 0; i < node->n; i++)
		part(ev, kind, place, &node->in[i]);
}

static int
walk(struct everest *ev, const struct yaml_node *root, struct err *e)
{
	const struct yaml_node *modules = yaml_get(root, "active_modules");

	if (modules == NULL || modules->list ||
	    (modules->text != NULL && *modules->text != '\0'))
		return err_set(e, EBADMSG,
		    "no active_modules: this is no configuration of EVerest");
	for (size_t i = 0; i < root->n; i++) {
		const struct yaml_node *node = &root->in[i];

		if (node == modules)
			continue;
		if (strcmp(node->key, "settings") == 0)
			each(ev, "settings", "settings", "", node);
		else if (strncmp(node->key, "x-", 2) == 0)
			all_as(ev, node->key, "", node, IMPORT_ANYWAY,
			    "of an editor; EVerest does not read it");
		else
			each(ev, "", node->key, node->key, node);
	}
	for (size_t i = 0; i < modules->n; i++)
		module(ev, &modules->in[i]);
	return 0;
}

static int
everything(struct everest *ev, const struct yaml_node *root, struct err *e)
{
	if (walk(ev, root, e) == -1)
		return -1;
	for (const struct everest_ocpp *o = ev->asked->ocpp;
	     o != NULL && o->name != NULL; o++)
		if (everest_ocpp_read(ev, o, e) == -1)
			return -1;
	for (size_t i = 0; i < ev->n_plc && ev->asked->admin != NULL; i++)
		if (strcmp(ev->plc[i], ev->asked->admin) == 0)
			return err_set(e, EINVAL,
			    "--admin %s: there the vehicle is", ev->plc[i]);
	everest_write_firewall(ev);
	import_sort(ev->im);
	if (ev->im->sum[IMPORT_MALFORMED] > 0)
		import_no_documents(ev->im);
	return 0;
}

int
everest_import(struct import *im, const struct everest_asked *a,
    const char *text, size_t len, struct err *e)
{
	own_yaml struct yaml_node root = { .key = NULL };
	struct everest ev = { .im = im, .asked = a };
	int rc;

	im->source = "everest";
	if ((im->file = strdup(a->file)) == NULL)
		return err_set(e, ENOMEM, "out of memory");
	if (yaml_tree_read(&root, text, len, e) == -1)
		return err_in(e, "%s", a->file);
	if ((rc = everything(&ev, &root, e)) == -1)
		(void)err_in(e, "%s", a->file);
	rules_free(&ev.rules);
	for (size_t i = 0; i < ev.n_kept; i++)
		free(ev.kept[i]);
	free(ev.kept);
	if (rc == 0 && im->bad)
		return err_set(e, E2BIG, "%s: more than fits", a->file);
	return rc;
}
