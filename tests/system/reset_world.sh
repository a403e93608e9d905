# SPDX-License-Identifier: MIT
# reset_world.sh: a vanilla image whose file tree is a folder, and units flashed
# with it, for tests of what the first apply makes each unit's own. Sourced
# after txn_world.sh.
# shellcheck shell=bash

put() { # PATH MODE: from standard input, below $IMAGE
	mkdir -p "$(dirname "$IMAGE$1")"
	cat >"$IMAGE$1"
	chmod "$2" "$IMAGE$1"
}

# A vanilla image, as a maker flashes it on every unit.
IMAGE=$T/image
image() {
	local k
	echo 0123456789abcdef0123456789abcdef | put /etc/machine-id 0444
	cp "$IMAGE/etc/machine-id" "$T/id"
	put /var/lib/dbus/machine-id 0644 <"$T/id"
	echo image-1 | put /etc/hostname 0644
	printf '127.0.0.1\tlocalhost\n127.0.1.1\timage-1.example image-1\n10.0.0.7 plc\n' | put /etc/hosts 0644
	echo PRETTY_HOSTNAME=image | put /etc/machine-info 0644
	head -c 512 /dev/zero | tr '\0' s | put /var/lib/systemd/random-seed 0600
	head -c 48 /dev/zero | tr '\0' s | put /var/lib/urandom/random-seed 0600
	echo secret | put /var/lib/systemd/credential.secret 0600
	mkdir -p "$IMAGE/etc/ssh/sshd_config.d" "$IMAGE/data/keys"
	for k in rsa ed25519; do
		ssh-keygen -q -t $k -N "" -C image -f "$IMAGE/etc/ssh/ssh_host_${k}_key"
	done
	echo "ssh-dss old" | put /etc/ssh/ssh_host_dsa_key.pub 0644
	echo "a certificate" | put /etc/ssh/ssh_host_rsa_key-cert.pub 0644
	printf 'Include /etc/ssh/sshd_config.d/*.conf\nPort 22\n' | put /etc/ssh/sshd_config 0644
	printf '# HostKey /etc/nothing\nhostkey "/data/keys/door_ecdsa"\nHostKey=/etc/ssh/ssh_host_ed25519_key\n' |
	    put /etc/ssh/sshd_config.d/10-keys.conf 0644
	echo 'option dhcp6.client-id 0:1;' | put /var/lib/dhcp/dhclient.eth0.leases 0644
	echo 00:01:00:01 | put /etc/dhcpcd.duid 0644
	echo lease | put /var/lib/dhcpcd/eth0.lease 0644
	echo key | put /var/lib/NetworkManager/secret_key 0600
	echo key=1 | put /var/lib/bluetooth/AA:BB:CC:DD:EE:FF/11:22:33:44:55:66/info 0600
	echo InitiatorName=iqn.1993-08.org.debian:01:aaaa | put /etc/iscsi/initiatorname.iscsi 0600
	echo 00000000-0000-0000-0000-000000000001 | put /etc/nvme/hostid 0644
	echo nqn.2014-08.org.nvmexpress:uuid:1 | put /etc/nvme/hostnqn 0644
	echo oldEngineID 0x80001f88 | put /var/lib/snmp/snmpd.conf 0600
	echo image-1 | put /etc/salt/minion_id 0644
	# What no reset may touch.
	echo "ssh-ed25519 AAAA station" | put /root/.ssh/authorized_keys 0600
	echo "what happened" | put /var/log/syslog 0640
	echo 'iface eth0 inet dhcp' | put /etc/network/interfaces 0644
	echo motd | put /etc/motd 0644
}

# Everything about a tree, byte by byte.
tree() {
	(cd "$1" && find . -printf '%p %y %m %U %G %l\n' | sort
	find . -type f -print0 | sort -z | xargs -0 sha256sum)
}
# unit N [SERIAL [LINE...]]: a vanilla one, with an agent that knows its root.
unit() {
	local n=$1 serial=${2:-U_$1}
	shift; [ $# -eq 0 ] || shift
	ROOT=$T/root-$n ETC=$T/etc-$n STATE=$T/state-$n RUN=$T/run-$n LOG=$T/log-$n
	rm -rf "$ROOT" "$ETC" "$STATE" "$RUN" "$LOG"
	mkdir -p "$LOG"
	world_make
	cp -a "$IMAGE" "$ROOT"
	world_settings "reset_root = \"$ROOT\";" "$@"
	sed -i "s|^shipped_dir.*|shipped_dir = \"$SRC/policies\";|" "$ETC/ingot.conf"
	printf 'serial = "%s";\nmodel = "gw100";\n' "$serial" >"$ETC/unit.conf"
}
apply() { INGOT apply "$T/$1.ingot" "${@:2}"; }
unchanged() { diff <(tree "$IMAGE") <(tree "$ROOT"); }
settled() { # nothing of a reset is under way
	[ ! -e "$STATE/reset" ] && [ ! -e "$STATE/reset-keys" ] && [ ! -e "$STATE/journal" ] &&
	    [ -z "$(find "$ROOT" "$STATE" -name '.ingot-new.*')" ]
}
is_old() { unchanged >/dev/null && settled && [ ! -e "$STATE/reset.json" ]; }
is_new() {
	settled && [ -e "$STATE/reset.json" ] && [ ! -e "$ROOT/etc/machine-info" ] &&
	    ! cmp -s "$IMAGE/etc/machine-id" "$ROOT/etc/machine-id"
}
