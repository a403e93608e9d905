/* SPDX-License-Identifier: MIT */
/*
 * Slots on the way into a unit. A text whose slots all have a value is filled;
 * one that waits is noted with every slot it waits for, so that `ingot status`
 * can say what enrolment has to bring. What waits and was there before stays
 * as it was ("held"): its bytes are copied, since the snapshot that they came
 * from may be pruned.
 */
#include <errno.h>
#include <string.h>

#include "apply_parts.h"
#include "own.h"
#include "plugin.h"
#include "slot.h"

struct asking {
	struct apply *a;
	const char *path;
	bool note;
};

static int
waits(struct asking *q, const char *slot, struct err *e)
{
	json_t *list = q->a->turn.target.waiting, *one;
	size_t i;

	json_array_foreach(list, i,
	    one) if (strcmp(json_string_value(json_object_get(one, "what")),
			 q->path) == 0 &&
	    strcmp(json_string_value(json_object_get(one, "slot")), slot) ==
		0) return 0;
	/* As many as state.json is read back with. */
	if (json_array_size(list) >= SNAPSHOT_MEMBERS_MAX)
		return 0;
	if (json_array_append_new(list,
		json_pack("{s:s, s:s}", "what", q->path, "slot", slot)) == -1)
		return err_set(e, ENOMEM, "no memory");
	return 0;
}

static int
look(void *ctx, const char *name, char value[static SLOT_VALUE_MAX + 1],
    struct err *e)
{
	struct asking *q = ctx;
	int rc = values_lookup(&q->a->turn.values, name, value, e);

	return rc == 0 && q->note && waits(q, name, e) == -1 ? -1 : rc;
}

int
fill_member(struct apply *a, int snapshot, const struct member *m, size_t max,
    bool note, struct bytes *out, struct err *e)
{
	own_bytes struct bytes text = { 0 };
	struct asking q = { a, m->path, note };
	int rc;

	if (file_read(snapshot, m->path, max, &text, e) == -1)
		return -1;
	rc = slot_fill(m->path, text.p, text.len, look, &q, out, NULL, e);
	return rc > 0 ? 0 : rc == -1 ? -1 : 1;
}

static int
add(struct apply *a, const struct applied_file *f, const struct bytes *text,
    struct err *e)
{
	char path[SNAPSHOT_PATH_MAX + 64], *slash;

	(void)snprintf(path, sizeof(path), "applied/%lld/files/%s",
	    (long long)a->turn.target.number, f->path);
	slash = strrchr(path, '/');
	*slash = '\0';
	if (file_mkdirs(a->agent->state, path, 0700, e) == -1)
		return -1;
	*slash = '/';
	return file_batch_add(
	    a->turn.batch, path, text->p, text->len, FILE_SECRET, e);
}

static int
copy_held(struct apply *a, const struct applied_file *f, struct err *e)
{
	const struct applied *before = &a->turn.before;
	own_bytes struct bytes text = { .limit = SNAPSHOT_MEMBER_MAX };
	own_fd int fd = applied_file_open(
	    before, a->agent->state, applied_file(before, f->path), e);

	if (fd == -1 || file_read_fd(fd, SNAPSHOT_MEMBER_MAX, &text, e) == -1)
		return -1;
	return add(a, f, &text, e);
}

static int
fill_file(struct apply *a, int snapshot, const struct snapshot *s,
    const struct applied_file *f, struct err *e)
{
	own_bytes struct bytes text = { 0 };
	char path[SNAPSHOT_PATH_MAX + 8];
	const struct member *m;

	(void)snprintf(path, sizeof(path), "files/%s", f->path);
	if ((m = snapshot_member(s, path)) == NULL)
		return err_set(e, EBADMSG, "%s is not in it", path);
	if (fill_member(a, snapshot, m, SNAPSHOT_MEMBER_MAX, false, &text, e) !=
	    1)
		return -1;
	return add(a, f, &text, e);
}

int
fill_files(
    struct apply *a, int snapshot, const struct snapshot *s, struct err *e)
{
	const struct applied *target = &a->turn.target;
	int rc = 0;

	for (size_t i = 0; i < target->file_count && rc == 0; i++) {
		const struct applied_file *f = &target->files[i];

		if (f->held)
			rc = copy_held(a, f, e);
		else if (f->filled)
			rc = fill_file(a, snapshot, s, f, e);
		if (rc == -1)
			(void)err_in(e, "/%s", f->path);
	}
	return rc;
}

int
fill_artifact(struct apply *a, int plugin, int fd, struct err *e)
{
	struct turn *t = &a->turn;
	struct applied_artifact *f =
	    &t->target.artifacts[t->target.artifact_count];
	own_bytes struct bytes text = { 0 };
	uint8_t hash[SHA256_LEN];
	char path[SNAPSHOT_NAME_MAX + 64];

	if (file_read_fd(fd, INGOT_TEXT_MAX, &text, e) == -1 ||
	    sha256(text.p, text.len, hash, e) == -1)
		return -1;
	(void)snprintf(f->plugin, sizeof(f->plugin), "%s",
	    a->agent->settings.plugins[plugin]);
	hex_encode(hash, sizeof(hash), f->sha256);
	t->target.artifact_count++;
	if (t->order.kind == KIND_DRY) {
		t->rendered[plugin] = text;
		memset(&text, 0, sizeof(text));
		return 0;
	}
	(void)snprintf(path, sizeof(path), "applied/%lld/artifacts/%s",
	    (long long)t->target.number, f->plugin);
	return file_batch_add(t->batch, path, text.p, text.len, FILE_SECRET, e);
}
