/* SPDX-License-Identifier: MIT */
/*
 * Artifact text. The reader is loose and the writer judges it: each line is
 * read word by word from a table, printed again, and refused unless the two
 * are the same. So whatever gets through is canonical, and no check of order,
 * blanks or leading zeros is needed twice.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ruletext.h"

static const char head[] = "ingot-firewall 1";

static void
write_chain(
    const struct fw_set *s, enum fw_family f, enum fw_chain c, struct bytes *b)
{
	char line[FW_LINE_MAX];

	for (size_t i = 0; i < s->n; i++) {
		if (s->rules[i].chain != c)
			continue;
		fw_rule_text(&s->rules[i], f, line);
		bytes_fmt(b, "%s\n", line);
	}
}

void
fw_text_write(const struct firewall *fw, struct bytes *b)
{
	bytes_fmt(b, "%s\n", head);
	for (int f = 0; f < FW_FAMILIES; f++) {
		const struct fw_set *s = &fw->set[f];

		bytes_fmt(b, "*%s\n", fw_family_name((enum fw_family)f));
		for (int c = 0; c < FW_CHAINS; c++)
			bytes_fmt(b, "-P %s %s\n",
			    fw_chain_name((enum fw_chain)c),
			    fw_verdict_name(s->policy[c]));
		for (int c = 0; c < FW_CHAINS; c++)
			write_chain(s, (enum fw_family)f, (enum fw_chain)c, b);
	}
}

/* The words of a rule. Each takes what stands behind it; 0 or -1. */

static int
take_chain(struct fw_rule *r, const char *s)
{
	for (int c = 0; c < FW_CHAINS; c++)
		if (strcmp(s, fw_chain_name((enum fw_chain)c)) == 0)
			return r->chain = (enum fw_chain)c, 0;
	return -1;
}

static int
take_verdict(struct fw_rule *r, const char *s)
{
	for (int v = 0; v < FW_VERDICTS; v++)
		if (strcmp(s, fw_verdict_name((enum fw_verdict)v)) == 0)
			return r->verdict = (enum fw_verdict)v, 0;
	return -1;
}

static int
take_from(struct fw_rule *r, const char *s)
{
	enum fw_family f;
	struct err e;

	return fw_net_parse(s, &r->from, &f, &e);
}

static int
take_to(struct fw_rule *r, const char *s)
{
	enum fw_family f;
	struct err e;

	return fw_net_parse(s, &r->to, &f, &e);
}

static int
take_iface(char to[FW_IFACE_LEN], const char *s)
{
	if (!fw_iface_valid(s))
		return -1;
	memcpy(to, s, strlen(s) + 1);
	return 0;
}

static int
take_in(struct fw_rule *r, const char *s)
{
	return take_iface(r->in, s);
}

static int
take_out(struct fw_rule *r, const char *s)
{
	return take_iface(r->out, s);
}

static int
take_proto(struct fw_rule *r, const char *s)
{
	for (int p = FW_TCP; p < FW_ICMP; p++)
		if (strcmp(s, fw_proto_name((enum fw_proto)p)) == 0)
			r->proto = (enum fw_proto)p;
	for (int f = 0; f < FW_FAMILIES; f++)
		if (strcmp(s, fw_icmp_name((enum fw_family)f)) == 0)
			r->proto = FW_ICMP;
	return 0;
}

static int
take_match(struct fw_rule *r, const char *s)
{
	(void)r;
	(void)s; /* follows from the rest, and printing it again checks it */
	return 0;
}

static int
take_known(struct fw_rule *r, const char *s)
{
	(void)s;
	r->known = true;
	return 0;
}

static int
take_type(struct fw_rule *r, const char *s)
{
	r->typed = true;
	r->type = (uint8_t)strtoul(s, NULL, 10);
	/* 255 is the kernel's word for any type. */
	return r->proto == FW_ICMP && r->type != 255 ? 0 : -1;
}

static int
take_ports(struct fw_rule *r, struct fw_ports *p, const char *s)
{
	char *end;

	p->first = p->last = (uint16_t)strtoul(s, &end, 10);
	if (*end == ':')
		p->last = (uint16_t)strtoul(end + 1, NULL, 10);
	if (r->proto != FW_TCP && r->proto != FW_UDP)
		return -1;
	return p->first == 0 || p->last < p->first ? -1 : 0;
}

static int
take_sport(struct fw_rule *r, const char *s)
{
	return take_ports(r, &r->sport, s);
}

static int
take_dport(struct fw_rule *r, const char *s)
{
	return take_ports(r, &r->dport, s);
}

static const struct {
	const char *flag;
	int (*take)(struct fw_rule *, const char *value);
} words[] = {
	{ "-A", take_chain },
	{ "-s", take_from },
	{ "-d", take_to },
	{ "-i", take_in },
	{ "-o", take_out },
	{ "-p", take_proto },
	{ "-m", take_match },
	{ "--ctstate", take_known },
	{ "--icmp-type", take_type },
	{ "--icmpv6-type", take_type },
	{ "--sport", take_sport },
	{ "--dport", take_dport },
	{ "-j", take_verdict },
};

static int
take_word(struct fw_rule *r, const char *flag, const char *value)
{
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (strcmp(flag, words[i].flag) == 0)
			return words[i].take(r, value);
	return -1;
}

static int
take_rule(struct fw_rule *r, const char *line)
{
	char copy[FW_LINE_MAX], *rest = copy, *flag;

	memcpy(copy, line, strlen(line) + 1); /* of FW_LINE_MAX, too */
	while ((flag = strsep(&rest, " ")) != NULL) {
		const char *value = strsep(&rest, " ");

		if (value == NULL || take_word(r, flag, value) == -1)
			return -1;
	}
	return 0;
}

/* Where the reader is. */
struct reader {
	const char *p;
	size_t left;
	unsigned line;
	char text[FW_LINE_MAX];
};

/* The next line into text: 1, or 0 at the end. */
static int
next_line(struct reader *in, struct err *e)
{
	const char *end = memchr(in->p, '\n', in->left);
	size_t n = end == NULL ? in->left : (size_t)(end - in->p);

	if (in->left == 0)
		return 0;
	in->line++;
	if (end == NULL || n >= sizeof(in->text) ||
	    memchr(in->p, '\0', n) != NULL)
		return err_set(e, EINVAL,
		    "artifact line %u: too long, cut off, or not a text",
		    in->line);
	memcpy(in->text, in->p, n);
	in->text[n] = '\0';
	in->p += n + 1;
	in->left -= n + 1;
	return 1;
}

static int
bad_line(const struct reader *in, struct err *e)
{
	return err_set(e, EINVAL,
	    "artifact line %u: \"%.120s\" was not written by render", in->line,
	    in->left == 0 && in->text[0] == '\0' ? "(end)" : in->text);
}

static int
expect(struct reader *in, const char *line, struct err *e)
{
	int got = next_line(in, e);

	if (got == -1)
		return -1;
	if (got == 0)
		return err_set(e, EINVAL,
		    "artifact: ends after line %u, \"%s\" is missing", in->line,
		    line);
	return strcmp(in->text, line) == 0 ? 0 : bad_line(in, e);
}

static int
read_policy(struct reader *in, struct fw_set *s, enum fw_chain c, struct err *e)
{
	char line[FW_LINE_MAX];
	int got = next_line(in, e);

	if (got == -1)
		return -1;
	for (int v = 0; got == 1 && v < FW_VERDICTS; v++) {
		(void)snprintf(line, sizeof(line), "-P %s %s", fw_chain_name(c),
		    fw_verdict_name((enum fw_verdict)v));
		if (strcmp(line, in->text) == 0)
			return s->policy[c] = (enum fw_verdict)v, 0;
	}
	return bad_line(in, e);
}

static int
read_rule(struct reader *in, struct fw_set *s, enum fw_family f, struct err *e)
{
	struct fw_rule r = { 0 };
	char again[FW_LINE_MAX];

	if (take_rule(&r, in->text) == -1)
		return bad_line(in, e);
	fw_rule_text(&r, f, again);
	if (strcmp(again, in->text) != 0 ||
	    (s->n > 0 && s->rules[s->n - 1].chain > r.chain))
		return bad_line(in, e);
	return fw_add(s, &r, e);
}

/* Rules up to the next section or the end. */
static int
read_rules(struct reader *in, struct fw_set *s, enum fw_family f, struct err *e)
{
	while (in->left > 0 && in->p[0] != '*')
		if (next_line(in, e) == -1 || read_rule(in, s, f, e) == -1)
			return -1;
	return 0;
}

static int
read_sections(struct firewall *fw, struct reader *in, struct err *e)
{
	char section[16];

	if (expect(in, head, e) == -1)
		return -1;
	for (int f = 0; f < FW_FAMILIES; f++) {
		(void)snprintf(section, sizeof(section), "*%s",
		    fw_family_name((enum fw_family)f));
		if (expect(in, section, e) == -1)
			return -1;
		for (int c = 0; c < FW_CHAINS; c++)
			if (read_policy(in, &fw->set[f], (enum fw_chain)c, e) ==
			    -1)
				return -1;
		if (read_rules(in, &fw->set[f], (enum fw_family)f, e) == -1)
			return -1;
	}
	return next_line(in, e) == 0 ? 0 : bad_line(in, e);
}

int
fw_text_read(struct firewall *fw, const char *text, size_t len, struct err *e)
{
	struct reader in = { .p = text, .left = len };

	memset(fw, 0, sizeof(*fw));
	if (len == 0)
		return 0;
	if (len > FW_TEXT_MAX)
		return err_set(
		    e, EFBIG, "artifact: larger than %d bytes", FW_TEXT_MAX);
	if (read_sections(fw, &in, e) == 0)
		return 0;
	fw_free(fw);
	return -1;
}
