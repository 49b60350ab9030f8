#!/bin/bash
# test_deps.sh - what `make deps` and a plain `make` do on machines that lack packages. Such machines
# are made of small stand-ins for dpkg-query and apt-get; the script and the Makefile are the real ones.
set -uo pipefail
cd "$(dirname "$0")/../.."

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
mkdir "$dir/bin"
touch "$dir/installed" "$dir/calls"
export FAKE=$dir PATH=$dir/bin:$PATH
# dpkg-query prints the packages that are there and fails when it was asked for another.
cat >"$dir/bin/dpkg-query" <<'FAKE'
#!/bin/bash
rc=0
for p in "${@:3}"; do
	if grep -qx "$p" "$FAKE/installed"; then
		echo "installed $p"
	elif [ "$p" = was-removed ]; then
		echo "config-files $p"
	else
		echo "dpkg-query: no packages found matching $p" >&2
		rc=1
	fi
done
exit $rc
FAKE
# apt-get installs all it is asked for or nothing, and does not know packages called no-such*.
cat >"$dir/bin/apt-get" <<'FAKE'
#!/bin/bash
echo "$*" >>"$FAKE/calls"
case " $* " in
*" update "*) exit 0 ;;
*" no-such"*) echo "E: Unable to locate package"; exit 100 ;;
esac
printf '%s\n' "${@:5}" >>"$FAKE/installed"
FAKE
cat >"$dir/bin/sudo" <<'FAKE'
#!/bin/bash
exec "$@"
FAKE
chmod +x "$dir"/bin/*

n=0
check() { # NAME CONDITION...
	local name=$1
	shift
	n=$((n + 1))
	if "$@"; then
		echo "ok $n - $name"
	else
		echo "not ok $n - $name"
		sed 's/^/# /' "$dir/out" "$dir/calls"
	fi
}
run() { # the script; its output in out, its exit code in rc
	: >"$dir/calls"
	rc=0
	tests/tools/deps.sh "$@" >"$dir/out" 2>&1 || rc=$?
}
says() { grep -qF -- "$1" "$dir/out"; }
fails() { [ "$rc" != 0 ]; }
works() { [ "$rc" = 0 ]; }

echo 1..12
printf '%s\n' gcc libpq-dev >"$dir/installed"
run install gcc libpq-dev
check "nothing missing: success" works
check "nothing missing: nothing is printed" test ! -s "$dir/out"
check "nothing missing: apt-get is not called" test ! -s "$dir/calls"

run need gcc libpq-dev libcurl4-openssl-dev was-removed
check "need names what is missing and the mend" says "missing: libcurl4-openssl-dev was-removed; run: make deps"
check "need fails" fails

run install gcc libcurl4-openssl-dev was-removed
check "install says what it installs" says "installing libcurl4-openssl-dev was-removed"
check "install asks for the missing ones only, after an update" test "$(tail -n 2 "$dir/calls")" = "-q update
-q install -y --no-install-recommends libcurl4-openssl-dev was-removed"
check "install succeeds" works

run install gcc no-such-dev libzstd-dev
check "one unknown package does not keep the others away" grep -qx libzstd-dev "$dir/installed"
check "the unknown one is named" says "could not be installed: no-such-dev"
check "and the command fails" fails

: >"$dir/installed"
rc=0
make B="$dir/b" PKG_CONFIG=false all >"$dir/out" 2>&1 || rc=$?
check "a plain make names the packages instead of compiling" \
	sh -c 'grep -q "missing: gcc .*libpq-dev.*; run: make deps" "$1" && ! grep -q " CC " "$1"' - "$dir/out"
