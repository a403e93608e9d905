# SPDX-License-Identifier: MIT
# prove.sh: what is asked of three production units from outside, and of the
# policy inside. Sourced by demo.
# shellcheck shell=bash

spki_of() { # UNIT: hash of the operational certificate's public key
	openssl x509 -in "$LAB/$1.leaf.pem" -noout -pubkey | openssl pkey -pubin -outform DER | sha256sum | cut -d' ' -f1
}

# A text of what the unit recorded when its enrolment was confirmed.
enrolled_as() { # UNIT KEY
	sed -nE "s/.*\"$2\": *\"([^\"]*)\".*/\1/p" "$(unit_root "$1")/var/lib/ingot/identity/enrolment.json"
}

ssh_try() { # UNIT OPTIONS...: one login attempt as an outsider
	local u=$1
	shift
	ssh -F none -o BatchMode=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null \
	    -o ConnectTimeout=5 -i $LAB/operator "$@" true
}

# What the server offers to somebody without a key.
ssh_methods() { # UNIT USER
	ssh -v -F none -o BatchMode=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null \
	    -o ConnectTimeout=5 -o PubkeyAuthentication=no "$2@$LAB_NET4.${NUMBER[$1]}" true 2>&1 |
	    sed -n 's/.*Authentications that can continue: //p' | tr -d '\r' | tail -1
}

ssh_verdict() { # UNIT
	local at=$LAB_NET4.${NUMBER[$1]} v=
	ssh_try "$1" "root@$at" 2>/dev/null && v+=" ROOT-ACCEPTED"
	ssh_try "$1" "admin@$at" 2>/dev/null || v+=" ADMIN-REFUSED"
	[ "$(ssh_methods "$1" admin)" = publickey ] || v+=" OFFERS-$(ssh_methods "$1" admin)"
	echo "${v:-keys only, no root}"
}

# The key in the unit's certificate is one that its TPM made and never gives
# away: looked up in the TPM itself, not in what the unit says.
tpm_holds() { # UNIT
	local dir spki
	dir=$(unit_do "$1" sh -c 'ls -d /var/lib/ingot/plugins/cert_store' 2>/dev/null)
	spki=$(spki_of "$1")
	[ "$(enrolled_as "$1" origin)" = tpm ] || { echo "origin is not tpm"; return 1; }
	unit_do "$1" env LC_ALL=C sh /run/lab/readpublic "$dir" "$spki"
}

prove_unit() { # UNIT
	local u=$1 r
	r=$(unit_root "$u")
	note "$u" after "$(open_ports "$u")"
	note "$u" ssh "$(ssh_verdict "$u")"
	note "$u" snapshot "$(unit_do "$u" ingot snapshots --json | grep -oE '[0-9a-f]{64}' | head -1)"
	note "$u" mode "$(cat "$r/var/lib/ingot/mode" 2>/dev/null | grep -oE 'factory|staged|enrolled|production|service|quarantined|retired' | head -1)"
	unit_leaf "$u" >"$LAB/$u.leaf.pem"
	note "$u" subject "$(openssl x509 -in "$LAB/$u.leaf.pem" -noout -subject -nameopt RFC2253 | sed 's/^subject=//')"
	note "$u" spki "$(spki_of "$u")"
	note "$u" origin "$(enrolled_as "$u" origin)"
	tests/lab/search $LAB/secrets "$LAB/units/$u/upper" >"$LAB/$u.found" 2>&1
	note "$u" found "$(wc -l <"$LAB/$u.found")"
	claim "$u: no golden secret anywhere on it" test "$(got "$u" found)" = 0
	claim "$u: mode is production" test "$(got "$u" mode)" = production
	claim "$u: only SSH answers a scan of all ports, IPv4 and IPv6" test "$(got "$u" after)" = 22
	claim "$u: SSH takes keys only, root not at all" test "$(got "$u" ssh)" = "keys only, no root"
	claim "$u: its TPM made the key of its certificate and keeps it" tpm_holds "$u"
	claim "$u: the service's registry holds its certificate as active" registered "$u"
	claim "$u: the audit trail's chain holds" unit_do "$u" ingot log --verify
	claim "$u: an unsigned bundle is refused" refused "$u" ingot apply /run/unsigned.ingot
	claim "$u: a development command is refused" refused "$u" ingot ask uplink enrol.start
}

# An unsigned plugin is not loaded, and the unit says so.
prove_unsigned_plugin() { # UNIT
	local u=$1 r
	r=$(unit_root "$u")
	mv "$r/usr/lib/ingot/plugins/firewall_policy.so.sig" "$r/run/kept.sig"
	unit_do "$u" sh -c 'kill -9 $(cat /run/ingotd.pid)'
	unit_wait "$u" 10 ingot status
	claim "$u: an unsigned plugin is not loaded in production" \
	    unit_wait "$u" 10 grep -q PluginRefused /var/log/ingot/audit
	mv "$r/run/kept.sig" "$r/usr/lib/ingot/plugins/firewall_policy.so.sig"
	unit_do "$u" sh -c 'kill -9 $(cat /run/ingotd.pid)'
	unit_wait "$u" 15 sh -c 'ingot plugins --json | grep -q firewall_policy'
}

# The operational certificate, from where cert_store keeps it.
unit_leaf() { cat "$(unit_root "$1")/var/lib/ingot/plugins/cert_store/mqtt/chain.pem"; }

# The registry knows this very certificate, and no other, as the unit's.
registered() { # UNIT
	local print
	print=$(openssl x509 -in "$LAB/$1.leaf.pem" -noout -fingerprint -sha256 |
	    sed 's/.*=//; s/://g' | tr A-F a-f)
	ingot-provision show "$(got "$1" serial)" --home $LAB/cloud --json | tee /dev/stderr |
	    grep -q "\"fingerprint\": *\"$print\".*\"state\": *\"active\""
}

# What the image had in common, on all units: one line for each that two units
# or a unit and the image still share, or that a unit lacks.
shared_by_two() {
	local f u r
	for f in machine-id:etc hostname:etc random-seed:var/lib/systemd ssh_host_rsa_key.pub:etc/ssh \
	    ssh_host_ecdsa_key.pub:etc/ssh ssh_host_ed25519_key.pub:etc/ssh; do
		{
			sha256sum <"$LAB/image/${f%%:*}" 2>/dev/null || echo image | sha256sum
			for u in $units; do
				r=$(unit_root "$u")/${f#*:}/${f%%:*}
				[ -s "$r" ] || printf "%s has none\n%s has none\n" "$u" "$u"
				sha256sum <"$r"
			done
		} | sort | uniq -d | sed "s|^|$f |"
	done
}
nothing_shared() { [ -z "$(shared_by_two | tee /dev/stderr)" ]; }

all_differ() { [ "$(for u in $units; do got "$u" "$1"; done | sort -u | wc -l)" -eq 3 ]; }
all_equal() { [ "$(for u in $units; do got "$u" "$1"; done | sort -u | wc -l)" -eq 1 ]; }

prove() {
	local u pids
	say "asking from outside: port scan, SSH, TPM, search for secrets"
	unit_do golden ingot capture --name site-a --model gw100 --sequence 2 --out /run/maker/unsigned.ingot >/dev/null 2>&1
	pids=
	for u in $units; do
		cp "$(unit_root golden)/run/maker/unsigned.ingot" "$(unit_root "$u")/run/unsigned.ingot"
		prove_unit "$u" &
		pids="$pids $!"
	done
	# shellcheck disable=SC2086
	wait $pids
	claim "the snapshot is the same on all three" all_equal snapshot
	claim "three certificates, three subjects" all_differ subject
	claim "three certificates, three keys" all_differ spki
	claim "one image, three units: no machine-id, SSH host key, name or seed is there twice" nothing_shared
	prove_unsigned_plugin unit3
	say "asked: $(grep -c ^kept $LAB/claims) promises kept, $(grep -c ^broken $LAB/claims) broken"
}
