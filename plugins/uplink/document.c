/* SPDX-License-Identifier: MIT */
/*
 * Document to artifact and back. What a person wrote is judged once, here; the
 * artifact is read as strictly, since it lay on a disk meanwhile.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "conf.h"
#include "document.h"
#include "json.h"

#define PORT          8883
#define KEEPALIVE_S   60
#define RETRY_MAX_S   300
#define CLAIM_DEFAULT "/etc/ingot/claim"
#define CA_DEFAULT    CLAIM_DEFAULT "/ca.pem"
#define PEM_BEGIN     "-----BEGIN CERTIFICATE-----"

static const char *const known[] = { "broker", "claim", "enrol", "retry_max_s",
	"username", "password", NULL };
static const char *const known_broker[] = { "host", "port", "ca", "keepalive_s",
	NULL };
static const char *const known_artifact[] = { "host", "port", "ca",
	"keepalive_s", "claim", "automatic", "retry_max_s", "username",
	"password", NULL };

bool
uplink_doc_inline_ca(const struct uplink_doc *d)
{
	return strncmp(d->ca, PEM_BEGIN, sizeof(PEM_BEGIN) - 1) == 0;
}

static bool
host_ok(const char *s)
{
	size_t n = strspn(s,
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789.-:");

	return n > 0 && s[n] == '\0';
}

static int
path_ok(conf_node *at, const char *key, const char *s, struct err *e)
{
	return s[0] == '/' && strstr(s, "..") == NULL
	    ? 0
	    : conf_err(at, e, "%s: an absolute path", key);
}

/* libconfig joins lines of adjacent strings; a PEM text comes with "\n", which
 * conf_str() refuses as control characters. */
static int
read_ca(conf_node *broker, const char **ca, struct err *e)
{
	conf_node *node = conf_get(broker, "ca");

	*ca = CA_DEFAULT;
	if (node == NULL)
		return 0;
	if (config_setting_type(node) != CONFIG_TYPE_STRING)
		return conf_err(node, e, "ca: a path, or the PEM text");
	*ca = config_setting_get_string(node);
	if (strlen(*ca) > UPLINK_CA_MAX)
		return conf_err(
		    node, e, "ca: longer than %d bytes", UPLINK_CA_MAX);
	if (strncmp(*ca, PEM_BEGIN, sizeof(PEM_BEGIN) - 1) == 0)
		return 0;
	if (strlen(*ca) > UPLINK_PATH_MAX)
		return conf_err(node, e, "ca: path too long");
	return path_ok(node, "ca", *ca, e);
}

static int
read_broker(conf_node *root, json_t *out, struct err *e)
{
	const char *host, *ca;
	int64_t port, keepalive;
	conf_node *b;

	if (conf_group(root, "broker", &b, e) == -1)
		return -1;
	if (b == NULL)
		return conf_err(root, e,
		    "broker: { host = \"...\"; } is "
		    "missing");
	if (conf_known(b, known_broker, e) == -1 ||
	    conf_str(b, "host", UPLINK_HOST_MAX, &host, e) == -1 ||
	    conf_int_or(b, "port", 1, 65535, PORT, &port, e) == -1 ||
	    conf_int_or(
		b, "keepalive_s", 5, 3600, KEEPALIVE_S, &keepalive, e) == -1 ||
	    read_ca(b, &ca, e) == -1)
		return -1;
	if (!host_ok(host))
		return conf_err(b, e, "host: a name or an address");
	return json_object_update_new(out,
		   json_pack("{s:s, s:I, s:s, s:I}", "host", host, "port",
		       (json_int_t)port, "ca", ca, "keepalive_s",
		       (json_int_t)keepalive)) == 0
	    ? 0
	    : err_set(e, ENOMEM, "out of memory");
}

static int
read_rest(conf_node *root, json_t *out, struct err *e)
{
	const char *claim, *enrol, *username, *password;
	int64_t retry;

	if (conf_known(root, known, e) == -1 ||
	    conf_str_or(root, "claim", UPLINK_PATH_MAX, CLAIM_DEFAULT, &claim,
		e) == -1 ||
	    path_ok(root, "claim", claim, e) == -1 ||
	    conf_str_or(root, "enrol", 16, "manual", &enrol, e) == -1 ||
	    conf_int_or(
		root, "retry_max_s", 1, 86400, RETRY_MAX_S, &retry, e) == -1 ||
	    conf_str_or(root, "username", UPLINK_PATH_MAX, "", &username, e) ==
		-1 ||
	    conf_str_or(root, "password", UPLINK_PATH_MAX, "", &password, e) ==
		-1)
		return -1;
	if (strcmp(enrol, "manual") != 0 && strcmp(enrol, "auto") != 0)
		return conf_err(root, e, "enrol: \"manual\" or \"auto\"");
	if ((username[0] == '\0') != (password[0] == '\0'))
		return conf_err(root, e, "username and password: both or none");
	return json_object_update_new(out,
		   json_pack("{s:s, s:b, s:I, s:s, s:s}", "claim", claim,
		       "automatic", strcmp(enrol, "auto") == 0, "retry_max_s",
		       (json_int_t)retry, "username", username, "password",
		       password)) == 0
	    ? 0
	    : err_set(e, ENOMEM, "out of memory");
}

int
uplink_doc_render(
    const char *text, size_t len, struct bytes *out, struct err *e)
{
	own_conf struct conf conf = { 0 };
	own_json json_t *j = json_object();
	own_str char *line = NULL;

	if (conf_parse(&conf, "uplink.conf", text, len, e) == -1)
		return -1;
	if (read_rest(conf_root(&conf), j, e) == -1 ||
	    read_broker(conf_root(&conf), j, e) == -1)
		return -1;
	if ((line = json_line(j)) == NULL)
		return err_set(e, ENOMEM, "out of memory");
	bytes_add(out, line, strlen(line));
	return out->bad ? err_set(e, ENOMEM, "out of memory") : 0;
}

static int
text(const json_t *j, const char *key, char *out, size_t size, struct err *e)
{
	const char *s;

	if (json_str(j, key, size - 1, &s, e) == -1)
		return -1;
	memcpy(out, s, strlen(s) + 1);
	return 0;
}

int
uplink_doc_read(
    const char *artifact, size_t len, struct uplink_doc *d, struct err *e)
{
	own_json json_t *j =
	    json_parse("artifact", artifact, len, 4 * UPLINK_CA_MAX, e);
	int64_t port, keepalive, retry;

	if (j == NULL)
		return -1;
	if (json_known(j, known_artifact, e) == -1 ||
	    text(j, "host", d->host, sizeof(d->host), e) == -1 ||
	    text(j, "ca", d->ca, sizeof(d->ca), e) == -1 ||
	    text(j, "claim", d->claim, sizeof(d->claim), e) == -1 ||
	    text(j, "username", d->username, sizeof(d->username), e) == -1 ||
	    text(j, "password", d->password, sizeof(d->password), e) == -1 ||
	    json_num(j, "port", 1, 65535, &port, e) == -1 ||
	    json_num(j, "keepalive_s", 5, 3600, &keepalive, e) == -1 ||
	    json_num(j, "retry_max_s", 1, 86400, &retry, e) == -1)
		return err_in(e, "artifact");
	d->port = (uint16_t)port;
	d->keepalive_s = (unsigned)keepalive;
	d->retry_max_ms = (uint64_t)retry * 1000;
	d->automatic = json_is_true(json_object_get(j, "automatic"));
	return 0;
}
