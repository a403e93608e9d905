/* SPDX-License-Identifier: MIT */
#ifndef INGOT_PLUGIN_H
#define INGOT_PLUGIN_H

#include <stddef.h>
#include <stdint.h>

/*
 * plugin.h: what a plugin and the gateway agent promise each other. A plugin
 * author needs this header and nothing else; plugins/README.md walks through a
 * complete small plugin.
 *
 * A plugin turns a document of the snapshot into an artifact, and can make
 * the system agree with an artifact:
 *
 *	render	 document -> artifact. Pure: touches nothing, and the same
 *		 document always gives the same bytes.
 *	activate Makes the system as the artifact says. Doing it twice does
 *		 no harm. To go back, the agent activates the artifact before.
 *		 An EMPTY artifact (len 0) is the state before the first
 *		 snapshot: whatever the plugin had put in place is taken away.
 *		 A plugin that serves starts serving here, and goes on after
 *		 it has returned (watch, timer).
 *	probe	 Is the system as the artifact says? Changes nothing. Says what
 *		 it looked at with host->finding(); a failed one does not make
 *		 probe return -1 (that is for "could not look").
 *	answer	 optional: a question from another plugin or the command line.
 *		 The reply is what host->emit() wrote, JSON.
 *
 * The agent keeps the artifacts, so a plugin has no undo and no journal; it
 * may be killed at any moment, and is started again.
 *
 * It is a shared object with one exported symbol, made by INGOT_PLUGIN(), and
 * runs alone in its process, as a user of its own, in a sandbox that is closed
 * before its first line runs. It opens nothing and executes nothing but what
 * its policy grants: what it needs it asks of struct ingot_host.
 *
 * All functions run on the one main thread. Only log() and sign() may also be
 * called from threads that a library made (granted with NETWORK).
 *
 * Functions return 0, or -1 after host->fail() has said why. render, activate,
 * probe and answer must come back within the policy's late_ms (default 10 s),
 * or the host is killed and the step has failed.
 *
 * Compatibility: INGOT_ABI grows when an old plugin would no longer work.
 * Fields are only ever added, at the end; each struct says its own size, and
 * what lies beyond it is zero to the other side.
 */
#define INGOT_ABI 1u

/* What a plugin may ask of the host, if the unit's policy grants it. */
#define INGOT_NEED_INSTALL   0x01u /* put a file in a place the policy names */
#define INGOT_NEED_SIGN      0x02u /* have a private key used for a purpose */
#define INGOT_NEED_RELOAD    0x04u /* reload a service the policy names */
#define INGOT_NEED_TPM       0x08u /* open the TPM */
#define INGOT_NEED_NET_ADMIN 0x10u /* CAP_NET_ADMIN and CAP_NET_RAW */
#define INGOT_NEED_NETWORK   0x20u /* TCP/UDP sockets, and threads */
#define INGOT_NEED_STATE     0x40u /* a folder of its own that stays */

/* Limits, in bytes. */
#define INGOT_TEXT_MAX   (1024 * 1024) /* document, artifact, question, reply */
#define INGOT_NAME_MAX   64            /* names of slots, services, verbs */
#define INGOT_LINE_MAX   480           /* log line, event text, reason */
#define INGOT_DIGEST_LEN 32            /* SHA-256 */
#define INGOT_SIG_LEN    64            /* ECDSA P-256: r and s, 32 bytes each */

/* Borrowed: valid until the call returns. */
struct ingot_text {
	const char *p; /* a NUL after len bytes, none within */
	size_t len;
};

struct ingot_host {
	uint32_t size;
	uint32_t granted;      /* INGOT_NEED_* */
	const char *state_dir; /* absolute path, or NULL without STATE */

	/* A line for the agent's log. Any thread. */
	void (*log)(const struct ingot_host *, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));
	/* Says why the function that is running fails; returns -1. */
	int (*fail)(const struct ingot_host *, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));
	/* Adds to the artifact (in render) or to the reply (in answer). */
	int (*emit)(const struct ingot_host *, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));
	/*
	 * In probe: one thing that was looked at. id is for ever
	 * ("ssh.password-refused"), place says where ("127.0.0.1:22"), passed
	 * is 1 or 0, the rest says why, for a person. Findings whose id the
	 * production policy requires decide over production mode.
	 */
	int (*finding)(const struct ingot_host *, const char *id,
	    const char *place, int passed, const char *fmt, ...)
	    __attribute__((format(printf, 5, 6)));

	/* Replaces the file that the policy calls name, durably. Needs INSTALL.
	 * data NULL: takes the file away. */
	int (*install)(const struct ingot_host *, const char *name,
	    const void *data, size_t len);
	/* Checks and reloads the service that the policy calls name. Needs
	 * RELOAD. A failed check leaves the service as it was. */
	int (*reload)(const struct ingot_host *, const char *name);
	/*
	 * Signs a SHA-256 digest with the key of this purpose (ECDSA P-256, r
	 * then s, big-endian, 32 bytes each). Needs SIGN, and the purpose in
	 * the policy. May take a second; any thread.
	 */
	int (*sign)(const struct ingot_host *, const char *purpose,
	    const uint8_t digest[INGOT_DIGEST_LEN], uint8_t sig[INGOT_SIG_LEN]);
	/*
	 * Asks another plugin ("cert_store") or "agent"; question is JSON or
	 * NULL for {}. The reply is valid until the next ask. On -1 it is the
	 * reason, in words. The policy must grant the pair (asker, asked.verb).
	 */
	int (*ask)(const struct ingot_host *, const char *plugin,
	    const char *verb, const char *question, struct ingot_text *reply);
	/* A security event for the audit trail. kind: CamelCase, for ever. */
	int (*event)(const struct ingot_host *, const char *kind,
	    const char *fmt, ...) __attribute__((format(printf, 3, 4)));

	/* Calls fn when fd is ready (events: EPOLL*); events 0 forgets it. */
	int (*watch)(const struct ingot_host *, int fd, uint32_t events,
	    void (*fn)(void *ctx, int fd, uint32_t events), void *ctx);
	/* Calls fn once, ms milliseconds from now. An id > 0, or -1. */
	int (*timer)(const struct ingot_host *, uint64_t ms,
	    void (*fn)(void *ctx), void *ctx);
	void (*untimer)(const struct ingot_host *, int id);
	/* A descriptor that the policy hands over by name, or -1. Stays the
	 * host's: not to be closed. */
	int (*handed)(const struct ingot_host *, const char *name);
};

struct ingot_plugin {
	uint32_t size;
	uint32_t abi;
	const char *name; /* also its user and its folder */
	uint32_t needs;   /* INGOT_NEED_* */

	/* The plugin's own state, or NULL: failed. host outlives it. */
	void *(*open)(const struct ingot_host *host);
	int (*render)(void *, const struct ingot_text *document);
	int (*activate)(void *, const struct ingot_text *artifact);
	int (*probe)(void *, const struct ingot_text *artifact);
	void (*close)(void *);
	/* Optional. from: the asking plugin, "agent" or "cli". */
	int (*answer)(void *, const char *from, const char *verb,
	    const struct ingot_text *question);
};

/*
 * The same facts as an ELF note, so that the agent can refuse a file that is
 * no plugin, or the wrong one, without running any of its code.
 */
struct ingot_note {
	uint32_t namesz, descsz, type;
	char vendor[4]; /* "ING" */
	uint32_t abi;
	uint32_t needs;
	char name[24];
};

/* clang-format off */
#define INGOT_PLUGIN(NAME, NEEDS, ...)					\
	__attribute__((section(".note.ingot"), used, aligned(4)))	\
	static const struct ingot_note ingot_note_ = {			\
		.namesz = 4, .descsz = 32, .type = 1, .vendor = "ING",	\
		.abi = INGOT_ABI, .needs = (NEEDS), .name = NAME,	\
	};								\
	__attribute__((visibility("default")))				\
	const struct ingot_plugin ingot_plugin = {			\
		.size = sizeof(struct ingot_plugin), .abi = INGOT_ABI,	\
		.name = NAME, .needs = (NEEDS), __VA_ARGS__		\
	}
/* clang-format on */

_Static_assert(sizeof(struct ingot_note) == 12 + 4 + 32, "ELF note layout");

#endif
