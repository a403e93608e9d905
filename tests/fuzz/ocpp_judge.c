/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as a frame of any version. The first byte chooses version, side
 * and the request that an answer belongs to. The judge and jansson have to
 * agree about what is JSON, up to the limits that are the judge's own; what
 * the judge finds in a payload has to be what jansson finds.
 */
#include <jansson.h>

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "shapes.h"
#include "walk.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
must(bool ok)
{
	if (!ok)
		abort();
}

/* Refused as JSON by the judge alone, and meant so: scan.h. */
static bool
own_limit(const char *why)
{
	static const char *const limits[] = { "deeper than 32",
		"a number of more than 64", "a number of 1e308",
		"an integer beyond 64 bits", "a member's name of more than 256",
		"more than 512 members" };

	for (size_t i = 0; i < sizeof(limits) / sizeof(*limits); i++)
		if (strncmp(why, limits[i], strlen(limits[i])) == 0)
			return true;
	return false;
}

static void
told(const struct verdict *v, bool fine)
{
	must(fine == (v->fault == JUDGE_FINE));
	must(fine == (v->why[0] == '\0'));
	must(strnlen(v->path, sizeof(v->path)) < sizeof(v->path));
	must(strnlen(v->why, sizeof(v->why)) < sizeof(v->why));
	for (const char *p = v->path; *p != '\0'; p++)
		must(*p > ' ' && *p < 0x7f);
}

/* --- members ----------------------------------------------------------------
 */

static void
same_text(const json_t *j, struct span s)
{
	char *out = malloc(s.len + 1);
	int len;

	must(out != NULL);
	len = judge_text(s, out, s.len + 1);
	must(len == (int)json_string_length(j));
	must(memcmp(out, json_string_value(j), (size_t)len) == 0);
	free(out);
}

static void
members(struct span payload)
{
	json_t *j = json_loadb(payload.p, payload.len, 0, NULL), *one;
	const char *name;
	struct span s;

	json_object_foreach(j, name, one)
	{
		json_t *back;

		if (strchr(name, '.') != NULL)
			continue;
		must(judge_member(payload, name, &s));
		must(
		    s.p >= payload.p && s.p + s.len <= payload.p + payload.len);
		back = json_loadb(s.p, s.len, JSON_DECODE_ANY, NULL);
		must(back != NULL && json_equal(back, one) != 0);
		json_decref(back);
		if (json_is_string(one))
			same_text(one, s);
	}
	json_decref(j);
}

/* --- frames -----------------------------------------------------------------
 */

static void
payload(struct frame *f, int answered)
{
	struct verdict v;
	bool is_answer = f->type == OCPP_RESULT;
	int shape = is_answer ? answered : f->shape;
	bool fine = judge_payload(f, shape, is_answer, &v);

	told(&v, fine);
	/* It was judged as JSON already. */
	must(v.fault != JUDGE_NO_JSON);
	if (f->fits) {
		f->fits = false;
		must(fine && judge_payload(f, shape, is_answer, &v));
	}
	members(f->payload);
}

static void
frame(enum ocpp_version version, enum ocpp_way way, int answered,
    const char *text, size_t len)
{
	struct frame f;
	struct verdict v;
	bool fine = judge_frame(version, way, text, len, &f, &v);
	json_t *j = json_loadb(
	    text, len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, NULL);

	told(&v, fine);
	/* jansson loses a NUL that stands behind a number. */
	if (memchr(text, '\0', len) != NULL)
		must(v.fault == JUDGE_NO_JSON);
	else if (v.fault != JUDGE_NO_JSON)
		must(j != NULL);
	else
		must(j == NULL || own_limit(v.why));
	if (fine) {
		must(json_is_array(j) &&
		    json_integer_value(json_array_get(j, 0)) == f.type);
		must(f.id.len > 0);
	}
	json_decref(j);
	if (fine && f.type != OCPP_ERROR && f.type != OCPP_RESULT_ERROR)
		payload(&f, answered);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const char *text = (const char *)data + 1;
	struct frame raw = { 0 };
	struct verdict v;
	struct span s;
	char out[32];

	if (len < 2)
		return 0;
	len--;
	frame((enum ocpp_version)(data[0] % 3),
	    (data[0] & 4) != 0 ? OCPP_UP : OCPP_DOWN,
	    data[0] % shape_action_count, text, len);
	/* What nobody has judged is at least never read beyond its end. */
	raw.payload = (struct span){ text, len };
	told(&v, judge_payload(&raw, data[0] % shape_action_count, false, &v));
	if (judge_member(raw.payload, "a.0.b", &s))
		must(s.p > text && s.p + s.len <= text + len);
	(void)judge_text(raw.payload, out, sizeof(out));
	return 0;
}
