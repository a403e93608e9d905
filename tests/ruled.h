/* SPDX-License-Identifier: MIT */
#ifndef TEST_RULED_H
#define TEST_RULED_H

/*
 * Files that the shipped policies know, one secret in each, written as the
 * program that owns the file would: with the escapes of its format, and Kura's
 * in each of the encodings that one attribute of it stands for.
 */
#include <openssl/evp.h>

#include "import/kura_secret.h"
#include "named.h"

typedef void ruled_write_fn(struct dice *, const char *value, struct bytes *);

static inline void
ruled_plain(struct dice *d, const char *value, struct bytes *o)
{
	(void)d;
	bytes_fmt(o, "%s", value);
}

static inline void
ruled_xml(struct dice *d, const char *value, struct bytes *o)
{
	(void)d;
	as_xml(o, value);
}

static inline void
ruled_json(struct dice *d, const char *value, struct bytes *o)
{
	(void)d;
	escaped(o, value, "&<\"\\/", json_with);
}

static inline void
ruled_property(struct dice *d, const char *value, struct bytes *o)
{
	(void)d;
	escaped(o, value, ":=!", property_with);
}

/* JSON inside XML: an object as the value of a property. */
static inline void
ruled_json_xml(struct dice *d, const char *value, struct bytes *o)
{
	own_bytes struct bytes json = { 0 };

	(void)d;
	escaped(&json, value, "&<\"\\/", json_with);
	bytes_add(&json, "", 0);
	as_xml(o, json.p);
}

/* As a console downloads it: base64 of the password. */
static inline void
ruled_base64(struct dice *d, const char *value, struct bytes *o)
{
	own_str char *text = base64_encode(value, strlen(value));

	(void)d;
	bytes_fmt(o, "%s", text);
}

/* base64(IV)-base64(ciphertext, tag), with the key of Kura's public source. */
static inline void
kura_text(struct dice *d, const char *p, size_t len, struct bytes *o)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	own_bytes struct bytes sealed = { 0 };
	own_str char *first = NULL, *second = NULL;
	struct kura_key key;
	unsigned char iv[12], tag[16], *out = malloc(len + 16);
	int n = 0;

	for (size_t i = 0; i < sizeof(iv); i++)
		iv[i] = (unsigned char)roll(d);
	kura_key_published(&key);
	assert(out != NULL && key.len == 16 &&
	    EVP_EncryptInit_ex(ctx, EVP_aes_128_gcm(), NULL, key.bytes, iv) ==
		1 &&
	    EVP_EncryptUpdate(
		ctx, out, &n, (const unsigned char *)p, (int)len) == 1 &&
	    EVP_EncryptFinal_ex(ctx, out + n, &(int){ 0 }) == 1 &&
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_GET_TAG, sizeof(tag), tag) ==
		1);
	bytes_add(&sealed, out, (size_t)n);
	bytes_add(&sealed, tag, sizeof(tag));
	first = base64_encode(iv, sizeof(iv));
	second = base64_encode(sealed.p, sealed.len);
	bytes_fmt(o, "%s-%s", first, second);
	EVP_CIPHER_CTX_free(ctx);
	free(out);
}

/* As it lies on a disk: base64 of the text above. */
static inline void
ruled_kura(struct dice *d, const char *value, struct bytes *o)
{
	own_bytes struct bytes text = { 0 };

	kura_text(d, value, strlen(value), &text);
	bytes_add(&text, "", 0);
	ruled_base64(d, text.p, o);
}

#define SNAPSHOT_XML "/opt/eclipse/kura/user/snapshots/snapshot_0.xml"
#define MQTT_PID     "org.eclipse.kura.core.data.transport.mqtt.MqttDataTransport"
#define KURA_OPEN(pid, attributes)                                             \
	"<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n"      \
	"<esf:configurations xmlns:ocd=\"http://www.osgi.org/xmlns/metatype/"  \
	"v1.2.0\" xmlns:esf=\"http://eurotech.com/esf/2.0\">\n"                \
	"<esf:configuration pid=\"" pid "\"><esf:properties>\n"                \
	"<esf:property " attributes "><esf:value>"
#define KURA_CLOSE                                                             \
	"</esf:value></esf:property>\n</esf:properties></esf:configuration>\n" \
	"</esf:configurations>\n"
#define KURA(pid, attributes)                                                  \
	SNAPSHOT_XML, KURA_OPEN(pid, attributes), KURA_CLOSE

#define KURA_JSON "{&quot;mqttPassword&quot;:&quot;"

#define PLAIN     TREES_ALNUM ".-+"
#define MARKUP    TREES_ALNUM "&<>\"'.-+"

static const struct {
	const char *path;
	const char *before;
	const char *behind;
	ruled_write_fn *write;
	const char *set; /* what the secret is made of */
	bool sealed;     /* the file is encrypted as a whole */
} ruled[] = {
	{ "/etc/wpa_supplicant/wlan0.conf", "network={\n\tssid=\"a\"\n\tpsk=\"",
	    "\"\n}\n", ruled_plain, PLAIN "!&<>'", false },
	{ "/etc/wpa_supplicant/wlan0.conf",
	    "network={\n\tkey_mgmt=WPA-EAP\n\tpassword=\"", "\"\n}\n",
	    ruled_plain, PLAIN, false },
	{ "/etc/hostapd/ap.conf", "interface=wlan0\nwpa_passphrase=", "\n",
	    ruled_plain, PLAIN "!&<>\"'#=", false },
	{ "/etc/hostapd/ap.psk", "# all\n00:00:00:00:00:00 ", "\n", ruled_plain,
	    PLAIN, false },
	{ "/etc/ppp/chap-secrets", "# c s secret\nmeter * \"", "\" *\n",
	    ruled_plain, PLAIN "!#", false },
	{ "/etc/ppp/pap-secrets", "meter\t*\t", "\t*\n", ruled_plain, PLAIN,
	    false },
	{ "/etc/ppp/peers/wan", "noauth\nuser m\npassword ", "\n", ruled_plain,
	    PLAIN, false },
	{ "/etc/network/interfaces",
	    "iface wlan0 inet dhcp\n\twpa-ssid a\n\twpa-psk ", "\n",
	    ruled_plain, PLAIN, false },
	{ "/etc/netplan/10.yaml",
	    "network:\n  wifis:\n    wlan0:\n      access-points:\n"
	    "        a:\n          password: \"",
	    "\"\n", ruled_json, MARKUP, false },
	{ "/etc/NetworkManager/system-connections/a.nmconnection",
	    "[connection]\nid=a\n\n[wifi-security]\nkey-mgmt=wpa-psk\npsk=",
	    "\n", ruled_plain, PLAIN "!&<>'#", false },
	{ "/etc/NetworkManager/system-connections/vpn",
	    "[vpn-secrets]\nany=", "\n", ruled_plain, PLAIN, false },
	{ "/etc/config/wireless",
	    "config wifi-iface 'ap'\n\toption ssid 'a'\n\toption key '", "'\n",
	    ruled_plain, PLAIN "!&<>#", false },
	{ "/etc/config/network",
	    "config interface 'wan'\n\toption username 'm'\n\toption password ",
	    "\n", ruled_plain, PLAIN, false },
	{ "/etc/everest/config.yaml",
	    "active_modules:\n  ocpp:\n    AuthorizationKey: \"", "\"\n",
	    ruled_json, MARKUP, false },
	{ "/etc/everest/config.yaml",
	    "active_modules: {evse_security: {config_module: "
	    "{private_key_password: ",
	    "}}}\n", ruled_plain, TREES_ALNUM, false },
	{ "/etc/everest/user.json", "{\"a\":{\"mqttPassword\":\"",
	    "\"},\"b\":1}\n", ruled_json, MARKUP, false },
	{ "/opt/eclipse/kura/data/users.config",
	    "[{\"name\":\"a\",\"kura.password\":\"", "\"}]\n", ruled_json,
	    MARKUP, false },
	{ "/opt/eclipse/kura/framework/kura.properties",
	    "a.b=c\nmqtt.password=\\\n   ", "\nd=e\n", ruled_property,
	    PLAIN "!:=", false },
	{ "/opt/eclipse/kura/data/kuranet.conf",
	    "net.interface.wlan0.config.wifi.infra.passphrase: ", "\n",
	    ruled_property, PLAIN "!:=", false },
	/* Kura: by name, by type, in clear text ... */
	{ KURA(MQTT_PID,
	      "name=\"password\" array=\"false\" encrypted=\"false\" "
	      "type=\"Password\""),
	    ruled_xml, MARKUP, false },
	{ KURA("org.acme.driver",
	      "name=\"modbus.password\" array=\"false\" type=\"String\""),
	    ruled_xml, MARKUP, false },
	{ KURA("org.acme.driver", "name=\"oddly.called\" type=\"Password\""),
	    ruled_xml, MARKUP, false },
	{ KURA("org.acme.driver", "name=\"shared.secret\""), ruled_xml, MARKUP,
	    false },
	{ SNAPSHOT_XML,
	    "<configurations xmlns=\"http://eurotech.com/esf/2.0\">"
	    "<configuration pid=\"a.b\"><properties><property name=\"api.key\" "
	    "type=\"String\"><value>",
	    "</value></property></properties></configuration>"
	    "</configurations>",
	    ruled_xml, MARKUP, false },
	{ SNAPSHOT_XML,
	    KURA_OPEN("org.acme.driver",
		"name=\"settings\" array=\"false\" type=\"String\"") KURA_JSON,
	    "&quot;}" KURA_CLOSE, ruled_json_xml, MARKUP, false },
	/* ... downloaded, and from a disk. */
	{ KURA(MQTT_PID,
	      "name=\"password\" array=\"false\" encrypted=\"true\" "
	      "type=\"Password\""),
	    ruled_base64, MARKUP, false },
	{ KURA("org.acme.driver",
	      "name=\"oddly.called\" encrypted=\"true\" type=\"Password\""),
	    ruled_kura, MARKUP, false },
	{ KURA(MQTT_PID,
	      "name=\"password\" array=\"false\" encrypted=\"true\" "
	      "type=\"Password\""),
	    ruled_kura, MARKUP, true },
};

#define RULED (sizeof(ruled) / sizeof(ruled[0]))

/* One of them, with the value as it is meant and as it is written. */
static inline void
ruled_file(struct dice *d, size_t i, char value[static 64],
    struct bytes *written, struct bytes *file)
{
	own_bytes struct bytes clear = { 0 };

	from_set(d, ruled[i].set, 9 + upto(d, 20), value);
	value[0] = 'q'; /* what begins it may mean something to the format, */
	value[strlen(value) - 1] = 'z'; /* and what ends it */
	ruled[i].write(d, value, written);
	bytes_add(written, "", 0);
	bytes_fmt(
	    &clear, "%s%s%s", ruled[i].before, written->p, ruled[i].behind);
	if (ruled[i].sealed)
		kura_text(d, clear.p, clear.len, file);
	else
		bytes_add(file, clear.p, clear.len);
	bytes_add(file, "", 0);
	assert(!file->bad && !written->bad);
}

#endif
