/* SPDX-License-Identifier: MIT */
/*
 * The subcommands of ingot-provision, in the order in which the help shows
 * them. A new one is a new row.
 */
#include <string.h>

#include "cmd.h"

/* clang-format off */
const struct cmd cmd_table[] = {
	{ "init", "--broker-name NAME...", "make CA, broker and registry",
	    "Makes the authorities, the broker's certificate and configuration, "
	    "the\nregistry and the first worker's certificate below --home. "
	    "Nothing is\noverwritten. Afterwards take ca/root.key off this "
	    "machine.",
	    "  ingot-provision init --fleet Example --broker-name "
	    "broker.example --group mosquitto\n"
	    "  ingot-provision init --broker-name 192.0.2.7 --listen "
	    "\"8883 192.0.2.7\"\n",
	    "fleet,broker-name,group,gate,listen", 0, cmd_init },
	{ "claim", "BATCH --out FOLDER", "issue a batch its claim certificate",
	    "A batch of units, and the certificate with which they ask for "
	    "their own.\nKeep it short: who has it may ask in its name.",
	    "  ingot-provision claim line-1 --quota 500 --days 14 --out "
	    "/media/line-1\n"
	    "  ingot-provision claim bench --software --quota 3 --out claim\n",
	    "quota,days,out,software,unproven,key", 1, cmd_claim },
	{ "worker", "NAME", "issue a certificate to one more worker",
	    "For a worker on another machine, or one that can be revoked by "
	    "itself.\nIts files are in worker/NAME below --home.",
	    "  ingot-provision worker worker-2\n", "key", 1, cmd_worker },
	{ "add-unit", "SERIAL", "register a serial",
	    "A registered serial needs none of a batch's quota.",
	    "  ingot-provision add-unit GW-2026-000101 --model gw100\n",
	    "model,ek-hash", 1, cmd_add_unit },
	{ "import", "FILE", "register lines of serial,model,EK hash",
	    "Model and EK hash may be left out; \"#\" begins a comment. All "
	    "lines or none.",
	    "  ingot-provision import serials.csv\n", "", 1, cmd_import },
	{ "serve", "--broker HOST:PORT", "answer enrolments, as a worker",
	    "Runs until SIGTERM. Any number of workers may serve one registry. "
	    "Without\n--ek-roots no EK certificate is believed.",
	    "  ingot-provision serve --broker broker.example:8883 --ek-roots "
	    "roots.pem\n"
	    "  ingot-provision serve --broker [2001:db8::7]:8883 --issue "
	    "ntp.server=ntp.example\n",
	    "broker,name,ek-roots,days,issue,key", 0, cmd_serve },
	{ "list", "", "list the units", "What the registry knows of all units.",
	    "  ingot-provision list --state quarantined --json\n", "state", 0,
	    cmd_list },
	{ "show", "SERIAL", "show one unit with its certificates",
	    "What the registry knows of one unit. No secret is shown.",
	    "  ingot-provision show GW-2026-000101\n", "", 1, cmd_show },
	{ "revoke", "NAME", "refuse for ever; a unit unless --claim or --worker",
	    "The certificate is refused from the next message on. There is no "
	    "way back.",
	    "  ingot-provision revoke GW-2026-000101\n"
	    "  ingot-provision revoke line-1 --claim\n",
	    "claim,worker", 1, cmd_revoke },
	{ "quarantine", "SERIAL", "cut off until released",
	    "The unit is cut off until \"release\".",
	    "  ingot-provision quarantine GW-2026-000101 --reason "
	    "\"found open\"\n",
	    "reason", 1, cmd_quarantine },
	{ "release", "SERIAL", "let a quarantined unit go on",
	    "\"show\" tells the reason of the quarantine.",
	    "  ingot-provision release GW-2026-000101\n"
	    "  ingot-provision release GW-2026-000101 --forget-ek\n",
	    "forget-ek", 1, cmd_release },
	{ .name = NULL },
};
/* clang-format on */

const struct cmd *
cmd_named(const char *name)
{
	for (const struct cmd *c = cmd_table; c->name != NULL; c++)
		if (strcmp(c->name, name) == 0)
			return c;
	return NULL;
}
