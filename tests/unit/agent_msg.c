/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sys/socket.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "buf.h"
#include "msg.h"
#include "plugin.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

static int pair[2];
static struct msg m;

static int
open_pair(void **state)
{
	(void)state;
	return socketpair(
	    AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair);
}

static int
close_pair(void **state)
{
	(void)state;
	(void)close(pair[0]);
	return close(pair[1]);
}

/* The lowest free descriptor: the same before and after means none leaked. */
static int
lowest_fd(void)
{
	int fd = dup(0);

	(void)close(fd);
	return fd;
}

static void
every_message_is_refused_unless_the_table_allows_it(void **state)
{
	static const struct {
		struct msg m;
		enum msg_from from;
		uint32_t granted;
		const char *no;
	} rows[] = {
		/* clang-format off */
		{ { .type = MSG_LOG, .fd = -1 }, HOST, 0, NULL },
		{ { .type = MSG_LOG, .fd = -1 }, AGENT, 0, "message from the wrong side" },
		{ { .type = MSG_LOG, .fd = 9 }, HOST, 0, "descriptor not expected" },
		{ { .type = MSG_LOG, .fd = -1, .len = 513 }, HOST, 0, "body too long" },
		{ { .type = MSG_INSTALL, .fd = 9 }, HOST, 0, "not granted" },
		{ { .type = MSG_INSTALL, .fd = 9 }, HOST, INGOT_NEED_INSTALL, NULL },
		{ { .type = MSG_INSTALL, .fd = -1 }, HOST, INGOT_NEED_INSTALL, "descriptor missing" },
		{ { .type = MSG_REMOVE, .fd = -1 }, HOST, INGOT_NEED_RELOAD, "not granted" },
		{ { .type = MSG_RELOAD, .fd = -1 }, HOST, INGOT_NEED_INSTALL, "not granted" },
		{ { .type = MSG_SIGN, .fd = -1 }, HOST, ~INGOT_NEED_SIGN, "not granted" },
		{ { .type = MSG_SIGNED, .fd = -1 }, HOST, ~0u, "message from the wrong side" },
		{ { .type = MSG_RENDER, .fd = 9 }, HOST, ~0u, "message from the wrong side" },
		{ { .type = MSG_QUESTION, .fd = -1 }, AGENT, 0, "descriptor missing" },
		{ { .type = MSG_NO, .fd = -1 }, HOST, 0, NULL },
		{ { .type = MSG_NO, .fd = -1 }, AGENT, 0, NULL },
		{ { .type = 33, .fd = -1 }, HOST, ~0u, "unknown message" },
		{ { .type = 0, .fd = -1 }, HOST, ~0u, "unknown message" },
		{ { .type = MSG_LIMIT + MSG_LOG, .fd = -1 }, HOST, ~0u, "unknown message" },
		{ { .type = UINT32_MAX, .fd = -1 }, HOST, ~0u, "unknown message" },
		/* clang-format on */
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *no =
		    msg_refused(&rows[i].m, rows[i].from, rows[i].granted);

		assert_string_equal(no == NULL ? "-" : no,
		    rows[i].no == NULL ? "-" : rows[i].no);
	}
}

static void
every_answer_stands_beside_its_request(void **state)
{
	struct msg answer = { .fd = -1 };

	(void)state;
	for (uint32_t t = 3; t < MSG_LIMIT; t += 2) {
		if (strcmp(msg_name(t), "?") == 0)
			continue;
		assert_string_not_equal(msg_name(t - 1), "?");
		answer.type = t; /* the other side than the request's */
		assert_true((strcmp(msg_refused(&answer, HOST, 0) == NULL
				     ? ""
				     : msg_refused(&answer, HOST, 0),
				 "message from the wrong side") == 0) ==
		    (t >= MSG_INSTALLED));
	}
}

static void
a_descriptor_arrives_and_a_lost_peer_is_no_error(void **state)
{
	struct err e;

	(void)state;
	assert_int_equal(
	    msg_send(pair[0], MSG_RENDER, 5, "x", 1, STDERR_FILENO, &e), 0);
	assert_int_equal(msg_recv(pair[1], &m, &e), 1);
	assert_int_equal(m.type, MSG_RENDER);
	assert_int_equal(m.id, 5);
	assert_int_equal(m.len, 1);
	assert_int_equal(fcntl(m.fd, F_GETFD), FD_CLOEXEC);
	(void)close(m.fd);
	assert_int_equal(msg_recv(pair[1], &m, &e), -1);
	assert_int_equal(e.code, EAGAIN);
	(void)shutdown(pair[0], SHUT_RDWR);
	assert_int_equal(msg_recv(pair[1], &m, &e), 0);
	assert_int_equal(msg_send(pair[1], MSG_LOG, 0, NULL, 0, -1, &e), -1);
	assert_int_equal(e.code, EPIPE);
}

static void
a_reason_comes_through_whole(void **state)
{
	struct err why = { .code = ENOENT }, heard = { .text = "" }, e;

	(void)state;
	memset(why.text, 'x', sizeof(why.text) - 1);
	assert_int_equal(msg_send_no(pair[0], 9, &why, &e), 0);
	assert_int_equal(msg_recv(pair[1], &m, &e), 1);
	assert_null(msg_refused(&m, HOST, 0));
	msg_read_no(&m, &heard);
	assert_int_equal(heard.code, ENOENT);
	assert_string_equal(heard.text, why.text);
}

static void
a_reason_that_lies_about_its_length_is_none(void **state)
{
	struct err why = { .text = "" };

	(void)state;
	m = (struct msg){ .type = MSG_NO, .len = 12, .fd = -1 };
	m.body[4] = 200;
	msg_read_no(&m, &why);
	assert_string_equal(why.text, "a reason that is none");
	m.len = 0;
	msg_read_no(&m, &why);
	assert_string_equal(why.text, "a reason that is none");
}

/* One datagram with n bytes and so many copies of standard error. */
static void
send_raw(size_t n, int fds)
{
	static char bytes[4096];
	int copies[8];
	struct iovec iov = { bytes, n };
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(sizeof(copies))];
	} control = { 0 };
	struct msghdr mh = { .msg_iov = &iov, .msg_iovlen = 1 };

	for (int i = 0; i < fds; i++)
		copies[i] = STDERR_FILENO;
	if (fds > 0) {
		size_t len = sizeof(int) * (size_t)fds;

		mh.msg_control = control.room;
		mh.msg_controllen = CMSG_SPACE(len);
		CMSG_FIRSTHDR(&mh)->cmsg_level = SOL_SOCKET;
		CMSG_FIRSTHDR(&mh)->cmsg_type = SCM_RIGHTS;
		CMSG_FIRSTHDR(&mh)->cmsg_len = CMSG_LEN(len);
		memcpy(CMSG_DATA(CMSG_FIRSTHDR(&mh)), copies, len);
	}
	assert_int_equal(sendmsg(pair[0], &mh, 0), n);
}

static void
nonsense_is_found_out_and_leaves_no_descriptor(void **state)
{
	static const struct {
		size_t bytes;
		int fds;
	} rows[] = { { 0, 0 }, { 0, 1 }, { 3, 0 }, { 7, 1 }, { 7, 2 }, { 8, 2 },
		{ 8, 3 }, { 8, 8 }, { 8 + MSG_BODY_MAX + 1, 0 }, { 4096, 1 } };
	int before = lowest_fd();
	struct err e;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		send_raw(rows[i].bytes, rows[i].fds);
		assert_int_equal(msg_recv(pair[1], &m, &e), -1);
		assert_int_equal(e.code, EBADMSG);
		assert_int_equal(lowest_fd(), before);
	}
	send_raw(8 + MSG_BODY_MAX, 0);
	assert_int_equal(msg_recv(pair[1], &m, &e), 1);
	assert_int_equal(m.len, MSG_BODY_MAX);
}

static void
a_peer_that_does_not_read_is_not_waited_for(void **state)
{
	static const char body[512];
	struct err e;
	int n = 0;

	(void)state;
	while (msg_send(pair[0], MSG_LOG, 0, body, sizeof(body), -1, &e) == 0)
		assert_true(n++ < 100000);
	assert_int_equal(e.code, EAGAIN);
}

static void
a_number_without_a_name_has_none(void **state)
{
	(void)state;
	assert_string_equal(msg_name(MSG_ASK), "ASK");
	assert_string_equal(msg_name(0), "?");
	assert_string_equal(msg_name(MSG_LIMIT), "?");
	assert_string_equal(msg_name(UINT32_MAX), "?");
}

#define WITH_PAIR(f) cmocka_unit_test_setup_teardown(f, open_pair, close_pair)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    every_message_is_refused_unless_the_table_allows_it),
		cmocka_unit_test(every_answer_stands_beside_its_request),
		WITH_PAIR(a_descriptor_arrives_and_a_lost_peer_is_no_error),
		WITH_PAIR(a_reason_comes_through_whole),
		cmocka_unit_test(a_reason_that_lies_about_its_length_is_none),
		WITH_PAIR(nonsense_is_found_out_and_leaves_no_descriptor),
		WITH_PAIR(a_peer_that_does_not_read_is_not_waited_for),
		cmocka_unit_test(a_number_without_a_name_has_none),
	};

	return cmocka_run_group_tests_name("agent_msg", tests, NULL, NULL);
}
