/* SPDX-License-Identifier: MIT */
/*
 * One wire for each loop that has legs, found by the loop's address. A loop
 * belongs to one thread, and so does the list.
 */
#include <sys/random.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "deflate.h"
#include "leg_in.h"
#include "wire.h"

static _Thread_local struct wire *wires;
void *(*wire_realloc)(void *, size_t) = realloc;

static struct wire *
make(struct loop *l, struct err *e)
{
	struct wire *w = wire_realloc(NULL, sizeof(*w));

	if (w != NULL) {
		memset(w, 0, sizeof(*w));
		w->in = wire_realloc(NULL, WIRE_BUFFER);
		w->out = wire_realloc(NULL, WIRE_BUFFER);
	}
	if (w == NULL || w->in == NULL || w->out == NULL) {
		(void)err_set(e, ENOMEM, "no memory for a wire");
		if (w != NULL) {
			free(w->in);
			free(w->out);
		}
		free(w);
		return NULL;
	}
	w->loop = l;
	w->next = wires;
	wires = w;
	return w;
}

struct wire *
wire_hold(struct loop *l, struct err *e)
{
	struct wire *w = wires;

	while (w != NULL && w->loop != l)
		w = w->next;
	if (w == NULL && (w = make(l, e)) == NULL)
		return NULL;
	w->users++;
	return w;
}

void
wire_release(struct wire *w)
{
	struct wire **at = &wires;

	if (w == NULL || --w->users > 0)
		return;
	legs_end(w);
	while (*at != w)
		at = &(*at)->next;
	*at = w->next;
	loop_untimer(w->loop, w->sweep);
	loop_untimer(w->loop, w->kick);
	deflate_free(w->deflate);
	/* The last messages of somebody are still in them. */
	explicit_bzero(w->in, WIRE_BUFFER);
	explicit_bzero(w->out, WIRE_BUFFER);
	free(w->in);
	free(w->out);
	free(w);
}

/* Bought in bulk: a system call for each frame would be a third of its cost. */
int
wire_random(struct wire *w, void *out, size_t n)
{
	if (w->keys_left < n) {
		if (getrandom(w->keys, sizeof(w->keys), 0) !=
		    (ssize_t)sizeof(w->keys))
			return -1;
		w->keys_left = sizeof(w->keys);
	}
	w->keys_left -= n;
	memcpy(out, w->keys + w->keys_left, n);
	return 0;
}

/* Never through realloc, which would leave a copy of a secret behind. */
bool
heap_room(struct heap *h, size_t room)
{
	char *p;

	if (room <= h->room)
		return true;
	if ((p = wire_realloc(NULL, room)) == NULL)
		return false;
	if (h->len > 0)
		memcpy(p, h->p, h->len);
	if (h->p != NULL) {
		explicit_bzero(h->p, h->room);
		free(h->p);
	}
	h->p = p;
	h->room = room;
	return true;
}

bool
heap_add(struct heap *h, const void *p, size_t n)
{
	size_t all = h->len + n;

	if (all > h->room &&
	    !heap_room(h, all > h->room * 2 ? all : h->room * 2))
		return false;
	if (n > 0)
		memcpy(h->p + h->len, p, n);
	h->len = all;
	return true;
}

void
heap_cut(struct heap *h, size_t n)
{
	h->len -= n;
	if (h->len == 0)
		heap_free(h);
	else if (n > 0)
		memmove(h->p, h->p + n, h->len);
}

void
heap_free(struct heap *h)
{
	if (h->p != NULL)
		explicit_bzero(h->p, h->room);
	free(h->p);
	*h = (struct heap){ 0 };
}
