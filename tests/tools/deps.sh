#!/bin/bash
# deps.sh - the Debian packages that a build needs.
#   deps.sh need PACKAGE...      name those that are missing and how to get them; fails
#   deps.sh install PACKAGE...   install those that are missing; quiet when there are none
set -euo pipefail

mode=$1
shift

# Those of "$@" that dpkg does not call installed.
missing_of() {
	local have
	# dpkg-query fails when it does not know one of the names, and still prints the others.
	have=$(dpkg-query -W -f='${db:Status-Status} ${Package}\n' "$@" 2>/dev/null || true)
	for p in "$@"; do
		grep -qxF "installed $p" <<<"$have" || echo "$p"
	done
}

as_root() {
	if [ "$(id -u)" = 0 ]; then
		env DEBIAN_FRONTEND=noninteractive "$@"
	else
		sudo env DEBIAN_FRONTEND=noninteractive "$@"
	fi
}

if ! command -v dpkg-query >/dev/null; then
	echo "deps: this is not Debian; its packages must be here under other names: $*" >&2
	[ "$mode" = install ] && exit 0
	exit 1
fi

mapfile -t missing < <(missing_of "$@")
if [ "$mode" = need ]; then
	if [ ${#missing[@]} = 0 ]; then
		echo "the compiler or a library is not found, though all packages are installed: see CC, PKG_CONFIG and PKG_CONFIG_PATH" >&2
	else
		echo "missing: ${missing[*]}; run: make deps" >&2
	fi
	exit 1
fi
[ ${#missing[@]} -gt 0 ] || exit 0

if [ "$(id -u)" != 0 ] && ! command -v sudo >/dev/null; then
	echo "deps: run as root: apt-get install ${missing[*]}" >&2
	exit 1
fi
echo "deps: installing ${missing[*]}"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
as_root apt-get -q update >"$log" 2>&1 ||
	echo "deps: the package lists could not be brought up to date: $(grep -m1 '^[EW]:' "$log" || true)" >&2
if ! as_root apt-get -q install -y --no-install-recommends "${missing[@]}" >"$log" 2>&1; then
	# One unknown name makes apt-get refuse all: take what can be had, then name the rest.
	for p in "${missing[@]}"; do
		as_root apt-get -q install -y --no-install-recommends "$p" >"$log" 2>&1 ||
			echo "deps: $p: $(grep -m1 '^E:' "$log" || tail -n 1 "$log")" >&2
	done
fi
mapfile -t missing < <(missing_of "$@")
if [ ${#missing[@]} -gt 0 ]; then
	echo "deps: could not be installed: ${missing[*]}" >&2
	exit 1
fi
