# SPDX-License-Identifier: MIT
# lab.sh: the test world. A factory floor with a bridge, and units on it: each
# a network, mount, pid, ipc and uts namespace with an overlay of this machine
# as its root, its own sshd, TPM (swtpm, with an EK certificate) and iptables.
#
# The whole world lives in one outer set of namespaces whose first process is
# the script that sources this file: when that ends, however it ends, the
# kernel takes away every process, mount, interface and rule with it. Nothing
# of it can be seen, or left, outside.
# shellcheck shell=bash

LAB_SRC=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
LAB=/run/ingot-lab # a tmpfs of the outer mount namespace
LAB_NET4=10.77.0 LAB_NET6=fd77:

# lab_enter SCRIPT ARGS...: runs the script again inside the outer namespaces,
# unless this is that run already.
lab_enter() {
	[ -z "${LAB_INSIDE:-}" ] || return 0
	if [ "$(id -u)" -ne 0 ]; then
		echo "lab: namespaces need root: run this with sudo" >&2
		exit 1
	fi
	LAB_INSIDE=1 exec unshare --mount --net --pid --ipc --uts --fork \
	    --kill-child --mount-proc "$@"
}

# lab_up: the floor: tmpfs, bridge, addresses of the factory's own host.
lab_up() {
	mount --make-rprivate /
	mkdir -p $LAB
	mount -t tmpfs -o mode=0755,size=3g lab $LAB
	ip link set lo up
	ip link add br0 type bridge
	ip link set br0 up
	ip addr add $LAB_NET4.1/24 dev br0
	ip -6 addr add ${LAB_NET6}:1/64 dev br0 nodad
	lab_ek_ca
}

# The maker of the TPMs: a CA of its own for EK certificates.
lab_ek_ca() {
	mkdir -p $LAB/ek-ca
	cat >$LAB/ek-ca/localca.conf <<-END
		statedir = $LAB/ek-ca
		signingkey = $LAB/ek-ca/signkey.pem
		issuercert = $LAB/ek-ca/issuercert.pem
		certserial = $LAB/ek-ca/certserial
	END
	cat >$LAB/ek-ca/options.conf <<-END
		--platform-manufacturer Ingot-Lab
		--platform-version 1
		--platform-model lab
	END
	cat >$LAB/ek-ca/setup.conf <<-END
		create_certs_tool = /usr/bin/swtpm_localca
		create_certs_tool_config = $LAB/ek-ca/localca.conf
		create_certs_tool_options = $LAB/ek-ca/options.conf
		active_pcr_banks = sha256
	END
}

# lab_tpm NAME: a new TPM's state, with an EK certificate.
lab_tpm() {
	local dir=$LAB/tpm/$1
	mkdir -p "$dir"
	# One at a time: they share the CA's serial file.
	flock $LAB/ek-ca swtpm_setup --tpm2 --tpmstate "dir://$dir" \
	    --create-ek-cert --create-platform-cert --lock-nvram --overwrite \
	    --config $LAB/ek-ca/setup.conf --vmid "$1" >"$dir.log" 2>&1 || {
		cat "$dir.log" >&2
		return 1
	}
}

# unit_up NAME NUMBER: a vanilla unit, running; its init is unit-init.
unit_up() {
	local name=$1 number=$2 dir=$LAB/units/$1
	mkdir -p "$dir"/{upper,work,root}
	mount -t overlay "$name" -o \
	    "lowerdir=/,upperdir=$dir/upper,workdir=$dir/work" "$dir/root"
	mkdir -p "$dir/root$LAB_SRC"
	mount --rbind /dev "$dir/root/dev"
	mount -t tmpfs -o mode=0755 run "$dir/root/run"
	mount -t tmpfs -o mode=1777 tmp "$dir/root/tmp"
	mkdir -p "$dir/root/run/lab"
	mount --bind "$LAB_SRC/tests/lab" "$dir/root/run/lab"
	lab_tpm "$name" || return 1
	mkdir -p "$dir/root/var/lib/lab-tpm"
	cp "$LAB/tpm/$name"/* "$dir/root/var/lib/lab-tpm/"
	unshare --mount --net --pid --ipc --uts --fork --kill-child \
	    --root="$dir/root" --wd=/ /bin/bash /run/lab/unit-init "$name" \
	    >"$dir/log" 2>&1 &
	lab_child $! >"$dir/pid"
	ip link add "v-$name" type veth peer name eth0 netns "$(cat "$dir/pid")"
	ip link set "v-$name" master br0 up
	unit_do "$name" ip addr add "$LAB_NET4.$number/24" dev eth0
	unit_do "$name" ip -6 addr add "${LAB_NET6}:$number/64" dev eth0 nodad
	unit_do "$name" ip link set eth0 up
	unit_do "$name" ip link set lo up
}

# The first child of a process, as soon as it has one and is in its new world.
lab_child() {
	local child=
	for _ in $(seq 200); do
		read -r child <"/proc/$1/task/$1/children" 2>/dev/null
		child=${child%% *}
		[ -n "$child" ] && [ "$(readlink "/proc/$child/ns/net")" != \
		    "$(readlink /proc/self/ns/net)" ] && break
		sleep 0.02
	done
	echo "$child"
}

# unit_do NAME CMD...: in the unit, as its root.
unit_do() {
	local pid
	pid=$(cat "$LAB/units/$1/pid")
	shift
	nsenter --target "$pid" --mount --net --pid --ipc --uts --root --wd \
	    env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C "$@"
}

unit_root() { echo "$LAB/units/$1/root"; }

# unit_wait NAME SECONDS CMD...: until CMD holds in the unit.
unit_wait() {
	local name=$1 end=$((SECONDS + $2 + 1))
	shift 2
	until unit_do "$name" "$@" >/dev/null 2>&1; do
		[ $SECONDS -lt $end ] || return 1
		sleep 0.05
	done
}
