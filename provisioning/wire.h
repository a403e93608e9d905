/* SPDX-License-Identifier: MIT */
#ifndef WIRE_H
#define WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "digest.h"
#include "err.h"

/*
 * What a unit and the service say to each other (design section 6), strictly:
 * JSON, each text with a limit, no key that is not known, binary in lower-case
 * hex. Both sides use this file, so what one writes the other reads.
 *
 *	ingot/v1/enrol/<unit>/request	wire_request	claim or own certificate
 *	ingot/v1/enrol/<unit>/reply	wire_reply	from the service
 *	ingot/v1/enrol/<unit>/confirm	wire_confirm	the new certificate
 *
 * Who sent a message is not in it: the gate of the broker adds the fingerprint
 * of the connection's certificate as the user property WIRE_BY, and takes away
 * whatever the client called so.
 */
#define WIRE_MAX          (64 * 1024) /* bytes of one message */
#define WIRE_ID_LEN       32          /* hex digits of a request id */
#define WIRE_NAME_MAX     64          /* serial, model, host name */
#define WIRE_MACS         16
#define WIRE_CSR_MAX      4096
#define WIRE_EK_CERT_MAX  4096
#define WIRE_PUBLIC_MAX   1024 /* TPM2B_PUBLIC */
#define WIRE_BLOB_MAX     512  /* TPM2B_ID_OBJECT, TPM2B_ENCRYPTED_SECRET */
#define WIRE_POINT_LEN    65   /* SEC 1, uncompressed P-256 */
#define WIRE_SEALED_MAX   (24 * 1024)
#define WIRE_ERROR_MAX    300
#define WIRE_VALUES       32   /* issued values */
#define WIRE_VALUE_MAX    1024 /* bytes of one */
#define WIRE_RETRY_MAX_MS 86400000

#define WIRE_BY           "ingot-by"
#define WIRE_REQUESTS     "$share/enrol/ingot/v1/enrol/+/request"
#define WIRE_CONFIRMS     "$share/enrol/ingot/v1/enrol/+/confirm"
#define WIRE_TOPIC_MAX    128
/* Client ids of claim connections: "claim:<serial>:<8 hex>", so that a holder
 * of the claim certificate never takes over the session of a live unit. */
#define WIRE_CLAIM_PREFIX  "claim:"
#define WIRE_CLIENT_ID_MAX (6 + WIRE_NAME_MAX + 1 + 8)

/* Where in the enrolment a reply was decided. */
enum wire_stage {
	WIRE_PARSE, /* not a request of this version */
	WIRE_UNIT,  /* serial not known, revoked, batch closed or used up */
	WIRE_QUARANTINE, /* two units claim one identity; an operator decides */
	WIRE_EK,         /* endorsement key or its certificate */
	WIRE_KEY,        /* the new key: public area or CSR */
	WIRE_SERVICE,    /* the service itself is in trouble; try again */
	WIRE_ISSUED,     /* success: the sealed answer is here */
	WIRE_DONE,       /* success: the certificate is confirmed */
	WIRE_STAGES
};

struct wire_request {
	char id[WIRE_ID_LEN + 1];
	char serial[WIRE_NAME_MAX + 1];
	char model[WIRE_NAME_MAX + 1];
	char hostname[WIRE_NAME_MAX + 1]; /* may be empty */
	char macs[WIRE_MACS][18];         /* aa:bb:cc:dd:ee:ff */
	size_t mac_count;
	char snapshot[SHA256_HEX];                /* may be empty */
	char proof[SHA256_HEX];                   /* may be empty */
	char csr[WIRE_CSR_MAX + 1];               /* PEM */
	uint8_t ek_certificate[WIRE_EK_CERT_MAX]; /* DER */
	size_t ek_certificate_len;
	uint8_t ek_public[WIRE_PUBLIC_MAX]; /* TPM2B_PUBLIC; 0: no TPM */
	size_t ek_public_len;
	uint8_t key_public[WIRE_PUBLIC_MAX]; /* TPM2B_PUBLIC; 0: no TPM */
	size_t key_public_len;
};

struct wire_reply {
	char id[WIRE_ID_LEN + 1]; /* of the request or confirm answered */
	enum wire_stage stage;
	char error[WIRE_ERROR_MAX + 1]; /* empty: success */
	int64_t retry_after_ms;         /* 0: do not try again */
	/* with WIRE_ISSUED: K by MakeCredential (blob and secret), or by ECDH
	 * with point; and the sealed answer, sealed.h */
	uint8_t blob[WIRE_BLOB_MAX];
	size_t blob_len;
	uint8_t secret[WIRE_BLOB_MAX];
	size_t secret_len;
	uint8_t point[WIRE_POINT_LEN];
	size_t point_len; /* 0 or WIRE_POINT_LEN */
	uint8_t sealed[WIRE_SEALED_MAX];
	size_t sealed_len;
};

struct wire_confirm {
	char id[WIRE_ID_LEN + 1];
	char fingerprint[SHA256_HEX]; /* of the new certificate, SHA-256 */
};

struct wire_value {
	char name[WIRE_NAME_MAX + 1]; /* "mqtt.username" */
	char value[WIRE_VALUE_MAX + 1];
};

/* What is inside `sealed`. Holds secrets: wire_issued_wipe(). */
struct wire_issued {
	char chain[WIRE_SEALED_MAX]; /* PEM, leaf first */
	struct wire_value values[WIRE_VALUES];
	size_t count;
};

/* "parse", "unit", ...; never NULL for a stage. */
const char *wire_stage_name(enum wire_stage);

/* encode: adds one line of JSON to out; refuses what parse would refuse. */
int wire_request_encode(
    const struct wire_request *, struct bytes *out, struct err *);
int
wire_reply_encode(const struct wire_reply *, struct bytes *out, struct err *);
int wire_confirm_encode(
    const struct wire_confirm *, struct bytes *out, struct err *);
int
wire_issued_encode(const struct wire_issued *, struct bytes *out, struct err *);

/* parse: text of len bytes, no NUL needed. What is not there is zero. */
int wire_request_parse(
    const char *text, size_t len, struct wire_request *, struct err *);
int wire_reply_parse(
    const char *text, size_t len, struct wire_reply *, struct err *);
int wire_confirm_parse(
    const char *text, size_t len, struct wire_confirm *, struct err *);
int wire_issued_parse(
    const char *text, size_t len, struct wire_issued *, struct err *);
void wire_issued_wipe(struct wire_issued *);
/* May an issued value be called by the first len bytes of s? */
bool wire_issued_name_ok(const char *s, size_t len);

/* A new request id. */
int wire_id(char id[static WIRE_ID_LEN + 1], struct err *);
/* 1 to WIRE_NAME_MAX of [A-Za-z0-9._-], the first no '.' or '-': what may be
 * a serial, hence a CN, a client id and a topic level. */
bool wire_serial_ok(const char *);
/* "ingot/v1/enrol/<serial>/<what>". */
void wire_topic(
    char out[static WIRE_TOPIC_MAX], const char *serial, const char *what);
/* The reverse: 0 and the two parts, or -1. */
int wire_topic_parse(const char *topic, char serial[static WIRE_NAME_MAX + 1],
    char what[static WIRE_NAME_MAX + 1]);

#endif
