/* SPDX-License-Identifier: MIT */
/*
 * What each property of a snapshot means to Ingot. The first row that fits
 * counts. Names are those of Kura 1 to 5 and of ESF 5 to 7; what stands in no
 * row is reported as not understood, so a row that is missing is seen.
 */
#include <fnmatch.h>
#include <string.h>

#include "kura_in.h"

#define FIRE4  "org.eclipse.kura.net.admin.FirewallConfigurationService"
#define FIRE6  "org.eclipse.kura.net.admin.ipv6.FirewallConfigurationServiceIPv6"
#define FLOOD  "org.eclipse.kura.internal.floodingprotection.*"
#define NET    "org.eclipse.kura.net.admin.NetworkConfigurationService"
#define MQTT   "org.eclipse.kura.core.data.transport.mqtt.MqttDataTransport*"
#define DATA   "org.eclipse.kura.data.DataService*"
#define CLOUD  "org.eclipse.kura.cloud.CloudService*"
#define ENROL  "org.eclipse.kura.provisioning.ProvisioningService"
#define SSLMAN "org.eclipse.kura.ssl.SslManagerService*"
#define STORE  "org.eclipse.kura.core.keystore.FilesystemKeystoreServiceImpl"
#define HTTP   "org.eclipse.kura.http.server.manager.HttpService"
#define ROLES                                                                  \
	"org.eclipse.kura.internal.useradmin.store.RoleRepositoryStoreImpl"
#define CMD      "org.eclipse.kura.cloud.app.command.CommandCloudApp"
#define IF       "net.interface.*."

#define NO_NET   "network settings; no plugin for this yet"
#define NO_WIFI  "Wi-Fi settings; no plugin for this yet"
#define NO_MODEM "modem settings; no plugin for this yet"
#define NO_QUEUE "Kura's store of messages; no plugin for this yet"
#define NO_KURA  "a service of Kura's own; no plugin for this yet"
#define READ_OUT "read out of the machine, not set"
#define OWN_KEYS                                                               \
	"keys are made in each unit's TPM; no keystore, and no password of "   \
	"one, travels"

static const struct kura_row rows[] = {
	/* Bookkeeping that any component may have. */
	{ NULL, "service.pid", IMPORT_UNIT, NULL,
	    "made anew by each Kura, and different each time", 0, NULL },
	{ NULL, "*service.pid", IMPORT_ANYWAY, NULL, "the component's own name",
	    SHOWN, NULL },
	{ NULL, "*service.factoryPid", IMPORT_ANYWAY, NULL,
	    "the component's kind", SHOWN, NULL },
	{ NULL, "*service.factory.pid", IMPORT_ANYWAY, NULL,
	    "how the component was made", SHOWN, NULL },
	{ NULL, "*.target", IMPORT_ANYWAY, NULL,
	    "ties components of Kura together", 0, NULL },
	{ NULL, "service.ranking", IMPORT_ANYWAY, NULL,
	    "an order among components of Kura", 0, NULL },
	{ NULL, "*kura.ui.*", IMPORT_ANYWAY, NULL,
	    "how Kura's console shows it", 0, NULL },

	{ FIRE4, "firewall.open.ports", 0, kura_take_ports4, NULL, 0, NULL },
	{ FIRE4, "firewall.port.forwarding", 0, kura_take_forward4, NULL, 0,
	    NULL },
	{ FIRE4, "firewall.nat", 0, kura_take_nat4, NULL, 0, NULL },
	{ FIRE6, "firewall.ipv6.open.ports", 0, kura_take_ports6, NULL, 0,
	    NULL },
	{ FIRE6, "firewall.ipv6.port.forwarding", 0, kura_take_forward6, NULL,
	    0, NULL },
	{ FIRE6, "firewall.ipv6.nat", 0, kura_take_nat6, NULL, 0, NULL },
	{ FLOOD, "flooding.protection.enabled*", IMPORT_NO_PLUGIN, NULL,
	    "the firewall plugin drops what is not allowed, but has no "
	    "protection from floods; no plugin for this yet",
	    SHOWN, NULL },
	{ FLOOD, "flooding.protection*enabled", IMPORT_NO_PLUGIN, NULL,
	    "the firewall plugin has no protection from floods; no plugin for "
	    "this yet",
	    SHOWN, NULL },

	{ NET, "net.interfaces", IMPORT_NO_PLUGIN, NULL, NO_NET, SHOWN, NULL },
	{ NET, "modified.interface.names", IMPORT_UNIT, NULL, READ_OUT, 0,
	    NULL },
	{ NET, IF "config.wifi.master.passphrase", IMPORT_NO_PLUGIN,
	    kura_take_secret, NO_WIFI, SECRET, "@{generated.wifi.*:24}" },
	{ NET, IF "config.wifi.*.passphrase", IMPORT_NO_PLUGIN,
	    kura_take_secret, NO_WIFI, SECRET, "@{issued.wifi.*.passphrase}" },
	{ NET, IF "config.wifi.*.ssid", IMPORT_NO_PLUGIN, kura_take_ssid,
	    NO_WIFI, 0, NULL },
	{ NET, IF "config.wifi.*", IMPORT_NO_PLUGIN, NULL, NO_WIFI, SHOWN,
	    NULL },
	{ NET, IF "config.802-1x*.password", IMPORT_NO_PLUGIN, kura_take_secret,
	    NO_NET, SECRET, "@{issued.802-1x.*.password}" },
	{ NET, IF "config.802-1x*.identity", IMPORT_NO_PLUGIN, NULL, NO_NET, 0,
	    NULL },
	{ NET, IF "config.802-1x*", IMPORT_NO_PLUGIN, NULL, NO_NET, 0, NULL },
	{ NET, IF "config.*assword", IMPORT_NO_PLUGIN, kura_take_secret,
	    NO_MODEM, SECRET, "@{issued.modem.*.password}" },
	{ NET, IF "config.*pin", IMPORT_NO_PLUGIN, kura_take_secret, NO_MODEM,
	    SECRET, "@{issued.modem.*.pin}" },
	{ NET, IF "config.username", IMPORT_NO_PLUGIN, NULL, NO_MODEM, 0,
	    NULL },
	{ NET, IF "config.nat.enabled", IMPORT_NO_PLUGIN, NULL,
	    "masquerading for this network; the firewall plugin changes no "
	    "addresses, so no plugin for this yet",
	    SHOWN, NULL },
	{ NET, IF "config.state", IMPORT_UNIT, NULL, READ_OUT, 0, NULL },
	{ NET, IF "config.name", IMPORT_NO_PLUGIN, NULL, NO_NET, SHOWN, NULL },
	{ NET, IF "config.ip4.*", IMPORT_NO_PLUGIN, NULL, NO_NET, SHOWN, NULL },
	{ NET, IF "config.ip6.*", IMPORT_NO_PLUGIN, NULL, NO_NET, SHOWN, NULL },
	{ NET, IF "config.dhcpClient?.*", IMPORT_NO_PLUGIN, NULL, NO_NET, SHOWN,
	    NULL },
	{ NET, IF "config.dhcpServer?.*", IMPORT_NO_PLUGIN, NULL, NO_NET, SHOWN,
	    NULL },
	{ NET, IF "config.mtu", IMPORT_NO_PLUGIN, NULL, NO_NET, SHOWN, NULL },
	{ NET, IF "config.promisc", IMPORT_NO_PLUGIN, NULL, NO_NET, SHOWN,
	    NULL },
	{ NET, IF "config.autoconnect", IMPORT_NO_PLUGIN, NULL, NO_NET, SHOWN,
	    NULL },
	{ NET, IF "config.domains", IMPORT_NO_PLUGIN, NULL, NO_NET, SHOWN,
	    NULL },
	{ NET, IF "config.winsServers", IMPORT_NO_PLUGIN, NULL, NO_NET, SHOWN,
	    NULL },
	{ NET, IF "config.vlan.*", IMPORT_NO_PLUGIN, NULL, NO_NET, SHOWN,
	    NULL },
	{ NET, IF "config.apn", IMPORT_NO_PLUGIN, NULL, NO_MODEM, SHOWN, NULL },
	{ NET, IF "config.auth*ype", IMPORT_NO_PLUGIN, NULL, NO_MODEM, SHOWN,
	    NULL },
	{ NET, IF "config.dialString", IMPORT_NO_PLUGIN, NULL, NO_MODEM, SHOWN,
	    NULL },
	{ NET, IF "config.pdpType", IMPORT_NO_PLUGIN, NULL, NO_MODEM, SHOWN,
	    NULL },
	{ NET, IF "config.ppp*", IMPORT_NO_PLUGIN, NULL, NO_MODEM, SHOWN,
	    NULL },
	{ NET, IF "config.lcpEcho*", IMPORT_NO_PLUGIN, NULL, NO_MODEM, SHOWN,
	    NULL },
	{ NET, IF "config.maxFail", IMPORT_NO_PLUGIN, NULL, NO_MODEM, SHOWN,
	    NULL },
	{ NET, IF "config.*dle", IMPORT_NO_PLUGIN, NULL, NO_MODEM, SHOWN,
	    NULL },
	{ NET, IF "config.holdoff", IMPORT_NO_PLUGIN, NULL, NO_MODEM, SHOWN,
	    NULL },
	{ NET, IF "config.persist", IMPORT_NO_PLUGIN, NULL, NO_MODEM, SHOWN,
	    NULL },
	{ NET, IF "config.activeFilter", IMPORT_NO_PLUGIN, NULL, NO_MODEM,
	    SHOWN, NULL },
	{ NET, IF "config.resetTimeout", IMPORT_NO_PLUGIN, NULL, NO_MODEM,
	    SHOWN, NULL },
	{ NET, IF "config.profileID", IMPORT_NO_PLUGIN, NULL, NO_MODEM, SHOWN,
	    NULL },
	{ NET, IF "config.*Compression", IMPORT_NO_PLUGIN, NULL, NO_MODEM,
	    SHOWN, NULL },
	{ NET, IF "config.ipAddress", IMPORT_NO_PLUGIN, NULL, NO_MODEM, SHOWN,
	    NULL },
	{ NET, IF "config.gps*", IMPORT_NO_PLUGIN, NULL, NO_MODEM, SHOWN,
	    NULL },
	{ NET, IF "config.*iversityEnabled", IMPORT_NO_PLUGIN, NULL, NO_MODEM,
	    SHOWN, NULL },
	{ NET, IF "type", IMPORT_NO_PLUGIN, NULL, NO_NET, SHOWN, NULL },
	{ NET, IF "mac", IMPORT_UNIT, NULL, "the hardware address of one unit",
	    0, NULL },
	{ NET, IF "mac.address", IMPORT_UNIT, NULL,
	    "the hardware address of one unit", 0, NULL },
	{ NET, IF "*im[es][ie]*", IMPORT_UNIT, NULL,
	    "a number of one unit's modem or SIM", 0, NULL },
	{ NET, IF "*iccid", IMPORT_UNIT, NULL, "the number of one SIM", 0,
	    NULL },
	{ NET, IF "serialNum*", IMPORT_UNIT, NULL, "a number of one unit", 0,
	    NULL },
	{ NET, IF "ip4.*", IMPORT_UNIT, NULL, READ_OUT, 0, NULL },
	{ NET, IF "driver*", IMPORT_UNIT, NULL, READ_OUT, 0, NULL },
	{ NET, IF "firmware.version", IMPORT_UNIT, NULL, READ_OUT, 0, NULL },
	{ NET, IF "loopback", IMPORT_UNIT, NULL, READ_OUT, 0, NULL },
	{ NET, IF "ptp", IMPORT_UNIT, NULL, READ_OUT, 0, NULL },
	{ NET, IF "virtual", IMPORT_UNIT, NULL, READ_OUT, 0, NULL },
	{ NET, IF "up", IMPORT_UNIT, NULL, READ_OUT, 0, NULL },
	{ NET, IF "multicast", IMPORT_UNIT, NULL, READ_OUT, 0, NULL },
	{ NET, IF "state", IMPORT_UNIT, NULL, READ_OUT, 0, NULL },
	{ NET, IF "eth.link.up", IMPORT_UNIT, NULL, READ_OUT, 0, NULL },
	{ NET, IF "usb.*", IMPORT_UNIT, NULL, READ_OUT, 0, NULL },
	{ NET, IF "wifi.*", IMPORT_UNIT, NULL, READ_OUT, 0, NULL },
	{ NET, IF "manufacturer", IMPORT_UNIT, NULL, READ_OUT, 0, NULL },
	{ NET, IF "model", IMPORT_UNIT, NULL, READ_OUT, 0, NULL },
	{ NET, IF "revision.id", IMPORT_UNIT, NULL, READ_OUT, 0, NULL },
	{ NET, IF "technology.types", IMPORT_UNIT, NULL, READ_OUT, 0, NULL },

	{ MQTT, "broker-url", 0, kura_take_broker, NULL, 0, NULL },
	{ MQTT, "keep-alive", 0, kura_take_keepalive, NULL, 0, NULL },
	{ MQTT, "username", 0, kura_take_username, NULL, 0, NULL },
	{ MQTT, "password", IMPORT_CHANGED, kura_take_mqtt_password,
	    "issued to each unit when it enrols", SECRET,
	    "@{issued.mqtt.password}" },
	{ MQTT, "client-id", IMPORT_UNIT, NULL,
	    "of one unit; the uplink takes the unit's serial", 0, NULL },
	{ MQTT, "topic.context.account-name", IMPORT_NO_PLUGIN,
	    kura_take_neutral,
	    "a part of Kura's topics; the uplink has topics of its own", 0,
	    NULL },
	{ MQTT, "protocol-version", IMPORT_ANYWAY, NULL,
	    "the uplink speaks MQTT 5", SHOWN, NULL },
	{ MQTT, "clean-session", IMPORT_ANYWAY, NULL,
	    "the uplink keeps its session as enrolment needs it", SHOWN, NULL },
	{ MQTT, "timeout", IMPORT_NO_PLUGIN, NULL,
	    "the uplink's own time limit is fixed", SHOWN, NULL },
	{ MQTT, "lwt.*", IMPORT_NO_PLUGIN, NULL,
	    "a last will; the uplink has none", SHOWN, NULL },
	{ MQTT, "in-flight.persistence", IMPORT_NO_PLUGIN, NULL, NO_QUEUE,
	    SHOWN, NULL },
	{ MQTT, "ssl.hostname.verification", 0, kura_take_hostname, NULL, 0,
	    NULL },
	{ MQTT, "ssl.default.protocol", 0, kura_take_protocol, NULL, 0, NULL },
	{ MQTT, "ssl.*", IMPORT_ANYWAY, NULL,
	    "the uplink's TLS is fixed: 1.2 and 1.3, mutual, names checked", 0,
	    NULL },

	{ DATA, "connect.auto-on-startup", IMPORT_ANYWAY, NULL,
	    "a unit connects as soon as it has a certificate", SHOWN, NULL },
	{ DATA, "connect.retry-interval", 0, kura_take_retry, NULL, 0, NULL },
	{ DATA, "*recovery*", IMPORT_ANYWAY, NULL,
	    "the uplink tries again for ever and never restarts the machine",
	    SHOWN, NULL },
	{ DATA, "disconnect.quiesce-timeout", IMPORT_NO_PLUGIN, NULL, NO_QUEUE,
	    SHOWN, NULL },
	{ DATA, "store.*", IMPORT_NO_PLUGIN, NULL, NO_QUEUE, SHOWN, NULL },
	{ DATA, "in-flight-messages.*", IMPORT_NO_PLUGIN, NULL, NO_QUEUE, SHOWN,
	    NULL },
	{ DATA, "*rate.limit*", IMPORT_NO_PLUGIN, NULL, NO_QUEUE, SHOWN, NULL },
	{ DATA, "maximum.payload.size", IMPORT_NO_PLUGIN, NULL, NO_QUEUE, SHOWN,
	    NULL },
	{ DATA, "connection.schedule.*", IMPORT_NO_PLUGIN, NULL,
	    "times to be connected; the uplink always is", SHOWN, NULL },

	{ ENROL, "enabled", 0, kura_take_enrol, NULL, 0, NULL },
	{ ENROL, "broker-url", 0, kura_take_enrol_broker, NULL, 0, NULL },
	{ ENROL, "provisioned", IMPORT_UNIT, NULL, "the state of one unit", 0,
	    NULL },
	{ ENROL, "client-id", IMPORT_UNIT, NULL,
	    "of one unit; the uplink takes the unit's serial", 0, NULL },
	{ ENROL, "ca-authentication", IMPORT_ANYWAY, NULL,
	    "the broker's chain is always checked", SHOWN, NULL },
	{ ENROL, "account-name", IMPORT_ANYWAY, kura_take_neutral,
	    "the claim certificate of the batch takes its place", 0, NULL },
	{ ENROL, "username", IMPORT_ANYWAY, kura_take_neutral,
	    "the claim certificate of the batch takes its place", 0, NULL },
	{ ENROL, "password", IMPORT_ANYWAY, kura_take_secret,
	    "the claim certificate of the batch takes the place of a password "
	    "that all units share",
	    SECRET, NULL },

	{ SSLMAN, "ssl.default.protocol", 0, kura_take_protocol, NULL, 0,
	    NULL },
	{ SSLMAN, "ssl.hostname.verification", 0, kura_take_hostname, NULL, 0,
	    NULL },
	{ SSLMAN, "ssl.*assword", IMPORT_ANYWAY, kura_take_secret, OWN_KEYS,
	    SECRET, NULL },
	{ SSLMAN, "ssl.*ey*tore*", IMPORT_ANYWAY, NULL, OWN_KEYS, 0, NULL },
	{ SSLMAN, "ssl.*trustStore", IMPORT_ANYWAY, NULL, OWN_KEYS, 0, NULL },
	{ SSLMAN, "ssl.*ipher*", IMPORT_ANYWAY, NULL,
	    "the uplink's cipher suites are fixed", SHOWN, NULL },
	{ SSLMAN, "ssl.revocation.*", IMPORT_NO_PLUGIN, NULL,
	    "revocation is decided by the broker's gate, not on the unit",
	    SHOWN, NULL },
	{ SSLMAN, "*revocation*", IMPORT_NO_PLUGIN, NULL,
	    "revocation is decided by the broker's gate, not on the unit",
	    SHOWN, NULL },
	{ STORE, "keystore.password", IMPORT_ANYWAY, kura_take_secret, OWN_KEYS,
	    SECRET, NULL },
	{ STORE, "*", IMPORT_ANYWAY, NULL, OWN_KEYS, SHOWN, NULL },
	{ "org.eclipse.kura.crypto.*eystore*", "*pin", IMPORT_ANYWAY,
	    kura_take_secret, OWN_KEYS, SECRET, NULL },

	{ HTTP, "http*.port*", 0, kura_take_console, NULL, 0, NULL },
	{ HTTP, "http*.enabled", IMPORT_NO_PLUGIN, NULL,
	    "Kura's console, which Ingot does not have", SHOWN, NULL },
	{ HTTP, "https.keystore.password", IMPORT_ANYWAY, kura_take_secret,
	    OWN_KEYS, SECRET, NULL },
	{ HTTP, "https.keystore.path", IMPORT_ANYWAY, NULL, OWN_KEYS, SHOWN,
	    NULL },
	{ HTTP, "https.revocation*", IMPORT_NO_PLUGIN, NULL,
	    "Kura's console, which Ingot does not have", SHOWN, NULL },
	{ "org.eclipse.kura.web.Console", "*assword", IMPORT_NO_PLUGIN,
	    kura_take_secret, "Kura's console, which Ingot does not have",
	    SECRET, NULL },
	{ "org.eclipse.kura.web.Console", "*", IMPORT_NO_PLUGIN, NULL,
	    "Kura's console, which Ingot does not have", 0, NULL },
	{ ROLES, "users.config", 0, kura_take_users, NULL, SECRET, NULL },
	{ ROLES, "*.config", IMPORT_NO_PLUGIN, NULL,
	    "roles of Kura's console, which Ingot does not have", 0, NULL },
	{ CMD, "command.enable", 0, kura_take_command, NULL, 0, NULL },
	{ CMD, "command.password.value", IMPORT_ANYWAY, kura_take_secret,
	    "Ingot runs no commands from afar", SECRET, NULL },
	{ CMD, "*", IMPORT_ANYWAY, NULL, "Ingot runs no commands from afar", 0,
	    NULL },

	{ CLOUD, "*", IMPORT_NO_PLUGIN, NULL,
	    "Kura's messages of birth and death; the uplink has its own", 0,
	    NULL },
	{ "org.eclipse.kura.clock.ClockService", "*", IMPORT_NO_PLUGIN, NULL,
	    "the clock is the system's; no plugin for this yet", SHOWN, NULL },
	{ "org.eclipse.kura.watchdog.WatchdogService", "*", IMPORT_NO_PLUGIN,
	    NULL, "the agent has the watchdog of its service manager; " NO_KURA,
	    SHOWN, NULL },
	{ "org.eclipse.kura*H2DbService", "*assword", IMPORT_NO_PLUGIN,
	    kura_take_secret, NO_KURA, SECRET, NULL },
	{ "org.eclipse.kura*H2DbService", "*", IMPORT_NO_PLUGIN, NULL, NO_KURA,
	    0, NULL },
	{ "org.eclipse.kura.position.PositionService", "*", IMPORT_NO_PLUGIN,
	    NULL, NO_KURA, SHOWN, NULL },
	{ "org.eclipse.kura.log.filesystem.provider.*", "*", IMPORT_NO_PLUGIN,
	    NULL, NO_KURA, SHOWN, NULL },
	{ "org.eclipse.kura.internal.rest.provider.RestService", "*",
	    IMPORT_NO_PLUGIN, NULL, NO_KURA, 0, NULL },
};

static bool
fits(const char *pattern, const char *text)
{
	return pattern == NULL || fnmatch(pattern, text, 0) == 0;
}

const struct kura_row *
kura_row(const char *kind, const char *pid, const char *name)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (fits(rows[i].name, name) &&
		    (fits(rows[i].kind, kind) || fits(rows[i].kind, pid)))
			return &rows[i];
	return NULL;
}
