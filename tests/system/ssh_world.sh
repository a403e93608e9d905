# SPDX-License-Identifier: MIT
# ssh_world.sh: a machine of its own for the SSH tests. The test runs itself
# again in new mount, network and process namespaces, with an overlay over /etc
# and its own /run and /home, so that the real sshd with its real paths can be
# spoilt at will. With the last process all of it is gone.
# shellcheck shell=bash disable=SC2034,SC2153,SC2154

if [ "${SSH_WORLD:-}" != inside ] && [ "$(id -u)" -eq 0 ]; then
	SSH_WORLD=inside exec unshare -mnp --fork --kill-child --mount-proc \
	    bash "$0" "$@"
fi
. "$(dirname "$0")/lib.sh"
if [ "${SSH_WORLD:-}" != inside ]; then
	t_skip "${0##*/}" "needs root"
	t_end
fi

PLUGIN=$B/plugins/ssh_hardening.so
DROPINS=/etc/ssh/sshd_config.d
MAIN=/etc/ssh/sshd_config

mount --make-rprivate /
mkdir "$T/world"
mount -t tmpfs world "$T/world"
mkdir "$T/world/etc" "$T/world/work"
mount -t overlay -o "lowerdir=/etc,upperdir=$T/world/etc,workdir=$T/world/work" \
    etc /etc
mount -t tmpfs run /run
mount -t tmpfs home /home
mkdir -m 0755 /run/sshd
ip link set lo up
useradd -m -s /bin/bash admin 2>/dev/null
useradd -m -s /bin/bash guest 2>/dev/null
useradd -r -U -s /usr/sbin/nologin ingot-ssh 2>/dev/null
rm -f "$DROPINS"/*
cp "$MAIN" "$T/sshd_config"

# driver CMD...: starts the plugin's driver (ssh.c, ssh_host.c), which then
# lives as long as a host does on a unit: over many requests.
driver() {
	coproc DRIVER { exec "$@" 2>>"$T/driver.log"; }
	T_PIDS+=("$DRIVER_PID")
}
# plugin VERB FILE: what it prints is kept in out, its reasons in err.
plugin() {
	local line
	: >"$T/out"
	: >"$T/err"
	echo "$1 $2" >&"${DRIVER[1]}" || return 2
	while read -r line <&"${DRIVER[0]}"; do
		case $line in
		"= "*) return "${line#= }" ;;
		"! "*) echo "$line" >>"$T/err" ;;
		*) echo "$line" >>"$T/out" ;;
		esac
	done
	cat "$T/driver.log"
	return 2
}
driver_end() {
	eval "exec ${DRIVER[1]}>&-"
	wait "$DRIVER_PID"
}

# The unit as it comes from the shop: no drop-in, Debian's sshd_config.
vanilla() {
	rm -rf "$DROPINS" /etc/ssh/ingot-canary
	mkdir -m 0755 "$DROPINS"
	cp "$T/sshd_config" "$MAIN"
	sshd_restart
}
# -D: the process that is started is the one that stays, over each HUP too.
SSHD_PID=
sshd_stop() {
	[ -z "$SSHD_PID" ] || t_kill "$SSHD_PID"
	SSHD_PID=
	rm -f /run/sshd.pid
}
sshd_up() { [ -f /run/sshd.pid ] && (: <>/dev/tcp/127.0.0.1/22) 2>/dev/null; }
sshd_restart() {
	sshd_stop
	t_spawn /usr/sbin/sshd -D -E "$T/sshd.log"
	SSHD_PID=$T_PID
	t_until 5 sshd_up
}
# The new configuration is in when the pid file is back.
sshd_hup() {
	t_until 5 sshd_up
	rm -f /run/sshd.pid
	kill -HUP "$SSHD_PID"
	t_until 5 sshd_up
}

# finding pass|fail ID [WORDS]: the last probe said so, and why.
finding() {
	grep -q "^$1 $2 .*${3:-}" "$T/out" && return 0
	cat "$T/out" "$T/err"
	return 1
}
# passed N: all of the N findings of the last probe.
passed() {
	[ "$(grep -c '^pass ' "$T/out")" = "$1" ] && ! grep -q '^fail' "$T/out" &&
	    return 0
	cat "$T/out" "$T/err"
	return 1
}
