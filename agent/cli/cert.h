/* SPDX-License-Identifier: MIT */
#ifndef CLI_CERT_H
#define CLI_CERT_H

#include "cli_in.h"

/* What the files of `ingot cert` share. */

/* One word behind `ingot cert`. */
struct cert_word {
	const char *name;
	int least, most; /* operands behind it */
	const char *operands;
	const char *verb; /* of cert_store; NULL: run does all of it */
	bool looks;       /* changes nothing: the group may */
	/* The question, or NULL: e says why. */
	json_t *(*question)(struct cli *, struct err *);
	enum ctl_code (*show)(struct cli *, const json_t *reply);
	enum ctl_code (*run)(struct cli *);
};

/* Asks cert_store. On CODE_OK *reply is the caller's. */
enum ctl_code cert_ask(struct cli *, const char *verb, bool looks,
    json_t *question, json_t **reply, struct err *);
/* What the reply's result is as an exit code. */
enum ctl_code cert_code(const json_t *reply);

/* cert_show.c */
enum ctl_code cert_show_list(struct cli *, const json_t *reply);
enum ctl_code cert_show_leaf(struct cli *, const json_t *reply);
enum ctl_code cert_show_expiry(struct cli *, const json_t *reply);
enum ctl_code cert_show_count(struct cli *, const json_t *reply);
enum ctl_code cert_show_csr(struct cli *, const json_t *reply);
enum ctl_code cert_show_verify(struct cli *, const json_t *reply);
enum ctl_code cert_show_deleted(struct cli *, const json_t *reply);
enum ctl_code cert_show_collected(struct cli *, const json_t *reply);
enum ctl_code cert_show_location(struct cli *, const json_t *reply);
enum ctl_code cert_show_ocsp(struct cli *, const json_t *reply);
enum ctl_code cert_show_answer(struct cli *, const json_t *reply);
enum ctl_code cert_show_handles(struct cli *, const json_t *reply);
enum ctl_code cert_show_done(struct cli *, const json_t *reply);

/* cert_words.c: the questions. */
extern const struct cert_word cert_words[]; /* ended by a zero */

/* cert_tls.c: ingot cert openssl-config. */
enum ctl_code cert_openssl_config(struct cli *);

#endif
