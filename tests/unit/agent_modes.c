/* SPDX-License-Identifier: MIT */
/*
 * The modes: which steps there are, that a step is on disk before it counts,
 * and that a mode file nobody wrote frees no unit.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent.h"
#include "audit.h"
#include "ctl_verbs.h"
#include "file.h"
#include "own.h"

static char top[64];
static struct agent a;

static int
set_up(void **state)
{
	struct err e;

	(void)state;
	(void)strcpy(top, "/tmp/ingot-modes.XXXXXX");
	if (mkdtemp(top) == NULL)
		return -1;
	a = (struct agent){ .settings.state_dir = top };
	a.state = open(top, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	a.audit = audit_open(top, a.state, &e);
	return a.audit == NULL ? -1 : 0;
}

static int
tear_down(void **state)
{
	struct err e;

	(void)state;
	audit_close(a.audit);
	(void)close(a.state);
	return file_remove_tree(AT_FDCWD, top, &e);
}

static void
trail_has(const char *part)
{
	own_bytes struct bytes b = { 0 };
	struct err e;

	assert_int_equal(file_read(a.state, "audit", 1 << 20, &b, &e), 0);
	assert_non_null(strstr(b.p, part));
}

static enum mode
loaded(const char *text, size_t len)
{
	struct err e;

	assert_int_equal(
	    file_write(a.state, "mode", text, len, FILE_PUBLIC, &e), 0);
	a.mode = MODE_FACTORY;
	assert_int_equal(mode_load(&a, &e), 0);
	return a.mode;
}

static void
a_unit_without_a_mode_file_is_in_factory(void **state)
{
	struct err e;

	(void)state;
	a.mode = MODE_RETIRED;
	assert_int_equal(mode_load(&a, &e), 0);
	assert_int_equal(a.mode, MODE_FACTORY);
}

static void
a_unit_that_was_born_does_not_lose_its_mode_with_the_file(void **state)
{
	struct err e;

	(void)state;
	assert_int_equal(file_mkdirs(a.state, "identity", 0700, &e), 0);
	assert_int_equal(file_write(a.state, "identity/birth.json", "{}", 2,
			     FILE_PUBLIC, &e),
	    0);
	assert_int_equal(mode_load(&a, &e), 0);
	assert_int_equal(a.mode, MODE_QUARANTINED);
	trail_has("ModeFileDamaged");
}

static void
the_way_to_production_is_walked_and_stays(void **state)
{
	static const struct {
		enum mode_event ev;
		enum mode then;
	} way[] = {
		{ MODE_APPLIED, MODE_STAGED },
		{ MODE_CONFIRMED_ENROLMENT, MODE_ENROLLED },
		{ MODE_APPLIED, MODE_ENROLLED },
		{ MODE_LOCK, MODE_PRODUCTION },
		{ MODE_APPLIED, MODE_PRODUCTION },
		{ MODE_QUARANTINE, MODE_QUARANTINED },
		{ MODE_RETIRE, MODE_RETIRED },
	};
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof(way) / sizeof(*way); i++) {
		assert_int_equal(mode_step(&a, way[i].ev, &e), 0);
		assert_int_equal(a.mode, way[i].then);
		if (i == 0) /* after a restart, too */
			a.mode = MODE_FACTORY;
		assert_int_equal(mode_load(&a, &e), 0);
		assert_int_equal(a.mode, way[i].then);
	}
	trail_has("from enrolled to production");
}

static void
there_is_no_short_cut_and_no_way_back(void **state)
{
	enum mode next;

	(void)state;
	for (enum mode m = 0; m < MODES; m++) {
		bool may_lock = m == MODE_ENROLLED || m == MODE_SERVICE;

		assert_int_equal(
		    mode_next(m, MODE_LOCK, &next), may_lock ? 0 : -1);
		for (enum mode_event ev = 0; ev < MODE_EVENTS; ev++) {
			if (mode_next(m, ev, &next) == -1)
				continue;
			if (m == MODE_PRODUCTION)
				assert_true(next == MODE_PRODUCTION ||
				    next == MODE_QUARANTINED ||
				    next == MODE_RETIRED);
			if (m == MODE_QUARANTINED)
				assert_true(next == MODE_QUARANTINED ||
				    next == MODE_RETIRED);
			if (m == MODE_RETIRED)
				assert_int_equal(next, MODE_RETIRED);
		}
	}
	assert_int_equal(
	    mode_next(MODE_FACTORY, MODE_CONFIRMED_ENROLMENT, &next), -1);
	assert_int_equal(mode_next(MODES, MODE_APPLIED, &next), -1);
	assert_int_equal(mode_next(MODE_FACTORY, MODE_EVENTS, &next), -1);
}

static void
a_step_that_is_not_on_disk_does_not_count(void **state)
{
	struct err e;
	int state_dir = a.state;

	(void)state;
	a.state = -1;
	assert_int_equal(mode_step(&a, MODE_APPLIED, &e), -1);
	a.state = state_dir;
	assert_int_equal(a.mode, MODE_FACTORY);
	assert_int_equal(mode_step(&a, MODE_LOCK, &e), -1);
	assert_string_equal(e.text, "mode factory has no such step");
}

static void
a_mode_file_nobody_wrote_is_quarantine(void **state)
{
	static const char *const texts[] = {
		"", "\n", "production", "Production\n", "production\n\n",
		"production \n", "production\nfactory\n", "factoryx\n",
		"a line of more than sixty-four bytes, which no mode has ever been\n"
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		if (loaded(texts[i], strlen(texts[i])) != MODE_QUARANTINED)
			fail_msg(
			    "\"%s\" is mode %s", texts[i], mode_name(a.mode));
	assert_int_equal(loaded("factory\0\n", 9), MODE_QUARANTINED);
	assert_int_equal(loaded("production\n", 11), MODE_PRODUCTION);
	trail_has("ModeFileDamaged");
}

static void
a_mode_file_that_is_a_link_is_quarantine(void **state)
{
	struct err e;

	(void)state;
	assert_int_equal(symlinkat("/etc/passwd", a.state, "mode"), 0);
	assert_int_equal(mode_load(&a, &e), 0);
	assert_int_equal(a.mode, MODE_QUARANTINED);
}

static void
every_mode_has_its_name(void **state)
{
	enum mode m;

	(void)state;
	for (enum mode i = 0; i < MODES; i++) {
		assert_int_equal(mode_by_name(mode_name(i), &m), 0);
		assert_int_equal(m, i);
	}
	assert_int_equal(mode_by_name("", &m), -1);
	assert_string_equal(mode_name(MODES), "?");
}

/* What the mode allows is a column of the table of verbs. */
static void
production_takes_the_development_verbs_away(void **state)
{
	static const enum mode closed[] = { MODE_PRODUCTION, MODE_SERVICE,
		MODE_QUARANTINED, MODE_RETIRED };

	(void)state;
	assert_non_null(ctl_verb("ask"));
	for (size_t i = 0; i < sizeof(closed) / sizeof(*closed); i++) {
		assert_int_equal(
		    ctl_verb("ask")->modes & MODE_BIT(closed[i]), 0);
		assert_int_not_equal(
		    ctl_verb("status")->modes & MODE_BIT(closed[i]), 0);
	}
	assert_int_equal(
	    ctl_verb("apply")->modes & MODE_BIT(MODE_QUARANTINED), 0);
	assert_false(ctl_verb("apply")->read_only);
	assert_false(ctl_verb("lock")->read_only);
	assert_null(ctl_verb("nix"));
	assert_null(ctl_verb(""));
}

#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_unit_without_a_mode_file_is_in_factory),
		T(a_unit_that_was_born_does_not_lose_its_mode_with_the_file),
		T(the_way_to_production_is_walked_and_stays),
		T(there_is_no_short_cut_and_no_way_back),
		T(a_step_that_is_not_on_disk_does_not_count),
		T(a_mode_file_nobody_wrote_is_quarantine),
		T(a_mode_file_that_is_a_link_is_quarantine),
		T(every_mode_has_its_name),
		T(production_takes_the_development_verbs_away),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
