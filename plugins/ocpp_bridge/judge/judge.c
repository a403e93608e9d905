/* SPDX-License-Identifier: MIT */
/*
 * The frame: an array of three to five elements, each of which has a reader.
 * What is no JSON at all outweighs every other fault, wherever it stands, for
 * such bytes mean something else to each receiver: so a frame that is refused
 * for another reason is read once more for that alone.
 *
 * A request's payload is judged right here, since the bytes are in the cache
 * and the action is known: f->fits then saves judge_payload() the way.
 */
#include <string.h>

#include "walk.h"

#define ID_BYTES        (4 * OCPP_ID_MAX)
#define DESCRIPTION_MAX 255

struct reading {
	struct walk w;
	struct frame *f;
	enum ocpp_version version;
	enum ocpp_way way;
	bool soft;         /* a fault is told, yet the frame can be read on */
	struct place here; /* the element that is read */
};

typedef bool (*reader)(struct reading *);

static bool read_id(struct reading *);
static bool read_action(struct reading *);
static bool read_payload(struct reading *);
static bool read_code(struct reading *);
static bool read_description(struct reading *);
static bool read_details(struct reading *);

static const struct form {
	const char *name;
	unsigned versions; /* bits */
	unsigned count;
	reader readers[5]; /* behind the type */
} forms[] = {
	[OCPP_CALL] = { "CALL", 7, 3, { read_id, read_action, read_payload } },
	[OCPP_RESULT] = { "CALLRESULT", 7, 2, { read_id, read_payload } },
	[OCPP_ERROR] = { "CALLERROR", 7, 4,
	    { read_id, read_code, read_description, read_details } },
	[OCPP_RESULT_ERROR] = { "CALLRESULTERROR", 1 << OCPP_21, 4,
	    { read_id, read_code, read_description, read_details } },
	[OCPP_SEND] = { "SEND", 1 << OCPP_21, 3,
	    { read_id, read_action, read_payload } },
};

#define FORMS (sizeof(forms) / sizeof(*forms))

/* A fault after which the rest is still worth reading; the first one counts. */
#define soft_fault(r, ...)                                                     \
	((r)->soft ? true : ((r)->soft = !fault(&(r)->w, __VA_ARGS__)))

/* --- elements ---------------------------------------------------------------
 */

static bool
string(struct reading *r, const char *what, struct text *t)
{
	if (peek(&r->w) != '"')
		return fault(&r->w, JUDGE_FRAME, "%s is no string", what);
	return scan_text(&r->w, t);
}

static bool
read_id(struct reading *r)
{
	struct text t;
	struct span s;

	if (!string(r, "the message id", &t))
		return false;
	if (t.len == 0)
		return fault(&r->w, JUDGE_FRAME, "the message id is empty");
	if (t.points > OCPP_ID_MAX || t.len > ID_BYTES)
		return fault(&r->w, JUDGE_FRAME,
		    "the message id is longer than %d characters", OCPP_ID_MAX);
	s = (struct span){ t.p, t.escaped ? t.len : 0 };
	while (s.len > 0) {
		if (scan_char(&s) < 0x20)
			return fault(&r->w, JUDGE_FRAME,
			    "a control character in the message id");
	}
	r->f->id = (struct span){ t.p, t.len };
	return true;
}

/* "X-Signed" (OCPP 2.0.1 part 4 section 7) is X, signed. */
static struct span
unsigned_name(struct reading *r, struct span name)
{
	static const char suffix[] = "-Signed";
	size_t len = sizeof(suffix) - 1;

	if (r->version == OCPP_16 || name.len <= len ||
	    memcmp(name.p + name.len - len, suffix, len) != 0)
		return name;
	r->f->is_signed = true;
	return (struct span){ name.p, name.len - len };
}

static bool
may_send(struct reading *r)
{
	bool sure, may = judge_direction(r->f->shape, r->way, &sure);
	bool is_send = (shape_actions[r->f->shape].flags & SHAPE_SEND) != 0;

	if (is_send != (r->f->type == OCPP_SEND))
		return soft_fault(r, JUDGE_FRAME, "%s is sent as %s",
		    judge_action(r->f->shape), is_send ? "SEND" : "CALL");
	return may || !sure ||
	    soft_fault(r, JUDGE_DIRECTION, "%s is sent by the other side",
		judge_action(r->f->shape));
}

static bool
read_action(struct reading *r)
{
	struct text t;
	struct span name;

	if (!string(r, "the action", &t))
		return false;
	if (t.len == 0 || t.len > OCPP_ACTION_MAX)
		return fault(&r->w, JUDGE_FRAME,
		    "the action has %zu characters, not 1 to %d", t.len,
		    OCPP_ACTION_MAX);
	/* No action needs one, and rules about actions compare bytes. */
	if (t.escaped)
		return fault(
		    &r->w, JUDGE_FRAME, "the action is written with escapes");
	r->f->action = (struct span){ t.p, t.len };
	name = unsigned_name(r, r->f->action);
	r->f->shape = judge_shape(r->version, name.p, name.len);
	if (r->f->shape != -1)
		return may_send(r);
	return soft_fault(r, JUDGE_ACTION_UNKNOWN, "%s has no such action",
	    ocpp_subprotocol(r->version));
}

/* An object, or in 1.6 null, which stands for {}. */
static bool
object_next(struct reading *r, const char *what)
{
	if (peek(&r->w) == '{' || (peek(&r->w) == 'n' && r->version == OCPP_16))
		return true;
	return fault(&r->w, JUDGE_FRAME, "%s is no object", what);
}

/* A result's third element is a name instead when it is signed. */
static bool
signed_result(struct reading *r)
{
	struct text t;

	if (r->f->type != OCPP_RESULT || peek(&r->w) != '"')
		return true;
	if (!scan_text(&r->w, &t))
		return false;
	(void)unsigned_name(r, (struct span){ t.p, t.len });
	space(&r->w);
	if (!r->f->is_signed || peek(&r->w) != ',')
		return fault(&r->w, JUDGE_FRAME, "the payload is no object");
	r->w.p++;
	space(&r->w);
	return true;
}

/* Against the request's shape; true when it was read to its end. */
static bool
fits(struct reading *r)
{
	struct walk was = { .p = r->w.p, .at = r->w.at, .depth = r->w.depth };

	if (r->soft || r->f->shape == -1 || r->f->is_signed ||
	    peek(&r->w) != '{')
		return false;
	r->f->fits = walk_value(&r->w, shape_actions[r->f->shape].request);
	if (r->f->fits)
		return true;
	/* judge_payload() will find the fault again, if somebody asks. */
	r->w.p = was.p;
	r->w.at = was.at;
	r->w.depth = was.depth;
	r->w.keys = 0;
	r->w.v->fault = JUDGE_FINE;
	r->w.v->path[0] = r->w.v->why[0] = '\0';
	return false;
}

static bool
read_payload(struct reading *r)
{
	const char *from;

	if (!signed_result(r) || !object_next(r, "the payload"))
		return false;
	from = r->w.p;
	if (!fits(r) && !walk_value(&r->w, SHAPE_ANYTHING))
		return false;
	r->f->payload = (struct span){ from, (size_t)(r->w.p - from) };
	return true;
}

static bool
read_code(struct reading *r)
{
	struct text t;

	if (!string(r, "the error code", &t))
		return false;
	r->f->code = (struct span){ t.p, t.len };
	return judge_code_known(r->version, r->f->code) ||
	    soft_fault(r, JUDGE_PROPERTY, "%s has no such error code",
		ocpp_subprotocol(r->version));
}

static bool
read_description(struct reading *r)
{
	struct text t;

	if (!string(r, "the error description", &t))
		return false;
	return t.points <= DESCRIPTION_MAX ||
	    soft_fault(r, JUDGE_PROPERTY,
		"the error description is longer than %d characters",
		DESCRIPTION_MAX);
}

static bool
read_details(struct reading *r)
{
	const char *from = r->w.p;

	if (!object_next(r, "the error details") ||
	    !walk_value(&r->w, SHAPE_ANYTHING))
		return false;
	r->f->payload = (struct span){ from, (size_t)(r->w.p - from) };
	return true;
}

/* --- the array --------------------------------------------------------------
 */

/* The comma and what stands in front of the next element. */
static bool
next(struct reading *r, const char *name, unsigned count)
{
	struct walk *w = &r->w;

	space(w);
	if (peek(w) != ',')
		return peek(w) == ']'
		    ? fault(w, JUDGE_FRAME, "%u elements, a %s has %u",
			  r->here.index + 1, name, count + 1)
		    : no_json(w, "neither , nor ] behind an element");
	w->p++;
	space(w);
	r->here.index++;
	return true;
}

static bool
unknown_type(struct reading *r)
{
	(void)soft_fault(r, JUDGE_TYPE_UNKNOWN, "%s has no such message type",
	    ocpp_subprotocol(r->version));
	/* Its id, for those who answer it. */
	return next(r, "frame", 2) && read_id(r);
}

static bool
read_type(struct reading *r, const struct form **form)
{
	struct number n = { 0 };
	int64_t v = 0;

	if (peek(&r->w) != '-' && (unsigned char)(peek(&r->w) - '0') > 9)
		return fault(&r->w, JUDGE_FRAME, "the type is no number");
	if (!scan_number(&r->w, &n, &v))
		return false;
	if (!n.plain)
		return fault(&r->w, JUDGE_FRAME, "the type is no integer");
	if (v < 0 || v >= (int64_t)FORMS ||
	    (forms[v].versions >> r->version & 1) == 0)
		return true;
	r->f->type = (enum ocpp_type)v;
	*form = &forms[v];
	return true;
}

/* Signed frames may carry one more element; the others end here. */
static bool
end_of_frame(struct reading *r, const struct form *form)
{
	struct walk *w = &r->w;

	space(w);
	if (peek(w) == ',' && r->f->is_signed) {
		w->p++;
		space(w);
		if (!walk_value(w, SHAPE_ANYTHING))
			return false;
		space(w);
	}
	if (peek(w) == ',')
		return fault(w, JUDGE_FRAME,
		    "more elements than the %u of a %s", form->count + 1,
		    form->name);
	if (peek(w) != ']')
		return no_json(w, "neither , nor ] behind an element");
	w->p++;
	space(w);
	return w->p == w->end || no_json(w, "more behind the frame");
}

static bool
elements(struct reading *r)
{
	const struct form *form = NULL;

	if (!read_type(r, &form))
		return false;
	if (form == NULL)
		return unknown_type(r);
	for (unsigned i = 0; i < form->count; i++)
		if (!next(r, form->name, form->count) || !form->readers[i](r))
			return false;
	return end_of_frame(r, form);
}

/* Is all of it strict JSON? The verdict stays as it is when it is. */
static bool
strict(struct walk *w)
{
	struct verdict v;
	struct verdict *was = w->v;

	walk_begin(w, w->start, (size_t)(w->end - w->start), &v);
	space(w);
	if (walk_value(w, SHAPE_ANYTHING)) {
		space(w);
		if (w->p == w->end)
			return true;
		(void)no_json(w, "more behind the frame");
	}
	*was = v;
	return false;
}

bool
judge_frame(enum ocpp_version version, enum ocpp_way way, const char *text,
    size_t len, struct frame *f, struct verdict *v)
{
	struct reading r;

	*f = (struct frame){ .shape = -1 };
	r.f = f;
	r.version = version;
	r.way = way;
	r.soft = false;
	r.here = (struct place){ .key = NULL };
	walk_begin(&r.w, text, len, v);
	if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		return no_json(&r.w, "a byte order mark");
	space(&r.w);
	if (peek(&r.w) != '[') {
		(void)fault(&r.w, JUDGE_FRAME, "is no array");
	} else {
		r.w.p++;
		r.w.depth = 1;
		r.w.at = &r.here;
		space(&r.w);
		if (elements(&r) && !r.soft)
			return true;
	}
	if (v->fault != JUDGE_NO_JSON)
		(void)strict(&r.w);
	return false;
}
