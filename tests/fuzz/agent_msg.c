/* SPDX-License-Identifier: MIT */
/*
 * Any datagram as a message, from either side: what msg_recv and msg_refused
 * let through keeps to the table, and a reason or a text in it stays in
 * bounds. The first byte says what is granted.
 */
#include <sys/socket.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "buf.h"
#include "msg.h"
#include "own.h"
#include "plugin.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
judge(const struct msg *m, enum msg_from from, uint32_t granted)
{
	char text[INGOT_LINE_MAX + 1];
	struct err why;
	struct rbuf b;

	if (msg_refused(m, from, granted) != NULL)
		return;
	if (m->len > MSG_BODY_MAX || strcmp(msg_name(m->type), "?") == 0)
		abort();
	if (m->type == MSG_NO) {
		msg_read_no(m, &why);
		if (memchr(why.text, '\0', sizeof(why.text)) == NULL)
			abort();
	}
	rbuf_init(&b, m->body, m->len);
	get_str(&b, text, sizeof(text));
	if (strlen(text) >= sizeof(text))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct msg m;
	struct err e;
	int s[2];

	if (n < 1 || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, s))
		return 0;
	if (send(s[0], data + 1, n - 1, 0) != -1 &&
	    msg_recv(s[1], &m, &e) == 1) {
		judge(&m, HOST, data[0]);
		judge(&m, AGENT, data[0]);
	}
	(void)close(s[0]);
	(void)close(s[1]);
	return 0;
}
