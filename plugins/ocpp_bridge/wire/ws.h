/* SPDX-License-Identifier: MIT */
#ifndef WS_H
#define WS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Frames of RFC 6455 section 5, of ours and of strangers; nothing here
 * remembers anything.
 */
enum ws_op {
	WS_CONTINUATION = 0,
	WS_TEXT = 1,
	WS_BINARY = 2,
	WS_CLOSE = 8,
	WS_PING = 9,
	WS_PONG = 10
};

/* Close codes, RFC 6455 7.4.1 and IANA. */
enum ws_code {
	WS_NORMAL = 1000,
	WS_GOING = 1001,
	WS_PROTOCOL = 1002,
	WS_UNSUPPORTED = 1003,
	WS_NONE = 1005,     /* never on the wire */
	WS_ABNORMAL = 1006, /* never on the wire */
	WS_DATA = 1007,
	WS_POLICY = 1008,
	WS_TOO_BIG = 1009,
	WS_INTERNAL = 1011,
	WS_LATER = 1013
};

#define WS_HEAD_MAX    14
#define WS_CONTROL_MAX 125
#define WS_RSV1        0x40

struct ws_frame {
	uint8_t op;
	bool fin, rsv1, masked;
	uint8_t key[4];
	uint64_t len; /* of the payload */
	size_t head;  /* bytes before it */
};

struct ws_rules {
	bool from_client; /* then it has to be masked, else it must not be */
	bool deflate;     /* RSV1 has a meaning */
};

/*
 * Reads a frame's head. 0: f is filled; *need is the whole frame's length.
 * WS_MORE: *need bytes are needed to know more. Else the code to close with;
 * why says it. RFC 6455 5.2, 5.5.
 */
#define WS_MORE 1
int ws_head(const void *, size_t len, const struct ws_rules *,
    struct ws_frame *, size_t *need, const char **why);

/* Writes a head; first is FIN, RSV and opcode, key NULL: not masked. */
size_t ws_put_head(uint8_t out[static WS_HEAD_MAX], uint8_t first, uint64_t len,
    const uint8_t *key);

/* out = in ^ key, offset bytes into the frame; out may be in. */
void ws_mask(void *out, const void *in, size_t len, const uint8_t key[static 4],
    size_t offset);

/* May a peer send this code in a Close frame? */
bool ws_code_is_good(unsigned code);
/* RFC 3629, whole characters only. */
bool ws_is_utf8(const void *, size_t);

#endif
