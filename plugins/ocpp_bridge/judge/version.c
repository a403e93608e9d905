/* SPDX-License-Identifier: MIT */
/*
 * What differs from version to version besides the shapes: names, and the
 * spelling of the error codes. The typing errors of 1.6 are normative.
 */
#include <string.h>

#include "walk.h"

static const char *const subprotocols[OCPP_VERSIONS] = {
	[OCPP_16] = "ocpp1.6",
	[OCPP_201] = "ocpp2.0.1",
	[OCPP_21] = "ocpp2.1",
};

/* Section 1.3 of the codes: 1.6, then 2.x. */
static const char *const codes[JUDGE_FAULTS][2] = {
	[JUDGE_FINE] = { "", "" },
	[JUDGE_NO_JSON] = { "FormationViolation", "RpcFrameworkError" },
	[JUDGE_FRAME] = { "FormationViolation", "RpcFrameworkError" },
	[JUDGE_TYPE_UNKNOWN] = { "FormationViolation",
	    "MessageTypeNotSupported" },
	[JUDGE_ACTION_UNKNOWN] = { "NotImplemented", "NotImplemented" },
	[JUDGE_DIRECTION] = { "NotSupported", "NotSupported" },
	[JUDGE_OCCURRENCE] = { "OccurenceConstraintViolation",
	    "OccurrenceConstraintViolation" },
	[JUDGE_WRONG_TYPE] = { "TypeConstraintViolation",
	    "TypeConstraintViolation" },
	[JUDGE_PROPERTY] = { "PropertyConstraintViolation",
	    "PropertyConstraintViolation" },
};

/* What a CALLERROR may carry; bit 0: in 1.6, bit 1: in 2.x. */
static const struct {
	const char *name;
	unsigned in;
} error_codes[] = {
	{ "FormationViolation", 1 },
	{ "OccurenceConstraintViolation", 1 },
	{ "FormatViolation", 2 },
	{ "OccurrenceConstraintViolation", 2 },
	{ "MessageTypeNotSupported", 2 },
	{ "RpcFrameworkError", 2 },
	{ "PropertyConstraintViolation", 3 },
	{ "TypeConstraintViolation", 3 },
	{ "GenericError", 3 },
	{ "InternalError", 3 },
	{ "NotImplemented", 3 },
	{ "NotSupported", 3 },
	{ "ProtocolError", 3 },
	{ "SecurityError", 3 },
};

static bool
is(struct span s, const char *name)
{
	return strlen(name) == s.len && memcmp(name, s.p, s.len) == 0;
}

enum ocpp_version
ocpp_version_named(const char *subprotocol, size_t len)
{
	int v = 0;

	while (v < OCPP_VERSIONS &&
	    !is((struct span){ subprotocol, len }, subprotocols[v]))
		v++;
	return (enum ocpp_version)v;
}

const char *
ocpp_subprotocol(enum ocpp_version v)
{
	return v < OCPP_VERSIONS ? subprotocols[v] : "";
}

const char *
judge_code(enum ocpp_version v, enum judge_fault fault)
{
	return fault < JUDGE_FAULTS ? codes[fault][v != OCPP_16] : "";
}

bool
judge_code_known(enum ocpp_version v, struct span code)
{
	unsigned bit = v == OCPP_16 ? 1 : 2;

	for (size_t i = 0; i < sizeof(error_codes) / sizeof(*error_codes); i++)
		if ((error_codes[i].in & bit) != 0 &&
		    is(code, error_codes[i].name))
			return true;
	return false;
}

int
judge_shape(enum ocpp_version v, const char *action, size_t len)
{
	const struct shape_version *row = &shape_versions[v];
	int i = set_find(&shape_sets[row->set], (struct span){ action, len });

	return i == -1 ? -1 : row->first + i;
}

const char *
judge_action(int shape)
{
	return shape_pool + shape_actions[shape].name.at;
}

bool
judge_direction(int shape, enum ocpp_way way, bool *sure)
{
	unsigned flags = shape_actions[shape].flags;

	*sure = (flags & SHAPE_UNSURE) == 0;
	return (flags & (way == OCPP_UP ? SHAPE_FROM_UP : SHAPE_FROM_DOWN)) !=
	    0;
}
