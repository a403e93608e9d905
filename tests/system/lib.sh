# SPDX-License-Identifier: MIT
# lib.sh: what every system test sources. TAP lines on standard output, one
# folder of its own, and whatever it started is ended when it ends, by id.
#
#	. "$(dirname "$0")/lib.sh"
#	t_ok   the_port_is_open nc -z 127.0.0.1 22
#	t_not  the_port_is_shut nc -z 127.0.0.1 23
#	t_end
#
# $B is the build folder (argument 1), $SRC the project, $T the test's folder.
# shellcheck shell=bash
set -u

SRC=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
B=$(cd "${1:-$SRC/build}" && pwd)
T=$(mktemp -d /tmp/ingot-test.XXXXXX)
chmod 0755 "$T"
T_COUNT=0 T_FAILED=0 T_PIDS=()
export SRC B T

# Newest first: what was started last may lean on what was started before.
t_clean() {
	local i
	# A subshell that ends badly must not clean up for the whole test.
	[ "$BASHPID" = "$$" ] || return
	for ((i = ${#T_PIDS[@]} - 1; i >= 0; i--)); do
		t_kill "${T_PIDS[i]}"
	done
	umount -l "$T"/* "$T" 2>/dev/null
	rm -rf --one-file-system "$T"
}
trap t_clean EXIT
trap 'exit 130' INT TERM HUP

# t_kill PID: TERM, and KILL when that does not help within a second.
t_kill() {
	local n
	kill "$1" 2>/dev/null || return 0
	for ((n = 0; n < 50; n++)); do
		kill -0 "$1" 2>/dev/null || break
		sleep 0.02
	done
	kill -9 "$1" 2>/dev/null
	wait "$1" 2>/dev/null
	return 0
}

# t_spawn CMD...: in the background until the test ends; its id is $T_PID.
t_spawn() {
	"$@" &
	T_PID=$!
	T_PIDS+=("$T_PID")
}

# t_until SECONDS CMD...: tries again until it holds.
t_until() {
	local end=$((SECONDS + $1 + 1))
	shift
	until "$@" >/dev/null 2>&1; do
		[ $SECONDS -lt $end ] || return 1
		sleep 0.05
	done
}

t_said() {
	T_COUNT=$((T_COUNT + 1))
	echo "$1 $T_COUNT - $2"
	[ "$1" = ok ] && return 0
	T_FAILED=$((T_FAILED + 1))
	sed 's/^/# /' "$T/said"
}

# t_ok NAME CMD...: holds when CMD succeeds; its output is shown if not.
t_ok() {
	local name=$1
	shift
	if "$@" >"$T/said" 2>&1; then t_said ok "$name"; else t_said "not ok" "$name"; fi
}

t_not() {
	local name=$1
	shift
	if "$@" >"$T/said" 2>&1; then t_said "not ok" "$name"; else t_said ok "$name"; fi
}

# t_is NAME WANTED GOT
t_is() {
	printf 'wanted: %s\ngot:    %s\n' "$2" "$3" >"$T/is"
	t_ok "$1" t_same "$2" "$3"
}
t_same() { [ "$1" = "$2" ] || { cat "$T/is"; return 1; }; }

t_skip() {
	T_COUNT=$((T_COUNT + 1))
	echo "ok $T_COUNT - $1 # SKIP $2"
}

t_end() {
	echo "1..$T_COUNT"
	[ "$T_FAILED" -eq 0 ]
	exit
}
