/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "place.h"
#include "policy.h"
#include "reset.h"

#define SHIPPED "policies/reset/unit.conf"

/* The 45 operations, in their order; those without a path are marked "keep". */
static const char *const operations[] = { "abrt-data", "backup-files",
	"bash-history", "blkid-tab", "ca-certificates", "crash-data",
	"cron-spool", "customize", "dhcp-client-state", "dhcp-server-state",
	"dovecot-data", "firewall-rules", "flag-reconfiguration", "fs-uuids",
	"ipa-client", "kerberos-data", "kerberos-hostkeytab", "logfiles",
	"lvm-system-devices", "lvm-uuids", "machine-id", "mail-spool",
	"net-hostname", "net-hwaddr", "net-nmconn", "pacct-log",
	"package-manager-cache", "pam-data", "passwd-backups",
	"puppet-data-log", "rh-subscription-manager", "rhn-systemid", "rpm-db",
	"samba-db-log", "script", "smolt-uuid", "ssh-hostkeys", "ssh-userdir",
	"sssd-db-log", "tmp-files", "udev-persistent-net", "user-account",
	"utmp", "yum-uuid", "zsh-history" };

#define OPERATIONS (sizeof(operations) / sizeof(operations[0]))

static char policies[256]; /* the project's folder: tests stand elsewhere */

static const char *
shipped(const char *name)
{
	static char path[512];

	(void)snprintf(path, sizeof(path), "%s/%s", policies, name);
	return path;
}

static void
read_shipped(struct reset *r)
{
	struct err e = { 0 };

	if (reset_read(r, shipped(SHIPPED), &e) == -1)
		print_error("%s\n", e.text);
	assert_string_equal(e.text, "");
}

static size_t
count_class(const struct reset *r, const char *class)
{
	size_t n = 0;

	for (size_t i = 0; i < r->count; i++)
		n += r->items[i].class != NULL &&
		    strcmp(r->items[i].class, class) == 0;
	return n;
}

static const struct reset_item *
operation(const struct reset *r, const char *name)
{
	const struct reset_item *found = NULL;

	for (size_t i = 0; i < r->count; i++)
		if (r->items[i].operation != NULL &&
		    strcmp(r->items[i].operation, name) == 0) {
			assert_null(found); /* once only */
			found = &r->items[i];
		}
	return found;
}

static void
all_twelve_classes_have_items(void **state)
{
	own_reset struct reset r = { 0 };
	size_t classes = 0;

	(void)state;
	read_shipped(&r);
	for (; reset_classes[classes] != NULL; classes++)
		assert_true(count_class(&r, reset_classes[classes]) > 0);
	assert_int_equal(classes, 12);
}

static void
all_45_operations_are_decided_on(void **state)
{
	own_reset struct reset r = { 0 };
	size_t found = 0;

	(void)state;
	read_shipped(&r);
	assert_int_equal(OPERATIONS, 45);
	for (size_t i = 0; i < OPERATIONS; i++)
		if (operation(&r, operations[i]) == NULL)
			print_error("missing: %s\n", operations[i]);
		else
			found++;
	assert_int_equal(found, 45);
	found = 0;
	for (size_t i = 0; i < r.count; i++)
		found += r.items[i].operation != NULL;
	assert_int_equal(found, 45); /* and none besides */
}

/* "/home/<*>/.ssh/<*>" -> "/home/x/.ssh/x", "[1-9]" -> "1", "[!c]" -> "x". */
static void
sample_of(const char *pattern, char out[512])
{
	size_t n = 0;

	for (; *pattern != '\0'; pattern++) {
		out[n++] = *pattern == '*' || *pattern == '?' ? 'x' : *pattern;
		if (*pattern != '[')
			continue;
		out[n - 1] = pattern[1] == '!' ? 'x' : pattern[1];
		pattern = strchr(pattern, ']');
	}
	out[n] = '\0';
}

/* Two lists speak of many paths; whoever reads one must not be misled. */
static void
each_pattern_fits_its_sample_and_the_lists_agree(void **state)
{
	own_reset struct reset r = { 0 };
	char path[512];
	size_t patterns = 0;

	(void)state;
	read_shipped(&r);
	for (size_t i = 0; i < r.count; i++)
		for (size_t k = 0; k < conf_len(r.items[i].paths);
		     k++, patterns++) {
			const struct reset_item *first;

			sample_of(config_setting_get_string(
				      conf_at(r.items[i].paths, k)),
			    path);
			first = reset_of(&r, path);
			assert_non_null(first);
			if (first->mark != r.items[i].mark)
				print_error("%s:%u: %s is %s, but %s:%u comes "
					    "first and says %s\n",
				    r.items[i].file->name, r.items[i].line,
				    path, reset_mark_name(r.items[i].mark),
				    first->file->name, first->line,
				    reset_mark_name(first->mark));
			assert_int_equal(first->mark, r.items[i].mark);
		}
	assert_true(patterns > 200);
}

/* Its identity is searched for in what leaves, so it has to be read. */
static void
what_tells_who_the_sample_is_may_be_read(void **state)
{
	own_reset struct reset r = { 0 };
	own_policy struct policy p = { 0 };
	struct err e = { 0 };
	char path[512];

	(void)state;
	read_shipped(&r);
	(void)policy_read(&p, shipped("policies/capture/gateway.conf"), &e);
	assert_string_equal(e.text, "");
	assert_true(p.identity_count > 0);
	for (size_t i = 0; i < p.identity_count; i++) {
		const struct reset_item *item;

		if (p.identity[i].file == NULL)
			continue;
		sample_of(p.identity[i].file, path);
		item = reset_of(&r, path);
		assert_true(item == NULL || item->mark != RESET_NEVER);
	}
}

static void
write_text(const char *path, const char *text)
{
	struct err e;

	assert_int_equal(
	    file_write(AT_FDCWD, path, text, strlen(text), FILE_PUBLIC, &e), 0);
}

#define ITEM(paths, rest)                                                      \
	"items = ( { class = \"identity\"; why = \"w\"; paths = [ " paths      \
	" ]; " rest " } );"

static const struct {
	const char *text;
	const char *says;
} refused[] = {
	{ ITEM("\"etc/x\"", "mark = \"keep\";"), "no absolute path" },
	{ ITEM("\"/etc/../x\"", "mark = \"keep\";"), "no absolute path" },
	{ ITEM("\"/etc//x\"", "mark = \"keep\";"), "no absolute path" },
	{ ITEM("\"/etc/[x\"", "mark = \"keep\";"), "a [ without its ]" },
	{ ITEM("\"/*\"", "mark = \"keep\";"), "would be everything" },
	{ ITEM("\"/\"", "mark = \"keep\";"), "would be everything" },
	{ ITEM("", "mark = \"capture-never\";"), "needs paths" },
	{ ITEM("\"/x\"", "mark = \"sometimes\";"), "not known" },
	{ ITEM("\"/x\"", ""), "mark is missing" },
	{ ITEM("\"/x\"", "mark = \"keep\"; make = \"uuid\";"),
	    "keep makes nothing" },
	{ ITEM("\"/x\"", "mark = \"reset-on-apply\"; make = \"text\";"),
	    "needs a text" },
	{ ITEM("\"/x\"", "mark = \"reset-on-apply\"; make = \"magic\";"),
	    "not known" },
	{ ITEM("\"/x\"", "mark = \"keep\"; more = 1;"), "unknown key" },
	{ "items = ( { class = \"none\"; mark = \"keep\"; why = \"w\"; } );",
	    "not known" },
	{ "items = ( { mark = \"keep\"; why = \"w\"; } );",
	    "needs a class or an operation" },
	{ "items = ( { class = \"tpm\"; mark = \"keep\"; why = \"\"; } );",
	    "why must say something" },
	{ "items = ( { class = \"tpm\"; mark = \"keep\"; } );",
	    "why is missing" },
	{ "items = ( 1 );", "holds groups" },
	{ "include = [ \"a.conf\" ];", "include each other" },
	{ "include = [ \"none.conf\" ];", "none.conf" },
	{ "rules = ( );", "unknown key" },
};

static void
an_item_that_could_lie_is_refused_with_its_line(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		own_reset struct reset r = { 0 };
		struct err e = { 0 };

		write_text("a.conf", refused[i].text);
		assert_int_equal(reset_read(&r, "a.conf", &e), -1);
		if (strstr(e.text, refused[i].says) == NULL)
			print_error("%zu: %s\n", i, e.text);
		assert_non_null(strstr(e.text, refused[i].says));
		assert_non_null(strstr(e.text, "a.conf:1:"));
	}
}

static void
an_owners_item_comes_before_the_shipped_ones(void **state)
{
	own_reset struct reset r = { 0 };
	struct err e;
	char text[1024];

	(void)state;
	(void)snprintf(text, sizeof(text),
	    ITEM("\"/etc/hostname\"",
		"mark = \"keep\";") "include = [ \"%s\" ];",
	    shipped(SHIPPED));
	write_text("mine.conf", text);
	assert_int_equal(reset_read(&r, "mine.conf", &e), 0);
	assert_int_equal(reset_of(&r, "/etc/hostname")->mark, RESET_KEEP);
	assert_int_equal(reset_of(&r, "/etc/machine-id")->mark, RESET_BOOT);
	assert_null(reset_of(&r, "/etc/motd"));
	assert_int_equal(reset_of(&r, "/root/.ssh")->mark, RESET_NEVER);
	assert_null(reset_of(&r, "/root/.sshx"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		in_a_place(all_twelve_classes_have_items),
		in_a_place(all_45_operations_are_decided_on),
		in_a_place(each_pattern_fits_its_sample_and_the_lists_agree),
		in_a_place(what_tells_who_the_sample_is_may_be_read),
		in_a_place(an_item_that_could_lie_is_refused_with_its_line),
		in_a_place(an_owners_item_comes_before_the_shipped_ones),
	};

	if (getcwd(policies, sizeof(policies)) == NULL)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
