# SPDX-License-Identifier: MIT
# factory.sh: who stands behind the units of the lab: the maker with his keys,
# the broker and the provisioning service. Sourced by demo and line, which have
# the packages' tools in $LAB/tools, on PATH, and a function die.
# shellcheck shell=bash

# --- the maker: who may sign bundles and plugins ---------------------------
maker() {
	local d=$LAB/maker
	mkdir -p "$d"
	openssl req -x509 -newkey rsa:3072 -nodes -keyout "$d/ca.key" -out "$d/ca.pem" \
	    -days 3650 -subj "/O=Example Gateways/CN=Maker Root" \
	    -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign 2>/dev/null
	openssl req -newkey rsa:3072 -nodes -keyout "$d/sign.key" -out "$d/sign.csr" \
	    -subj "/O=Example Gateways/CN=Release 2026" 2>/dev/null
	printf 'basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=codeSigning\n' >"$d/ext"
	openssl x509 -req -in "$d/sign.csr" -CA "$d/ca.pem" -CAkey "$d/ca.key" -days 365 \
	    -extfile "$d/ext" -out "$d/sign.pem" 2>/dev/null
	mkdir -p "$d/plugins"
	cp $LAB/tools/usr/lib/ingot/plugins/*.so "$d/plugins/" || die "$DEB holds no plugins"
	for so in "$d"/plugins/*.so; do
		openssl cms -sign -binary -noattr -outform DER -md sha256 -signer "$d/sign.pem" \
		    -inkey "$d/sign.key" -in "$so" -out "$so.sig" 2>/dev/null
	done
}

# --- the cloud: one broker with the gate, one service ----------------------
cloud() { # SERIAL...: those that may enrol
	local home=$LAB/cloud serial
	mkdir -p "$home" && chmod 0755 "$home"
	# The first TPM that is made has its maker's CA made.
	for _ in $(seq 600); do
		[ -s $LAB/ek-ca/issuercert.pem ] && break
		sleep 0.1
	done
	flock $LAB/ek-ca cat $LAB/ek-ca/issuercert.pem $LAB/ek-ca/*rootca-cert.pem >$LAB/ek-roots.pem || return 1
	ingot-provision init --home "$home" --broker-name $LAB_NET4.1 --fleet "Example Fleet" \
	    --group mosquitto --gate $LAB/tools/usr/lib/ingot/ingot-gate.so --listen "8883 $LAB_NET4.1" ||
	    return 1
	ingot-provision claim --home "$home" line-1 --quota 0 --days 2 --out $LAB/claim ||
	    return 1
	for serial; do
		ingot-provision add-unit --home "$home" "$serial" --model gw100 || return 1
	done
	mosquitto -c "$home/broker/mosquitto.conf" >$LAB/broker.log 2>&1 &

	for _ in $(seq 100); do # until it listens
		nc -z $LAB_NET4.1 8883 2>/dev/null && break
		sleep 0.05
	done
	ingot-provision serve --home "$home" --broker $LAB_NET4.1:8883 \
	    --ek-roots $LAB/ek-roots.pem >$LAB/service.log 2>&1 &

}
