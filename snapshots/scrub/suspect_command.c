/* SPDX-License-Identifier: MIT */
/*
 * Secrets where a command or a protocol expects them, without a name of their
 * own beside them: "curl -u user:secret", "sshpass -p secret", "Authorization:
 * Basic c2VjcmV0", "IDENTIFIED BY 'secret'".
 */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "suspect_in.h"

#define LENGTH(a) (sizeof(a) / sizeof((a)[0]))

enum how {
	NEXT,    /* the next word is the secret */
	PAIR,    /* user:secret */
	ATTACHED /* no blank between: -psecret */
};

/* In this order in one line: the command, then the switch. */
static const struct {
	const char *command;
	const char *option; /* "": right behind the command */
	enum how how;
} commands[] = {
	{ "sshpass", " -p", NEXT },
	{ "curl", " -u", PAIR },
	{ "curl", " --user", PAIR },
	{ "curl", " --proxy-user", PAIR },
	{ "wget", " --password", NEXT },
	{ "wget", " --http-password", NEXT },
	{ "mosquitto_", " -P ", NEXT },
	{ "mosquitto_", " --pw", NEXT },
	{ "mosquitto_passwd", " -b", PAIR },
	{ "mysql", " -p", ATTACHED },
	{ "mysqldump", " -p", ATTACHED },
	{ "smbclient", " -U", PAIR },
	{ "openssl", " pass:", ATTACHED },
	{ "openssl", " -k ", NEXT },
	{ "wpa_passphrase", " ", PAIR },
	{ "snmpget", " -c", NEXT },
	{ "snmpwalk", " -c", NEXT },
	{ "ipmitool", " -P", NEXT },
	{ "echo", " ", PAIR }, /* | chpasswd, see below */
	{ "identified", " by", NEXT },
	{ "authorization", " basic", NEXT },
	{ "authorization", " bearer", NEXT },
	{ "authorization", " digest", NEXT },
	{ "authorization", " token", NEXT },
	{ "x-api-key", ":", NEXT },
	{ "accountkey", "=", ATTACHED },
	{ "sharedaccesskey", "=", ATTACHED },
	{ "sharedaccesssignature", "sig=", ATTACHED },
};

/* The text in the line in any case, or NULL. */
static const char *
find(const char *p, const char *stop, const char *text)
{
	size_t n = strlen(text);
	char first = (char)tolower((unsigned char)text[0]);

	for (; p + n <= stop; p++)
		if (tolower((unsigned char)*p) == first &&
		    strncasecmp(p, text, n) == 0)
			return p;
	return NULL;
}

/* The word at p, past blanks; in quotes up to the one that ends it. */
static size_t
word(const char **p, const char *stop)
{
	const char *quote = "";
	size_t n = 0;

	for (; *p < stop && strchr(" \t\"'=", **p) != NULL; ++*p)
		if (**p == '"' || **p == '\'')
			quote = *p;
	if (*quote != '\0')
		while (*p + n < stop && (*p)[n] != *quote)
			n++;
	else
		while (*p + n < stop && strchr(" \t\r\"'`|;)", (*p)[n]) == NULL)
			n++;
	return n;
}

/* Cuts "user:" or "user " or "user%" off; 0: there is no secret behind it. */
static size_t
behind_user(const char **p, const char *stop, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if ((*p)[i] == ':' || (*p)[i] == '%') {
			*p += i + 1;
			return n - i - 1;
		}
	*p += n;
	return word(p, stop);
}

/* The command of row i stands at p. */
static int
one(const struct suspect_text *s, size_t i, const char *p, const char *stop,
    struct err *e)
{
	size_t n;

	p = find(p + strlen(commands[i].command), stop, commands[i].option);
	if (p == NULL)
		return 0;
	p += strlen(commands[i].option);
	if (commands[i].how == ATTACHED && p < stop && *p == ' ')
		return 0;
	if ((n = word(&p, stop)) == 0 || *p == '$')
		return 0;
	if (commands[i].how == PAIR && (n = behind_user(&p, stop, n)) == 0)
		return 0;
	if (*p == '-' || *p == '$')
		return 0;
	return suspect_value(s, (size_t)(p - s->text), n, commands[i].command,
	    "it stands where a command expects a secret", e);
}

/* What is written to chpasswd is a user and his password; any other echo is
 * not worth a look. */
static bool
worth(size_t i, const char *p, const char *stop)
{
	size_t n;

	if (tolower((unsigned char)*p) != commands[i].command[0])
		return false;
	n = strlen(commands[i].command);
	if ((size_t)(stop - p) < n ||
	    strncasecmp(p, commands[i].command, n) != 0)
		return false;
	return strcmp(commands[i].command, "echo") != 0 ||
	    find(p, stop, "chpasswd") != NULL;
}

static int
line(const struct suspect_text *s, const char *p, const char *stop,
    struct err *e)
{
	const char *start = p;

	for (; p < stop; p++) {
		if (!isalpha((unsigned char)*p) ||
		    (p > start && isalnum((unsigned char)p[-1])))
			continue;
		for (size_t i = 0; i < LENGTH(commands); i++)
			if (worth(i, p, stop) && one(s, i, p, stop, e) == -1)
				return -1;
	}
	return 0;
}

int
suspect_commands(const struct suspect_text *s, struct err *e)
{
	const char *stop = s->text + s->len, *end;

	for (const char *p = s->text; p < stop; p = end + 1) {
		end = memchr(p, '\n', (size_t)(stop - p));
		if (end == NULL)
			end = stop;
		if (line(s, p, end, e) == -1)
			return -1;
	}
	return 0;
}
