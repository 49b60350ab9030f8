#!/bin/bash
# run-fuzz.sh TARGET... - each fuzz target for FUZZ_TIME seconds (20). It starts from its seeds in
# tests/fuzz/corpus; what it finds goes to B, so that the seeds stay as they are.
set -euo pipefail

passed=0 failed=0
for target in "$@"; do
	name=${target##*/}
	seeds=tests/fuzz/corpus/${name#fuzz_}
	found=$B/corpus/$name
	mkdir -p "$found"
	[ -d "$seeds" ] || seeds=
	if "$target" -max_total_time="${FUZZ_TIME:-20}" -timeout=5 -rss_limit_mb=1024 -print_final_stats=0 \
		-verbosity=0 -artifact_prefix="$found/../$name-" "$found" ${seeds:+"$seeds"} >"$found.log" 2>&1; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		tail -n 40 "$found.log"
		echo "  FAIL $name"
	fi
done
echo "fuzz: $passed passed, $failed failed"
[ "$failed" = 0 ]
