/* SPDX-License-Identifier: MIT */
/*
 * libconfig made strict. The file is read by us, not by libconfig: that gives
 * the size limit, and refuses "@include" and deep nesting before the parser
 * sees them.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "buf.h"
#include "conf.h"
#include "file.h"

/* The depth and @include checks know strings and comments, so that neither
 * can hide or fake a bracket. */
enum scan_state {
	SCAN_CODE,
	SCAN_STRING,
	SCAN_LINE,
	SCAN_BLOCK
};

struct scan {
	const char *p;
	const char *end;
	enum scan_state state;
	unsigned line;
	int depth;
};

static bool
two(const struct scan *s, const char *pair)
{
	return s->end - s->p >= 2 && memcmp(s->p, pair, 2) == 0;
}

static enum scan_state
scan_code(struct scan *s)
{
	if (*s->p == '"')
		return SCAN_STRING;
	if (*s->p == '#' || two(s, "//"))
		return SCAN_LINE;
	if (two(s, "/*")) {
		s->p++; /* its '*' and a '/' behind do not end it */
		return SCAN_BLOCK;
	}
	s->depth += strchr("{[(", *s->p) != NULL;
	s->depth -= strchr("}])", *s->p) != NULL;
	return SCAN_CODE;
}

static enum scan_state
scan_char(struct scan *s)
{
	switch (s->state) {
	case SCAN_CODE:
		return scan_code(s);
	case SCAN_STRING:
		if (*s->p != '\\')
			return *s->p == '"' ? SCAN_CODE : SCAN_STRING;
		/* What follows ends nothing; a NUL is for scan() to see. */
		s->p += s->end - s->p > 1 && s->p[1] != '\0';
		return SCAN_STRING;
	case SCAN_LINE:
		return *s->p == '\n' ? SCAN_CODE : SCAN_LINE;
	case SCAN_BLOCK:
		if (!two(s, "*/"))
			return SCAN_BLOCK;
		s->p++;
		return SCAN_CODE;
	}
	return SCAN_CODE;
}

static int
is_include(const struct scan *s)
{
	return s->state == SCAN_CODE && s->end - s->p >= 8 &&
	    memcmp(s->p, "@include", 8) == 0;
}

static int
scan(const char *name, const char *text, size_t len, bool *open_comment,
    struct err *e)
{
	struct scan s = { .p = text, .end = text + len, .line = 1 };

	for (; s.p < s.end; s.p++) {
		if (*s.p == '\0')
			return err_set(
			    e, EINVAL, "%s:%u: NUL byte", name, s.line);
		if (is_include(&s))
			return err_set(e, EINVAL,
			    "%s:%u: @include is not allowed; write it out",
			    name, s.line);
		s.state = scan_char(&s);
		if (s.depth > CONF_DEPTH_MAX)
			return err_set(e, EINVAL,
			    "%s:%u: nested deeper than %d levels", name, s.line,
			    CONF_DEPTH_MAX);
		s.line += *s.p == '\n';
	}
	/* libconfig would say "syntax error" and leak what it had read. */
	if (s.state == SCAN_STRING || s.state == SCAN_BLOCK)
		return err_set(e, EINVAL, "%s:%u: %s without its end", name,
		    s.line, s.state == SCAN_STRING ? "text" : "comment");
	*open_comment = s.state == SCAN_LINE;
	return 0;
}

int
conf_parse(struct conf *c, const char *name, const char *text, size_t len,
    struct err *e)
{
	own_bytes struct bytes copy = { 0 };
	bool open_comment = false;

	memset(c, 0, sizeof(*c));
	(void)snprintf(c->name, sizeof(c->name), "%s", name);
	if (len > CONF_SIZE_MAX)
		return err_set(
		    e, EFBIG, "%s: larger than %d bytes", name, CONF_SIZE_MAX);
	if (scan(name, text, len, &open_comment, e) == -1)
		return -1;
	bytes_add(&copy, text, len);
	if (open_comment) /* libconfig's ends with its line and not else */
		bytes_add(&copy, "\n", 1);
	if (copy.bad)
		return err_set(e, ENOMEM, "%s: out of memory", name);
	config_init(&c->tree);
	if (config_read_string(&c->tree, copy.p) == CONFIG_TRUE) {
		/* Not before: reading makes a new root. */
		config_setting_set_hook(config_root_setting(&c->tree), c->name);
		return 0;
	}
	(void)err_set(e, EINVAL, "%s:%d: %s", name, config_error_line(&c->tree),
	    config_error_text(&c->tree));
	conf_free(c);
	return -1;
}

int
conf_read(struct conf *c, const char *path, struct err *e)
{
	own_bytes struct bytes text = { 0 };

	memset(c, 0, sizeof(*c));
	if (file_read(AT_FDCWD, path, CONF_SIZE_MAX, &text, e) == -1)
		return -1;
	return conf_parse(c, path, text.p, text.len, e);
}

void
conf_free(struct conf *c)
{
	if (c->tree.root != NULL)
		config_destroy(&c->tree);
	c->tree.root = NULL;
}

conf_node *
conf_root(const struct conf *c)
{
	return config_root_setting(&c->tree);
}

static const char *
file_of(conf_node *n)
{
	const char *name =
	    config_setting_get_hook(config_root_setting(n->config));

	return name == NULL ? "?" : name;
}

int
conf_err(conf_node *n, struct err *e, const char *fmt, ...)
{
	char text[ERR_TEXT_MAX];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return err_set(e, EINVAL, "%s:%u: %s", file_of(n),
	    config_setting_source_line(n), text);
}

static bool
listed(const char *const known[], const char *name)
{
	for (; *known != NULL; known++)
		if (strcmp(*known, name) == 0)
			return true;
	return false;
}

int
conf_known(conf_node *group, const char *const known[], struct err *e)
{
	char all[ERR_TEXT_MAX / 2] = "";

	for (size_t i = 0; i < conf_len(group); i++) {
		conf_node *n = conf_at(group, i);

		if (listed(known, conf_name(n)))
			continue;
		for (; *known != NULL; known++)
			(void)snprintf(all + strlen(all),
			    sizeof(all) - strlen(all), " %s", *known);
		return conf_err(n, e, "unknown key \"%.64s\"; known here:%s",
		    conf_name(n), all);
	}
	return 0;
}

conf_node *
conf_get(conf_node *group, const char *name)
{
	return config_setting_get_member(group, name);
}

int
conf_group(conf_node *group, const char *name, conf_node **out, struct err *e)
{
	*out = conf_get(group, name);
	if (*out != NULL && !config_setting_is_group(*out))
		return conf_err(*out, e, "%s must be a group { ... }", name);
	return 0;
}

int
conf_list(conf_node *group, const char *name, size_t max, conf_node **out,
    struct err *e)
{
	*out = conf_get(group, name);
	if (*out == NULL)
		return 0;
	if (!config_setting_is_list(*out) && !config_setting_is_array(*out))
		return conf_err(*out, e, "%s must be a list ( ... )", name);
	if (conf_len(*out) > max)
		return conf_err(
		    *out, e, "%s has more than %zu entries", name, max);
	return 0;
}

size_t
conf_len(conf_node *list)
{
	return list == NULL ? 0 : (size_t)config_setting_length(list);
}

conf_node *
conf_at(conf_node *list, size_t i)
{
	return config_setting_get_elem(list, (unsigned)i);
}

const char *
conf_name(conf_node *n)
{
	const char *name = config_setting_name(n);

	return name == NULL ? "" : name;
}

int
conf_text(conf_node *n, size_t max, const char **out, struct err *e)
{
	if (config_setting_type(n) != CONFIG_TYPE_STRING)
		return conf_err(
		    n, e, "%s must be a text \"...\"", conf_name(n));
	*out = config_setting_get_string(n);
	if (strlen(*out) > max)
		return conf_err(
		    n, e, "%s is longer than %zu bytes", conf_name(n), max);
	for (const char *p = *out; *p != '\0'; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			return conf_err(
			    n, e, "%s holds a control character", conf_name(n));
	return 0;
}

int
conf_str_or(conf_node *group, const char *name, size_t max,
    const char *otherwise, const char **out, struct err *e)
{
	conf_node *n = conf_get(group, name);

	*out = otherwise;
	return n == NULL ? 0 : conf_text(n, max, out, e);
}

int
conf_str(conf_node *group, const char *name, size_t max, const char **out,
    struct err *e)
{
	if (conf_get(group, name) == NULL)
		return conf_err(group, e, "%s is missing", name);
	return conf_str_or(group, name, max, NULL, out, e);
}

int
conf_int_or(conf_node *group, const char *name, int64_t min, int64_t max,
    int64_t otherwise, int64_t *out, struct err *e)
{
	conf_node *n = conf_get(group, name);
	int type;

	*out = otherwise;
	if (n == NULL)
		return 0;
	type = config_setting_type(n);
	if (type != CONFIG_TYPE_INT && type != CONFIG_TYPE_INT64)
		return conf_err(n, e, "%s must be a whole number", name);
	*out = config_setting_get_int64(n);
	if (*out < min || *out > max)
		return conf_err(n, e, "%s must be between %lld and %lld", name,
		    (long long)min, (long long)max);
	return 0;
}

int
conf_bool_or(conf_node *group, const char *name, bool otherwise, bool *out,
    struct err *e)
{
	conf_node *n = conf_get(group, name);

	*out = otherwise;
	if (n == NULL)
		return 0;
	if (config_setting_type(n) != CONFIG_TYPE_BOOL)
		return conf_err(n, e, "%s must be true or false", name);
	*out = config_setting_get_bool(n) != 0;
	return 0;
}
