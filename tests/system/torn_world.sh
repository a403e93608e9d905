# SPDX-License-Identifier: MIT
# torn_world.sh: stops whatever changes something at its n-th change, for every
# n, in six ways (see nth.c): killed; the power off, with what was not synced
# lost, names and bytes or bytes alone; the disk full for that one call or from
# there on; an error of the disk. Sourced in place of lib.sh.
#
# TORN_STRIDE=1 stops at every change, which takes hours (make torn); the
# default looks at some of them, TORN_SEED says from which on. TORN_BOOK is a folder in
# which each operation notes how far it is: what is done there is not done
# again. TORN_ONLY=apply_kill runs the operations whose name holds that.
# shellcheck shell=bash

. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# In memory: "off" knows what would be on a disk, and a sync costs nothing.
[ "$(id -u)" -ne 0 ] || mount -t tmpfs -o mode=0755,size=256m torn "$T" 2>/dev/null
. "$(dirname "${BASH_SOURCE[0]}")/txn_world.sh"

stride=${TORN_STRIDE:-100}
case $B in *san*) stride=$((stride * 4)) ;; esac
nth=$B/tests/system/nth
# No leak is looked for by who is traced: it would have to trace itself.
export ASAN_OPTIONS=detect_leaks=0 NTH_VAULT=$T/vault
rounds=0
RANDOM=${TORN_SEED:-7}

missed() { grep -q '^nth: missed' "$1"; }

# each BOOK STEP CMD: CMD N for N from a random one on until it says 9.
each() {
	local book=$1 step=$2 n total=0 rc over=
	shift 2
	n=$((1 + RANDOM % step))
	[ -n "$TORN_BOOK" ] && [ -e "$book" ] && read -r n total over <"$book"
	for (( ; n < 20000; n += step)); do
		[ -z "$over" ] || break
		rm -rf "$NTH_VAULT"
		mkdir "$NTH_VAULT"
		"$@" "$n"
		rc=$?
		# Fewer changes than the stride: then the first of them.
		[ $rc -eq 9 ] && [ $total -eq 0 ] && [ "$n" -gt 1 ] && { n=$((1 - step)); continue; }
		[ $rc -eq 9 ] && break
		[ $rc -eq 0 ] || { echo "$* $n"; return 1; }
		total=$((total + 1))
		[ -z "$TORN_BOOK" ] || echo "$((n + step)) $total" >"$book"
	done
	[ -z "$TORN_BOOK" ] || echo "$n $total over" >"$book"
	echo "$total" >"$T/total"
	rounds=$((rounds + total))
	[ $total -gt 0 ] || { echo "never hit"; return 1; }
}
TORN_BOOK=${TORN_BOOK:-}
# torn NAME STEP CMD HOW...: CMD HOW N for all these.
torn() {
	local name=$1 step=$2 cmd=$3 how
	shift 3
	for how; do
		[[ ${name}_$how == *"${TORN_ONLY:-}"* ]] || continue
		t_ok "${name}_$how" each "${TORN_BOOK:-$T}/$name.$how" "$step" "$cmd" "$how"
		echo "# ${name//_/ }, $how: stopped at $(cat "$T/total" 2>/dev/null) places"
	done
}

# What the agent may never leave; what is applied is spoken of by a link.
litter() {
	local d
	find "$STATE" "$OUT" \( -name '.ingot-new.*' -o -name journal -o -path "$STATE/staging" \
	    -o -path "$STATE/trash/*" \) -print
	for d in "$STATE"/applied/*/; do
		[ -d "$d" ] || continue
		d=${d%/} d=applied/${d##*/}
		[ "$(readlink "$STATE/current")" = "$d" ] || [ "$(readlink "$STATE/previous")" = "$d" ] ||
		    [ "$(readlink "$STATE/confirmed")" = "$d" ] || echo "$d"
	done
}
dead_or_back() { ! kill -0 "$AGENT" 2>/dev/null || world_answers; }
# stopped HOW N CMD...: CMD, while the agent is stopped at its N-th change.
stopped() {
	local how=$1 n=$2 tracer k
	shift 2
	kill -0 "$AGENT" 2>/dev/null || world_start
	: >"$T/nth.out"
	"$nth" "$how" "$n" -p "$AGENT" >"$T/nth.out" 2>"$T/nth.err" &
	tracer=$!
	for ((k = 0; k < 200; k++)); do
		[ -s "$T/nth.out" ] && break
		sleep 0.01
	done
	"$@" >"$T/cmd.out" 2>"$T/cmd.err"
	RC=$?
	kill "$tracer" 2>/dev/null
	wait "$tracer" 2>/dev/null
	grep -q '^nth:' "$T/nth.err" || { cat "$T/nth.err"; return 1; }
	! grep 'not put back' "$T/nth.err" || return 1
	# A process that was killed may take a moment to be gone.
	[[ $how =~ ^(kill|off|bytes)$ ]] && t_until 10 dead_or_back
	if ! kill -0 "$AGENT" 2>/dev/null; then
		wait "$AGENT" 2>/dev/null
		[[ $how =~ ^(kill|off|bytes)$ ]] || { echo "the agent died"; return 1; }
		world_start
	fi
	t_until 40 world_idle || { cat "$T/status.json"; return 1; }
}
# said_why: a command that failed said so in a sentence.
said_why() { [ $RC -eq 0 ] || grep -q '^ingot [a-z]*: .' "$T/cmd.err" || { echo "no reason"; return 1; }; }
