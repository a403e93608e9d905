# SPDX-License-Identifier: MIT
# ocpp_world.sh: certificates and ports for tests with charge points and a CSMS
# on loopback. Sourced after lib.sh.
# shellcheck shell=bash

# ocpp_ports N: as many ports that nobody listens at, in $PORTS.
ocpp_ports() {
	PORTS=()
	while [ ${#PORTS[@]} -lt "$1" ]; do
		local p=$((20000 + RANDOM % 12000))
		(exec 3<>"/dev/tcp/127.0.0.1/$p") 2>/dev/null && continue
		[[ " ${PORTS[*]} " == *" $p "* ]] || PORTS+=("$p")
	done
}

# ocpp_authority NAME: $T/pki/NAME.pem and .key
ocpp_authority() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 \
	    -subj "/O=Test/CN=$1" -addext basicConstraints=critical,CA:TRUE \
	    -addext keyUsage=critical,keyCertSign,cRLSign \
	    -keyout "$T/pki/$1.key" -out "$T/pki/$1.pem" 2>/dev/null
}

# ocpp_leaf NAME AUTHORITY CN EKU [SAN]: $T/pki/NAME.pem and .key
ocpp_leaf() {
	local key=(-newkey ec -pkeyopt ec_paramgen_curve:P-256)
	[ "${OCPP_RSA:-}" ] && key=(-newkey rsa:2048)
	openssl req "${key[@]}" -nodes -subj "/O=Test/CN=$3" \
	    -keyout "$T/pki/$1.key" -out "$T/pki/$1.csr" 2>/dev/null
	printf 'extendedKeyUsage=%s\n%s' "$4" "${5:+subjectAltName=$5}" >"$T/pki/$1.ext"
	openssl x509 -req -in "$T/pki/$1.csr" -CA "$T/pki/$2.pem" -CAkey "$T/pki/$2.key" \
	    -set_serial "0x$(openssl rand -hex 8)" -days 20 -extfile "$T/pki/$1.ext" \
	    -out "$T/pki/$1.pem" 2>/dev/null
	chmod 0644 "$T/pki/$1.key"
}

# ocpp_pki: an authority of the CSMS's side, one of the site's, one that nobody
# knows, and what they issue.
ocpp_pki() {
	local id
	mkdir -p "$T/pki"
	ocpp_authority root
	ocpp_authority site
	ocpp_authority other
	ocpp_leaf csms root localhost serverAuth DNS:localhost,IP:127.0.0.1
	ocpp_leaf bridge site localhost serverAuth DNS:localhost,IP:127.0.0.1
	OCPP_RSA=1 ocpp_leaf bridge-rsa site localhost serverAuth DNS:localhost,IP:127.0.0.1
	ocpp_leaf gateway root GW-1 clientAuth
	for id in CP-1 CP-2 CP-A; do
		ocpp_leaf "$id" site "$id" clientAuth
	done
	ocpp_leaf stranger other CP-A clientAuth
	cat "$T/pki/root.pem" "$T/pki/site.pem" >"$T/pki/both.pem"
}

# ocpp_ends PID LOG: the bridge ends when told to, and with nothing to say against
# itself (a sanitizer would have).
ocpp_ends() {
	local rc=0
	kill "$1"
	wait "$1" || rc=$?
	[ $rc -eq 0 ] || { echo "it ended with $rc"; tail -30 "$2"; }
	return $rc
}
