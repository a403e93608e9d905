/* SPDX-License-Identifier: MIT */
/*
 * The map from product and version to folders, and the newest file of one.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "file.h"
#include "kura_root.h"
#include "own.h"

#define PROPERTIES_MAX (256 * 1024)
#define KURA           "opt/eclipse/kura/"
#define ESF            "opt/eurotech/esf/"

static const struct layout {
	const char *name;
	const char *product; /* as in "KURA_5.0.0" */
	long major;
	const char *properties;
	const char *snapshots;
} layouts[] = {
	{ "kura-3", "KURA", 3, KURA "kura/kura.properties",
	    KURA "data/snapshots" },
	{ "kura-4", "KURA", 4, KURA "framework/kura.properties",
	    KURA "user/snapshots" },
	{ "kura-5", "KURA", 5, KURA "framework/kura.properties",
	    KURA "user/snapshots" },
	{ "esf-5", "ESF", 5, ESF "kura/kura.properties", ESF "data/snapshots" },
	{ "esf-6", "ESF", 6, ESF "framework/kura.properties",
	    ESF "user/snapshots" },
	{ "esf-6", "ESF", 6, ESF "kura/kura.properties", ESF "user/snapshots" },
	{ "esf-7", "ESF", 7, ESF "framework/kura.properties",
	    ESF "user/snapshots" },
};

#define LAYOUTS (sizeof(layouts) / sizeof(*layouts))

void
kura_root_layouts(char *out, size_t size)
{
	size_t n = 0;

	*out = '\0';
	for (size_t i = 0; i < LAYOUTS && n < size; i++)
		if (i == 0 || strcmp(layouts[i - 1].name, layouts[i].name) != 0)
			n += (size_t)snprintf(out + n, size - n, "%s%s",
			    i == 0 ? "" : ", ", layouts[i].name);
}

/* "key = value" or "key: value" of a Java properties file. */
static bool
line_value(const char *line, const char *key, char *out, size_t size)
{
	size_t n = strlen(key), len;

	line += strspn(line, " \t");
	if (strncmp(line, key, n) != 0)
		return false;
	line += n;
	line += strspn(line, " \t");
	if (*line != '=' && *line != ':')
		return false;
	line++;
	line += strspn(line, " \t");
	len = strcspn(line, " \t\r\n");
	(void)snprintf(
	    out, size, "%.*s", len < size ? (int)len : (int)size - 1, line);
	return *out != '\0';
}

/* The version that the properties file states; 0: no such file, or nothing
 * in it. ESF writes its own beside the version of the Kura in it. */
static int
stated(int root, const struct layout *l, char *out, size_t size, struct err *e)
{
	static const char *const keys[] = { "esf.version", "kura.version" };
	own_bytes struct bytes text = { 0 };
	own_fd int fd = -1;

	fd = file_open_beneath(root, l->properties, O_RDONLY, 0, e);
	if (fd == -1)
		return e->code == ENOENT ? 0 : -1;
	if (file_read_fd(fd, PROPERTIES_MAX, &text, e) == -1)
		return err_in(e, "/%s", l->properties);
	for (size_t k = 0; k < 2; k++)
		for (const char *p = text.p; p != NULL;
		     p = (p = strchr(p, '\n')) == NULL ? NULL : p + 1)
			if (line_value(p, keys[k], out, size))
				return 1;
	return 0;
}

/* "KURA_5.0.0", "ESF_7.1.0-SNAPSHOT", or "7.1.0" in ESF's own folder. */
static bool
fits(const struct layout *l, const char *version)
{
	size_t n = strlen(l->product);
	char *end;
	long major;

	if (strncasecmp(version, l->product, n) == 0 &&
	    (version[n] == '_' || version[n] == '-'))
		version += n + 1;
	major = strtol(version, &end, 10);
	return end != version && (*end == '.' || *end == '\0') &&
	    major == l->major;
}

static int
by_name(const char *name, const struct layout **out, struct err *e)
{
	char all[256];

	for (size_t i = 0; i < LAYOUTS; i++)
		if (strcmp(layouts[i].name, name) == 0) {
			*out = &layouts[i];
			return 0;
		}
	kura_root_layouts(all, sizeof(all));
	return err_set(
	    e, EINVAL, "there is no layout \"%.32s\"; there are %s", name, all);
}

static int
by_version(
    int root, const struct layout **out, struct kura_found *f, struct err *e)
{
	char all[256], version[sizeof(f->version)] = "";
	int rc;

	for (size_t i = 0; i < LAYOUTS; i++) {
		rc = stated(
		    root, &layouts[i], f->version, sizeof(f->version), e);
		if (rc == -1)
			return -1;
		if (rc == 1 && fits(&layouts[i], f->version)) {
			*out = &layouts[i];
			return 0;
		}
		if (rc == 1)
			(void)strcpy(version, f->version);
	}
	kura_root_layouts(all, sizeof(all));
	if (*version != '\0')
		return err_set(e, ENOTSUP,
		    "version \"%s\" is not known; --layout takes one of %s if "
		    "it is laid out like that",
		    version, all);
	return err_set(e, ENOENT,
	    "no kura.properties that states a version; --layout takes one of "
	    "%s",
	    all);
}

/* The id in "snapshot_1434122113492.xml", or -1. */
static long long
snapshot_id(const char *name)
{
	static const char front[] = "snapshot_";
	size_t n = sizeof(front) - 1;
	char *end;
	long long id;

	if (strncmp(name, front, n) != 0 || name[n] < '0' || name[n] > '9')
		return -1;
	errno = 0;
	id = strtoll(name + n, &end, 10);
	return errno == 0 && strcmp(end, ".xml") == 0 ? id : -1;
}

/* The highest id: Kura itself goes by it, not by the file's time. */
static int
newest(int root, const struct layout *l, struct kura_found *f, struct err *e)
{
	int fd =
	    file_open_beneath(root, l->snapshots, O_RDONLY | O_DIRECTORY, 0, e);
	DIR *d = fd == -1 ? NULL : fdopendir(fd);
	long long best = -1, id;
	struct dirent *entry;
	size_t n = 0;

	if (fd == -1)
		return -1;
	if (d == NULL) {
		(void)close(fd);
		return err_sys(e, "/%s", l->snapshots);
	}
	while ((entry = readdir(d)) != NULL) {
		if ((id = snapshot_id(entry->d_name)) == -1)
			continue;
		n++;
		if (id > best) {
			best = id;
			(void)snprintf(f->path, sizeof(f->path), "%s/%.100s",
			    l->snapshots, entry->d_name);
		}
	}
	(void)closedir(d);
	if (n == 0)
		return err_set(
		    e, ENOENT, "/%s holds no snapshot_N.xml", l->snapshots);
	f->others = n - 1;
	return 0;
}

int
kura_root_find(
    int root, const char *layout, struct kura_found *f, struct err *e)
{
	const struct layout *l = NULL;

	memset(f, 0, sizeof(*f));
	if ((layout == NULL ? by_version(root, &l, f, e)
			    : by_name(layout, &l, e)) == -1)
		return -1;
	f->layout = l->name;
	return newest(root, l, f, e);
}
