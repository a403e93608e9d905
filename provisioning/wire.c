/* SPDX-License-Identifier: MIT */
/*
 * The enrolment's messages. Each is a table of fields, walked by one encoder
 * and one parser (wire_field.c), so that no field has two opinions on its limit
 * and a new one is a new row. What a field means is judged elsewhere: here a
 * CSR is a text of a certain length.
 */
#include <openssl/crypto.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "json.h"
#include "wire.h"
#include "wire_field.h"

static const char *const stage_names[WIRE_STAGES] = {
	[WIRE_PARSE] = "parse",
	[WIRE_UNIT] = "unit",
	[WIRE_QUARANTINE] = "quarantine",
	[WIRE_EK] = "ek",
	[WIRE_KEY] = "key",
	[WIRE_SERVICE] = "service",
	[WIRE_ISSUED] = "issued",
	[WIRE_DONE] = "done",
};

/* clang-format off */
static const struct wire_field request_fields[] = {
	WIRE_TEXT(struct wire_request, id, WIRE_HEX | WIRE_EXACT | WIRE_MUST),
	WIRE_TEXT(struct wire_request, serial, WIRE_SERIAL | WIRE_MUST),
	WIRE_TEXT(struct wire_request, model, WIRE_PLAIN | WIRE_MUST),
	WIRE_TEXT(struct wire_request, hostname, WIRE_PLAIN),
	WIRE_LIST(struct wire_request, macs, mac_count),
	WIRE_TEXT(struct wire_request, snapshot, WIRE_HEX | WIRE_EXACT),
	WIRE_TEXT(struct wire_request, proof, WIRE_HEX | WIRE_EXACT),
	WIRE_TEXT(struct wire_request, csr, WIRE_MUST),
	WIRE_DATA(struct wire_request, ek_certificate, ek_certificate_len),
	WIRE_DATA(struct wire_request, ek_public, ek_public_len),
	WIRE_DATA(struct wire_request, key_public, key_public_len),
	{ .name = NULL },
};

static const struct wire_field reply_fields[] = {
	WIRE_TEXT(struct wire_reply, id, WIRE_HEX | WIRE_EXACT | WIRE_MUST),
	WIRE_NAME(struct wire_reply, stage, stage_names, WIRE_STAGES),
	WIRE_TEXT(struct wire_reply, error, WIRE_PLAIN),
	WIRE_INT(struct wire_reply, retry_after_ms, WIRE_RETRY_MAX_MS),
	WIRE_DATA(struct wire_reply, blob, blob_len),
	WIRE_DATA(struct wire_reply, secret, secret_len),
	WIRE_DATA(struct wire_reply, point, point_len),
	WIRE_DATA(struct wire_reply, sealed, sealed_len),
	{ .name = NULL },
};

static const struct wire_field confirm_fields[] = {
	WIRE_TEXT(struct wire_confirm, id, WIRE_HEX | WIRE_EXACT | WIRE_MUST),
	WIRE_TEXT(struct wire_confirm, fingerprint,
	    WIRE_HEX | WIRE_EXACT | WIRE_MUST),
	{ .name = NULL },
};
/* clang-format on */

const char *
wire_stage_name(enum wire_stage stage)
{
	return stage_names[stage];
}

static int
finish(const char *what, json_t *j, struct bytes *out, struct err *e)
{
	own_str char *line = json_line(j);

	if (line == NULL)
		return err_set(e, ENOMEM, "out of memory");
	if (strlen(line) > WIRE_MAX)
		return err_set(
		    e, EFBIG, "%s: larger than %d bytes", what, WIRE_MAX);
	bytes_add(out, line, strlen(line));
	OPENSSL_cleanse(line, strlen(line));
	return out->bad ? err_set(e, ENOMEM, "out of memory") : 0;
}

static int
encode(const char *what, const struct wire_field *fields, const void *from,
    struct bytes *out, struct err *e)
{
	own_json json_t *j = wire_fields_encode(fields, from, e);

	return j == NULL ? err_in(e, "%s", what) : finish(what, j, out, e);
}

static int
parse(const char *what, const struct wire_field *fields, const char *text,
    size_t len, void *to, struct err *e)
{
	own_json json_t *j = json_parse(what, text, len, WIRE_MAX, e);

	if (j == NULL)
		return -1;
	return wire_fields_parse(fields, j, to, e) == 0 ? 0
							: err_in(e, "%s", what);
}

/* The three come together (a TPM) or not at all. */
static int
request_whole(const struct wire_request *r, struct err *e)
{
	if ((r->ek_public_len == 0) != (r->key_public_len == 0))
		return err_set(e, EBADMSG,
		    "request: \"ek_public\" and \"key_public\" go together");
	if (r->ek_certificate_len != 0 && r->ek_public_len == 0)
		return err_set(e, EBADMSG,
		    "request: \"ek_certificate\" without \"ek_public\"");
	return 0;
}

/* A success carries its answer, a failure carries its reason and no more. */
static int
reply_whole(const struct wire_reply *r, struct err *e)
{
	bool tpm = r->blob_len != 0 && r->secret_len != 0;
	bool some =
	    r->blob_len + r->secret_len + r->point_len + r->sealed_len != 0;

	if (r->stage == WIRE_ISSUED && r->error[0] == '\0') {
		if (r->sealed_len == 0 ||
		    tpm == (r->point_len == WIRE_POINT_LEN))
			return err_set(e, EBADMSG,
			    "reply: issued, but without "
			    "its answer");
		return 0;
	}
	if (some)
		return err_set(e, EBADMSG, "reply: an answer beside \"%s\"",
		    stage_names[r->stage]);
	if (r->error[0] == '\0' && r->stage != WIRE_DONE)
		return err_set(e, EBADMSG, "reply: neither answer nor error");
	return 0;
}

int
wire_request_encode(
    const struct wire_request *r, struct bytes *out, struct err *e)
{
	if (request_whole(r, e) == -1)
		return -1;
	return encode("request", request_fields, r, out, e);
}

int
wire_request_parse(
    const char *text, size_t len, struct wire_request *r, struct err *e)
{
	memset(r, 0, sizeof(*r));
	if (parse("request", request_fields, text, len, r, e) == -1)
		return -1;
	return request_whole(r, e);
}

int
wire_reply_encode(const struct wire_reply *r, struct bytes *out, struct err *e)
{
	if (reply_whole(r, e) == -1)
		return -1;
	return encode("reply", reply_fields, r, out, e);
}

int
wire_reply_parse(
    const char *text, size_t len, struct wire_reply *r, struct err *e)
{
	memset(r, 0, sizeof(*r));
	if (parse("reply", reply_fields, text, len, r, e) == -1)
		return -1;
	return reply_whole(r, e);
}

int
wire_confirm_encode(
    const struct wire_confirm *c, struct bytes *out, struct err *e)
{
	return encode("confirm", confirm_fields, c, out, e);
}

int
wire_confirm_parse(
    const char *text, size_t len, struct wire_confirm *c, struct err *e)
{
	memset(c, 0, sizeof(*c));
	return parse("confirm", confirm_fields, text, len, c, e);
}

int
wire_id(char id[static WIRE_ID_LEN + 1], struct err *e)
{
	uint8_t raw[WIRE_ID_LEN / 2];

	if (random_bytes(raw, sizeof(raw), e) == -1)
		return -1;
	hex_encode(raw, sizeof(raw), id);
	return 0;
}

void
wire_topic(
    char out[static WIRE_TOPIC_MAX], const char *serial, const char *what)
{
	(void)snprintf(
	    out, WIRE_TOPIC_MAX, "ingot/v1/enrol/%s/%s", serial, what);
}

int
wire_topic_parse(const char *topic, char serial[static WIRE_NAME_MAX + 1],
    char what[static WIRE_NAME_MAX + 1])
{
	static const char root[] = "ingot/v1/enrol/";
	const char *p = topic + sizeof(root) - 1;
	size_t n;

	if (strncmp(topic, root, sizeof(root) - 1) != 0)
		return -1;
	n = strcspn(p, "/");
	if (n == 0 || n > WIRE_NAME_MAX || p[n] != '/' ||
	    strlen(p + n + 1) > WIRE_NAME_MAX)
		return -1;
	memcpy(serial, p, n);
	serial[n] = '\0';
	(void)strcpy(what, p + n + 1);
	return wire_serial_ok(serial) && strchr(what, '/') == NULL ? 0 : -1;
}
