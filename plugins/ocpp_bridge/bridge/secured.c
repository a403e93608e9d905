/* SPDX-License-Identifier: MIT */
/*
 * What is kept of a charge point for these messages: a small file each, JSON,
 * named by the hash of the identity (which may be long, and anything). It may
 * hold a password that is on trial, so it is 0600 and wiped in memory. One that
 * can not be read counts as absent: then there is nothing to go back to, and
 * the record in use is the one that counts.
 */
#include <openssl/crypto.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "digest.h"
#include "file.h"
#include "secure_in.h"

#define FILE_MAX 8192

/* Seconds, times: OCPP names no default; a CA may need a person. */
#define WAIT_S  60
#define REPEATS 3

void
secured_new_is(struct secured *r, const char *identity)
{
	char own[sizeof(r->identity)];

	/* It may be r's own. */
	(void)snprintf(own, sizeof(own), "%s", identity);
	memset(r, 0, sizeof(*r));
	(void)strcpy(r->identity, own);
	r->wait_s = WAIT_S;
	r->repeats = REPEATS;
}

void
secured_free(struct secured *r)
{
	log_forget(r);
	for (int i = 0; i < LEAVES; i++)
		free(r->signing[i].csr);
	OPENSSL_cleanse(r, sizeof(*r));
	free(r);
}

static int
add_trial(json_t *o, const struct trial *t)
{
	char hex[2 * CHARGER_SECRET_MAX + 1] = "";
	int rc;

	if (!t->on)
		return 0;
	hex_encode(t->secret, t->secret_len, hex);
	rc = json_object_set_new(o, "before",
	    json_pack("{s:i, s:s}", "profile", t->profile, "secret", hex));
	OPENSSL_cleanse(hex, sizeof(hex));
	return rc;
}

static int
add_slots(json_t *o, const struct secured *r)
{
	json_t *list = json_array();

	for (int i = 0; i < SECURE_SLOTS; i++)
		if (r->slots[i].set &&
		    json_array_append_new(list,
			json_pack("{s:i, s:i, s:s}", "slot", r->slots[i].number,
			    "profile", r->slots[i].profile, "password",
			    r->slots[i].password)) == -1) {
			json_decref(list);
			return -1;
		}
	return json_object_set_new(o, "slots", list);
}

int
secured_text(const struct secured *r, struct bytes *out, struct err *e)
{
	own_json json_t *o = json_pack("{s:o, s:s, s:I, s:I, s:s, s:b}",
	    "identity", json_text(r->identity), "cpo", r->cpo, "wait",
	    (json_int_t)r->wait_s, "repeats", (json_int_t)r->repeats,
	    "priority", r->priority, "moved", r->moved);
	own_str char *line = NULL;

	if (o != NULL && add_trial(o, &r->trial) == 0 && add_slots(o, r) == 0)
		line = json_line(o);
	if (line == NULL)
		return err_set(e, ENOMEM, "out of memory");
	bytes_add(out, line, strlen(line));
	OPENSSL_cleanse(line, strlen(line));
	return out->bad ? err_set(e, ENOMEM, "out of memory") : 0;
}

static int
text_of(const json_t *o, const char *key, char *out, size_t size, struct err *e)
{
	const char *s;

	if (json_str_or(o, key, size - 1, "", &s, e) == -1)
		return -1;
	(void)strcpy(out, s);
	return 0;
}

static int
parse_trial(const json_t *o, struct trial *t, struct err *e)
{
	const char *hex;
	int64_t profile;
	long n;

	if (o == NULL)
		return 0;
	if (json_num(o, "profile", 0, 255, &profile, e) == -1 ||
	    json_str(o, "secret", sizeof(t->secret) * 2, &hex, e) == -1)
		return -1;
	n = *hex == '\0' ? 0 : hex_decode(hex, t->secret, sizeof(t->secret));
	if (n < 0)
		return err_set(e, EINVAL, "secret: no hexadecimal");
	t->secret_len = (size_t)n;
	t->profile = (uint8_t)profile;
	t->on = true;
	return 0;
}

static int
parse_slots(const json_t *o, struct secured *r, struct err *e)
{
	int64_t number, profile;
	json_t *list;

	if (json_array_of(o, "slots", SECURE_SLOTS, &list, e) == -1)
		return -1;
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *one = json_array_get(list, i);
		struct slot *t = &r->slots[i];

		if (json_num(one, "slot", INT32_MIN, INT32_MAX, &number, e) ==
			-1 ||
		    json_num(one, "profile", 0, 3, &profile, e) == -1 ||
		    text_of(one, "password", t->password, sizeof(t->password),
			e) == -1)
			return -1;
		t->number = (int)number;
		t->profile = (uint8_t)profile;
		t->set = true;
	}
	return 0;
}

int
secured_parse(struct secured *r, const char *text, size_t len, struct err *e)
{
	own_json json_t *o = json_parse("record", text, len, FILE_MAX, e);
	char identity[sizeof(r->identity)];

	if (o == NULL ||
	    text_of(o, "identity", identity, sizeof(identity), e) == -1 ||
	    text_of(o, "cpo", r->cpo, sizeof(r->cpo), e) == -1 ||
	    text_of(o, "priority", r->priority, sizeof(r->priority), e) == -1 ||
	    json_num(o, "wait", 1, 86400, &r->wait_s, e) == -1 ||
	    json_num(o, "repeats", 0, 100, &r->repeats, e) == -1 ||
	    parse_trial(json_object_get(o, "before"), &r->trial, e) == -1 ||
	    parse_slots(o, r, e) == -1)
		return -1;
	r->moved = json_is_true(json_object_get(o, "moved"));
	return strcmp(identity, r->identity) == 0
	    ? 0
	    : err_set(e, EINVAL, "of another charge point");
}

static int
file_name(const char *identity, char out[SHA256_HEX], struct err *e)
{
	uint8_t digest[SHA256_LEN];

	if (sha256(identity, strlen(identity), digest, e) == -1)
		return -1;
	hex_encode(digest, sizeof(digest), out);
	return 0;
}

int
secured_save(struct secure *s, const struct secured *r, struct err *e)
{
	own_bytes struct bytes text = { 0 };
	char name[SHA256_HEX];

	if (file_name(r->identity, name, e) == -1 ||
	    secured_text(r, &text, e) == -1)
		return -1;
	return file_write(s->folder, name, text.p, text.len, FILE_SECRET, e);
}

static void
load(struct secure *s, struct secured *r)
{
	own_bytes struct bytes text = { 0 };
	char name[SHA256_HEX], line[ERR_TEXT_MAX + SHA256_HEX + 32];
	struct err e = { 0 };

	if (file_name(r->identity, name, &e) == 0 &&
	    file_read(s->folder, name, FILE_MAX, &text, &e) == 0 &&
	    secured_parse(r, text.p, text.len, &e) == 0)
		return;
	secured_new_is(r, r->identity);
	if (e.code == ENOENT || s->host->log == NULL)
		return;
	(void)snprintf(
	    line, sizeof(line), "secure/%s: %s; begun anew", name, e.text);
	s->host->log(s->host->ctx, line);
}

/* Memory is bounded by how many may be connected. */
static void
make_room(struct secure *s)
{
	struct secured **at = &s->all, *r;

	while (s->n >= s->set->limits.chargers && (r = *at) != NULL) {
		struct charger *c = chargers_find(s->chargers, r->identity);

		if ((c != NULL && c->pair != NULL) || sign_waits(r)) {
			at = &r->next;
			continue;
		}
		*at = r->next;
		secured_free(r);
		s->n--;
	}
}

struct secured *
secured_of(struct secure *s, const char *identity)
{
	struct secured *r;

	for (r = s->all; r != NULL; r = r->next)
		if (strcmp(r->identity, identity) == 0)
			return r;
	make_room(s);
	if ((r = calloc(1, sizeof(*r))) == NULL)
		return NULL;
	secured_new_is(r, identity);
	load(s, r);
	r->next = s->all;
	s->all = r;
	s->n++;
	return r;
}
