/* SPDX-License-Identifier: MIT */
#ifndef CLI_CERT_H
#define CLI_CERT_H

#include "cli_in.h"

/* What the files of `ingot cert` share. */
#define CERT_STAPLE_MAX (64 * 1024) /* bytes of an OCSP answer */

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
enum ctl_code cert_show_crls(struct cli *, const json_t *reply);
enum ctl_code cert_show_answer(struct cli *, const json_t *reply);
enum ctl_code cert_show_handles(struct cli *, const json_t *reply);
enum ctl_code cert_show_done(struct cli *, const json_t *reply);

/* cert_words.c: the questions; and what they are made of. A file's text or
 * base64, at most max bytes; an option as a member when it was given (-1: no
 * UTF-8); the word's first operand as member, its file as another. NULL: e. */
json_t *cert_text_file(const char *path, size_t max, struct err *);
json_t *cert_base64_file(const char *path, size_t max, struct err *);
int cert_add_option(
    json_t *, const struct cli *, const char *option, const char *member);
json_t *cert_with_file(
    struct cli *, const char *member, const char *file, struct err *);
json_t *cert_no_text(struct err *);         /* always NULL */
extern const struct cert_word cert_words[]; /* ended by a zero */

/* cert_judge.c */
json_t *cert_ask_verify(struct cli *, struct err *);
json_t *cert_ask_signature(struct cli *, struct err *);

/* cert_tls.c: ingot cert openssl-config. */
enum ctl_code cert_openssl_config(struct cli *);

#endif
