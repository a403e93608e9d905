/* SPDX-License-Identifier: MIT */
/*
 * What a plugin may call. Each call says in which phases it makes sense and
 * which need it takes, so an honest plugin's mistake is an error it can read;
 * the agent checks the same again and kills, since a dishonest one does not
 * come this way.
 *
 * Deliberately without effect in render: everything but log, fail and emit.
 * The same document must always give the same artifact.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "file.h"
#include "host.h"
#include "own.h"

#define ANY_PHASE   (~0u)
#define NOT(phases) (~(unsigned)(phases))
#define PLACE_MAX   200

static _Thread_local struct err why;

struct err *
host_why(void)
{
	return &why;
}

/* api is the first member of the one struct host. */
static struct host *
of(const struct ingot_host *api)
{
	return (struct host *)(uintptr_t)api;
}

/* Said here in words; the agent, which trusts nobody here, says it again. */
static int
may(const struct host *h, const char *what, uint32_t need, unsigned phases)
{
	if ((h->spec.granted & need) != need)
		return err_set(&why, EPERM,
		    "%s: not granted; name the need in the plugin's policy",
		    what);
	if ((h->phase & phases) == 0)
		return err_set(&why, EPERM, "%s: not now; see plugin.h", what);
	return 0;
}

/* A name too long would be cut, and then perhaps be another's. */
static int
name_fits(const char *what, const char *name)
{
	size_t n = strnlen(name, INGOT_NAME_MAX + 1);

	if (n == 0 || n > INGOT_NAME_MAX)
		return err_set(&why, ENAMETOOLONG,
		    "%s: \"%.32s\" is not of 1 to %d bytes", what, name,
		    INGOT_NAME_MAX);
	return 0;
}

/* Any thread: one datagram is one write, nothing is shared. */
static void __attribute__((format(printf, 2, 3)))
call_log(const struct ingot_host *api, const char *fmt, ...)
{
	unsigned char body[INGOT_LINE_MAX + 8];
	char line[INGOT_LINE_MAX];
	struct wbuf b;
	struct err e;
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	wbuf_init(&b, body, sizeof(body));
	put_str(&b, line);
	(void)host_send(of(api), MSG_LOG, 0, &b, -1, &e);
}

static int __attribute__((format(printf, 2, 3)))
call_fail(const struct ingot_host *api, const char *fmt, ...)
{
	char text[INGOT_LINE_MAX]; /* fmt may print what why holds */
	va_list ap;

	(void)api;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return err_set(&why, EINVAL, "%s", text);
}

/* By way of the heap, not of a fixed line: an artifact may be one long line.
 * What does not fit is remembered (out.bad) and fails the request as well. */
static int __attribute__((format(printf, 2, 3)))
call_emit(const struct ingot_host *api, const char *fmt, ...)
{
	struct host *h = of(api);
	va_list ap;
	char *text;
	int n;

	if (may(h, "emit", 0, PHASE_RENDER | PHASE_ANSWER) == -1)
		return -1;
	va_start(ap, fmt);
	n = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (n == -1)
		return err_set(&why, ENOMEM, "emit: no memory");
	bytes_add(&h->out, text, (size_t)n);
	free(text);
	if (h->out.bad)
		return err_set(
		    &why, EFBIG, "emit: more than %d bytes", INGOT_TEXT_MAX);
	return 0;
}

/* One-way: the agent collects findings until PROBED. place and reason are for
 * a person and may be cut; an id decides over production and may not. */
static int __attribute__((format(printf, 5, 6)))
call_finding(const struct ingot_host *api, const char *id, const char *place,
    int passed, const char *fmt, ...)
{
	unsigned char body[INGOT_LINE_MAX + INGOT_NAME_MAX + PLACE_MAX + 32];
	char text[INGOT_LINE_MAX], where[PLACE_MAX];
	struct host *h = of(api);
	struct wbuf b;
	va_list ap;

	if (may(h, "finding", 0, PHASE_PROBE) == -1 ||
	    name_fits("finding", id) == -1)
		return -1;
	(void)snprintf(where, sizeof(where), "%s", place);
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	wbuf_init(&b, body, sizeof(body));
	put_str(&b, id);
	put_str(&b, where);
	put_u32(&b, passed != 0);
	put_str(&b, text);
	return host_send(h, MSG_FINDING, 0, &b, -1, &why);
}

/* A request that names one thing and gets no more than yes or no. */
static int
request_name(struct host *h, uint32_t type, const char *name, int fd)
{
	unsigned char body[INGOT_NAME_MAX + 8];
	struct wbuf b;
	struct msg got;

	wbuf_init(&b, body, sizeof(body));
	put_str(&b, name);
	return host_request(h, type, &b, fd, &got, &why);
}

/* The agent gets a copy that can not change between its check and its use. */
static int
call_install(const struct ingot_host *api, const char *name, const void *data,
    size_t len)
{
	struct host *h = of(api);
	own_fd int fd = -1;

	if (may(h, "install", INGOT_NEED_INSTALL,
		NOT(PHASE_RENDER | PHASE_PROBE)) == -1 ||
	    name_fits("install", name) == -1)
		return -1;
	if (data == NULL)
		return request_name(h, MSG_REMOVE, name, -1);
	if (len > INGOT_TEXT_MAX)
		return err_set(&why, EFBIG, "install %s: more than %d bytes",
		    name, INGOT_TEXT_MAX);
	if ((fd = file_sealed(data, len, &why)) == -1)
		return -1;
	return request_name(h, MSG_INSTALL, name, fd);
}

static int
call_reload(const struct ingot_host *api, const char *name)
{
	struct host *h = of(api);

	if (may(h, "reload", INGOT_NEED_RELOAD,
		NOT(PHASE_RENDER | PHASE_PROBE)) == -1 ||
	    name_fits("reload", name) == -1)
		return -1;
	return request_name(h, MSG_RELOAD, name, -1);
}

/*
 * On a channel of its own, under a lock: a TLS library's thread signs while
 * the main thread may be in the middle of a conversation with the agent.
 */
static int
call_sign(const struct ingot_host *api, const char *purpose,
    const uint8_t digest[INGOT_DIGEST_LEN], uint8_t sig[INGOT_SIG_LEN])
{
	unsigned char body[INGOT_NAME_MAX + INGOT_DIGEST_LEN + 8];
	struct host *h = of(api);
	struct wbuf b;
	struct msg got;
	int rc;

	if (may(h, "sign", INGOT_NEED_SIGN, ANY_PHASE) == -1 ||
	    name_fits("sign", purpose) == -1)
		return -1;
	wbuf_init(&b, body, sizeof(body));
	put_str(&b, purpose);
	put_bytes(&b, digest, INGOT_DIGEST_LEN);
	(void)pthread_mutex_lock(&h->sign_lock);
	rc = host_request_sign(h, &b, &got, &why);
	(void)pthread_mutex_unlock(&h->sign_lock);
	if (rc == -1)
		return -1;
	if (got.len != INGOT_SIG_LEN)
		return err_set(&why, EPROTO, "sign: %u bytes", got.len);
	memcpy(sig, got.body, INGOT_SIG_LEN);
	return 0;
}

/* The reply lives in told until the next ask; its descriptor does not, so a
 * plugin that asks for years holds one text and no more. */
static int
call_ask(const struct ingot_host *api, const char *plugin, const char *verb,
    const char *question, struct ingot_text *reply)
{
	unsigned char body[2 * INGOT_NAME_MAX + 8];
	const char *text = question == NULL ? "{}" : question;
	struct host *h = of(api);
	own_fd int fd = -1;
	struct wbuf b;
	struct msg got;

	*reply = (struct ingot_text){ .p = "" };
	if (may(h, "ask", 0, NOT(PHASE_RENDER)) == -1 ||
	    name_fits("ask", plugin) == -1 || name_fits("ask", verb) == -1)
		return -1;
	if ((fd = file_sealed(text, strlen(text), &why)) == -1)
		return -1;
	wbuf_init(&b, body, sizeof(body));
	put_str(&b, plugin);
	put_str(&b, verb);
	if (host_request(h, MSG_ASK, &b, fd, &got, &why) == -1) {
		bytes_free(&h->told);
		bytes_add(&h->told, why.text, strlen(why.text));
		*reply =
		    (struct ingot_text){ .p = h->told.p, .len = h->told.len };
		return -1;
	}
	(void)close(fd);
	fd = got.fd;
	if (file_read_fd(fd, INGOT_TEXT_MAX, &h->told, &why) == -1)
		return err_in(&why, "answer of %s", plugin);
	*reply = (struct ingot_text){ .p = h->told.p, .len = h->told.len };
	return 0;
}

/* One-way as well: an attack is no moment to wait for an answer. */
static int __attribute__((format(printf, 3, 4)))
call_event(const struct ingot_host *api, const char *kind, const char *fmt, ...)
{
	unsigned char body[INGOT_LINE_MAX + INGOT_NAME_MAX + 16];
	char text[INGOT_LINE_MAX];
	struct host *h = of(api);
	struct wbuf b;
	va_list ap;

	if (may(h, "event", 0, NOT(PHASE_RENDER)) == -1 ||
	    name_fits("event", kind) == -1)
		return -1;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	wbuf_init(&b, body, sizeof(body));
	put_str(&b, kind);
	put_str(&b, text);
	return host_send(h, MSG_EVENT, 0, &b, -1, &why);
}

/* The loop of the host is the plugin's loop; only what is the host's own can
 * not be watched or, worse, forgotten. */
static int
call_watch(const struct ingot_host *api, int fd, uint32_t events,
    void (*fn)(void *, int, uint32_t), void *ctx)
{
	struct host *h = of(api);

	if (may(h, "watch", 0, NOT(PHASE_RENDER)) == -1)
		return -1;
	if (fd <= SPEC_SIGN_FD || fd == h->term)
		return err_set(
		    &why, EBADF, "watch: descriptor %d is the host's", fd);
	if (events != 0)
		return loop_watch(h->loop, fd, events, fn, ctx, &why);
	loop_forget(h->loop, fd);
	return 0;
}

static int
call_timer(
    const struct ingot_host *api, uint64_t ms, void (*fn)(void *), void *ctx)
{
	struct host *h = of(api);

	if (may(h, "timer", 0, NOT(PHASE_RENDER)) == -1)
		return -1;
	return loop_timer(h->loop, ms, fn, ctx, &why);
}

static void
call_untimer(const struct ingot_host *api, int id)
{
	loop_untimer(of(api)->loop, id);
}

/* The order of the spec is the order of the descriptors. */
static int
call_handed(const struct ingot_host *api, const char *name)
{
	const struct host_spec *s = &of(api)->spec;

	for (int i = 0; s->hand[i] != NULL; i++)
		if (strcmp(s->hand[i], name) == 0)
			return SPEC_HAND_FD + i;
	return err_set(
	    &why, ENOENT, "the policy hands over no \"%.64s\"", name);
}

void
host_calls_init(struct host *h)
{
	h->phase = PHASE_IDLE;
	h->out.limit = INGOT_TEXT_MAX;
	(void)pthread_mutex_init(&h->sign_lock, NULL);
	h->api = (struct ingot_host){
		.size = sizeof(h->api),
		.granted = h->spec.granted,
		.state_dir = h->spec.state,
		.log = call_log,
		.fail = call_fail,
		.emit = call_emit,
		.finding = call_finding,
		.install = call_install,
		.reload = call_reload,
		.sign = call_sign,
		.ask = call_ask,
		.event = call_event,
		.watch = call_watch,
		.timer = call_timer,
		.untimer = call_untimer,
		.handed = call_handed,
	};
}
