# SPDX-License-Identifier: MIT
# tpm_world.sh: software TPMs with endorsement certificates, and a small CA, in
# the test's own folder. Sourced after lib.sh.
# shellcheck shell=bash

# tpm_make NAME SERIAL: a TPM that has left its factory, in $T/NAME; the EK CA
# ($T/ekca) is made on first use.
tpm_make() {
	local d=$T/$1
	mkdir -p "$d/state" "$T/ekca"
	cat >"$d/localca.conf" <<-END
		statedir = $T/ekca
		signingkey = $T/ekca/signkey.pem
		issuercert = $T/ekca/issuercert.pem
		certserial = $T/ekca/certserial
	END
	printf -- '--platform-manufacturer Ingot\n--platform-version 1\n--platform-model Test\n' >"$d/options"
	cat >"$d/setup.conf" <<-END
		create_certs_tool = /usr/bin/swtpm_localca
		create_certs_tool_config = $d/localca.conf
		create_certs_tool_options = $d/options
		active_pcr_banks = sha256
	END
	swtpm_setup --tpm2 --tpm-state "$d/state" --create-ek-cert \
	    --create-platform-cert --lock-nvram --overwrite \
	    --config "$d/setup.conf" --pcr-banks sha256 --vmid "$2" \
	    "${@:3}" >"$d/setup.log" 2>&1 || { cat "$d/setup.log"; return 1; }
}

# tpm_start NAME: switched on; $TCTI is the way to it, $TPM_PID its process.
tpm_start() {
	local d=$T/$1
	rm -f "$d/sock" "$d/sock.ctrl"
	t_spawn swtpm socket --tpm2 --tpmstate "dir=$d/state" \
	    --server "type=unixio,path=$d/sock,mode=0666" \
	    --ctrl "type=unixio,path=$d/sock.ctrl,mode=0666" \
	    --flags not-need-init,startup-clear 2>"$d/log"
	TPM_PID=$T_PID
	TCTI=swtpm:path=$d/sock
	t_until 5 test -S "$d/sock.ctrl"
}

# ca_make: $T/ca.pem, $T/ca.key, a root that lives for this test.
ca_make() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
	    -keyout "$T/ca.key" -out "$T/ca.pem" -subj "/CN=${1:-Test CA}" \
	    -days 2 -addext basicConstraints=critical,CA:TRUE \
	    -addext keyUsage=critical,keyCertSign 2>/dev/null
}

# ca_sign CSR OUT [DAYS [EXTENSION-LINE...]]: a client certificate.
ca_sign() {
	printf '%s\n' 'basicConstraints=critical,CA:FALSE' \
	    'keyUsage=critical,digitalSignature' \
	    'extendedKeyUsage=clientAuth,serverAuth' \
	    'subjectAltName=IP:127.0.0.1' >"$T/leaf.ext"
	openssl x509 -req -in "$1" -CA "$T/ca.pem" -CAkey "$T/ca.key" \
	    -set_serial "0x$(openssl rand -hex 8)" -days "${3:-2}" \
	    -extfile "$T/leaf.ext" -out "$2" 2>/dev/null
}

free_port() {
	local p
	while p=$((20000 + RANDOM % 30000)); do
		(: <"/dev/tcp/127.0.0.1/$p") 2>/dev/null || break
	done
	echo "$p"
}
