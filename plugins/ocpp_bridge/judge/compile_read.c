/* SPDX-License-Identifier: MIT */
/*
 * The notation of the *.shapes texts. A line that is not indented begins
 * something, indented ones are its members, one a line; a line that begins
 * with | goes on with the one before it; # begins a comment.
 *
 *	enum Name A | B | C
 *	object Name             members follow
 *	open object Name        may have members that are not named
 *	up Name                 a request of the charge point: members; then
 *	answer                  members of its answer
 *	down, both              who sends it; up? down?: sources disagree
 *	send up? Name           a SEND, which has no answer
 *	everywhere name? type   a member of all closed objects and messages
 *	integers plain          1.0 is no integer from here on
 *	integers decimal        it is one (so also without this line)
 *
 * A member is "name type", "name? type" when it may be missing. Types:
 *
 *	text  text 20 (code points)  time  uri  bool  any
 *	int  num  int 0..  num 0..100  num /0.1
 *	Name of an enum or an object, before or after this line
 *	A | B                        an enum that is used here only
 *	[type]  [type] 1..  [type] 1..4
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compile.h"

struct reader {
	struct texts *t;
	struct def *open; /* whose members come; NULL: nobody's */
	bool in_answer;
	bool old_integers;
	int version;
	struct place_in at;
};

/* Takes the first word off *s. */
static char *
word(char **s)
{
	char *w = *s + strspn(*s, " \t");
	char *end = w + strcspn(w, " \t");

	*s = end + strspn(end, " \t");
	*end = '\0';
	return w;
}

static struct def *
def_new(struct reader *r, enum def_kind kind, const char *name)
{
	struct def *d = &r->t->defs[r->t->def_count++];

	if (r->t->def_count == 1024)
		die(r->at, "too many definitions: enlarge struct texts");
	if (*name == '\0')
		die(r->at, "a name is missing");
	for (const struct def *o = r->t->defs; o < d; o++)
		if (o->version == r->version && strcmp(o->name, name) == 0 &&
		    (o->kind == DEF_ACTION) == (kind == DEF_ACTION))
			die(r->at, "%s is defined at line %d already: rename",
			    name, o->at.line);
	*d = (struct def){ .kind = kind,
		.name = name,
		.first = r->t->member_count,
		.version = (uint8_t)r->version,
		.resolved = -1,
		.at = r->at };
	r->open = kind == DEF_ENUM ? NULL : d;
	r->in_answer = false;
	return d;
}

static struct member_def
member_from(struct reader *r, char *rest)
{
	struct member_def m = { .name = word(&rest),
		.type = rest,
		.old_integers = r->old_integers,
		.at = r->at };
	size_t len = strlen(m.name);

	if (*rest == '\0')
		die(r->at, "%s has no type: write \"%s text 20\"", m.name,
		    m.name);
	m.optional = m.name[len - 1] == '?';
	if (m.optional)
		((char *)m.name)[len - 1] = '\0';
	return m;
}

/* --- lines that begin something --------------------------------------------
 */

static void
line_enum(struct reader *r, const char *how, char *rest)
{
	(void)how;
	def_new(r, DEF_ENUM, word(&rest))->values = rest;
}

static void
line_object(struct reader *r, const char *how, char *rest)
{
	(void)how;
	(void)def_new(r, DEF_OBJECT, word(&rest));
}

static void
line_open(struct reader *r, const char *how, char *rest)
{
	if (strcmp(word(&rest), "object") != 0)
		die(r->at, "only objects are open: write \"open object Name\"");
	line_object(r, how, rest);
	r->open->open = true;
}

static void
line_action(struct reader *r, const char *how, char *rest)
{
	struct def *d = def_new(r, DEF_ACTION, word(&rest));

	if (*how != 'd')
		d->flags |= SHAPE_FROM_UP;
	if (*how != 'u')
		d->flags |= SHAPE_FROM_DOWN;
	if (how[strlen(how) - 1] == '?')
		d->flags |= SHAPE_UNSURE;
}

static void
line_send(struct reader *r, const char *how, char *rest)
{
	how = word(&rest);
	line_action(r, how, rest);
	r->open->flags |= SHAPE_SEND;
}

static void
line_answer(struct reader *r, const char *how, char *rest)
{
	(void)how;
	if (r->open == NULL || r->open->kind != DEF_ACTION ||
	    r->open->has_answer || *rest != '\0')
		die(r->at, "\"answer\" stands alone, once behind a request");
	r->in_answer = r->open->has_answer = true;
	r->open->answer_first = r->t->member_count;
}

static void
line_everywhere(struct reader *r, const char *how, char *rest)
{
	(void)how;
	r->t->everywhere[r->version] = member_from(r, rest);
}

static void
line_integers(struct reader *r, const char *how, char *rest)
{
	how = word(&rest);
	if (strcmp(how, "plain") != 0 && strcmp(how, "decimal") != 0)
		die(r->at, "integers are \"plain\" or \"decimal\"");
	r->old_integers = *how == 'p';
}

static const struct {
	const char *word;
	void (*line)(struct reader *, const char *how, char *rest);
} lines[] = {
	{ "enum", line_enum },
	{ "object", line_object },
	{ "open", line_open },
	{ "up", line_action },
	{ "up?", line_action },
	{ "down", line_action },
	{ "down?", line_action },
	{ "both", line_action },
	{ "send", line_send },
	{ "answer", line_answer },
	{ "everywhere", line_everywhere },
	{ "integers", line_integers },
};

static void
begin(struct reader *r, char *line)
{
	const char *how = word(&line);

	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++)
		if (strcmp(lines[i].word, how) == 0) {
			lines[i].line(r, how, line);
			return;
		}
	die(r->at, "%s begins no line; members are indented", how);
}

static void
member(struct reader *r, char *line)
{
	struct texts *t = r->t;

	if (r->open == NULL)
		die(r->at, "a member of nothing: begin with \"object Name\"");
	if (t->member_count == 8192)
		die(r->at, "too many members: enlarge struct texts");
	t->members[t->member_count++] = member_from(r, line);
	if (r->in_answer)
		r->open->answer_count++;
	else
		r->open->count++;
}

/* --- the text ---------------------------------------------------------------
 */

static char *
whole(const char *file)
{
	FILE *f = fopen(file, "re");
	char *text = calloc(1, 1 << 20);

	if (f == NULL || text == NULL ||
	    fread(text, 1, (1 << 20) - 1, f) == 0 || ferror(f) != 0)
		die((struct place_in){ file, 0 }, "read: %s", strerror(errno));
	(void)fclose(f);
	return text;
}

static void
trim(char *line)
{
	char *end;

	line[strcspn(line, "#")] = '\0';
	end = line + strlen(line);
	while (end > line && isspace((unsigned char)end[-1]) != 0)
		*--end = '\0';
}

/* A line and those that go on with it, joined; moves *text behind them. */
static char *
logical(char **text, int *line)
{
	char *joined = strsep(text, "\n");

	trim(joined);
	++*line;
	while (*text != NULL && (*text)[strspn(*text, " \t")] == '|') {
		char *more = strsep(text, "\n"), *sum;

		trim(more);
		++*line;
		if (asprintf(&sum, "%s %s", joined,
			more + strspn(more, " \t")) == -1)
			abort();
		joined = sum;
	}
	return joined;
}

void
compile_read(const char *file, int version, struct texts *t)
{
	struct reader r = { .t = t, .version = version, .at = { file, 0 } };
	char *text = whole(file);
	int line = 0;

	while (text != NULL) {
		char *one;

		r.at.line = line + 1;
		one = logical(&text, &line);
		if (*one == '\0')
			continue;
		if (*one == ' ' || *one == '\t')
			member(&r, one);
		else
			begin(&r, one);
	}
}
