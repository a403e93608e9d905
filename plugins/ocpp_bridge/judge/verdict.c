/* SPDX-License-Identifier: MIT */
/*
 * What is said of a fault: where (a path of names and indices) and why. Names
 * of members are shown, their values never: a frame may carry a password.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "scan.h"

#define NAME_SHOWN 40 /* of a member nobody knows */

void
walk_begin(struct walk *w, const char *text, size_t len, struct verdict *v)
{
	/* Nothing may come as NULL, from which no offset may be taken. */
	w->p = w->start = len == 0 ? "" : text;
	w->end = w->p + len;
	w->at = NULL;
	w->v = v;
	w->depth = 0;
	w->keys = 0;
	v->fault = JUDGE_FINE;
	v->path[0] = v->why[0] = '\0';
}

/* Appends; what does not fit is left out, the path stays a text. */
static void
add(char *path, size_t *used, const char *s, size_t len)
{
	for (size_t i = 0; i < len && *used + 1 < JUDGE_PATH_MAX; i++)
		path[(*used)++] = s[i] > ' ' && s[i] < 0x7f ? s[i] : '?';
	path[*used] = '\0';
}

static void
path_of(const struct place *at, char *path)
{
	const struct place *all[JUDGE_DEPTH_MAX + 1];
	size_t used = 0;
	int n = 0;

	for (; at != NULL && n <= JUDGE_DEPTH_MAX; at = at->up)
		all[n++] = at;
	add(path, &used, "$", 1);
	while (n-- > 0) {
		char index[16];
		int len = snprintf(index, sizeof(index), "[%u]", all[n]->index);

		if (all[n]->key == NULL) {
			add(path, &used, index, (size_t)len);
			continue;
		}
		add(path, &used, ".", 1);
		add(path, &used, all[n]->key,
		    all[n]->len < NAME_SHOWN ? all[n]->len : NAME_SHOWN);
	}
}

bool
fault(struct walk *w, enum judge_fault fault, const char *fmt, ...)
{
	va_list ap;

	w->v->fault = fault;
	path_of(w->at, w->v->path);
	va_start(ap, fmt);
	(void)vsnprintf(w->v->why, sizeof(w->v->why), fmt, ap);
	va_end(ap);
	return false;
}

bool
no_json(struct walk *w, const char *why)
{
	return fault(w, JUDGE_NO_JSON, "%s, at byte %td", why, w->p - w->start);
}
