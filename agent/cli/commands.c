/* SPDX-License-Identifier: MIT */
/*
 * The subcommands of ingot in the order in which the help shows them: what is
 * done on the golden unit, on the line, in the field, and about the command
 * itself.
 */
#include "cli.h"

const struct cli_command *const cli_commands[] = {
	&cli_capture,
	&cli_scrub,
	&cli_verify,
	&cli_import,
	&cli_bundle,
	&cli_push,
	&cli_line,
	&cli_status,
	&cli_plan,
	&cli_apply,
	&cli_confirm,
	&cli_rollback,
	&cli_snapshots,
	&cli_drift,
	&cli_enrol,
	&cli_verdict,
	&cli_lock,
	&cli_cert,
	&cli_ocpp,
	&cli_plugins,
	&cli_ask,
	&cli_reset,
	&cli_log,
	&cli_help,
	&cli_completion,
	&cli_version,
	NULL,
};
