/* SPDX-License-Identifier: MIT */
/*
 * A snapshot's tree, once it is read. Values are wiped before they are freed:
 * which of them are secrets is not known at this level, so all count as such.
 */
#include <stdlib.h>
#include <string.h>

#include "kura_xml.h"

static void
property_free(struct kura_property *p)
{
	for (size_t i = 0; i < p->n; i++) {
		explicit_bzero(p->values[i], strlen(p->values[i]));
		free(p->values[i]);
	}
	free(p->values);
	free(p->name);
	free(p->type);
}

void
kura_snapshot_free(struct kura_snapshot *s)
{
	for (size_t i = 0; i < s->n; i++) {
		for (size_t k = 0; k < s->all[i].n; k++)
			property_free(&s->all[i].props[k]);
		free(s->all[i].props);
		free(s->all[i].pid);
	}
	for (size_t i = 0; i < s->n_odd; i++)
		free(s->odd[i].what);
	free(s->all);
	free(s->odd);
	memset(s, 0, sizeof(*s));
}

const struct kura_property *
kura_property(const struct kura_component *c, const char *name)
{
	for (size_t i = 0; i < c->n; i++)
		if (strcmp(c->props[i].name, name) == 0)
			return &c->props[i];
	return NULL;
}
