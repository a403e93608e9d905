/* SPDX-License-Identifier: MIT */
/*
 * What is known of EVerest's modules and of OCPP's settings, as far as it
 * concerns a gateway that is cloned and hardened. The first row that fits
 * counts; a module or key in no row is reported as not understood.
 */
#include <fnmatch.h>
#include <string.h>
#include <strings.h>

#include "everest_in.h"

#define OCPP  "OCPP*"
#define SEC   "EvseSecurity"
#define JSON  "ocpp" /* what an OCPP file's settings count as */
#define STAYS "EVerest's own; stays in its file, which a capture takes along"
#define CERTS                                                                  \
	"EVerest keeps its certificates itself; a capture takes roots along, " \
	"never keys"
#define BRIDGE "OCPP; no plugin for this yet, EVerest does it itself"

static const struct everest_row rows[] = {
	{ SEC, "private_key_password", IMPORT_NO_PLUGIN, NULL,
	    "one password for all of EVerest's keys; " CERTS, EV_SECRET,
	    "@{generated.everest.key-password:32}", NULL, NULL },
	{ SEC, "*_ca_bundle", IMPORT_NO_PLUGIN, NULL, CERTS, EV_SHOWN, NULL,
	    NULL, NULL },
	{ SEC, "*_directory", IMPORT_NO_PLUGIN, NULL, CERTS, EV_SHOWN, NULL,
	    NULL, NULL },
	{ SEC, "*_path", IMPORT_NO_PLUGIN, NULL, CERTS, EV_SHOWN, NULL, NULL,
	    NULL },
	{ SEC, "Update*Symlinks", IMPORT_NO_PLUGIN, NULL, CERTS, EV_SHOWN, NULL,
	    NULL, NULL },

	{ OCPP, "ChargePointConfigPath", IMPORT_NO_PLUGIN,
	    everest_take_ocpp_path, BRIDGE, EV_SHOWN, NULL, NULL, NULL },
	{ OCPP, "DeviceModelConfigPath", IMPORT_NO_PLUGIN,
	    everest_take_ocpp_path, BRIDGE, EV_SHOWN, NULL, NULL, NULL },
	/* Names of 2.0.1 and before; databases die with /tmp at each boot. */
	{ OCPP, "*DatabasePath", IMPORT_NO_PLUGIN, NULL, BRIDGE, EV_SHOWN, NULL,
	    "/tmp*", "kept-in-tmp" },
	{ OCPP, "*Path", IMPORT_NO_PLUGIN, NULL, BRIDGE, EV_SHOWN, NULL, NULL,
	    NULL },
	{ OCPP, "EnableExternalWebsocketControl", IMPORT_NO_PLUGIN, NULL,
	    BRIDGE, EV_SHOWN, NULL, "true", "debug-control" },
	{ OCPP, "*", IMPORT_NO_PLUGIN, NULL, BRIDGE, EV_SHOWN, NULL, NULL,
	    NULL },

	{ "EvseV2G", "device", 0, everest_take_device, NULL, 0, NULL, NULL,
	    NULL },
	{ "Evse15118D20", "device", 0, everest_take_device, NULL, 0, NULL, NULL,
	    NULL },
	{ "IsoMux", "device", 0, everest_take_device, NULL, 0, NULL, NULL,
	    NULL },
	{ "*Josev", "device", 0, everest_take_device, NULL, 0, NULL, NULL,
	    NULL },
	{ "EvseV2G", "tls_security", IMPORT_ANYWAY, NULL, STAYS, EV_SHOWN, NULL,
	    "prohibit", "no-tls" },
	{ "*", "tls_key_logging*", IMPORT_ANYWAY, NULL, STAYS, EV_SHOWN, NULL,
	    NULL, NULL },
	{ "*", "enable_tls_key_logging", IMPORT_ANYWAY, NULL, STAYS, EV_SHOWN,
	    NULL, "true", "tls-keylog" },
	{ "*", "enable_ssl_logging", IMPORT_ANYWAY, NULL, STAYS, EV_SHOWN, NULL,
	    "true", "tls-keylog" },
	/* SLAC speaks HomePlug frames, no IP: no rule can be about it. */
	{ "Ev*Slac", "*", IMPORT_ANYWAY, NULL, STAYS, EV_SHOWN, NULL, NULL,
	    NULL },
	{ "Setup", "*", IMPORT_NO_PLUGIN, NULL,
	    "network and Wi-Fi set-up; no plugin for this yet", 0, NULL, NULL,
	    NULL },
	{ "Linux_Systemd_Rauc", "*", IMPORT_NO_PLUGIN, NULL,
	    "updates of the whole system; no plugin for this", EV_SHOWN, NULL,
	    NULL, NULL },
	{ "System", "*", IMPORT_NO_PLUGIN, NULL,
	    "updates of the whole system; no plugin for this", EV_SHOWN, NULL,
	    NULL, NULL },
	{ "EvseV2G", "*", IMPORT_ANYWAY, NULL, STAYS, EV_SHOWN, NULL, NULL,
	    NULL },
	{ "Evse15118D20", "*", IMPORT_ANYWAY, NULL, STAYS, EV_SHOWN, NULL, NULL,
	    NULL },
	{ "IsoMux", "*", IMPORT_ANYWAY, NULL, STAYS, EV_SHOWN, NULL, NULL,
	    NULL },
	{ "Evse*", "*", IMPORT_ANYWAY, NULL, STAYS, EV_SHOWN, NULL, NULL,
	    NULL },
	{ "Energy*", "*", IMPORT_ANYWAY, NULL, STAYS, EV_SHOWN, NULL, NULL,
	    NULL },
	{ "Auth", "*", IMPORT_ANYWAY, NULL, STAYS, EV_SHOWN, NULL, NULL, NULL },
	{ "API", "*", IMPORT_ANYWAY, NULL, STAYS, EV_SHOWN, NULL, NULL, NULL },
	{ "*Driver", "*", IMPORT_ANYWAY, NULL, STAYS, EV_SHOWN, NULL, NULL,
	    NULL },
	{ "*BSP", "*", IMPORT_ANYWAY, NULL, STAYS, EV_SHOWN, NULL, NULL, NULL },
	{ "*TokenProvider*", "*", IMPORT_ANYWAY, NULL, STAYS, 0, NULL, NULL,
	    NULL },
	{ "*TokenValidator*", "*", IMPORT_ANYWAY, NULL, STAYS, 0, NULL, NULL,
	    NULL },
	{ "*PowerMeter*", "*", IMPORT_ANYWAY, NULL, STAYS, EV_SHOWN, NULL, NULL,
	    NULL },
	{ "PacketSniffer", "*", IMPORT_ANYWAY, NULL, STAYS, EV_SHOWN, NULL, "*",
	    "sniffer" },
	{ "ErrorHistory", "*", IMPORT_ANYWAY, NULL, STAYS, EV_SHOWN, NULL, NULL,
	    NULL },
	{ "PersistentStore", "*", IMPORT_ANYWAY, NULL, STAYS, EV_SHOWN, NULL,
	    NULL, NULL },

	{ "settings", "mqtt_broker_host", 0, everest_take_bus, NULL, 0, NULL,
	    NULL, NULL },
	{ "settings", "validate_schema", IMPORT_ANYWAY, NULL, STAYS, EV_SHOWN,
	    NULL, "false", "no-schema-check" },
	{ "settings", "run_as_user", IMPORT_ANYWAY, NULL, STAYS, EV_SHOWN, NULL,
	    "root", "runs-as-root" },
	{ "settings", "controller_port", IMPORT_ANYWAY, NULL,
	    "the admin panel's port; no rule opens it, so it is shut", EV_SHOWN,
	    NULL, NULL, NULL },
	{ "settings", "*", IMPORT_ANYWAY, NULL, STAYS, EV_SHOWN, NULL, NULL,
	    NULL },

	/* Settings of OCPP itself, 1.6 and 2.x by the same names. */
	{ JSON, "AuthorizationKey", IMPORT_NO_PLUGIN, NULL, BRIDGE, EV_SECRET,
	    "@{issued.ocpp.password}", NULL, NULL },
	{ JSON, "BasicAuthPassword", IMPORT_NO_PLUGIN, NULL, BRIDGE, EV_SECRET,
	    "@{issued.ocpp.password}", NULL, NULL },
	{ JSON, "basicAuthPassword", IMPORT_NO_PLUGIN, NULL, BRIDGE, EV_SECRET,
	    "@{issued.ocpp.password}", NULL, NULL },
	{ JSON, "ChargePointId", IMPORT_UNIT, NULL, "the name of one station",
	    0, NULL, NULL, NULL },
	{ JSON, "Identity", IMPORT_UNIT, NULL, "the name of one station", 0,
	    NULL, NULL, NULL },
	{ JSON, "identity", IMPORT_UNIT, NULL, "the name of one station", 0,
	    NULL, NULL, NULL },
	{ JSON, "*Serial*", IMPORT_UNIT, NULL, "a number of one station", 0,
	    NULL, NULL, NULL },
	{ JSON, "ICCID", IMPORT_UNIT, NULL, "the number of one SIM", 0, NULL,
	    NULL, NULL },
	{ JSON, "IMSI", IMPORT_UNIT, NULL, "the number of one SIM", 0, NULL,
	    NULL, NULL },
	{ JSON, "SecurityProfile", IMPORT_NO_PLUGIN, NULL, BRIDGE, EV_SHOWN,
	    NULL, "[01]", "weak-profile" },
	{ JSON, "securityProfile", IMPORT_NO_PLUGIN, NULL, BRIDGE, EV_SHOWN,
	    NULL, "[01]", "weak-profile" },
	{ JSON, "CentralSystemURI", IMPORT_NO_PLUGIN, NULL, BRIDGE, 0, NULL,
	    "ws://*", "plain-ocpp" },
	{ JSON, "*ocppCsmsUrl", IMPORT_NO_PLUGIN, NULL, BRIDGE, 0, NULL,
	    "ws://*", "plain-ocpp" },
	{ JSON, "UseSslDefaultVerifyPaths", IMPORT_NO_PLUGIN, NULL,
	    BRIDGE "; true lets any public CA vouch for the CSMS", EV_SHOWN,
	    NULL, "true", "any-ca" },
	{ JSON, "EnableTLSKeylog", IMPORT_NO_PLUGIN, NULL, BRIDGE, EV_SHOWN,
	    NULL, "true", "tls-keylog" },
	{ JSON, "Verify*CommonName", IMPORT_NO_PLUGIN, NULL, BRIDGE, EV_SHOWN,
	    NULL, "false", "no-name-check" },
	{ JSON, "Allow*InstallWithUnsecureConnection", IMPORT_NO_PLUGIN, NULL,
	    BRIDGE, EV_SHOWN, NULL, "true", "insecure-roots" },
	{ JSON, "*", IMPORT_NO_PLUGIN, NULL, BRIDGE, EV_SHOWN, NULL, NULL,
	    NULL },
};

const struct everest_row *
everest_row(const char *module, const char *key)
{
	const char *dot = strrchr(key, '.');

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (fnmatch(rows[i].module, module, 0) == 0 &&
		    fnmatch(rows[i].key, dot == NULL ? key : dot + 1, 0) == 0)
			return &rows[i];
	return NULL;
}

bool
everest_secret(const char *key)
{
	static const char *const words[] = { "password", "passphrase", "secret",
		"passwd", "api_key", "apikey", "private_key", "psk",
		"AuthorizationKey" };

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (strcasestr(key, words[i]) != NULL)
			return true;
	/* A VPN's, in a network profile. */
	return strcmp(key, "key") == 0 ||
	    (strlen(key) > 4 && strcmp(key + strlen(key) - 4, ".key") == 0);
}
