/* SPDX-License-Identifier: MIT */
#ifndef OCPP_SECURE_IN_H
#define OCPP_SECURE_IN_H

#include "buf.h"
#include "json.h"
#include "seclog.h"
#include "secure.h"

/* Between the files of secure.h; nobody else includes this. */

#define SECURE_SLOTS   4     /* network profiles of a charge point (2.x) */
#define SECURE_TEXT    64    /* CpoName, OrganizationName: X.520's O */
#define SECURE_CHAIN   10000 /* CertificateSignedMaxChainSize */
#define SECURE_CSR     5500
#define SECURE_VALUE   80 /* of a setting that is read */
#define SECURE_PAYLOAD (256 * 1024)

/* A change that has not worked yet, and what to go back to. */
struct trial {
	bool on;
	uint8_t profile;
	uint8_t secret[CHARGER_SECRET_MAX];
	size_t secret_len;
	unsigned failures; /* of the network; not on disk */
};

struct slot { /* SetNetworkProfile */
	bool set;
	int number;
	uint8_t profile;
	char password[CHARGER_SECRET_MAX + 1]; /* 2.1; "": as it is */
};

enum leaf {
	LEAF_CSMS, /* shown to the CSMS */
	LEAF_V2G,  /* shown to cars */
	LEAVES
};

/* A request for a certificate that is under way (A02). In memory alone: what
 * the CSMS answers after a restart is known by its key. */
struct signing {
	bool on;
	char *csr;
	char key[128];   /* certs.csr's name of it */
	int64_t request; /* 2.1 */
	unsigned sent;
	uint64_t next_ms; /* 0: its CALL is under way */
};

/* A key that the charge point itself is asked to take (OCPP_FORWARD). */
struct passed {
	char id[OCPP_ID_MAX * 4 + 1]; /* of the CALL, "": none */
	uint8_t secret[CHARGER_SECRET_MAX];
	size_t secret_len;
};

/* What is kept of a charge point beyond its record: a file of its own. */
struct secured {
	char identity[OCPP_IDENTITY_MAX + 1];
	char cpo[SECURE_TEXT + 1]; /* "": the settings' */
	int64_t wait_s, repeats;   /* CertSigningWaitMinimum, -RepeatTimes */
	struct trial trial;
	struct slot slots[SECURE_SLOTS];
	char priority[32]; /* NetworkConfigurationPriority, "" */
	bool moved;        /* it takes effect with the next Reset */
	/* Not on disk. */
	struct signing signing[LEAVES];
	struct passed passed;
	struct logging *logging; /* a GetLog under way, or NULL */
	bool telling;            /* a SecurityEventNotification is under way */
	uint64_t renewed_ms;     /* when renewal was last begun, 0: never */
	struct secured *next;
};

struct secure {
	struct bridge *bridge;
	struct loop *loop;
	const struct bridge_host *host;
	struct chargers *chargers;
	const struct ocpp_settings *set;
	struct seclog *log; /* NULL: can not be written */
	struct crew *crew;  /* for uploads; NULL: none yet */
	int folder;
	struct secured *all;
	size_t n;
	int64_t request; /* the last requestId */
	int look_timer;  /* for renewals, and who is the next */
	size_t looked;
	int timer;      /* every second while something waits */
	int64_t minute; /* of events, and how many in it */
	unsigned written;
	uint64_t last;      /* event in the log */
	uint64_t shared_ms; /* when the gateway's leaf was last renewed */
};

/* Found, read or new. NULL: out of memory. */
struct secured *secured_of(struct secure *, const char *identity);
/* Durable when it returns 0. */
int secured_save(struct secure *, const struct secured *, struct err *);
int secured_text(const struct secured *, struct bytes *out, struct err *);
int secured_parse(struct secured *, const char *text, size_t, struct err *);
void secured_new_is(struct secured *, const char *identity);
void secured_free(struct secured *);

/* --- one CALL that the gateway answers ------------------------------------ */

struct job {
	struct secure *s;
	struct pair *p;
	struct charger *c;
	struct secured *r;
	const struct frame *f;
	struct span text;
	const json_t *q; /* its payload */
};
typedef enum pair_do job_fn(struct job *);

/* Runs fn when policy is GATEWAY; REFUSE answers refusal, FORWARD passes. */
enum pair_do job_run(struct pair *, const struct frame *, struct span text,
    enum ocpp_manage, const char *refusal, job_fn *);
enum pair_do job_reply(struct job *, json_t *reply /* eaten, or NULL */);
/* { status, and in 2.x statusInfo with reason (<= 20) and info } */
enum pair_do job_status(
    struct job *, const char *status, const char *reason, const char *info);
json_t *status_json(enum ocpp_version, const char *status, const char *reason,
    const char *info);
/* A text of the question, "" when it is none. */
const char *job_text(const json_t *object, const char *key);

/* A verb of the certificate store. question is eaten. NULL: e says why. */
json_t *
certs_ask(struct secure *, const char *verb, json_t *question, struct err *);
/* Its "result"; "Failed" for NULL. */
const char *certs_result(const json_t *reply);

/* --- one charge point's leg to the CSMS ----------------------------------- */

const struct ocpp_csms *csms_of(const struct secure *, const struct charger *);
uint8_t profile_of(const struct secure *, const struct charger *);
/* O of requests, "" if there is none. */
const char *cpo_of(const struct secure *, const struct secured *);
/* The name its leaf carries, NULL: any of the store's. */
const char *leaf_of(const struct secure *, const struct charger *);
/* NULL: it may be changed to this profile now (A05, B09); else the reason
 * (<= 20 characters), and in e the sentence. secret: a new one comes along. */
const char *profile_refusal(struct secure *, const struct charger *,
    uint8_t profile, bool secret, struct err *);
/*
 * Puts profile and secret (NULL: as it is) into the record, durably, with what
 * there was to go back to.
 */
int profile_try(struct secure *, struct secured *, struct charger *,
    uint8_t profile, const uint8_t *secret, size_t len, struct err *);
/* The bytes of an AuthorizationKey (1.6) or BasicAuthPassword (2.x). -1: it
 * can be none; e does not show it. */
int secret_parse(enum ocpp_version, const char *text,
    uint8_t out[static CHARGER_SECRET_MAX], struct err *);
/* A secret of that length for the leg to the CSMS. NULL: done, *redial: to be
 * dialled with it; else as profile_refusal(). */
const char *
secret_change(struct job *, const char *text, bool *redial, struct err *);

/*
 * One thing that may be asked and changed: a key of 1.6, a variable of 2.x.
 * read: "" when there is nothing to say. write: NULL when it is done, else the
 * reason (<= 20 characters); *redial: the CSMS is to be dialled with it.
 */
struct setting {
	const char *key, *component, *variable;
	bool profiles; /* of class.profiles; else of class.certificates */
	void (*read)(struct job *, char out[static SECURE_VALUE]);
	const char *(*write)(
	    struct job *, const char *value, bool *redial, struct err *);
};
extern const struct setting settings[]; /* ended by variable NULL */
enum ocpp_manage setting_policy(const struct charger *, const struct setting *);

/* SetNetworkProfile's slots as NetworkConfigurationPriority names them. */
const char *
priority_change(struct job *, const char *value, bool *redial, struct err *);
int priority_first(const struct secured *, const char *list);

/*
 * Part of the question is the charge point's: that part goes to it as our CALL
 * of that action, and what it answers gets ours appended to its list. both are
 * eaten.
 */
enum pair_do merge_ask(struct job *, const char *action, json_t *others,
    const char *list, json_t *ours, bool redial);

/* --- certificates --------------------------------------------------------- */

/* OCPP's types of installed certificates and the store's domains. One without
 * a domain is known to OCPP and to no store of ours. */
struct cert_type {
	const char *name;   /* of InstallCertificate and of the question */
	const char *domain; /* certs.install, NULL: nothing is kept */
	const char *listed; /* certs.list, NULL: nothing is */
	unsigned versions;
};
extern const struct cert_type cert_types[]; /* ended by name NULL */
const struct cert_type *cert_type_of(enum ocpp_version, const char *name);
/* A page of certs.list; its "next" is the next page's from. */
#define PAGES_MAX 100
json_t *cert_page(struct secure *, const char *type, const char *algorithm,
    json_int_t from, struct err *);

/* Begins a request for that leaf: key, CSR and CALL. */
int sign_begin(struct secure *, struct pair *, enum leaf, struct err *);
void sign_sweep(struct secure *, struct secured *, uint64_t now);
bool sign_waits(const struct secured *);
void sign_forget(struct signing *);
const char *sign_type(enum leaf);  /* OCPP's, 2.x */
const char *sign_store(enum leaf); /* the store's */
/* Is it time to renew, and nobody does? Then it begins. */
void sign_renew(struct secure *, struct pair *);

/* --- logs (secure_log.c) ----------------------------------------------------
 */

void log_sweep(struct secured *, uint64_t now);
bool log_waits(const struct secured *);
void log_forget(struct secured *); /* ends what is under way */

/* --- events --------------------------------------------------------------- */

/* name: 2.x's. */
void secure_raise(struct secure *, struct pair *, const char *name,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));
/* Sends the pair's CSMS what it has not had yet: if it has accepted the charge
 * point, or when it has, just now. */
void secure_push(struct secure *, struct pair *);
void secure_push_accepted(struct secure *, struct pair *);
void secure_look(struct secure *);  /* at the next, for renewal */
void secure_watch(struct secure *); /* the timer runs while something waits */

/* Rows of secure_handled, one file each. */
pair_handler asked_install, asked_delete, asked_ids, asked_sign, asked_signed,
    asked_trigger, asked_change, answered_change, asked_get, asked_set_vars,
    asked_get_vars, asked_network, asked_reset, answered_reset, asked_firmware,
    asked_log, answered_boot;

#endif
