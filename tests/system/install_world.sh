# SPDX-License-Identifier: MIT
# install_world.sh: a root of its own with a real dpkg database and a shell for
# maintainer scripts, and tiny packages that dpkg-deb builds. Nothing of this
# machine's own packages is touched. Sourced after txn_world.sh.
# shellcheck shell=bash

ROOT=$T/root DEBS=$T/debs
ARCH=$(dpkg --print-architecture)

# A program with the libraries it needs.
root_program() { # PATH
	local lib
	mkdir -p "$ROOT/bin"
	cp -L "$1" "$ROOT/bin/${2:-$(basename "$1")}"
	for lib in $(ldd "$1" | grep -oE '/[^ ]+'); do
		mkdir -p "$ROOT$(dirname "$lib")"
		cp -L "$lib" "$ROOT$lib"
	done
}

root_release() { # ROOT ID VERSION
	mkdir -p "$1/etc"
	printf 'ID=%s\nVERSION_ID="%s"\n' "$2" "$3" >"$1/etc/os-release"
}

# status_row NAME VERSION [LINE...]
status_row() {
	printf 'Package: %s\nStatus: install ok installed\nPriority: %s\n' "$1" "${PRIORITY:-optional}"
	printf 'Maintainer: x <x@example.org>\nArchitecture: %s\nVersion: %s\n' "$ARCH" "$2"
	shift 2
	[ $# -eq 0 ] || printf '%s\n' "$@"
	printf 'Description: x\n\n'
}

root_make() {
	mkdir -p "$ROOT"/var/lib/dpkg/{info,updates,triggers,alternatives} "$ROOT"/{tmp,opt} \
	    "$ROOT/var/log" "$DEBS"
	root_program /bin/dash sh
	root_program /bin/sleep
	root_release "$ROOT" debian 12
	PRIORITY=required status_row dpkg 1.21.22 "Essential: yes" >"$ROOT/var/lib/dpkg/status"
	: >"$ROOT/var/lib/dpkg/info/dpkg.list"
	: >"$ROOT/var/lib/dpkg/available"
}

# deb NAME VERSION [LINE...]: control lines; "SCRIPT: body" is a script of it.
deb() {
	local dir=$T/deb.$1 name=$1 version=$2 line
	rm -rf "$dir"
	mkdir -p "$dir/DEBIAN" "$dir/opt/product"
	echo "$version" >"$dir/opt/product/$name"
	printf 'Package: %s\nVersion: %s\nArchitecture: %s\n' "$name" "$version" "$ARCH" \
	    >"$dir/DEBIAN/control"
	printf 'Maintainer: x <x@example.org>\nDescription: x\n' >>"$dir/DEBIAN/control"
	shift 2
	for line in "$@"; do
		case $line in
		preinst:* | postinst:* | prerm:* | postrm:*)
			printf '#!/bin/sh\n%s\n' "${line#*: }" >"$dir/DEBIAN/${line%%:*}"
			chmod 0755 "$dir/DEBIAN/${line%%:*}"
			;;
		conffile:*)
			mkdir -p "$dir/etc"
			echo "${line#*: }" >"$dir/etc/$name.conf"
			echo "/etc/$name.conf" >"$dir/DEBIAN/conffiles"
			;;
		*) echo "$line" >>"$dir/DEBIAN/control" ;;
		esac
	done
	dpkg-deb --root-owner-group -Zgzip -b "$dir" "$DEBS/${name}_${version/:/%3a}.deb" >/dev/null
	dpkg-deb -f "$DEBS/${name}_${version/:/%3a}.deb"
}

# golden NAME CONTROL...: the sample NAME has these packages, given as deb says
# them, besides what every unit has.
golden() {
	local root=$T/sample-$1 control
	world_sample "$1"
	mkdir -p "$root/var/lib/dpkg"
	root_release "$root" "${RELEASE:-debian}" 12
	PRIORITY=required status_row dpkg 1.21.22 "Essential: yes" >"$root/var/lib/dpkg/status"
	shift
	for control in "$@"; do
		printf '%s\nStatus: install ok installed\n\n' "$control"
	done >>"$root/var/lib/dpkg/status"
}

# fake_opkg PATH: opkg's command line as far as ingot-packager uses it, for
# Debian 12 has no opkg: install, remove and configure below --offline-root,
# with opkg's database and messages. A file whose name holds "broken" fails.
fake_opkg() {
	cat >"$1" <<'END'
#!/bin/bash
set -eu
root=/ verb=
while [ $# -gt 0 ]; do
	case $1 in
	--offline-root) root=$2; shift ;;
	--force-downgrade | --force-reinstall) ;;
	install | remove | configure) verb=$1; shift; break ;;
	*) echo "opkg: unrecognized option '$1'" >&2; exit 1 ;;
	esac
	shift
done
status=$root/usr/lib/opkg/status
# As opkg does, the whole database is written beside and renamed.
without() { awk -v RS= -v ORS='\n\n' -v n="$1" '$2 != n' "$status"; }
for one in "$@"; do
	if [ "$verb" = remove ]; then
		echo "Removing package $one from root..."
		rm -f "$root/opt/product/$one"
		without "$one" >"$status.new"
		mv "$status.new" "$status"
		continue
	fi
	control=$(dpkg-deb -f "$one") || exit 255
	name=$(sed -n 's/^Package: //p' <<<"$control")
	echo "Installing $name ($(sed -n 's/^Version: //p' <<<"$control")) to root..."
	case $name in *broken*) printf 'Collected errors:\n * pkg_run_script: package "%s" postinst script returned status 1.\n' "$name" >&2; exit 255 ;; esac
	dpkg-deb -x "$one" "$root"
	{
		without "$name"
		printf '%s\nStatus: install user installed\n\n' "$control"
	} >"$status.new"
	mv "$status.new" "$status"
	echo "Configuring $name."
done
END
	chmod 0755 "$1"
}

has() { # PACKAGE: its version, and its state when that is not "installed"
	dpkg-query --admindir="$ROOT/var/lib/dpkg" -W -f '${db:Status-Status} ${Version}' "$1" \
	    2>/dev/null | sed 's/^installed //; s/^not-installed.*//'
}
on_disk() { cat "$ROOT/opt/product/$1" 2>/dev/null; }
