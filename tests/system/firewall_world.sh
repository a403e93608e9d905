# SPDX-License-Identifier: MIT
# A unit and what is outside, each in a network namespace of its own, joined by
# two wires: eth0 (uplink) and seth0 (the power line modem). The namespaces are
# held by two processes and are gone with them.
# shellcheck shell=bash
. "$(dirname "$0")/lib.sh"

SO=$B/plugins/firewall_policy.so
LOCK=$T/xtables.lock
NET=$B/tests/system/firewall_net
export XTABLES_LOCKFILE=$LOCK # for the real tools

has_own_namespace() {
	[ "$(readlink "/proc/$1/ns/net")" != "$(readlink /proc/self/ns/net)" ]
}

# t_spawn of a process that holds a new namespace; its id is in the variable $1.
hold_namespace() {
	t_spawn unshare -n sleep 600
	printf -v "$1" %s "$T_PID"
	t_until 5 has_own_namespace "$T_PID"
}

unit() { nsenter -t "$UNIT" -n "$@"; }
outside() { nsenter -t "$OUTSIDE" -n "$@"; }

# wire NAME V4 V6: the unit's interface NAME, address .1; outside .2 and .66.
wire() {
	ip link add "$1" netns "$UNIT" type veth peer name "$1" netns "$OUTSIDE"
	unit ip addr add "$2.1/24" dev "$1"
	unit ip addr add "$3::1/64" dev "$1" nodad
	outside ip addr add "$2.2/24" dev "$1"
	outside ip addr add "$2.66/24" dev "$1"
	outside ip addr add "$3::2/64" dev "$1" nodad
	outside ip addr add "$3::66/64" dev "$1" nodad
	unit ip link set "$1" up
	outside ip link set "$1" up
	unit ip addr add fe80::1/64 dev "$1" nodad
	outside ip addr add fe80::2/64 dev "$1" nodad
}

make_world() {
	hold_namespace UNIT
	hold_namespace OUTSIDE
	unit ip link set lo up
	outside ip link set lo up
	wire eth0 192.0.2 2001:db8:1
	wire seth0 198.51.100 2001:db8:2
}

# serve NS tcp|udp ADDR PORT: an echo service until the test ends.
serve() {
	t_spawn nsenter -t "$1" -n "$NET" serve "$2" "$3" "$4"
}

plugin() { # VERB FILE
	unit "$B/tests/system/firewall" "$SO" "$LOCK" "$1" "$2"
}

# document NAME: its text from standard input, rendered to $T/NAME.
document() {
	cat >"$T/$1.conf"
	plugin render "$T/$1.conf" >"$T/$1"
}

# What the tools say the kernel has, in the artifact's form.
kernel() {
	echo "ingot-firewall 1"
	echo "*ipv4"
	unit iptables-legacy -S
	echo "*ipv6"
	unit ip6tables-legacy -S
}
kernel_is() { kernel | diff - "$1"; }

# A machine that was just started.
vanilla() {
	local t
	for t in iptables-legacy ip6tables-legacy; do
		unit $t -P INPUT ACCEPT
		unit $t -P FORWARD ACCEPT
		unit $t -P OUTPUT ACCEPT
		unit $t -F
		unit $t -X
	done
}

# gets WHAT NAME CMD...: a packet test and what it must print.
gets() {
	local want=$1 name=$2
	shift 2
	t_is "$name" "$want" "$("$@" 2>&1)"
}
try() { outside "$NET" try "$@"; }
try_out() { unit "$NET" try "$@"; }
