/* SPDX-License-Identifier: MIT */
#ifndef JUDGE_H
#define JUDGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * judge: says whether one OCPP-J frame is what its version allows. It reads
 * the bytes once, builds no tree, allocates nothing, changes nothing, and is
 * pure: any thread. The shapes of all messages are tables compiled at build
 * time from the *.shapes texts in this folder.
 *
 * Two steps, because a CALLRESULT does not say which action it answers:
 *
 *	judge_frame	[2,"id","Action",  ...     type, id, action, where the
 *			payload stands; whether the whole text is strict JSON
 *	judge_payload	the payload against the shape of (version, action,
 *			request or answer)
 *
 * Sources: OCPP-J 1.6 section 4; OCPP 2.0.1 and 2.1 part 4 section 4.
 */
enum ocpp_version {
	OCPP_16,
	OCPP_201,
	OCPP_21,
	OCPP_VERSIONS
};

/* Who speaks: the charge point (up) or the CSMS (down). */
enum ocpp_way {
	OCPP_UP,
	OCPP_DOWN
};

enum ocpp_type {
	OCPP_CALL = 2,
	OCPP_RESULT = 3,
	OCPP_ERROR = 4,
	OCPP_RESULT_ERROR = 5, /* 2.1 */
	OCPP_SEND = 6          /* 2.1 */
};

enum judge_fault {
	JUDGE_FINE,
	JUDGE_NO_JSON,      /* not strict JSON: what and where */
	JUDGE_FRAME,        /* JSON, but no frame of this version */
	JUDGE_TYPE_UNKNOWN, /* a message type the version does not have */
	JUDGE_ACTION_UNKNOWN,
	JUDGE_DIRECTION,  /* the other side's action */
	JUDGE_OCCURRENCE, /* member missing, extra; array too short, long */
	JUDGE_WRONG_TYPE, /* of a JSON value */
	JUDGE_PROPERTY,   /* enumeration, length, range, format */
	JUDGE_FAULTS
};

#define OCPP_ID_MAX     36 /* code points; as they stand at most 4 * bytes */
#define OCPP_ACTION_MAX 50 /* bytes */
#define JUDGE_DEPTH_MAX 32
#define JUDGE_PATH_MAX  128
#define JUDGE_WHY_MAX   160

/* A piece of the frame's own bytes; strings without their quotes and with
 * their escapes as they stand. */
struct span {
	const char *p;
	size_t len;
};

struct frame {
	enum ocpp_type type;
	struct span id;      /* empty: unreadable ("-1" in an answer) */
	struct span action;  /* of CALL and SEND; empty else */
	struct span payload; /* of 2, 3, 6; of 4 and 5 the details */
	struct span code;    /* of 4 and 5 */
	int shape;           /* for judge_payload; -1: action unknown */
	bool is_signed;      /* "<Action>-Signed": its payload is not judged */
	bool fits; /* the request's shape: judge_payload need not look */
};

struct verdict {
	enum judge_fault fault;
	/* JSON path of the fault, of judge_payload in the payload:
	 * "$.meterValue[0].sampledValue[2].value", of judge_frame in the
	 * frame: "$[1]". */
	char path[JUDGE_PATH_MAX];
	char why[JUDGE_WHY_MAX]; /* a sentence; never holds a value of a secret
				  */
};

/*
 * text is UTF-8 of len bytes (any bytes are fine, they are judged). Returns
 * true when it is a frame that this way may send in this version: then f is
 * filled. False: v says why; f holds what could be read (type and id, if any).
 * New 2.1 actions in the wrong direction are no fault of this function's: see
 * judge_direction.
 */
bool judge_frame(enum ocpp_version, enum ocpp_way, const char *text, size_t len,
    struct frame *f, struct verdict *v);

/* The payload of f: a request's (CALL, SEND), or with is_answer the answer to
 * shape, which the caller remembered from the CALL. */
bool judge_payload(
    const struct frame *f, int shape, bool is_answer, struct verdict *v);

/* The shape of an action, or -1. */
int judge_shape(enum ocpp_version, const char *action, size_t len);
const char *judge_action(int shape); /* its name */
/* May this side send it? sure false: the 2.1 actions whose direction public
 * sources disagree about, which only warn. */
bool judge_direction(int shape, enum ocpp_way, bool *sure);

/* The version's own spelling: "FormationViolation" in 1.6, "FormatViolation"
 * in 2.x; ocpp.md 1.3. */
const char *judge_code(enum ocpp_version, enum judge_fault);
/* Is it one of the codes that a CALLERROR of this version has? */
bool judge_code_known(enum ocpp_version, struct span code);

/* "ocpp1.6" <-> OCPP_16; OCPP_VERSIONS: none of ours. */
enum ocpp_version ocpp_version_named(const char *subprotocol, size_t len);
const char *ocpp_subprotocol(enum ocpp_version);

/*
 * Members by name, for those who have to read a judged payload: the value of
 * path ("idTag", "certificateHashData.serialNumber", "meterValue.0.timestamp")
 * in an object, as a span of its bytes (a string with its quotes). False: not
 * there.
 */
bool judge_member(struct span object, const char *path, struct span *value);
/* A string value unescaped into out (NUL behind it). -1: no string, or it
 * does not fit. */
int judge_text(struct span value, char *out, size_t size);

#endif
