# SPDX-License-Identifier: MIT
# ocpp_unit.sh: a unit with cert_store on a software TPM and ocpp_bridge, both
# in real hosts of a real agent, and a CSMS that asks for certificates. Sourced
# after lib.sh, txn_world.sh, tpm_world.sh and ocpp_world.sh, in $T.
# shellcheck shell=bash disable=SC2034 # for those who source it

# unit_make: certificates of a CSMS, a TPM, and the agent's settings.
unit_make() {
	ocpp_ports 4
	PLAIN=${PORTS[0]} SECURE=${PORTS[1]} OLD=${PORTS[2]} CSMS=${PORTS[3]}
	mkdir -p one/state
	swtpm_setup --tpm2 --tpm-state one/state --overwrite >>noise 2>&1
	tpm_start one
	SOFT=false
	. "$SRC/tests/system/certs_world.sh"
	mkdir -p "$ETC/shipped/production"
	cp "$SRC/policies/production/production.conf" "$ETC/shipped/production/"
	sed "s/^user *=.*/user = \"daemon\";/
	    s|^bind *=.*|bind = [ $PLAIN, $SECURE, $OLD ];|
	    s|\"/etc/ingot/ocpp\"|\"$T/pki\"|
	    /^install = (/,/^);/d; /^reload = (/,/^);/d" \
	    "$SRC/policies/plugins/ocpp_bridge.conf" >"$ETC/policies/plugins/ocpp_bridge.conf"
	sed -i 's|^plugins = .*|plugins = [ "cert_store", "ocpp_bridge" ];|' "$ETC/ingot.conf"
	ocpp_pki
	chmod 0755 pki
}

# unit_apply [OCPP-DOCUMENT]: both documents, as one bundle; without one the
# bridge has none.
unit_apply() {
	rm -rf sample
	mkdir -p sample/etc/ingot/documents
	printf 'tcti = "%s";\ncerts = { root = "%s"; %s };\n' "$TCTI" "$CERTS" "${STORE-}" \
	    >sample/etc/ingot/documents/cert_store.conf
	[ $# -eq 0 ] || printf '%s\n' "$1" >sample/etc/ingot/documents/ocpp_bridge.conf
	sequence=$((sequence + 1))
	INGOT capture --policy policy.conf --root sample --name site --model gw100 \
	    --identifier serial=GW-2026-000001 --sequence $sequence --out "$sequence.ingot" &&
	    INGOT apply "$sequence.ingot"
}

# document_of LISTENERS [MORE]: to the CSMS of the test, profile 3.
document_of() {
	printf 'listeners = ( %s );\n' "$1"
	printf 'csms = { url = "wss://localhost:%s/ocpp"; profile = 3; };\n' "$CSMS"
	printf 'backoff = { wait = 1; random = 0; repeats = 0; };\n%s\n' "${2-}"
}
plain_listener() {
	printf '{ name = "plain"; address = "127.0.0.1"; port = %s; profile = 0; versions = [ "ocpp1.6" ]; }' "$PLAIN"
}

# unit_leaf NAME AUTHORITY: a key in the TPM, its request, the leaf that the
# authority issues, installed; PEM in NAME.pem.
unit_leaf() {
	INGOT cert csr CSMS --common GW-0001 --out "$1.csr" >/dev/null || return
	mint "$1" "pki/$2" "${CLIENT[@]}" && INGOT cert update CSMS "$1.pem"
}

# csms_start AUTHORITY-FILE [NAME]: the CSMS, with that certificate, which takes certificates of these; what
# it hears is in csms.log.
csms_start() {
	t_spawn "$B/tests/system/ocpp_say" csms "$CSMS" "pki/${2:-csms}.pem" "pki/${2:-csms}.key" "$1" >>csms.log
	CSMS_PID=$T_PID
	t_until 5 port_open "$CSMS"
}
port_open() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# charger IDENTITY [PORT [OPTION...]]: a charge point that stays until
# charger_gone; it says what is written to descriptor 7, what it hears is in
# IDENTITY.log.
charger() {
	local id=$1 port=${2:-$PLAIN}
	shift $(($# > 1 ? 2 : 1))
	rm -f "$id.in" "$id.log"
	mkfifo "$id.in"
	exec 7<>"$id.in"
	# What is started in the background would read nothing otherwise.
	t_spawn sh -c 'in=$1; shift; exec "$@" <"$in" 7>&-' sh "$id.in" \
	    "$B/tests/system/ocpp_say" charger "$port" "$id" "$@" >"$id.log"
	CHARGER_PID=$T_PID
	t_until 20 grep -q '^status' "$id.log" && grep -q '^status 101' "$id.log"
}
charger_gone() {
	exec 7>&-
	t_kill "$CHARGER_PID"
}
say() { printf '%s\n' "$1" >&7; }
# says_to_csms IDENTITY FRAME ANSWER: sent, and answered so.
says_to_csms() {
	say "$2"
	t_until 10 grep -qF "$3" "$1.log"
}
