/* SPDX-License-Identifier: MIT */
#ifndef FIELD_H
#define FIELD_H

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"
#include "err.h"

/*
 * Where, in a configuration file of a format we know, the values stand and
 * what they are called. A file is never written anew from a parsed tree: the
 * scrubber replaces the bytes of a value and leaves all others as they were.
 *
 *	pairs		key=value, [section]: whatever is not one of the next
 *	ini		the same, strictly: NetworkManager keyfiles, systemd;
 *			no quotes, no comments behind a value
 *	properties	Java: "=", ":" or a blank, escapes, continued lines
 *	shell		NAME=word, export, quotes that change within a word
 *	wpa		wpa_supplicant and hostapd; within: "network", "cred"
 *	psks		hostapd's wpa_psk_file; name: psk
 *	uci		OpenWrt; within: "wifi-iface.NAME" or ".@0", ".@1"
 *	words		Key value: ssh and sshd; within: "Host a", "Match b"
 *	columns		fields divided by blanks, called 1, 2, 3: chap-secrets
 *	colons		fields divided by colons, called 1, 2, 3: shadow;
 *			within: the first one
 *	keylines	authorized_keys, known_hosts: first, type, key, comment
 *	yaml		key: value, by libyaml; within: keys around, and "."
 *	json		the same; JSON inside a text is looked into as well
 *	libconfig	the same
 *	xml		elements and attributes; an element with a name
 *			attribute is called by it (Kura's properties), within:
 *			the pid around it, else the elements around it; JSON in
 *			a value is looked into: within is then pid.name
 *	kura-json	Kura's configurations as JSON: a property is called by
 *			its name, within: its pid, as in xml
 *
 * yaml, xml and kura-json refuse a text that is not of their kind before the
 * first field is told; the others pass over what is no field. The heuristics of
 *suspect.h look at that too.
 */
#define FIELD_NAME_MAX   128
#define FIELD_WITHIN_MAX 512
#define FIELD_DEPTH_MAX  32
#define FIELD_NESTED_MAX 3 /* JSON in a text of JSON in a text ... */

/* How the value is written, and so how field_decode() reads it. */
enum field_escape {
	FIELD_PLAIN,
	FIELD_BACKSLASH, /* \n, \t, \u0041, \" */
	FIELD_DOUBLED,   /* two quotes are one */
	FIELD_SHELL,     /* quotes within the word, line ends after "\" */
	FIELD_JAVA,      /* backslashes, and blanks after a continued line */
	FIELD_XML        /* entities, character references, CDATA */
};

/*
 * Offsets are bytes from the text's beginning. A field with no value (a
 * property without one, a key alone) is told as well, so that whoever counts
 * what was looked at misses none.
 */
struct field {
	const char *within; /* section, names around, pid; "" */
	const char *name;
	size_t at; /* of the value, without its quotes */
	size_t len;
	enum field_escape escape;
	unsigned nested; /* texts of JSON that the value stands in */
	bool secret;     /* the file itself says that it is one */
	bool absent;     /* there is no value; at is where it would begin */
	/* What a replacement needs around it that the sample's value did not:
	 * quotes for a bare word, a tag for <value/>. NULL: nothing. */
	const char *open;
	const char *close;
	size_t tail;    /* bytes behind the value that go when it is replaced */
	size_t flag_at; /* of "true" in Kura's encrypted="true"; 0: none */
	size_t flag_len;
	size_t entry_at;  /* the key with all that belongs to it: its lines, */
	size_t entry_len; /* its element; 0: it can not go without more */
	bool comma;       /* no comma before it: one behind it goes as well */
};

typedef int field_fn(void *ctx, const struct field *, struct err *);
typedef int field_scan_fn(
    const char *text, size_t len, field_fn *, void *ctx, struct err *);

struct field_format {
	const char *name;
	field_scan_fn *scan;
};

field_scan_fn field_pairs, field_ini, field_properties, field_shell, field_wpa,
    field_psks, field_uci, field_words, field_columns, field_colons,
    field_keylines, field_yaml, field_json, field_kura_json, field_libconfig,
    field_xml;

/* By name; NULL: there is none so called. */
const struct field_format *field_format(const char *name);
/* All names, divided by blanks, for messages. */
const char *field_format_names(void);
/* By the look of path and text; NULL: nothing we know. */
const struct field_format *
field_guess(const char *path, const char *text, size_t len);

/* The value as the program that owns the file sees it: escapes undone. */
void field_decode(const struct field *, const char *text, struct bytes *out);

/* The line, from 1, in which the byte stands. */
unsigned field_line(const char *text, size_t at);

/* The same for one place after the other: what was counted is not counted
 * again, as long as they come in order. Zero but for text at first. */
struct field_lines {
	const char *text;
	size_t at;
	unsigned before; /* lines that end before at */
};
unsigned field_lines_at(struct field_lines *, size_t at);

#endif
