/* SPDX-License-Identifier: MIT */
/*
 * Records go to disk in two ways: at once, when somebody is about to be told
 * that they are there (keys, passwords), and by the crew, when a fleet is met
 * for the first time: two fsyncs for each would hold up everybody else.
 *
 * Of one record two writes may be under way. The lock puts them one behind the
 * other, and one by the crew that finds a newer one before it does nothing, so
 * no older record ever replaces a newer.
 */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "charger_in.h"
#include "file.h"

struct saving {
	struct chargers *all;
	struct charger *charger;
	struct bytes text;
	uint64_t saved; /* when it was begun */
	char name[NAME_MAX + 1];
	int rc;
	struct err e;
};

/* With the lock. */
static int
put(struct chargers *s, const char *name, const struct bytes *text,
    struct err *e)
{
	bool is_new = faccessat(s->folder, name, F_OK, 0) == -1;

	if (is_new && s->files >= CHARGERS_FILES)
		return err_set(e, EDQUOT,
		    "%u records are here; remove those of charge points that "
		    "are gone",
		    s->files);
	if (file_write(s->folder, name, text->p, text->len, FILE_SECRET, e) ==
	    -1)
		return -1;
	s->files += is_new ? 1 : 0;
	return 0;
}

int
charger_save(struct chargers *s, struct charger *c, struct err *e)
{
	own_bytes struct bytes text = { 0 };
	char name[NAME_MAX + 1];
	int rc;

	if (charger_text(c, &text, e) == -1 ||
	    chargers_name(c->identity, name, e) == -1)
		return err_in(e, "record of charge point %s", c->identity);
	(void)pthread_mutex_lock(&s->lock);
	c->saved++;
	rc = put(s, name, &text, e);
	(void)pthread_mutex_unlock(&s->lock);
	if (rc == -1)
		return err_in(e, "record of charge point %s", c->identity);
	c->changed = false;
	return 0;
}

static void
write_it(void *ctx)
{
	struct saving *v = ctx;

	(void)pthread_mutex_lock(&v->all->lock);
	if (v->charger->saved == v->saved)
		v->rc = put(v->all, v->name, &v->text, &v->e);
	(void)pthread_mutex_unlock(&v->all->lock);
}

static void
forget(struct saving *v)
{
	v->charger->held--;
	v->charger->saving = false;
	bytes_free(&v->text);
	free(v);
}

static void
written(void *ctx)
{
	struct saving *v = ctx;

	bool full = v->rc == -1 && v->e.code == EDQUOT;

	if (v->rc == -1 && !(full && v->all->full))
		chargers_say(v->all, "is not saved", v->name, &v->e);
	v->all->full |= full;
	/* Not again, when there is no room: it would never leave memory. */
	v->charger->changed |= v->rc == -1 && !full;
	forget(v);
}

/* Perhaps not written: whoever ends the crew saves what is changed then. */
static void
dropped(void *ctx)
{
	struct saving *v = ctx;

	v->charger->changed = true;
	forget(v);
}

int
charger_save_later(
    struct chargers *s, struct crew *crew, struct charger *c, struct err *e)
{
	static const struct crew_job job = { write_it, written, dropped };
	struct saving *v = calloc(1, sizeof(*v));

	if (v == NULL)
		return err_set(e, ENOMEM, "out of memory");
	v->all = s;
	v->charger = c;
	v->saved = c->saved; /* the loop's thread alone counts */
	if (charger_text(c, &v->text, e) == -1 ||
	    chargers_name(c->identity, v->name, e) == -1 ||
	    crew_add(crew, &job, v, e) == -1) {
		bytes_free(&v->text);
		free(v);
		return -1;
	}
	c->held++;
	c->saving = true;
	c->changed = false;
	return 0;
}
