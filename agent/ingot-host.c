/* SPDX-License-Identifier: MIT */
/*
 * ingot-host: one process, one plugin, no privileges.
 *
 * Started by ingotd with the spec on the command line (spec.h), the agent as
 * descriptor 3 and the plugin as descriptor 4: the very file whose note and
 * signature the agent has looked at, not a path that may lead elsewhere by
 * now. The order in main() is the promise: the cage is closed before the
 * library is mapped, since a constructor is the plugin's first line.
 *
 * A host that fails says why and dies; trying again is the agent's business.
 * It links no parser and no cryptography: what it does not have, no plugin can
 * turn against it.
 */
#include <sys/prctl.h>

#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "host.h"
#include "sandbox.h"

#ifdef SANDBOX_SANITIZED
/* A caged process can neither be traced by the leak checker nor run a
 * symbolizer. */
const char *__asan_default_options(void);
const char *
__asan_default_options(void)
{
	return "detect_leaks=0:symbolize=0";
}
#endif

/* The plugin of a newer or older build: what it lacks is zero. */
static int
check_plugin(struct host *h, const struct ingot_plugin *p, struct err *e)
{
	size_t size = p->size;

	if (p->abi != INGOT_ABI)
		return err_set(e, ENOEXEC, "plugin for ABI %u, this is %u",
		    p->abi, INGOT_ABI);
	memcpy(
	    &h->plugin, p, size < sizeof(h->plugin) ? size : sizeof(h->plugin));
	if (h->plugin.name == NULL || h->plugin.open == NULL ||
	    h->plugin.render == NULL || h->plugin.activate == NULL ||
	    h->plugin.probe == NULL || h->plugin.close == NULL)
		return err_set(e, ENOEXEC,
		    "plugin lacks one of name, open, render, activate, "
		    "probe, close");
	if ((h->plugin.needs & ~h->spec.granted) != 0)
		return err_set(e, EPERM, "plugin %s needs %#x, granted is %#x",
		    h->plugin.name, h->plugin.needs, h->spec.granted);
	return 0;
}

/* By its descriptor, which leads nowhere then: the mapping stays, and the
 * number never becomes one of the plugin's own. */
static int
load(struct host *h, struct err *e)
{
	const struct ingot_plugin *p;
	char path[32];

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", SPEC_PLUGIN_FD);
	if ((h->library = dlopen(path, RTLD_NOW | RTLD_LOCAL)) == NULL)
		return err_set(e, ENOEXEC, "%s", dlerror());
	if ((p = dlsym(h->library, "ingot_plugin")) == NULL)
		return err_set(e, ENOEXEC, "%s", dlerror());
	if (dup2(STDIN_FILENO, SPEC_PLUGIN_FD) == -1)
		return err_sys(e, "dup2");
	return check_plugin(h, p, e);
}

int
main(int argc, char *argv[])
{
	static struct host h;
	struct err e;

	if (spec_parse(&h.spec, argc, argv, &e) == -1) {
		(void)fprintf(stderr, "ingot-host: %s\n", e.text);
		return HOST_WORDS;
	}
	if (host_cage(&h, &e) == -1)
		host_die(HOST_CAGE, &e);
	host_calls_init(&h);
	if (load(&h, &e) == -1)
		host_die(HOST_PLUGIN, &e);
	if (syscalls_second(h.syscalls, &e) == -1)
		host_die(HOST_CAGE, &e);
	syscalls_free(h.syscalls);
	(void)prctl(PR_SET_NAME, h.plugin.name);
	host_serve(&h);
	/* Not exit(): a library's threads may still run in what it would
	 * tear down. */
	_exit(HOST_DONE);
}
