# SPDX-License-Identifier: MIT
# charging.sh: charge points behind the units, and their management system. Each
# unit has a yard, a network of its own on eth1; a charge point there speaks
# plain WebSocket. The CSMS is on the factory's host and takes only who shows a
# certificate. Sourced by demo, which has a function claim.
# shellcheck shell=bash

YARD=192.168.77
SAY=$LAB_SRC/${build#"$LAB_SRC"/}/tests/system/ocpp_say

yard_up() { # UNIT
	ip link add "y-$1" type veth peer name eth1 netns "$(cat "$LAB/units/$1/pid")"
	ip link set "y-$1" up
	unit_do "$1" ip addr add $YARD.1/24 dev eth1
	unit_do "$1" ip link set eth1 up
}

csms() {
	local d=$LAB/csms
	mkdir -p "$d"
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 \
	    -subj "/O=Example Charging/CN=CSMS Root" -keyout "$d/root.key" -out "$d/root.pem" \
	    -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign 2>/dev/null
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
	    -subj "/O=Example Charging/CN=csms.example" -keyout "$d/server.key" -out "$d/server.csr" 2>/dev/null
	issued "$d/server" "extendedKeyUsage=serverAuth\nsubjectAltName=IP:$LAB_NET4.1"
	WIRE_ADDRESS=$LAB_NET4.1 "$SAY" csms 8444 "$d/server.pem" "$d/server.key" "$d/root.pem" >"$d/log" 2>&1 &
}
issued() { # NAME EXTENSIONS: NAME.pem for NAME.csr
	printf '%b\n' "$2" >"$1.ext"
	openssl x509 -req -in "$1.csr" -CA $LAB/csms/root.pem -CAkey $LAB/csms/root.key \
	    -set_serial "0x$(openssl rand -hex 8)" -days 20 -extfile "$1.ext" -out "$1.pem" 2>/dev/null
}

# The unit's key for the CSMS is born in its TPM; the request goes out, leaf and
# root come in.
csms_leaf() { # UNIT
	local r
	r=$(unit_root "$1")
	cp $LAB/csms/root.pem "$r/run/csms-root.pem"
	unit_do "$1" ingot cert install CSMS /run/csms-root.pem &&
	    unit_do "$1" ingot cert csr CSMS --common "$(got "$1" serial)" \
		--organization "Example Charging" --out /run/csms.csr || return 1
	cp "$r/run/csms.csr" "$LAB/csms/$1.csr"
	issued "$LAB/csms/$1" "keyUsage=critical,digitalSignature\nextendedKeyUsage=clientAuth"
	cp "$LAB/csms/$1.pem" "$r/run/csms.pem"
	unit_do "$1" ingot cert update CSMS /run/csms.pem
}
# The only key of the leaf is one that this TPM alone can use.
csms_key_in_tpm() { # UNIT
	local d
	d=$(unit_root "$1")/var/lib/ingot/plugins/cert_store/certs/client/csms
	[ "$(find "$d" -name '*.tkey' | wc -l)" -eq 1 ] && [ -z "$(find "$d" -name '*.key')" ] &&
	    ! grep -rl 'BEGIN.* PRIVATE KEY' "$d" --include='*.pem'
}

# charge_point UNIT IDENTITY: in the unit's yard, until its input is closed;
# what it hears is in $LAB/IDENTITY.log.
charge_point() {
	local pid
	unshare --net sleep 600 &
	pid=$!
	until [ "$(readlink /proc/$pid/ns/net)" != "$(readlink /proc/self/ns/net)" ]; do sleep 0.02; done
	ip link set "y-$1" netns $pid
	nsenter -t $pid -n ip addr add $YARD.2/24 dev "y-$1"
	nsenter -t $pid -n ip link set "y-$1" up
	mkfifo "$LAB/$2.in"
	exec 7<>"$LAB/$2.in"
	nsenter -t $pid -n env WIRE_ADDRESS=$YARD.1 "$SAY" charger 8887 "$2" \
	    <"$LAB/$2.in" >"$LAB/$2.log" 2>&1 7>&- &
	CHARGE_POINT=$pid
}
heard() { # FILE TEXT: within ten seconds
	local n
	for n in $(seq 200); do
		grep -qF -- "$2" "$1" && return
		sleep 0.05
	done
	cat "$1"
	return 1
}
print_of() { openssl x509 -in "$1" -noout -fingerprint -sha256 | sed 's/.*=//; s/://g' | tr A-F a-f; }

BOOT='[2,"b1","BootNotification",{ "chargePointVendor":"Acme", "chargePointModel":"M1" }]'
charges_through() { # UNIT IDENTITY
	echo "$BOOT" >&7
	heard "$LAB/$2.log" '[3,"b1",{"status":"Accepted"' &&
	    heard $LAB/csms/log "came /ocpp/$2 ocpp1.6 $(print_of "$LAB/csms/$1.pem")"
}
refused_frame() { # IDENTITY
	echo '[2,"x1","StartTransaction",{"connectorId":1}]' >&7
	heard "$LAB/$1.log" '[4,"x1","OccurenceConstraintViolation"' && ! grep -q '"x1"' $LAB/csms/log
}
# Without a certificate the CSMS speaks with nobody.
csms_is_shut() {
	! openssl s_client -connect $LAB_NET4.1:8444 -CAfile $LAB/csms/root.pem -verify_return_error \
	    <<<"GET /ocpp/CP-8 HTTP/1.1" 2>&1 | grep 'HTTP/1.1'
}

prove_charging() { # UNIT
	local u=$1
	claim "$u: its certificate for the CSMS is asked for and installed in production" csms_leaf "$u"
	claim "$u: the key of that certificate is in its TPM and nowhere else" csms_key_in_tpm "$u"
	claim "the CSMS answers nobody who shows no certificate" csms_is_shut
	charge_point "$u" CP-7
	claim "a charger without TLS speaks to a profile-3 CSMS through $u, the key in the TPM" charges_through "$u" CP-7
	claim "$u: what the charger said arrived byte for byte" heard $LAB/csms/log "/ocpp/CP-7 $BOOT"
	claim "$u: a frame that is wrong is answered and does not reach the CSMS" refused_frame CP-7
	claim "$u: ingot ocpp top shows the charger" sh -c "$(declare -f unit_do); LAB=$LAB; unit_do $u ingot ocpp top | grep -q '^CP-7 '"
	exec 7>&-
	kill "$CHARGE_POINT"
	say "$u: a charger without TLS reached the CSMS of profile 3"
}
