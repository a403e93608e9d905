/* SPDX-License-Identifier: MIT */
/*
 * Secrets where a command or a protocol expects them, without a name of their
 * own beside them: "curl -u user:secret", "sshpass -p secret", "Authorization:
 * Basic c2VjcmV0", "IDENTIFIED BY 'secret'".
 */
#include <pthread.h>
#include <string.h>
#include <strings.h>

#include "pairs.h"
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
	{ "snmpget", " -a", NEXT },
	{ "snmpwalk", " -c", NEXT },
	{ "snmpwalk", " -a", NEXT },
	{ "snmpset", " -c", NEXT },
	{ "snmpset", " -a", NEXT },
	{ "createuser", " sha", NEXT },
	{ "createuser", " md5", NEXT },
	{ "createuser", " aes", NEXT },
	{ "createuser", " des", NEXT },
	{ "docker login", " -p", NEXT },
	{ "podman login", " -p", NEXT },
	{ "redis-cli", " -a", NEXT },
	{ "ipmitool", " -P", NEXT },
	{ "echo", " ", PAIR }, /* | chpasswd, see below */
	{ "identified", " by", NEXT },
	{ "authorization", "basic ", NEXT },
	{ "authorization", "bearer ", NEXT },
	{ "authorization", "digest ", NEXT },
	{ "authorization", "token ", NEXT },
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
	char first = letter_lower(text[0]);

	for (; p + n <= stop; p++)
		if (letter_lower(*p) == first && strncasecmp(p, text, n) == 0)
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

/* A line, and where in it the texts of each row were last found: each of them
 * is searched for once from one end to the other, however often the command is
 * there. Lines may be as long as files. */
struct line {
	const char *p;
	const char *stop;
	const char *option[LENGTH(commands)];
	const char *chpasswd;
};

/* The first at or behind p; stop: none. */
static const char *
next(const struct line *l, const char **last, const char *p, const char *text)
{
	if (*last == NULL || *last < p)
		*last = find(p, l->stop, text);
	if (*last == NULL)
		*last = l->stop;
	return *last;
}

/* The command of row i stands at p. */
static int
one(const struct suspect_text *s, struct line *l, size_t i, const char *p,
    struct err *e)
{
	const char *stop = l->stop;
	size_t n;

	p = next(l, &l->option[i], p + strlen(commands[i].command),
	    commands[i].option);
	if (p == stop)
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
worth(struct line *l, size_t i, const char *p)
{
	size_t n = strlen(commands[i].command);

	if (letter_lower(*p) != commands[i].command[0] ||
	    (size_t)(l->stop - p) < n ||
	    strncasecmp(p, commands[i].command, n) != 0)
		return false;
	return strcmp(commands[i].command, "echo") != 0 ||
	    next(l, &l->chpasswd, p, "chpasswd") != l->stop;
}

static struct pairs command_pairs;
static pthread_once_t indexed = PTHREAD_ONCE_INIT;

static void
index_commands(void)
{
	for (size_t i = 0; i < LENGTH(commands); i++)
		pairs_add_any_case(&command_pairs, commands[i].command);
}

static int
line(const struct suspect_text *s, struct line *l, struct err *e)
{
	for (const char *p = l->p; p + 1 < l->stop; p++) {
		if (!pairs_begin(&command_pairs, p) ||
		    !letter_is(*p, LETTER_ALPHA) ||
		    (p > l->p && letter_is(p[-1], LETTER_ALNUM)))
			continue;
		for (size_t i = 0; i < LENGTH(commands); i++)
			if (worth(l, i, p) && one(s, l, i, p, e) == -1)
				return -1;
	}
	return 0;
}

int
suspect_commands(const struct suspect_text *s, struct err *e)
{
	const char *stop = s->text + s->len, *end;

	(void)pthread_once(&indexed, index_commands);
	for (const char *p = s->text; p < stop; p = end + 1) {
		struct line l = { .p = p };

		end = memchr(p, '\n', (size_t)(stop - p));
		if (end == NULL)
			end = stop;
		l.stop = end;
		if (line(s, &l, e) == -1)
			return -1;
	}
	return 0;
}
