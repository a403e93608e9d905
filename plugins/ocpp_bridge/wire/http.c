/* SPDX-License-Identifier: MIT */
/*
 * One pass over the head, line by line; each line is ended with a NUL where its
 * CR was. What is refused here is refused before any header means something, so
 * that no two readers can differ about what was said (request smuggling).
 */
#include <string.h>
#include <strings.h>

#include "http.h"

#define TOKEN                                                                  \
	"!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz"                  \
	"ABCDEFGHIJKLMNOPQRSTUVWXYZ"

static const struct {
	unsigned status;
	const char *reason;
} reasons[] = {
	{ 101, "Switching Protocols" },
	{ 400, "Bad Request" },
	{ 401, "Unauthorized" },
	{ 403, "Forbidden" },
	{ 404, "Not Found" },
	{ 405, "Method Not Allowed" },
	{ 408, "Request Timeout" },
	{ 409, "Conflict" },
	{ 414, "URI Too Long" },
	{ 426, "Upgrade Required" },
	{ 429, "Too Many Requests" },
	{ 431, "Request Header Fields Too Large" },
	{ 500, "Internal Server Error" },
	{ 502, "Bad Gateway" },
	{ 503, "Service Unavailable" },
	{ 504, "Gateway Timeout" },
	{ 505, "HTTP Version Not Supported" },
};

const char *
http_reason(unsigned status)
{
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (reasons[i].status == status)
			return reasons[i].reason;
	return "";
}

size_t
http_end(const char *p, size_t len, size_t from)
{
	const char *end;

	from = from > 3 ? from - 3 : 0;
	end = len > from ? memmem(p + from, len - from, "\r\n\r\n", 4) : NULL;
	return end == NULL ? 0 : (size_t)(end - p) + 4;
}

bool
http_is_token(const char *p, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (p[i] == '\0' || strchr(TOKEN, p[i]) == NULL)
			return false;
	return len > 0;
}

/* The next line, ended by a NUL. NULL: a control character stands in it. */
static char *
line(char **p, char *end)
{
	char *start = *p, *cr = memchr(start, '\r', (size_t)(end - start));

	if (cr == NULL || cr + 1 >= end || cr[1] != '\n')
		return NULL;
	for (const char *c = start; c < cr; c++)
		if (((unsigned char)*c < 0x20 && *c != '\t') || *c == 0x7f)
			return NULL;
	*cr = '\0';
	*p = cr + 2;
	return start;
}

static int
field(char *text, struct http_head *h, struct err *e)
{
	char *colon = strchr(text, ':'), *value, *last;

	/* A blank in front is a folded line, one before the colon a trick. */
	if (colon == NULL || !http_is_token(text, (size_t)(colon - text)))
		return err_set(e, 0, "a header without a proper name");
	if (h->n == HTTP_FIELDS_MAX)
		return err_set(e, 0, "more than %d headers", HTTP_FIELDS_MAX);
	*colon = '\0';
	value = colon + 1 + strspn(colon + 1, " \t");
	last = value + strlen(value);
	while (last > value && (last[-1] == ' ' || last[-1] == '\t'))
		*--last = '\0';
	h->fields[h->n++] = (struct http_field){ text, value };
	return 0;
}

static int
fields(char *p, char *end, struct http_head *h, struct err *e)
{
	char *text;

	for (;;) {
		if ((text = line(&p, end)) == NULL)
			return err_set(e, 0, "a control character in a header");
		if (*text == '\0')
			break;
		if (field(text, h, e) == -1)
			return -1;
	}
	return p == end ? 0 : err_set(e, 0, "bytes behind the head");
}

static unsigned
no(struct err *e, unsigned status, const char *why)
{
	(void)err_set(e, 0, "%s", why);
	return status;
}

/* METHOD SP target SP HTTP/1.1, one blank each. */
static unsigned
request_line(char *text, struct http_head *h, struct err *e)
{
	char *target = strchr(text, ' '), *version;

	version = target == NULL ? NULL : strchr(target + 1, ' ');
	if (version == NULL || !http_is_token(text, (size_t)(target - text)))
		return no(e, 400, "no request line");
	*target++ = '\0';
	*version++ = '\0';
	h->method = text;
	h->target = target;
	if (strncmp(version, "HTTP/", 5) != 0)
		return no(e, 400, "no HTTP");
	if (strcmp(version, "HTTP/1.1") != 0)
		return no(e, 505, "not HTTP/1.1");
	if (strlen(target) > HTTP_TARGET_MAX)
		return no(e, 414, "the path is too long");
	if (*target != '/')
		return no(e, 400, "no path");
	for (const char *c = target; *c != '\0'; c++)
		if (*c <= 0x20 || *c >= 0x7f || *c == '#')
			return no(e, 400,
			    "a byte in the path that has to be percent-encoded");
	return 0;
}

int
http_request(
    char *p, size_t len, struct http_head *h, unsigned *status, struct err *e)
{
	char *at = p, *text = line(&at, p + len);

	h->n = 0;
	*status = 400;
	if (text == NULL)
		return err_set(e, 0, "no request line");
	if ((*status = request_line(text, h, e)) != 0)
		return -1;
	if (fields(at, p + len, h, e) == -1) {
		*status = h->n == HTTP_FIELDS_MAX ? 431 : 400;
		return -1;
	}
	return 0;
}

int
http_answer(char *p, size_t len, struct http_head *h, struct err *e)
{
	char *at = p, *text = line(&at, p + len);

	h->n = 0;
	/* HTTP/1.x SP 3 digits SP reason; some leave the reason's blank out. */
	if (text == NULL || strncmp(text, "HTTP/1.", 7) != 0 ||
	    (text[7] != '0' && text[7] != '1') || text[8] != ' ' ||
	    strspn(text + 9, "0123456789") != 3 ||
	    (text[12] != ' ' && text[12] != '\0'))
		return err_set(e, 0, "no HTTP/1.1");
	h->status = (unsigned)((text[9] - '0') * 100 + (text[10] - '0') * 10 +
	    text[11] - '0');
	return fields(at, p + len, h, e);
}

const char *
http_field(const struct http_head *h, const char *name, bool *twice)
{
	const char *value = NULL;

	*twice = false;
	for (size_t i = 0; i < h->n; i++) {
		if (strcasecmp(h->fields[i].name, name) != 0)
			continue;
		*twice |= value != NULL;
		value = value == NULL ? h->fields[i].value : value;
	}
	return value;
}

static bool
list_has(const char *list, const char *word, size_t len,
    int (*same)(const char *, const char *, size_t))
{
	while (*list != '\0') {
		size_t n = strcspn(list += strspn(list, ", \t"), ", \t");

		if (n == len && same(list, word, len) == 0)
			return true;
		list += n;
	}
	return false;
}

bool
http_list_has(const char *list, const char *word, size_t len)
{
	return list_has(list, word, len, strncmp);
}

bool
http_lists(const struct http_head *h, const char *name, const char *word)
{
	for (size_t i = 0; i < h->n; i++)
		if (strcasecmp(h->fields[i].name, name) == 0 &&
		    list_has(
			h->fields[i].value, word, strlen(word), strncasecmp))
			return true;
	return false;
}

static int
digit(char c)
{
	static const char all[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				  "abcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *at = c == '\0' ? NULL : strchr(all, c);

	return at == NULL ? -1 : (int)(at - all);
}

int
http_base64(const char *in, size_t len, uint8_t *out, size_t size)
{
	size_t pad = 0, n = 0;
	uint32_t bits = 0;

	if (len % 4 != 0)
		return -1;
	while (pad < 2 && pad < len && in[len - 1 - pad] == '=')
		pad++;
	for (size_t i = 0; i < len - pad; i++) {
		int d = digit(in[i]);

		if (d == -1)
			return -1;
		bits = bits << 6 | (uint32_t)d;
		if (i % 4 == 0)
			continue;
		if (n == size)
			return -1;
		out[n++] = (uint8_t)(bits >> (6 - 2 * (i % 4)));
	}
	/* Bits that no byte takes: two texts would mean the same. */
	return (bits & ((1u << 2 * pad) - 1)) != 0 ? -1 : (int)n;
}
