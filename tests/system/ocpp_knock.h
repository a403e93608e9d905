/* SPDX-License-Identifier: MIT */
#ifndef OCPP_KNOCK_H
#define OCPP_KNOCK_H

/*
 * What can be wrong before a WebSocket is open, and what becomes of it: what a
 * charge point asks with (requests), and what a CSMS answers with (replies).
 * Outcomes are what the charge point hears, an HTTP status or "ended" without
 * one; "101 TARGET" tells the target that the CSMS was asked for.
 *
 * In a request @key@ is a good Sec-WebSocket-Key line and @ws@ all lines that a
 * WebSocket needs; in a reply @accept@ is what answers that key. @x:N@: N x.
 * @drip@: from here on a byte at a time, and no end.
 */
#define GET(target) "GET " target " HTTP/1.1\r\nHost: localhost\r\n"
#define END         "\r\n"
#define OCPP        "Sec-WebSocket-Protocol: ocpp1.6\r\n"
#define BASIC(b64)  "Authorization: Basic " b64 "\r\n"
#define CP(id)      GET("/ocpp/" id) "@ws@" OCPP END

static const struct knock requests[] = {
	{ "a good one", CP("CP-1"), "101 /ocpp/CP-1" },

	/* HTTP */
	{ "no Upgrade",
	    GET("/ocpp/CP-1") "Connection: Upgrade\r\n"
			      "Sec-WebSocket-Version: 13\r\n@key@" OCPP END,
	    "426" },
	{ "another Upgrade",
	    GET("/ocpp/CP-1") "Upgrade: h2c\r\nConnection: Upgrade\r\n"
			      "Sec-WebSocket-Version: 13\r\n@key@" OCPP END,
	    "426" },
	{ "Connection that does not say Upgrade",
	    GET("/ocpp/CP-1") "Upgrade: websocket\r\nConnection: close\r\n"
			      "Sec-WebSocket-Version: 13\r\n@key@" OCPP END,
	    "426" },
	{ "Connection with more words",
	    GET("/ocpp/CP-1") "Upgrade: WebSocket\r\n"
			      "Connection: keep-alive, Upgrade\r\n"
			      "Sec-WebSocket-Version: 13\r\n@key@" OCPP END,
	    "101 /ocpp/CP-1" },
	{ "version 12",
	    GET("/ocpp/CP-1") "Upgrade: websocket\r\nConnection: Upgrade\r\n"
			      "Sec-WebSocket-Version: 12\r\n@key@" OCPP END,
	    "426" },
	{ "no version",
	    GET("/ocpp/CP-1") "Upgrade: websocket\r\nConnection: Upgrade\r\n"
			      "@key@" OCPP END,
	    "426" },
	{ "a key that is no base64 of 16 bytes",
	    GET("/ocpp/CP-1") "Upgrade: websocket\r\nConnection: Upgrade\r\n"
			      "Sec-WebSocket-Version: 13\r\n"
			      "Sec-WebSocket-Key: short\r\n" OCPP END,
	    "400" },
	{ "no key",
	    GET("/ocpp/CP-1") "Upgrade: websocket\r\nConnection: Upgrade\r\n"
			      "Sec-WebSocket-Version: 13\r\n" OCPP END,
	    "400" },
	{ "two keys", GET("/ocpp/CP-1") "@ws@@key@" OCPP END, "400" },
	{ "POST",
	    "POST /ocpp/CP-1 HTTP/1.1\r\nHost: localhost\r\n@ws@" OCPP END,
	    "405" },
	{ "HTTP/1.0",
	    "GET /ocpp/CP-1 HTTP/1.0\r\nHost: localhost\r\n@ws@" OCPP END,
	    "505" },
	{ "a body", GET("/ocpp/CP-1") "@ws@Content-Length: 5\r\n" OCPP END,
	    "400" },
	{ "a body in chunks",
	    GET("/ocpp/CP-1") "@ws@Transfer-Encoding: chunked\r\n" OCPP END,
	    "400" },
	{ "no Host", "GET /ocpp/CP-1 HTTP/1.1\r\n@ws@" OCPP END, "400" },
	{ "a folded header",
	    GET("/ocpp/CP-1") "@ws@" OCPP "X-A: b\r\n c\r\n" END, "400" },
	{ "a header without a colon", GET("/ocpp/CP-1") "@ws@nonsense\r\n" END,
	    "400" },
	{ "a blank before the colon",
	    GET("/ocpp/CP-1") "@ws@X-A : b\r\n" OCPP END, "400" },
	{ "16 KiB in a header",
	    GET("/ocpp/CP-1") "@ws@X-A: @x:16384@\r\n" OCPP END, "431" },
	{ "a target of 16 KiB", CP("@x:16384@"), "431" },
	{ "no HTTP", "\x16\x03\x01\x02\x01\x01\xfc\x03\x03\r\n\r\n", "400" },
	{ "a request that never ends", GET("/ocpp/CP-1") "X-A: @drip@", "408" },

	/* Subprotocols */
	{ "none of ours",
	    GET("/ocpp/CP-1") "@ws@Sec-WebSocket-Protocol: ocpp1.5\r\n" END,
	    "101 no protocol" },
	{ "none at all", GET("/ocpp/CP-1") "@ws@" END, "101 no protocol" },

	/* Identity */
	{ "two dots", CP("%2e%2e"), "404" },
	/* The CSMS's own URL and the last part are all that goes on. */
	{ "two dots and on", CP("%2e%2e/CP-1"), "101 /ocpp/CP-1" },
	{ "a NUL", CP("a%00b"), "404" },
	{ "escaped twice", CP("%2541"), "101 /ocpp/%2541" },
	{ "half an escape", CP("a%4"), "404" },
	{ "48 letters", CP("@x:48@"),
	    "101 /ocpp/xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" },
	{ "49 letters in 1.6", CP("@x:48@y"),
	    "101 /ocpp/xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxy" },
	{ "49 letters in 2.0.1",
	    GET("/ocpp/@x:48@y") "@ws@"
				 "Sec-WebSocket-Protocol: ocpp2.0.1\r\n" END,
	    "404" },
	{ "a plus", CP("a+b"), "101 /ocpp/a+b" },
	{ "a number sign", CP("a%23b"), "101 /ocpp/a%23b" },
	{ "a slash", CP("a%2Fb"), "101 /ocpp/a%2Fb" },
	{ "a raw number sign", CP("a#b"), "400" },
	{ "a byte that is no UTF-8", CP("a%FFb"), "404" },
	{ "a line end", CP("a%0d%0aX-A:%20b"), "404" },
	{ "no identity", CP(""), "404" },
	{ "a colon in 2.0.1",
	    GET("/ocpp/a:b") "@ws@"
			     "Sec-WebSocket-Protocol: ocpp2.0.1\r\n" END,
	    "404" },
};

/* To a listener of profile 1; the password is "0123456789abcdef". */
#define GOOD "Q1AtMTowMTIzNDU2Nzg5YWJjZGVm"
static const struct knock logins[] = {
	{ "the right password", GET("/ocpp/CP-1") "@ws@" OCPP BASIC(GOOD) END,
	    "101 /ocpp/CP-1" },
	{ "none", CP("CP-1"), "401" },
	{ "two of them",
	    GET("/ocpp/CP-1") "@ws@" OCPP BASIC(GOOD) BASIC("Q1AtMTp4") END,
	    "400" },
	{ "without a colon",
	    GET("/ocpp/CP-1") "@ws@" OCPP BASIC("Q1AtMQ==") END, "401" },
	{ "no base64", GET("/ocpp/CP-1") "@ws@" OCPP BASIC("%%%%") END, "401" },
	{ "another's name", GET("/ocpp/CP-2") "@ws@" OCPP BASIC(GOOD) END,
	    "401" },
	/* CP-1:0123456789abcdef NUL x */
	{ "the right one, a NUL and more",
	    GET("/ocpp/CP-1") "@ws@" OCPP BASIC(
		"Q1AtMTowMTIzNDU2Nzg5YWJjZGVmAHg=") END,
	    "401" },
	/* CP-1:0123456789abcdef:x */
	{ "the right one, a colon and more",
	    GET("/ocpp/CP-1") "@ws@" OCPP BASIC(
		"Q1AtMTowMTIzNDU2Nzg5YWJjZGVmOng=") END,
	    "401" },
	{ "Bearer",
	    GET("/ocpp/CP-1") "@ws@" OCPP "Authorization: Bearer " GOOD
			      "\r\n" END,
	    "401" },
};

#define R101 "HTTP/1.1 101 Switching Protocols\r\n"
#define UPG  "Upgrade: websocket\r\nConnection: Upgrade\r\n"
static const struct knock replies[] = {
	{ "a good one", R101 UPG "@accept@" OCPP END, "101 /ocpp/CP-1" },
	{ "401", "HTTP/1.1 401 No\r\nContent-Length: 0\r\n" END, "401" },
	{ "404", "HTTP/1.1 404 No\r\nContent-Length: 0\r\n" END, "404" },
	{ "503", "HTTP/1.1 503 No\r\nContent-Length: 0\r\n" END, "503" },
	{ "200 and a page",
	    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n" END "hello", "502" },
	{ "a redirection",
	    "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\n" END,
	    "502" },
	{ "another accept key",
	    R101 UPG
	    "Sec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n" OCPP END,
	    "502" },
	{ "no accept key", R101 UPG OCPP END, "502" },
	{ "no Upgrade", R101 "Connection: Upgrade\r\n@accept@" OCPP END,
	    "502" },
	{ "a protocol that nobody offered",
	    R101 UPG "@accept@Sec-WebSocket-Protocol: ocpp9\r\n" END, "502" },
	{ "no protocol", R101 UPG "@accept@" END, "101 no protocol" },
	{ "an extension that nobody offered",
	    R101 UPG "@accept@" OCPP "Sec-WebSocket-Extensions: x-mux\r\n" END,
	    "502" },
	{ "16 KiB in a header",
	    R101 UPG "@accept@" OCPP "X-A: @x:16384@\r\n" END, "502" },
	{ "no HTTP", "SSH-2.0-OpenSSH_9.2\r\n\r\n", "502" },
	{ "nothing", "", "504" },
	{ "a reply that never ends", R101 UPG "X-A: @drip@", "504" },
};

#endif
