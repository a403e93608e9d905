/* SPDX-License-Identifier: MIT */
/*
 * The document as tables: each key, what it may be, its default. What spans
 * several keys is in check.c. A charge point that no line names has the
 * defaults: the last class is always "*".
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "document.h"
#include "fields.h"

#define NAME_MAX_          32
#define PATH_MAX_          200
#define TEXT_MAX_          255
#define SECRET_MAX_        64 /* OCPP 2.1: BasicAuthPassword */
#define MIB                (INT64_C(1) << 20)

#define AT(type, member)   offsetof(struct type, member)
#define SIZE(type, member) sizeof(((struct type *)0)->member)

/* clang-format off */
#define TEXT(type, key, max) \
	{ #key, FIELD_TEXT, .at = AT(type, key), .most = (max) }
#define NEED(type, key, max) \
	{ #key, FIELD_TEXT, .at = AT(type, key), .most = (max), .needed = true }
#define FLAG(type, key, by_default) \
	{ #key, FIELD_FLAG, .at = AT(type, key), .otherwise = (by_default) }
#define NUMBER(type, key, min, max, by_default) \
	{ #key, FIELD_NUMBER, .at = AT(type, key), .size = SIZE(type, key), \
	  .least = (min), .most = (max), .otherwise = (by_default) }
#define WORD(type, key, list, by_default) \
	{ #key, FIELD_WORD, .at = AT(type, key), .words = (list), \
	  .otherwise = (by_default) }
#define BITS(type, name, key, list) \
	{ name, FIELD_BITS, .at = AT(type, key), .words = (list) }
#define TEXTS(type, key, number, most_of, max) \
	{ #key, FIELD_TEXTS, .at = AT(type, key), .count_at = AT(type, number), \
	  .least = (most_of), .most = (max) }
#define GROUP(type, key, of, table) \
	{ #key, FIELD_GROUP, .at = AT(type, key), .size = sizeof(struct of), \
	  .sub = (table) }
#define IN(type, name, key, table) \
	{ name, FIELD_IN, .at = AT(type, key), .sub = (table) }
#define LIST(type, name, key, number, of, most_of, table) \
	{ name, FIELD_LIST, .at = AT(type, key), .count_at = AT(type, number), \
	  .size = sizeof(struct of), .most = (most_of), .sub = (table) }
#define END { .kind = FIELD_END }

static const char *const versions[] = { "ocpp1.6", "ocpp2.0.1", "ocpp2.1",
	NULL };
static const char *const ways[] = { "charger", "csms", NULL };
static const char *const modes[] = { "transparent", "store", NULL };
static const char *const judgings[] = { "off", "warn", "reject", NULL };
static const char *const manages[] = { "forward", "gateway", "refuse", NULL };
static const char *const whos[] = { "known", "pattern", "any", NULL };
static const char *const seconds[] = { "keep-old", "take-new", "by-strength",
	NULL };

static const struct field key_pair[] = {
	TEXT(ocpp_key_pair, chain, PATH_MAX_),
	TEXT(ocpp_key_pair, key, PATH_MAX_),
	END
};

static const struct field listener[] = {
	NEED(ocpp_listener, name, NAME_MAX_),
	NEED(ocpp_listener, address, 64),
	TEXT(ocpp_listener, root, TEXT_MAX_),
	{ "port", FIELD_NUMBER, .at = AT(ocpp_listener, port), .size = 2,
	  .least = 1, .most = 65535, .needed = true },
	{ "profile", FIELD_NUMBER, .at = AT(ocpp_listener, profile), .size = 1,
	  .most = 3, .needed = true },
	BITS(ocpp_listener, "versions", versions, versions),
	TEXT(ocpp_listener, anchors, PATH_MAX_),
	FLAG(ocpp_listener, static_rsa, false),
	FLAG(ocpp_listener, old_tls, false),
	FLAG(ocpp_listener, deflate, true),
	IN(ocpp_listener, "ec", pairs[0], key_pair),
	IN(ocpp_listener, "rsa", pairs[1], key_pair),
	TEXTS(ocpp_listener, names, nnames, 16, TEXT_MAX_),
	END
};

static const struct field csms[] = {
	NEED(ocpp_csms, url, TEXT_MAX_),
	{ "profile", FIELD_NUMBER, .at = AT(ocpp_csms, profile), .size = 1,
	  .most = 3, .needed = true },
	TEXT(ocpp_csms, user, 48),
	TEXT(ocpp_csms, password, SECRET_MAX_),
	TEXT(ocpp_csms, anchors, PATH_MAX_),
	TEXT(ocpp_csms, identity, 64),
	FLAG(ocpp_csms, own_leaf, false),
	FLAG(ocpp_csms, wildcards, false),
	FLAG(ocpp_csms, deflate, true),
	FLAG(ocpp_csms, downgrade, false),
	END
};

static const struct field backoff[] = {
	NUMBER(ocpp_backoff, wait, 1, 3600, 5),
	NUMBER(ocpp_backoff, random, 0, 3600, 10),
	NUMBER(ocpp_backoff, repeats, 0, 10, 5),
	END
};

static const struct field class[] = {
	{ "charger", FIELD_TEXT, .at = AT(ocpp_class, pattern),
	  .most = OCPP_IDENTITY_MAX, .needed = true },
	WORD(ocpp_class, mode, modes, OCPP_TRANSPARENT),
	FLAG(ocpp_class, provisional, false),
	FLAG(ocpp_class, accept, false),
	WORD(ocpp_class, certificates, manages, OCPP_FORWARD),
	WORD(ocpp_class, profiles, manages, OCPP_FORWARD),
	FLAG(ocpp_class, move, false),
	TEXT(ocpp_class, password, SECRET_MAX_),
	GROUP(ocpp_class, csms, ocpp_csms, csms),
	END
};

static const struct field backend[] = {
	NEED(ocpp_backend, name, NAME_MAX_),
	TEXT(ocpp_backend, charger, OCPP_IDENTITY_MAX),
	{ "csms", FIELD_IN, .at = AT(ocpp_backend, csms), .sub = csms,
	  .needed = true },
	TEXTS(ocpp_backend, copied, ncopied, 100, OCPP_ACTION_MAX),
	TEXTS(ocpp_backend, allowed, nallowed, 100, OCPP_ACTION_MAX),
	END
};

static const struct field rule[] = {
	{ "mode", FIELD_WORD, .at = AT(ocpp_rule, judging), .words = judgings,
	  .otherwise = OCPP_WARN },
	BITS(ocpp_rule, "versions", versions, versions),
	BITS(ocpp_rule, "from", ways, ways),
	TEXT(ocpp_rule, charger, OCPP_IDENTITY_MAX),
	TEXT(ocpp_rule, action, OCPP_ACTION_MAX),
	END
};

static const struct field limits[] = {
	NUMBER(ocpp_limits, chargers, 1, DOC_CLASSES, 200),
	NUMBER(ocpp_limits, frame, 1024, 16 * MIB, MIB / 4),
	NUMBER(ocpp_limits, queue, 4096, 64 * MIB, MIB),
	NUMBER(ocpp_limits, handshakes, 1, 10000, 50),
	NUMBER(ocpp_limits, frames, 1, 100000, 100),
	NUMBER(ocpp_limits, failures, 1, 1000, 10),
	NUMBER(ocpp_limits, handshake_ms, 1000, 120000, 20000),
	NUMBER(ocpp_limits, slow_ms, 1000, 600000, 20000),
	NUMBER(ocpp_limits, call_ms, 1000, 600000, 30000),
	/* 0 is OCPP's own "none" (WebSocketPingInterval). */
	NUMBER(ocpp_limits, ping_s, 0, 3600, 60),
	/* A host's files end at 16 MB, and a segment is a 64th of all. */
	NUMBER(ocpp_limits, store_bytes, MIB, 512 * MIB, 64 * MIB),
	NUMBER(ocpp_limits, store_records, 10, 10000000, 10000),
	NUMBER(ocpp_limits, attempts, 1, 100, 3),
	NUMBER(ocpp_limits, attempt_s, 1, 86400, 60),
	NUMBER(ocpp_limits, replay, 1, 10000, 20),
	END
};

static const struct field mirror_rule[] = {
	NEED(ocpp_mirror_rule, charger, OCPP_IDENTITY_MAX),
	NEED(ocpp_mirror_rule, action, OCPP_ACTION_MAX),
	END
};

static const struct field mirror[] = {
	NEED(ocpp_mirror, broker, TEXT_MAX_),
	TEXT(ocpp_mirror, anchors, PATH_MAX_),
	TEXT(ocpp_mirror, chain, PATH_MAX_),
	TEXT(ocpp_mirror, key, PATH_MAX_),
	TEXT(ocpp_mirror, user, TEXT_MAX_),
	TEXT(ocpp_mirror, password, TEXT_MAX_),
	TEXT(ocpp_mirror, prefix, 100),
	FLAG(ocpp_mirror, frames, true),
	FLAG(ocpp_mirror, hide_idtags, false),
	LIST(ocpp_mirror, "commands", rules, nrules, ocpp_mirror_rule, 1000,
	    mirror_rule),
	END
};

static const struct field exposed[] = {
	FLAG(ocpp_exposed, on, false),
	NUMBER(ocpp_exposed, port, 1, 65535, 8883),
	NUMBER(ocpp_exposed, inner, 1, 65535, 1884),
	TEXT(ocpp_exposed, address, 64),
	TEXT(ocpp_exposed, anchors, PATH_MAX_),
	TEXT(ocpp_exposed, chain, PATH_MAX_),
	TEXT(ocpp_exposed, key, PATH_MAX_),
	TEXT(ocpp_exposed, folder, PATH_MAX_),
	TEXTS(ocpp_exposed, topics, ntopics, 100, TEXT_MAX_),
	END
};

static const struct field document[] = {
	LIST(ocpp_settings, "listeners", listeners, nlisteners, ocpp_listener,
	    DOC_LISTENERS, listener),
	{ "csms", FIELD_IN, .at = AT(ocpp_settings, csms), .sub = csms,
	  .needed = true },
	IN(ocpp_settings, "backoff", backoff, backoff),
	{ "identities", FIELD_WORD, .at = AT(ocpp_settings, who), .words = whos,
	  .otherwise = OCPP_ANY },
	WORD(ocpp_settings, second, seconds, OCPP_BY_STRENGTH),
	LIST(ocpp_settings, "chargers", classes, nclasses, ocpp_class,
	    DOC_CLASSES, class),
	LIST(ocpp_settings, "backends", backends, nbackends, ocpp_backend, 8,
	    backend),
	LIST(ocpp_settings, "validation", rules, nrules, ocpp_rule, 1000, rule),
	IN(ocpp_settings, "limits", limits, limits),
	GROUP(ocpp_settings, mirror, ocpp_mirror, mirror),
	IN(ocpp_settings, "exposed", exposed, exposed),
	TEXT(ocpp_settings, cpo, 64),
	END
};
/* clang-format on */

/* Those that no line names; and which lines name one alone. */
static int
finish(struct ocpp_settings *s, struct err *e)
{
	struct ocpp_class *all = s->classes, *last;

	if (s->nclasses == 0 ||
	    strcmp(all[s->nclasses - 1].pattern, "*") != 0) {
		all = realloc(all, (s->nclasses + 1) * sizeof(*all));
		if (all == NULL)
			return err_set(e, ENOMEM, "out of memory");
		s->classes = all;
		last = &all[s->nclasses];
		memset(last, 0, sizeof(*last));
		if ((last->pattern = strdup("*")) == NULL)
			return err_set(e, ENOMEM, "out of memory");
		s->nclasses++;
	}
	for (size_t i = 0; i < s->nclasses; i++)
		all[i].exact = strpbrk(all[i].pattern, "*?") == NULL;
	return 0;
}

int
ocpp_doc_read(
    struct ocpp_settings *s, const char *text, size_t len, struct err *e)
{
	own_conf struct conf conf = { 0 };

	memset(s, 0, sizeof(*s));
	if (conf_parse(&conf, DOC_NAME, text, len, e) == -1 ||
	    fields_read(conf_root(&conf), document, s, e) == -1 ||
	    finish(s, e) == -1)
		return -1;
	return ocpp_doc_check(s, conf_root(&conf), e);
}

void
ocpp_doc_write(const struct ocpp_settings *s, struct bytes *out)
{
	fields_write(document, s, 0, out);
}

void
ocpp_doc_free(struct ocpp_settings *s)
{
	fields_free(document, s);
	memset(s, 0, sizeof(*s));
}
