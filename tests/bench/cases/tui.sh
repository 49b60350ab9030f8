#!/bin/bash
# tui.sh - the budgets of the screens: times of keys, bytes, wake-ups, memory, at rest and under load
# tables:
# seconds: 110
# disk: 900
set -euo pipefail
dir=$(mktemp -d "$BENCH_DIR/tui-XXXXXX")
chmod 755 "$dir" # the server's user must get through
leave() {
	trap '' INT TERM
	[ -z "${tool:-}" ] || kill "$tool" 2>/dev/null || true
	wait 2>/dev/null || true
	rm -rf "$dir"
}
trap leave EXIT
trap 'exit 130' INT TERM
TMPDIR=$dir "$B/tests/bench/tui" &
tool=$!
wait "$tool"
