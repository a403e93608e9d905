/* SPDX-License-Identifier: MIT */
/*
 * The modes: a table, and one small file that says which of them holds. The
 * file is written before the mode counts. A file that can not be understood
 * was not torn by a power cut (it is replaced by rename), so somebody wrote
 * it: the unit is then quarantined, never free.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "agent.h"
#include "audit.h"
#include "file.h"
#include "log.h"
#include "modes.h"

#define MODE_FILE     "mode"
#define MODE_FILE_MAX 64

static const char *const names[] = {
	[MODE_FACTORY] = "factory",
	[MODE_STAGED] = "staged",
	[MODE_ENROLLED] = "enrolled",
	[MODE_PRODUCTION] = "production",
	[MODE_SERVICE] = "service",
	[MODE_QUARANTINED] = "quarantined",
	[MODE_RETIRED] = "retired",
};

_Static_assert(sizeof(names) / sizeof(*names) == MODES, "a name for each");

/* A step is stored as mode + 1; a cell that is not here is zero: no step. */
#define TO(mode) (MODE_##mode + 1)

/* clang-format off */
static const unsigned char steps[MODES][MODE_EVENTS] = {
	[MODE_FACTORY] = {
		[MODE_APPLIED]		   = TO(STAGED),
		[MODE_QUARANTINE]	   = TO(QUARANTINED),
		[MODE_RETIRE]		   = TO(RETIRED),
	},
	[MODE_STAGED] = {
		[MODE_APPLIED]		   = TO(STAGED),
		[MODE_CONFIRMED_ENROLMENT] = TO(ENROLLED),
		[MODE_QUARANTINE]	   = TO(QUARANTINED),
		[MODE_RETIRE]		   = TO(RETIRED),
	},
	[MODE_ENROLLED] = {
		[MODE_APPLIED]		   = TO(ENROLLED),
		[MODE_CONFIRMED_ENROLMENT] = TO(ENROLLED),
		[MODE_LOCK]		   = TO(PRODUCTION),
		[MODE_QUARANTINE]	   = TO(QUARANTINED),
		[MODE_RETIRE]		   = TO(RETIRED),
	},
	[MODE_PRODUCTION] = {
		[MODE_APPLIED]		   = TO(PRODUCTION),
		[MODE_CONFIRMED_ENROLMENT] = TO(PRODUCTION),
		[MODE_QUARANTINE]	   = TO(QUARANTINED),
		[MODE_RETIRE]		   = TO(RETIRED),
	},
	[MODE_SERVICE] = {
		[MODE_APPLIED]		   = TO(SERVICE),
		[MODE_CONFIRMED_ENROLMENT] = TO(SERVICE),
		[MODE_LOCK]		   = TO(PRODUCTION),
		[MODE_QUARANTINE]	   = TO(QUARANTINED),
		[MODE_RETIRE]		   = TO(RETIRED),
	},
	[MODE_QUARANTINED] = {
		[MODE_QUARANTINE]	   = TO(QUARANTINED),
		[MODE_RETIRE]		   = TO(RETIRED),
	},
	[MODE_RETIRED] = {
		[MODE_RETIRE]		   = TO(RETIRED),
	},
};
/* clang-format on */

const char *
mode_name(enum mode m)
{
	return (unsigned)m < MODES ? names[m] : "?";
}

int
mode_by_name(const char *name, enum mode *out)
{
	for (unsigned m = 0; m < MODES; m++)
		if (strcmp(names[m], name) == 0) {
			*out = (enum mode)m;
			return 0;
		}
	return -1;
}

int
mode_next(enum mode m, enum mode_event ev, enum mode *next)
{
	if ((unsigned)m >= MODES || (unsigned)ev >= MODE_EVENTS ||
	    steps[m][ev] == 0)
		return -1;
	*next = (enum mode)(steps[m][ev] - 1);
	return 0;
}

/* The file holds one word and a newline. */
static int
understand(const struct bytes *text, enum mode *out)
{
	char word[MODE_FILE_MAX + 1];

	if (text->len == 0 || text->p[text->len - 1] != '\n')
		return -1;
	(void)memcpy(word, text->p, text->len);
	word[text->len - 1] = '\0';
	return strlen(word) == text->len - 1 ? mode_by_name(word, out) : -1;
}

/* The mode file is older than the birth record, which is written on the way
 * into production. A unit that has the one without the other was not born
 * yesterday: taking a file away must not be the way back to factory. */
static bool
was_born(const struct agent *a)
{
	return faccessat(a->state, "identity/birth.json", F_OK,
		   AT_SYMLINK_NOFOLLOW) == 0;
}

int
mode_load(struct agent *a, struct err *e)
{
	own_bytes struct bytes text = { 0 };

	a->mode = MODE_FACTORY;
	if (file_read(a->state, MODE_FILE, MODE_FILE_MAX, &text, e) == 0) {
		if (understand(&text, &a->mode) == 0)
			return 0;
	} else if (e->code == ENOENT && !was_born(a))
		return 0;
	else if (e->code != ENOENT && e->code != EFBIG && e->code != EINVAL &&
	    e->code != ELOOP)
		return -1;
	a->mode = MODE_QUARANTINED;
	log_at(LOG_ALERT,
	    "%s/" MODE_FILE " does not name a mode: the unit is quarantined;"
	    " write the mode it was in there if it was you who changed it",
	    a->settings.state_dir);
	audit_say(a->audit, "agent", "ModeFileDamaged", "taken as quarantined");
	return 0;
}

static int
store(struct agent *a, enum mode m, struct err *e)
{
	char line[MODE_FILE_MAX];
	int n = snprintf(line, sizeof(line), "%s\n", names[m]);

	return file_write(a->state, MODE_FILE, line, (size_t)n, FILE_PUBLIC, e);
}

int
mode_step(struct agent *a, enum mode_event ev, struct err *e)
{
	enum mode next, before = a->mode;

	if (mode_next(before, ev, &next) == -1)
		return err_set(
		    e, EPERM, "mode %s has no such step", mode_name(before));
	if (next == before)
		return 0;
	if (store(a, next, e) == -1)
		return -1;
	a->mode = next;
	audit_say(a->audit, "agent", "ModeChanged", "from %s to %s",
	    mode_name(before), mode_name(next));
	log_note("mode: %s", mode_name(next));
	return 0;
}
