/* SPDX-License-Identifier: MIT */
#ifndef POLICY_H
#define POLICY_H

#include <stdbool.h>
#include <stddef.h>

#include "conf.h"
#include "digest.h"
#include "err.h"
#include "field.h"
#include "finding.h"
#include "reset.h"

/*
 * What to capture and what to take out of it; libconfig.
 *
 * The capture policy:
 *	documents = "/etc/ingot/documents";	folder of <plugin>.conf
 *	files = [ "/etc/iptables", ... ];	files, folders, patterns
 *	optional = [ ... ];			the same, but may be absent
 *	exclude = [ "*.bak" ];			not looked at
 *	packages = [ "mosquitto*" ];	packages of the product; where no policy
 *			says: those installed by hand (package_choice.h)
 *	scrub = [ "../scrub/kura.conf" ];	beside the policy
 *	identity = ( { what; file; format; key }, { what; live } );
 *	accept = ( { finding; file; key; value; why } );
 *	reviewed = "reviewed.conf";	what was decided by `ingot scrub
 *					--classify`; may be absent
 *	kura_key = "/run/credentials/kura.service/kura_encryption_key";
 *			opens Kura's snapshots; only its owner should read it
 *	shortest = 6;	bytes of an identifier that can be searched for
 *	include = [ "debian.conf" ];	another capture policy, whose lists are
 *			added; its documents, reviewed, shortest and reset
 *			count when this one says none
 *	reset = "../reset/unit.conf";	what belongs to one unit (reset.h)
 *	brief = "...";	one line, for a list of policies
 *	product = { name; versions; version = { files; keys }; signs };
 *	items = ( { item; paths; why; needed; never; newest; as;
 *		root_script } );
 *
 * An item is a file that people speak of by a name. never: not even opened.
 * newest: of Kura snapshots the latest, which travels as the path "as".
 * root_script: the target runs it as root, so the bundle has to be signed.
 *
 * A scrub file holds rules, and identity and accept like the policy:
 *	rules = ( { file; format; key; within; value; marked; ACTION; why;
 *		needed; fill; search } );
 *	ACTION: slot = "generated.psk:32" | text = "..." | empty = true
 *	      | keep = true (no later rule takes it, and neither its name nor
 *		its look is a finding)
 *	      | drop = true (with a key: its line or element; without one
 *		the whole file, which never travels)
 *	content = "private-key";	instead of a key: what the heuristics
 *take for this kind of finding, whatever it is called; drop lets the whole file
 *not travel neutral = [ "changeit" ];	values that say nothing about a unit
 *	alike = ( { file; format; like } );	the rules of the whole policy
 *			whose file is written like this one count for that file
 *			too, read in that format
 *
 * The reviewed file holds what a person said about one finding each:
 *	reviewed = ( { class; finding; file; key; who; when; why; ... } );
 * class "shared": it may stay, as with accept. "per-device", "secret" and
 * "derived" (with from, what it derives from): a rule, so format, key, within
 * and an ACTION as above but text.
 *
 * file, key, within and value are shell patterns; in file * matches "/" too.
 * value: only such a value (of an accept: one that everybody may know, as the
 * example in a comment); marked: only those that the file
 * itself calls secret. fill: an empty value is filled as well. search = false:
 * what is taken out is no secret and may stand elsewhere. Texts are borrowed
 * from the open files and live until policy_free().
 */
#define POLICY_LIST_MAX  500
#define POLICY_FILES_MAX 64 /* that one policy is made of */

enum scrub_action {
	SCRUB_SLOT,
	SCRUB_TEXT,
	SCRUB_EMPTY,
	SCRUB_KEEP,
	SCRUB_CUT, /* drop, with a key */
	SCRUB_DROP
};

/* Who decided it, when he did, and as what; all NULL in shipped policies. */
struct review {
	const char *class;
	const char *who;
	const char *when; /* "2026-11-21" */
	const char *from; /* what a derived value derives from */
};

struct scrub_rule {
	const char *file;
	const struct field_format *format; /* NULL with SCRUB_DROP */
	const char *key;
	const char *within; /* "*" when not said */
	const char *only;   /* a pattern for the value; NULL: any */
	bool marked;
	bool by_content;         /* by what stands there, not by a key */
	enum finding_id content; /* of what kind it is, then */
	bool fill;
	bool search;
	enum scrub_action action;
	const char *value; /* the slot's name, or the text */
	const char *why;
	const char *source; /* the scrub file's own name */
	unsigned line;
	bool needed; /* the sample has to hold it */
	struct review review;
	unsigned used;
};

struct scrub_accept {
	enum finding_id finding;
	const char *file; /* "*" when not said */
	const char *key;
	const char *value; /* NULL: whatever it is */
	const char *why;
	const char *source;
	unsigned line;
	struct review review;
	unsigned used;
};

struct identity_rule {
	const char *what;
	const char *file;   /* a pattern; NULL: live */
	const char *format; /* a field format, "line" or "ssh-key"; or "mac",
			       "hostname" of the running system */
	const char *key;
	const char *within;
	bool optional;
};

struct policy_file {
	struct conf conf;
	char name[CONF_NAME_MAX]; /* last part of its path */
	char sha256[SHA256_HEX];
};

/* One pattern to capture; of files, optional or an item. */
struct policy_path {
	const char *pattern;
	conf_node *at;    /* where it is written */
	const char *item; /* "" : not of an item */
	const char *why;
	const char *as; /* NULL: where it was */
	bool needed, never, newest, root_script;
};

/* A pattern of a product whose folder is behind a link on this sample. */
struct policy_link {
	char *pattern; /* led around the link */
	size_t real;   /* of it, the folder */
	char *known;   /* the folder as the policy calls it */
};

/* What a policy is for; name NULL: for anything. */
struct policy_product {
	const char *name;
	conf_node *at;
	conf_node *versions; /* patterns of those it is made for */
	conf_node *files;    /* Java properties that say it: the first there */
	conf_node *keys;     /* by one of these keys */
	conf_node *signs;    /* paths that tell the product's presence */
};

struct policy {
	struct policy_file *files; /* the capture policy first */
	size_t file_count;
	const char *documents; /* or NULL */
	const char *brief;     /* or NULL */
	const char *kura_key;  /* path of 16, 24 or 32 bytes, or NULL */
	struct policy_path *paths;
	size_t path_count;
	const char **excludes;
	size_t exclude_count;
	const char **packages;
	size_t package_count;
	bool packages_said;
	struct policy_product product;
	conf_node *neutral[POLICY_FILES_MAX]; /* of each scrub file */
	size_t neutral_count;
	struct reset reset; /* empty when none is named */
	struct scrub_rule *rules;
	size_t rule_count;
	struct scrub_accept *accepts;
	size_t accept_count;
	struct identity_rule *identity;
	size_t identity_count;
	size_t shortest;
	struct policy_link *links; /* the policy's own */
	size_t link_count;
	char reviewed[1024]; /* path of the reviewed file; "": none is named */
};

/* To be freed even on failure. Errors name file and line. */
int policy_read(struct policy *, const char *path, struct err *);
void policy_free(struct policy *);
#define own_policy __attribute__((cleanup(policy_free), unused))

/* Leads the patterns of a product's policy around the links that its folders
 * are on this sample. */
int policy_follow(struct policy *, int root, struct err *);
/* The path as the policy calls it, which is how units know it too. */
void
policy_known(const struct policy *, const char *path, char *out, size_t size);

/* Takes the decisions of a reviewed file's text, whose tree the policy keeps.
 * name is what errors call it. */
int policy_review(struct policy *, const char *name, const char *text,
    size_t len, struct err *);

/* Why capture must not even open it: by an item or by the reset list; NULL: it
 * may. */
const char *policy_never(const struct policy *, const char *path);
/* Why the reset list lets it not travel; NULL: it does. */
const char *policy_stays(const struct policy *, const char *path);
bool policy_excludes(const struct policy *, const char *path);
/* The rule that drops this file, or NULL. */
struct scrub_rule *policy_drop(const struct policy *, const char *path);
/* The first rule for this field of this file, or NULL; value: decoded. */
struct scrub_rule *policy_rule(const struct policy *, const char *path,
    const struct field_format *, const struct field *, const char *value);
/* A placeholder, a default that everybody has: nothing to search for. */
bool policy_neutral(const struct policy *, const char *value);
/* Is the rule for this file? */
bool policy_file_fits(const struct scrub_rule *, const char *path);
/* The format in which its rules read the file; NULL: none does. */
const struct field_format *
policy_format(const struct policy *, const char *path);
/* Sets accepted, if the policy accepts such a finding; value: what it is about,
 * f->len bytes, or NULL. */
void policy_judge(struct policy *, struct finding *f, const char *value);

#endif
