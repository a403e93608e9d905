# SPDX-License-Identifier: MIT
# pushing.sh: one unit cast by `ingot push`, beside the day of line, which sources
# this. The disk fills in the middle of the copy; then the unit is cast; then the
# station is stopped at its own n-th change (build/tests/system/nth), asks a unit
# that is done where it stands, and has to come to the same end.
# LINE_TORN=1 stops it at every change and in every way, which takes minutes; by
# default at one change, killed and with its disk full for that one.
# shellcheck shell=bash

pushed=$((11 + first + count)) # its number
nth=$build/tests/system/nth
push() { # OUT CMD...: CMD ingot push of that unit
	local out=$1
	shift
	"$@" "$build/ingot" push "$(serial_of $pushed)=admin@$LAB_NET4.$pushed" --config $LAB/station.conf \
	    --bundle $LAB/line.ingot --package $LAB/agent.deb --anchors $LAB/maker/ca.pem --claim $LAB/claim \
	    --identity $LAB/operator --lock --timeout "${PUSH_TIMEOUT:-4}" --out "$out" --json
}
push_result() { jq -r '.units[0].result' "$1/report.json"; }

# The third write into the station's folder on the unit finds no room, though
# there was enough when the station asked.
push_full() {
	local sshd tracer
	sshd=$(pgrep -P "$(cat "$LAB/units/$(name_of $pushed)/pid")" -x sshd | head -1)
	NTH_ONLY=/ingot-station/ "$nth" full 3 -p "$sshd" >$LAB/push.nth 2>$LAB/push.hit &
	tracer=$!
	until [ -s $LAB/push.nth ] || ! kill -0 $tracer; do sleep 0.02; done
	# A traced sshd is slow, the more so beside twenty units.
	PUSH_TIMEOUT=30 push $LAB/push.line env >$LAB/push.out 2>&1
	kill $tracer
	wait $tracer
	cat $LAB/push.hit
	jq -r '.units[0]|"\(.result) \(.step): \(.why) -> \(.next)"' $LAB/push.line/report.json | tee $LAB/push.why
	grep -q 'hit write' $LAB/push.hit && grep -qi 'failed copy: .*no space left.*free space' $LAB/push.why
}

# What is in the folder of a day: whole, whatever happened to the station.
day_is_whole() { # FOLDER
	local n
	[ "$(push_result "$1")" = "done" ] || { cat "$1/report.json"; return 1; }
	[ -z "$(find "$1" -name '.ingot-new.*')" ] || { find "$1" -name '.ingot-new.*'; return 1; }
	is "$(serial_of $pushed)" "$(jq -r .record.serial "$1/birth/$(serial_of $pushed).json")" || return 1
	jq -es 'length > 0' "$1/daybook" >/dev/null || { echo "the day book is torn"; return 1; }
	for n in birth known_hosts report.csv report.html; do
		[ -s "$1/$n" ] || { echo "no $n"; return 1; }
	done
	is "" "$(sort "$1/known_hosts" | uniq -d)"
}
push_torn() { # HOW: at every LINE_TORN-th place
	local how=$1 step=${LINE_TORN:-60} n total=0 rc
	n=$((step < 20 ? 1 + RANDOM % step : 11))
	for (( ; n < 2000; n += step)); do
		rm -rf $LAB/torn.line $LAB/vault
		mkdir $LAB/vault
		# Who is traced can not look for leaks.
		ASAN_OPTIONS=detect_leaks=0 NTH_VAULT=$LAB/vault push $LAB/torn.line "$nth" "$how" "$n" >$LAB/torn.out 2>$LAB/torn.err
		rc=$?
		if [[ $how != kill && $how != off ]] && [ $rc -ne 0 ] && ! grep -qi 'no space\|input/output' $LAB/torn.out $LAB/torn.err; then
			echo "$how $n: status $rc, and no reason"
			cat $LAB/torn.out $LAB/torn.err
			return 1
		fi
		[ $rc -ne 0 ] || day_is_whole $LAB/torn.line || { echo "$how $n: said to be done"; return 1; }
		! grep -q 'nth: missed' $LAB/torn.err || break
		push $LAB/torn.line env >$LAB/torn.out 2>&1 && day_is_whole $LAB/torn.line ||
		    { echo "after $how $n"; tail -3 $LAB/torn.out; return 1; }
		total=$((total + 1))
	done
	echo "$how: stopped at $total places" >>$LAB/torn.count
	[ $total -gt 0 ]
}
pushes() {
	claim "a disk that fills in the middle of a copy is named" push_full
	push $LAB/push.line env >$LAB/push.out 2>&1
	claim "ingot push casts a unit whose copy broke off" is "done" "$(push_result $LAB/push.line)"
	claim "exactly once" all_cast_once $pushed $pushed
	claim "its birth record is collected" births $LAB/push.line $pushed $pushed
	push $LAB/push.line env >$LAB/push.again 2>&1
	claim "what was pushed is not pushed again" is "0" "$(jq -r 'select(.event=="step").unit' $LAB/push.again | wc -l)"
	local hows=(kill enospc)
	[ -z "${LINE_TORN:-}" ] || hows=(kill off enospc full eio)
	for how in "${hows[@]}"; do
		claim "the station comes to the same end whatever stops it: $how" push_torn $how
	done
	cat $LAB/torn.count
}
