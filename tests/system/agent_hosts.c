/* SPDX-License-Identifier: MIT */
/*
 * The supervisor against real hosts and real plugins, good and bad, in one
 * process with the test, so that each request and each answer is seen. What
 * must hold everywhere: a request is answered exactly once; the other plugins
 * do not notice; the audit trail does.
 *
 *	BUILD_DIR=... [KEYS=...] agent_hosts	needs root
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <sys/stat.h>
#include <sys/wait.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent.h"
#include "audit.h"
#include "file.h"
#include "hosts.h"
#include "own.h"

#define TOO_LONG_MS 15000

static char top[64]; /* of everything a test makes */
static struct agent agent;

/* What came of the newest request. */
static struct reply {
	unsigned times;
	int rc;
	char text[4096]; /* artifact, reply or reason */
	size_t findings;
} reply;

static const char *
path(const char *, ...) __attribute__((format(printf, 1, 2)));

static const char *
path(const char *fmt, ...)
{
	static char out[4][512];
	static unsigned at;
	char name[256];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(name, sizeof(name), fmt, ap);
	va_end(ap);
	at = (at + 1) % 4;
	(void)snprintf(out[at], sizeof(out[at]), "%s/%s", top, name);
	return out[at];
}

static void
put(const char *where, const char *text)
{
	struct err e;

	if (file_write(AT_FDCWD, where, text, strlen(text), FILE_PUBLIC, &e) ==
	    -1)
		fail_msg("%s", e.text);
}

/* A plugin of the build, and what it is granted. */
static void
have(const char *plugin, const char *file, const char *grants)
{
	own_bytes struct bytes so = { 0 };
	char text[4096];
	struct err e;

	(void)snprintf(text, sizeof(text), "%s/tests/plugins/%s",
	    getenv("BUILD_DIR"), file);
	if (file_read(AT_FDCWD, text, 8 * 1024 * 1024, &so, &e) == -1 ||
	    file_write(AT_FDCWD, path("so/%s.so", plugin), so.p, so.len,
		FILE_PUBLIC, &e) == -1)
		fail_msg("%s", e.text);
	(void)snprintf(text, sizeof(text), "user = \"nobody\";\n%s\n", grants);
	put(path("policy/plugins/%s.conf", plugin), text);
}

static void
settle(void)
{
	struct err e;

	for (int i = 0; i < 20; i++)
		assert_int_equal(loop_once(agent.loop, 5, &e), 0);
}

/* Until the plugin's host is in this state. */
static json_t *
status_of(const char *plugin)
{
	own_json json_t *all = hosts_status(&agent);
	json_t *one;
	size_t i;

	json_array_foreach(all, i,
	    one) if (strcmp(json_string_value(json_object_get(one, "name")),
			 plugin) == 0) return json_incref(one);
	return NULL;
}

static bool
is_in(const char *plugin, const char *state)
{
	own_json json_t *one = status_of(plugin);

	return one != NULL &&
	    strcmp(json_string_value(json_object_get(one, "state")), state) ==
	    0;
}

static pid_t
pid_of(const char *plugin)
{
	own_json json_t *one = status_of(plugin);

	return (pid_t)json_integer_value(json_object_get(one, "pid"));
}

static void
until(const char *plugin, const char *state)
{
	uint64_t end = now_ms() + TOO_LONG_MS;
	struct err e;

	while (!is_in(plugin, state)) {
		if (now_ms() > end)
			fail_msg("%s is never %s", plugin, state);
		assert_int_equal(loop_once(agent.loop, 20, &e), 0);
	}
}

static void
start_with(const char *more)
{
	char text[2048];
	struct err e;

	(void)snprintf(text, sizeof(text),
	    "state_dir = \"%s/state\"; run_dir = \"%s/run\";\n"
	    "log_dir = \"%s/log\"; policy_dir = \"%s/policy\";\n"
	    "shipped_dir = \"%s/none\"; plugin_dir = \"%s/so\";\n"
	    "anchors = \"%s/anchors.pem\"; libexec_dir = \"%s\";\n"
	    "backoff_ms = 1; stop_ms = 1500; check_ms = 400;\n%s\n",
	    top, top, top, top, top, top, top, getenv("BUILD_DIR"), more);
	if (settings_parse(&agent.settings, "test", text, strlen(text), &e) ==
		-1 ||
	    (agent.loop = loop_new(&e)) == NULL ||
	    (agent.audit = audit_open(path("log"), agent.state, &e)) == NULL ||
	    hosts_start(&agent, &e) == -1)
		fail_msg("%s", e.text);
}

static int
set_up(void **state)
{
	static const char *const folders[] = { "state", "log", "so",
		"policy/plugins" };
	struct err e;

	(void)state;
	(void)snprintf(top, sizeof(top), "/tmp/ingot-hosts.XXXXXX");
	if (mkdtemp(top) == NULL || chmod(top, 0755) == -1)
		return -1;
	for (size_t i = 0; i < sizeof(folders) / sizeof(*folders); i++)
		if (file_mkdirs(AT_FDCWD, path("%s", folders[i]), 0755, &e) ==
		    -1)
			return -1;
	memset(&agent, 0, sizeof(agent));
	memset(&reply, 0, sizeof(reply));
	agent.state = open(path("state"), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return agent.state == -1 ? -1 : 0;
}

static int
tear_down(void **state)
{
	struct err e;

	(void)state;
	hosts_stop(&agent);
	audit_close(agent.audit);
	loop_free(agent.loop);
	settings_free(&agent.settings);
	(void)close(agent.state);
	return file_remove_tree(AT_FDCWD, top, &e);
}

static void
answered(void *ctx, const struct answer *a)
{
	struct reply *r = ctx;
	own_bytes struct bytes text = { 0 };
	struct err e;

	r->times++;
	r->rc = a->rc;
	r->findings = json_array_size(a->findings);
	if (a->rc == -1)
		(void)snprintf(r->text, sizeof(r->text), "%s", a->why->text);
	else if (a->fd != -1 &&
	    file_read_fd(a->fd, sizeof(r->text), &text, &e) == 0)
		(void)snprintf(r->text, sizeof(r->text), "%s", text.p);
	else
		r->text[0] = '\0';
}

static void
begin(struct reply *r, uint32_t type, const char *plugin, const char *verb,
    const char *text)
{
	struct err e;
	own_fd int fd = file_sealed(text, strlen(text), &e);
	struct hosts_request want = { .plugin = plugin,
		.type = type,
		.from = "cli",
		.verb = verb,
		.fd = fd,
		.done = answered,
		.ctx = r };

	*r = (struct reply){ 0 };
	if (hosts_ask(&agent, &want, &e) == -1) {
		r->times = 1;
		r->rc = -1;
		(void)snprintf(r->text, sizeof(r->text), "%s", e.text);
	}
}

static void
wait_for(const struct reply *r)
{
	uint64_t end = now_ms() + TOO_LONG_MS;
	struct err e;

	while (r->times == 0) {
		if (now_ms() > end)
			fail_msg("no answer");
		assert_int_equal(loop_once(agent.loop, 20, &e), 0);
	}
	assert_int_equal(r->times, 1);
}

/* Asks and waits; the text of what came. */
static const char *
call(uint32_t type, const char *plugin, const char *verb, const char *text)
{
	begin(&reply, type, plugin, verb, text);
	wait_for(&reply);
	return reply.text;
}

static const char *
question(const char *plugin, const char *verb)
{
	return call(MSG_QUESTION, plugin, verb, "{\"a\":1}");
}

static void
has(const char *text, const char *part)
{
	if (strstr(text, part) == NULL)
		fail_msg("\"%s\" holds no \"%s\"", text, part);
}

static void
trail_has(const char *part)
{
	own_bytes struct bytes text = { 0 };
	struct err e;

	if (file_read(AT_FDCWD, path("log/audit"), 1 << 22, &text, &e) == -1)
		fail_msg("%s", e.text);
	has(text.p, part);
}

static size_t
trail_count(const char *part)
{
	own_bytes struct bytes text = { 0 };
	struct err e;
	size_t n = 0;

	(void)file_read(AT_FDCWD, path("log/audit"), 1 << 22, &text, &e);
	for (const char *p = text.p; (p = strstr(p, part)) != NULL; p++)
		n++;
	return n;
}

#define QUIET_GRANTS "needs = [ \"INSTALL\", \"RELOAD\", \"STATE\", \"SIGN\" ];"

/* quiet with all it may have; its slot is installed.txt. */
static void
have_quiet(const char *more)
{
	char grants[2048];

	(void)snprintf(grants, sizeof(grants),
	    QUIET_GRANTS "late_ms = 2000;"
			 "install = ( { name = \"quiet\"; mode = \"0640\";"
			 " path = \"%s/installed.txt\"; } );%s",
	    top, more);
	have("quiet", "quiet.so", grants);
}

static void
a_plugin_renders_activates_probes_and_answers(void **state)
{
	struct stat st;

	(void)state;
	have_quiet("");
	start_with("plugins = [ \"quiet\" ];");
	assert_string_equal(call(MSG_RENDER, "quiet", NULL, "abc"), "cba");
	has(call(MSG_RENDER, "quiet", NULL, "!"),
	    "quiet: line 1: '!' means no");
	assert_string_equal(call(MSG_ACTIVATE, "quiet", NULL, "xyz"), "");
	assert_int_equal(reply.rc, 0);
	assert_int_equal(stat(path("installed.txt"), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0640);
	assert_int_equal(st.st_size, 3);
	(void)call(MSG_PROBE, "quiet", NULL, "xyz");
	assert_int_equal(reply.findings, 1);
	assert_string_equal(question("quiet", "echo"), "{\"a\":1}");
	assert_string_equal(question("quiet", "count"), "{\"count\":1}");
	assert_int_equal(call(MSG_ACTIVATE, "quiet", NULL, "")[0], '\0');
	assert_int_equal(stat(path("installed.txt"), &st), -1);
	trail_has("\"kind\":\"FileInstalled\"");
	trail_has("\"kind\":\"FileRemoved\"");
	settle();
	trail_has("\"kind\":\"QuietTick\"");
}

static void
a_state_folder_belongs_to_the_plugin_alone(void **state)
{
	struct stat st;

	(void)state;
	have_quiet("");
	start_with("plugins = [ \"quiet\" ];");
	until("quiet", "idle");
	assert_int_equal(stat(path("state/plugins/quiet"), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	assert_int_equal(st.st_uid, 65534);
}

static void
requests_wait_in_order_and_each_is_answered_once(void **state)
{
	struct reply r[20];
	char text[32];

	(void)state;
	have_quiet("");
	start_with("plugins = [ \"quiet\" ];");
	for (size_t i = 0; i < 20; i++) { /* before it has even opened */
		(void)snprintf(text, sizeof(text), "%zu", i);
		begin(&r[i], MSG_QUESTION, "quiet", "echo", text);
	}
	for (size_t i = 0; i < 20; i++) {
		wait_for(&r[i]);
		assert_int_equal(r[i].rc, 0);
		assert_int_equal(atoi(r[i].text), i);
	}
	for (size_t i = 0; i < 20; i++)
		assert_int_equal(r[i].times, 1);
}

static void
a_queue_has_an_end(void **state)
{
	static struct reply r[64];

	(void)state;
	have_quiet("");
	start_with("plugins = [ \"quiet\" ];");
	for (size_t i = 0; i < 64; i++)
		begin(&r[i], MSG_QUESTION, "quiet", "echo", "{}");
	has(r[63].text, "requests waiting");
	for (size_t i = 0; i < 64; i++)
		wait_for(&r[i]);
	assert_int_equal(r[0].rc, 0);
}

static void
a_forgotten_caller_is_not_called(void **state)
{
	struct reply gone, stays;

	(void)state;
	have_quiet("");
	start_with("plugins = [ \"quiet\" ];");
	begin(&gone, MSG_QUESTION, "quiet", "sleep.50", "{}");
	begin(&stays, MSG_QUESTION, "quiet", "echo", "{}");
	hosts_forget(&agent, &gone);
	wait_for(&stays);
	assert_int_equal(gone.times, 0);
}

static void
nobody_is_asked_who_is_not_there(void **state)
{
	(void)state;
	have_quiet("");
	start_with("plugins = [ \"quiet\" ];");
	has(question("nix", "echo"), "no plugin \"nix\"");
	assert_true(hosts_has(&agent, "quiet"));
	assert_false(hosts_has(&agent, "nix"));
}

/* Each in render and in activate; quiet stands beside and must not notice. */
static void
a_hostile_plugin_harms_only_itself(void **state)
{
	static const struct {
		const char *attack, *reason, *trail;
	} rows[] = {
		{ "fork", "forbidden system call", "PluginDied" },
		{ "socket:2", "forbidden system call", "PluginDied" },
		{ "root", "forbidden system call", "PluginDied" },
		{ "ptrace", "forbidden system call", "PluginDied" },
		{ "kill:9", "forbidden system call", "PluginDied" },
		{ "everybody", "forbidden system call", "PluginDied" },
		{ "exec:/bin/sh", "forbidden system call", "PluginDied" },
		{ "crash", "", "PluginDied" },
		{ "abort", "signal 6", "PluginDied" },
		{ "quit:7", "exit status 7", "PluginDied" },
		{ "spin", "late with", "PluginDied" },
		{ "sleep", "late with", "PluginDied" },
		{ "short", "malformed message", "PolicyViolation" },
		{ "two", "malformed message", "PolicyViolation" },
		{ "forge:35", "wrong side", "PolicyViolation" },
		{ "forge:63", "unknown message", "PolicyViolation" },
		{ "forge:36", "not on this channel", "PolicyViolation" },
		{ "forge:3", "OPENED twice", "PolicyViolation" },
		{ "close:3", "", "PluginDied" },
	};
	static const uint32_t types[] = { MSG_RENDER, MSG_ACTIVATE };
	pid_t quiet;
	size_t before;

	(void)state;
	have_quiet("");
	have("rude", "rude.so", "late_ms = 300;");
	start_with("plugins = [ \"quiet\", \"rude\" ]; quick_ms = 0;");
	until("quiet", "idle");
	quiet = pid_of("quiet");
	for (size_t i = 0; i < 2 * sizeof(rows) / sizeof(*rows); i++) {
		const char *what = rows[i / 2].attack;

		before = trail_count(rows[i / 2].trail);
		until("rude", "idle");
		print_message("# %s\n", what);
		has(call(types[i % 2], "rude", NULL, what), rows[i / 2].reason);
		assert_int_equal(reply.rc, -1);
		assert_string_equal(question("quiet", "echo"), "{\"a\":1}");
		until("rude", "idle");
		assert_true(trail_count(rows[i / 2].trail) > before);
		assert_int_equal(pid_of("quiet"), quiet);
	}
}

static void
a_plugin_that_dies_too_often_is_broken_until_reset(void **state)
{
	(void)state;
	have_quiet("");
	have("rude", "rude.so",
	    "hand = ( { name = \"abort\"; path = \"/dev/null\"; } );");
	start_with("plugins = [ \"rude\", \"quiet\" ];");
	until("rude", "broken");
	until("quiet", "idle");
	assert_int_equal(trail_count("PluginDied"), 9);
	trail_has("PluginBroken");
	has(call(MSG_RENDER, "rude", NULL, "x"), "broken");
	hosts_reset(&agent);
	settle();
	until("rude", "broken");
	assert_int_equal(trail_count("PluginDied"), 18);
}

static void
who_waits_for_a_plugin_that_can_not_start_is_told(void **state)
{
	(void)state;
	have("rude", "rude.so",
	    "hand = ( { name = \"abort\"; path = \"/dev/null\"; } );");
	start_with("plugins = [ \"rude\" ];");
	has(call(MSG_RENDER, "rude", NULL, "x"), "signal 6");
}

static void
a_circle_of_askers_is_refused(void **state)
{
	(void)state;
	have_quiet("ask = [ \"noisy.relay.quiet.echo\", \"quiet.echo\","
		   " \"noisy.relay.quiet.relay.noisy.flood.1\" ];");
	have("noisy", "noisy.so", "ask = [ \"quiet.echo\" ];");
	start_with("plugins = [ \"quiet\", \"noisy\" ];");
	assert_string_equal(question("noisy", "relay.quiet.echo"), "{\"a\":1}");
	has(question("quiet", "relay.noisy.relay.quiet.echo"),
	    "would never end");
	has(question("quiet", "relay.quiet.echo"), "would never end");
	assert_string_equal(question("quiet", "echo"), "{\"a\":1}");
	assert_int_equal(trail_count("PluginDied"), 0);
}

static void
only_what_the_policy_grants_can_be_asked(void **state)
{
	(void)state;
	have_quiet("sign = [ \"mqtt\" ];");
	have("noisy", "noisy.so", "");
	have("cert_store", "signer.so", "");
	start_with("plugins = [ \"quiet\", \"noisy\", \"cert_store\" ];");
	has(question("quiet", "relay.noisy.flood.1"), "does not grant");
	trail_has("ASK of noisy.flood.1");
	has(question("quiet", "relay.agent.facts"), "does not grant");
	has(question("quiet", "relay.cert_store.sign"), "does not grant");
	has(question("quiet", "sign.other"), "does not grant");
	trail_has("SIGN for \\\"other\\\"");
	has(question("quiet", "reload.sshd"), "no service");
	trail_has("RELOAD of \\\"sshd\\\"");
	assert_int_equal(trail_count("PluginDied"), 0);
}

static void
the_owner_of_the_keys_is_asked_by_the_agent_alone(void **state)
{
	(void)state;
	have_quiet("sign = [ \"mqtt\", \"short\", \"sleep\" ];"
		   "ask = [ \"cert_store.sign\" ];");
	have("cert_store", "signer.so", "");
	start_with("plugins = [ \"quiet\", \"cert_store\" ];");
	has(question("quiet", "sign.mqtt"), "{\"sig\":\"000102030405");
	has(question("quiet", "sign.mqtt"), "1c1d1e1f000102");
	has(question("quiet", "sign.short"), "signature of the wrong length");
	has(question("quiet", "sign.sleep"), "{\"sig\":\"0001");
	has(question("quiet", "relay.cert_store.sign"), "quiet asks \"sign\"");
}

/* The signature that a dead process asked for is not its successor's. */
static void
an_answer_is_for_the_process_that_asked(void **state)
{
	struct reply r;

	(void)state;
	have_quiet("sign = [ \"short\", \"sleep\" ];");
	have("cert_store", "signer.so", "");
	start_with("plugins = [ \"quiet\", \"cert_store\" ];");
	until("cert_store", "idle");
	until("quiet", "idle");
	begin(&r, MSG_QUESTION, "quiet", "sign.sleep", "{}");
	settle();
	assert_int_equal(kill(pid_of("quiet"), SIGKILL), 0);
	wait_for(&r);
	has(r.text, "killed by signal 9");
	has(question("quiet", "sign.short"), "signature of the wrong length");
}

static void
why_a_plugin_would_not_open_is_said(void **state)
{
	(void)state;
	have("rude", "rude.so",
	    "hand = ( { name = \"environment\"; path = \"/dev/null\"; } );");
	start_with("plugins = [ \"rude\" ];");
	has(call(MSG_RENDER, "rude", NULL, "x"),
	    "would not open: at start refused: 0");
	until("rude", "broken");
	trail_has("would not open: at start refused: 0");
}

static void
without_the_owner_of_the_keys_nothing_is_signed(void **state)
{
	(void)state;
	have_quiet("sign = [ \"mqtt\" ];");
	start_with("plugins = [ \"quiet\" ];");
	has(question("quiet", "sign.mqtt"), "no plugin \"cert_store\"");
}

static void
a_late_answer_is_the_askers_time_not_the_waiters(void **state)
{
	(void)state;
	/* quiet may take 300 ms of its own; noisy takes 600 of its own. */
	have("quiet", "quiet.so",
	    "needs = [ \"INSTALL\" ]; late_ms = 300;"
	    "ask = [ \"noisy.deaf.600\" ];");
	have("noisy", "noisy.so", "late_ms = 2000;");
	start_with("plugins = [ \"quiet\", \"noisy\" ];");
	(void)question("quiet", "relay.noisy.deaf.600");
	assert_int_equal(reply.rc, 0);
	has(question("quiet", "sleep.600"), "late with QUESTION");
}

static void
a_dying_plugin_takes_nobody_along_who_waits_for_it(void **state)
{
	pid_t quiet;

	(void)state;
	have_quiet("ask = [ \"noisy.shut.\" ];");
	have("noisy", "noisy.so", "");
	start_with("plugins = [ \"quiet\", \"noisy\" ];");
	until("quiet", "idle");
	quiet = pid_of("quiet");
	has(question("quiet", "relay.noisy.shut."), "closed its channel");
	assert_int_equal(pid_of("quiet"), quiet);
}

static void
what_is_no_sealed_text_ends_who_sent_it(void **state)
{
	static const char *const verbs[] = { "pipe.34", "pipe.40", "pipe.11",
		"unsealed.34", "unsealed.11", "twice.svc", "lie.", "answer.5",
		"answer.9", "answer.1" };

	(void)state;
	have("noisy", "noisy.so",
	    "needs = [ \"INSTALL\", \"RELOAD\" ]; late_ms = 3000;"
	    "reload = ( { name = \"svc\"; pidfile = \"/nix\";"
	    " check = [ \"/bin/sleep\", \"1\" ]; } );");
	start_with("plugins = [ \"noisy\" ]; quick_ms = 0;");
	for (size_t i = 0; i < sizeof(verbs) / sizeof(*verbs); i++) {
		until("noisy", "idle");
		print_message("# %s\n", verbs[i]);
		has(question("noisy", verbs[i]), "nonsense");
	}
	assert_int_equal(
	    trail_count("PluginDied"), sizeof(verbs) / sizeof(*verbs));
}

static void
a_flood_is_cut_short_and_events_are_counted(void **state)
{
	uint64_t began;

	(void)state;
	have_quiet("");
	have("noisy", "noisy.so", "late_ms = 5000;");
	start_with("plugins = [ \"quiet\", \"noisy\" ]; quick_ms = 0;");
	began = now_ms();
	(void)question("noisy", "events.200");
	assert_int_equal(reply.rc, 0);
	assert_in_range(
	    trail_count("NoisyEvent"), 20, 22 + (now_ms() - began) / 500);
	has(question("noisy", "flood.20000"), "a flood of LOG");
	assert_string_equal(question("quiet", "echo"), "{\"a\":1}");
	until("noisy", "idle");
	(void)usleep(1100 * 1000); /* two more events may be told */
	(void)question("noisy", "badkind.");
	trail_has("EventsDropped");
	trail_has("an event of kind");
}

static void
findings_outside_of_a_probe_are_the_hosts_own_mistake(void **state)
{
	(void)state;
	have("noisy", "noisy.so", "");
	start_with("plugins = [ \"noisy\" ];");
	until("noisy", "idle");
	/* The host refuses them before they reach the agent. */
	(void)question("noisy", "findings.3");
	assert_int_equal(reply.rc, 0);
	assert_int_equal(trail_count("PluginDied"), 0);
}

/* A service: a process with a pid file, a check before it is told. */
static pid_t
service(const char *pidfile)
{
	char text[32];
	pid_t pid = fork();

	if (pid == 0) {
		(void)signal(SIGUSR1, SIG_DFL);
		for (;;)
			(void)pause();
	}
	(void)snprintf(text, sizeof(text), "%d\n", (int)pid);
	put(pidfile, text);
	return pid;
}

static void
a_service_is_reloaded_when_its_check_is_content(void **state)
{
	char grants[1024];
	int status;
	pid_t pid;

	(void)state;
	(void)snprintf(grants, sizeof(grants),
	    "reload = ("
	    " { name = \"good\"; check = [ \"/bin/true\" ];"
	    "   pidfile = \"%s/pid\"; signal = \"USR1\"; },"
	    " { name = \"bad\"; check = [ \"/bin/ls\", \"/nix/nix\" ];"
	    "   pidfile = \"%s/pid\"; signal = \"USR1\"; },"
	    " { name = \"slow\"; check = [ \"/bin/sleep\", \"9\" ];"
	    "   pidfile = \"%s/pid\"; signal = \"USR1\"; },"
	    " { name = \"other\"; pidfile = \"%s/pid\"; exe = \"/bin/other\"; },"
	    " { name = \"gone\"; pidfile = \"%s/nix\"; } );",
	    top, top, top, top, top);
	have_quiet(grants);
	pid = service(path("pid"));
	start_with("plugins = [ \"quiet\" ];");
	has(question("quiet", "reload.bad"), "No such file or directory");
	has(question("quiet", "reload.slow"), "took too long");
	has(question("quiet", "reload.other"), "not /bin/other");
	has(question("quiet", "reload.gone"), "nix: No such file");
	assert_int_equal(waitpid(pid, &status, WNOHANG), 0);
	assert_string_equal(question("quiet", "reload.good"), "{}");
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(WTERMSIG(status), SIGUSR1);
	has(question("quiet", "reload.good"), "No such process");
}

static void
a_file_that_others_may_write_is_no_plugin(void **state)
{
	(void)state;
	have_quiet("");
	assert_int_equal(chmod(path("so/quiet.so"), 0664), 0);
	start_with("plugins = [ \"quiet\" ];");
	until("quiet", "broken");
	trail_has("\"kind\":\"PluginRefused\"");
	trail_has("others than root may write it");
	has(call(MSG_RENDER, "quiet", NULL, "x"), "others than root");
}

static void
a_plugin_is_refused_before_its_code_runs(void **state)
{
	(void)state;
	have("noisy", "quiet.so", "needs = [ \"INSTALL\" ];");
	have("quiet", "quiet.so", "");
	have("rude", "rude.so", "bogus = 1;");
	start_with("plugins = [ \"noisy\", \"quiet\", \"rude\", \"nix\" ];");
	until("noisy", "broken");
	until("quiet", "broken");
	until("rude", "broken");
	until("nix", "broken");
	trail_has("it is plugin \\\"quiet\\\"");
	trail_has("it needs INSTALL, which its policy does not grant");
	trail_has("unknown key \\\"bogus\\\"");
	trail_has("no policy for plugin nix");
	assert_int_equal(trail_count("PluginStarted"), 0);
}

static void
in_production_only_signed_plugins_start(void **state)
{
	const char *which = NULL;

	(void)state;
	have_quiet("");
	agent.mode = MODE_PRODUCTION;
	start_with("plugins = [ \"quiet\" ];");
	until("quiet", "broken");
	trail_has("not signed by the maker");
	assert_false(hosts_all_signed(&agent, &which));
	assert_string_equal(which, "quiet");
}

/* keys() of agent.test has put a signature and anchors here. */
static void
a_signature_of_the_maker_is_accepted_and_of_another_not(void **state)
{
	const char *which = NULL, *keys = getenv("KEYS");
	own_bytes struct bytes sig = { 0 }, ca = { 0 };
	char name[512];
	struct err e;

	(void)state;
	if (keys == NULL)
		skip();
	have_quiet("");
	(void)snprintf(name, sizeof(name), "%s/quiet.so.sig", keys);
	assert_int_equal(file_read(AT_FDCWD, name, 65536, &sig, &e), 0);
	(void)snprintf(name, sizeof(name), "%s/ca.pem", keys);
	assert_int_equal(file_read(AT_FDCWD, name, 65536, &ca, &e), 0);
	(void)file_write(
	    AT_FDCWD, path("anchors.pem"), ca.p, ca.len, FILE_PUBLIC, &e);
	(void)file_write(
	    AT_FDCWD, path("so/quiet.so.sig"), sig.p, sig.len, FILE_PUBLIC, &e);
	start_with("plugins = [ \"quiet\" ]; unsigned_plugins = false;");
	until("quiet", "idle");
	assert_true(hosts_all_signed(&agent, &which));
	trail_has("signed");
	/* One bit of the file, and it does not start again. */
	have_quiet("");
	assert_int_equal(truncate(path("so/quiet.so"), 1 << 20), 0);
	assert_int_equal(kill(pid_of("quiet"), SIGKILL), 0);
	until("quiet", "broken");
	trail_has("signature does not match");
}

static void
a_reload_changes_only_what_changed(void **state)
{
	pid_t quiet, noisy;
	struct err e;

	(void)state;
	have_quiet("");
	have("noisy", "noisy.so", "");
	have("rude", "rude.so", "");
	start_with("plugins = [ \"quiet\", \"noisy\" ];");
	until("quiet", "idle");
	until("noisy", "idle");
	quiet = pid_of("quiet");
	noisy = pid_of("noisy");
	have("noisy", "noisy.so", "late_ms = 4000;");
	agent.settings.plugins[0] = "rude";
	agent.settings.plugins[1] = "noisy";
	agent.settings.plugins[2] = "quiet";
	assert_int_equal(hosts_reload(&agent, &e), 0);
	until("rude", "idle");
	settle();
	until("noisy", "idle");
	assert_int_equal(pid_of("quiet"), quiet);
	assert_int_not_equal(pid_of("noisy"), noisy);
	agent.settings.plugins[1] = NULL;
	assert_int_equal(hosts_reload(&agent, &e), 0);
	assert_false(hosts_has(&agent, "quiet"));
	agent.settings.plugins[1] = "quiet"; /* while it is still going */
	assert_int_equal(hosts_reload(&agent, &e), 0);
	settle();
	until("quiet", "idle");
	assert_int_not_equal(pid_of("quiet"), quiet);
	assert_int_equal(kill(quiet, 0), -1);
	assert_int_equal(trail_count("PluginDied"), 0);
}

static void
a_stop_answers_everybody_and_leaves_no_process(void **state)
{
	struct reply r, waiting;
	pid_t rude, quiet;

	(void)state;
	have_quiet("");
	have("rude", "rude.so", "late_ms = 60000;");
	start_with("plugins = [ \"rude\", \"quiet\" ];");
	until("rude", "idle");
	until("quiet", "idle");
	rude = pid_of("rude");
	quiet = pid_of("quiet");
	begin(&r, MSG_RENDER, "rude", NULL, "spin");
	begin(&waiting, MSG_RENDER, "rude", NULL, "spin");
	settle();
	hosts_stop(&agent);
	assert_int_equal(r.times, 1);
	assert_int_equal(waiting.times, 1);
	assert_int_equal(r.rc, -1);
	has(waiting.text, "stopping");
	assert_int_equal(kill(rude, 0), -1);
	assert_int_equal(kill(quiet, 0), -1);
}

#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_plugin_renders_activates_probes_and_answers),
		T(a_state_folder_belongs_to_the_plugin_alone),
		T(requests_wait_in_order_and_each_is_answered_once),
		T(a_queue_has_an_end),
		T(a_forgotten_caller_is_not_called),
		T(nobody_is_asked_who_is_not_there),
		T(a_hostile_plugin_harms_only_itself),
		T(a_plugin_that_dies_too_often_is_broken_until_reset),
		T(who_waits_for_a_plugin_that_can_not_start_is_told),
		T(a_circle_of_askers_is_refused),
		T(only_what_the_policy_grants_can_be_asked),
		T(the_owner_of_the_keys_is_asked_by_the_agent_alone),
		T(an_answer_is_for_the_process_that_asked),
		T(why_a_plugin_would_not_open_is_said),
		T(without_the_owner_of_the_keys_nothing_is_signed),
		T(a_late_answer_is_the_askers_time_not_the_waiters),
		T(a_dying_plugin_takes_nobody_along_who_waits_for_it),
		T(what_is_no_sealed_text_ends_who_sent_it),
		T(a_flood_is_cut_short_and_events_are_counted),
		T(findings_outside_of_a_probe_are_the_hosts_own_mistake),
		T(a_service_is_reloaded_when_its_check_is_content),
		T(a_file_that_others_may_write_is_no_plugin),
		T(a_plugin_is_refused_before_its_code_runs),
		T(in_production_only_signed_plugins_start),
		T(a_signature_of_the_maker_is_accepted_and_of_another_not),
		T(a_reload_changes_only_what_changed),
		T(a_stop_answers_everybody_and_leaves_no_process),
	};

	return cmocka_run_group_tests_name("hosts", tests, NULL, NULL);
}
