# SPDX-License-Identifier: MIT
# txn_world.sh: one unit in a folder, for tests of the transaction: a real
# ingotd with real hosts and the plugins txn_a and txn_b, and a golden sample to
# capture bundles from. Sourced after lib.sh.
# shellcheck shell=bash

OUT=$T/out ETC=$T/etc STATE=$T/state RUN=$T/run
INGOT() { "$B/ingot" "$@" --config "$ETC/ingot.conf"; }

world_plugin() { # NAME USER
	cat >"$ETC/policies/plugins/$1.conf" <<END
user = "$2";
needs = [ "INSTALL" ];
late_ms = 5000;
read = [ "$OUT" ];
install = ( { name = "out"; path = "$OUT/$1"; mode = "0644"; owner = "root"; group = "root"; } );
END
}

# world_settings [LINE...]: further lines, which may stand for a default.
# shellcheck disable=SC2120 # arguments are for those who have some
world_settings() {
	cat >"$ETC/ingot.conf" <<END
state_dir = "$STATE";
run_dir = "$RUN";
log_dir = "${LOG:-$T/log}";
policy_dir = "$ETC/policies";
shipped_dir = "$ETC/shipped";
plugin_dir = "$B/tests/plugins";
libexec_dir = "$B";
anchors = "$ETC/maker-ca.pem";
unit_file = "$ETC/unit.conf";
unpack_user = "nobody";
plugins = [ "txn_a", "txn_b" ];
unsigned_bundles = true;
backoff_ms = 20;
confirm_s = 0;
$(printf '%s\n' "$@")
END
}

world_make() {
	mkdir -p "$OUT" "$ETC/policies/plugins" "$ETC/shipped" "$T/log" "$RUN"
	world_plugin txn_a nobody
	world_plugin txn_b daemon
	world_settings
	printf 'serial = "U-1";\nmodel = "gw100";\nvalues = { site = "north"; };\n' \
	    >"$ETC/unit.conf"
}

# world_sample NAME LINE-A LINE-B: documents of both plugins, each beginning
# with its path and the value NAME, and one file $OUT/file holding NAME.
world_sample() {
	local root=$T/sample-$1 n
	rm -rf "$root"
	mkdir -p "$root/etc/ingot/documents" "$root$OUT"
	for n in a b; do
		printf 'path %s/txn_%s\nvalue %s\n' "$OUT" "$n" "$1" \
		    >"$root/etc/ingot/documents/txn_$n.conf"
	done
	[ -z "${2-}" ] || printf '%s\n' "$2" >>"$root/etc/ingot/documents/txn_a.conf"
	[ -z "${3-}" ] || printf '%s\n' "$3" >>"$root/etc/ingot/documents/txn_b.conf"
	printf '%s\n' "$1" >"$root$OUT/file"
	chmod 0640 "$root$OUT/file"
}

# world_bundle NAME [SEQUENCE] [OPTION...]: from the sample of that name.
world_bundle() {
	local name=$1 sequence=${2:-1}
	shift
	[ $# -eq 0 ] || shift
	cat >"$T/capture.conf" <<END
documents = "/etc/ingot/documents";
files = [ ];
optional = [ "$OUT" ];
scrub = [ "scrub.conf" ];
END
	cat >"$T/scrub.conf" <<END
rules = (
	{ file = "*/secret"; format = "pairs"; key = "psk"; slot = "generated.psk:32"; },
	{ file = "*/later"; format = "pairs"; key = "user"; slot = "issued.mqtt.username"; }
);
accept = (
	{ finding = "binary-file"; file = "*/blob"; why = "made by the test"; },
	{ finding = "binary-file"; file = "*/evil"; why = "made by the test"; }
);
END
	"$B/ingot" capture --config "$ETC/ingot.conf" --policy "$T/capture.conf" \
	    --root "$T/sample-$name" --name "$name" --model gw100 \
	    --sequence "$sequence" --out "$T/$name.ingot" "$@"
}

world_answers() { INGOT status --json >"$T/status.json" 2>/dev/null; }
world_idle() { # WORLD_LIVE is then the name of what is applied
	world_answers && WORLD_LIVE=$(jq -er 'select(.apply.phase == "idle" and
	    all(.plugins[]; .state == "idle")) | .apply.current.name // ""' "$T/status.json")
}

world_start() {
	t_spawn "$B/ingotd" --config "$ETC/ingot.conf" 2>>"$T/ingotd.log"
	AGENT=$T_PID
	t_until 10 world_idle
}
world_stop() { t_kill "$AGENT"; }
world_kill() {
	kill -9 "$AGENT"
	wait "$AGENT" 2>/dev/null
}

# world_is VALUE: both plugins' files and the managed file; "" for none at all.
world_is() {
	if [ -z "$1" ]; then
		[ ! -e "$OUT/txn_a" ] && [ ! -e "$OUT/txn_b" ] && [ ! -e "$OUT/file" ]
		return
	fi
	[ "$(cat "$OUT/txn_a" "$OUT/txn_b" "$OUT/file")" = "$1$1$1" ]
}
