# SPDX-License-Identifier: MIT
# certs_world.sh: a unit whose cert_store keeps charging certificates in $CERTS,
# and authorities to issue them. Sourced after lib.sh and txn_world.sh, in $T;
# $TCTI is the unit's TPM ("none": it has none), $SOFT whether keys may lie in
# files.
# shellcheck shell=bash

CERTS=$T/certs LOG=$T/log
install -d -m 0755 -o nobody "$CERTS"

world_make
sed "s/^user *=.*/user = \"nobody\";/; s/^groups *=.*//; s|^write *=.*|write = [ \"$CERTS\" ];|" \
    "$SRC/policies/plugins/cert_store.conf" >"$ETC/policies/plugins/cert_store.conf"
world_settings
sed -i "s|^plugins = .*|plugins = [ \"cert_store\" ];|; s|^plugin_dir = .*|plugin_dir = \"$B/plugins\";|" "$ETC/ingot.conf"
cat >policy.conf <<-END
	documents = "/etc/ingot/documents";
	files = [ ];
	identity = ( { what = "serial"; file = "/none"; optional = true; } );
END
sequence=0
document() { # SETTING...: of the section, and applied
	rm -rf sample
	mkdir -p sample/etc/ingot/documents
	printf 'tcti = "%s";\nsoftware_keys = %s;\ncerts = { root = "%s"; %s };\n' \
	    "$TCTI" "$SOFT" "$CERTS" "$*" >sample/etc/ingot/documents/cert_store.conf
	sequence=$((sequence + 1))
	INGOT capture --policy policy.conf --root sample --name site --model gw100 \
	    --identifier serial=GW-2026-000001 --sequence $sequence --out "$sequence.ingot" &&
	    INGOT apply "$sequence.ingot"
}
cert() { INGOT cert "$@"; }
# says RESULT CODE COMMAND...: the reply's word, and the exit code for scripts.
says() {
	local want=$1 code=$2 got rc
	shift 2
	got=$(INGOT cert "$@" --json 2>said.err)
	rc=$?
	[ "$(jq -r .result <<<"$got")" = "$want" ] && [ $rc -eq "$code" ] && return
	echo "status $rc: $got $(cat said.err)"
	return 1
}

# mint NAME ISSUER|- EXTENSION...: NAME.pem, with NAME.key or for NAME.csr.
mint() {
	local name=$1 issuer=$2
	shift 2
	printf '%s\n' subjectKeyIdentifier=hash authorityKeyIdentifier=keyid "$@" >ext
	[ -e "$name.csr" ] || openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
	    -keyout "$name.key" -subj "/CN=$name" -out "$name.csr" 2>>noise
	if [ "$issuer" = - ]; then
		printf '%s\n' subjectKeyIdentifier=hash "$@" >ext
		openssl x509 -req -in "$name.csr" -key "$name.key" -days "${DAYS:-30}" -extfile ext -out "$name.pem" 2>>noise
	else
		openssl x509 -req -in "$name.csr" -CA "$issuer.pem" -CAkey "$issuer.key" -days "${DAYS:-30}" \
		    -set_serial "0x$(openssl rand -hex 8)" -extfile ext -out "$name.pem" 2>>noise
	fi
}
CA=('basicConstraints=critical,CA:TRUE' 'keyUsage=critical,keyCertSign,cRLSign')
LEAF=('basicConstraints=critical,CA:FALSE' 'keyUsage=critical,digitalSignature')
CLIENT=("${LEAF[@]}" extendedKeyUsage=clientAuth)
SERVER=("${LEAF[@]}" extendedKeyUsage=serverAuth)
print_of() { openssl x509 -in "$1" -noout -fingerprint -sha256 | cut -d= -f2 | tr -d : | tr A-F a-f; }
serial_of() { openssl x509 -in "$1" -noout -serial | cut -d= -f2; }
# dated NAME ISSUER|- FROM TO EXTENSION...: the same, for a time of its own, as
# `date` reads it.
dated() {
	local name=$1 issuer=$2 from to by=()
	from=$(date -u -d "$3" +%Y%m%d%H%M%SZ)
	to=$(date -u -d "$4" +%Y%m%d%H%M%SZ)
	shift 4
	[ -e "$name.csr" ] || openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
	    -keyout "$name.key" -subj "/CN=$name" -out "$name.csr" 2>>noise
	printf '%s\n' subjectKeyIdentifier=hash "$@" >ext
	: >ca.db
	openssl rand -hex 4 >ca.serial
	printf '[ca]\ndefault_ca=c\n[c]\ndatabase=ca.db\nnew_certs_dir=.\nserial=ca.serial\ndefault_md=sha256\npolicy=p\nunique_subject=no\n[p]\ncommonName=supplied\n' >ca.cnf
	by=(-selfsign -keyfile "$name.key")
	[ "$issuer" = - ] || { by=(-cert "$issuer.pem" -keyfile "$issuer.key"); echo authorityKeyIdentifier=keyid >>ext; }
	openssl ca -config ca.cnf -batch -notext "${by[@]}" -in "$name.csr" -startdate "$from" \
	    -enddate "$to" -extfile ext -out "$name.pem" 2>>noise
}
