#!/bin/bash
# run-fuzz.sh TARGET... - each fuzz target for FUZZ_TIME seconds (20), or, with FUZZ_CPU, until it has
# used so many seconds of a processor: on a busy machine a clock on the wall says little. It starts from
# its seeds in tests/fuzz/corpus, all of which are tried first; what it finds goes to B, so that the
# seeds stay as they are.
set -euo pipefail

TIMEFORMAT='%U %S'
ROUND=30 # seconds on the wall between two looks at the processor's clock
passed=0 failed=0

# round SECONDS: one process; adds to runs and cpu. Its output is in $log.
round() {
	local rc=0 used
	used=$({ time "$target" -max_total_time="$1" -timeout=20 -rss_limit_mb=1024 -print_final_stats=1 \
		-artifact_prefix="$found/../$name-" "$found" ${seeds:+"$seeds"} >"$log" 2>&1; } 2>&1) || rc=$?
	cpu=$(awk "BEGIN { print $cpu + ${used/ / + } }")
	runs=$((runs + $(sed -n 's/^stat::number_of_executed_units: *//p' "$log" | tail -n 1) + 0))
	return $rc
}
left() { awk "BEGIN { exit !($cpu < ${FUZZ_CPU:-0}) }"; }

for target in "$@"; do
	name=${target##*/}
	seeds=tests/fuzz/corpus/${name#fuzz_}
	found=$B/corpus/$name log=$B/corpus/$name.log
	runs=0 cpu=0 rc=0
	mkdir -p "$found"
	[ -d "$seeds" ] || seeds=
	if [ -n "${FUZZ_CPU:-}" ]; then
		while left && [ "$rc" = 0 ]; do
			round $((FUZZ_CPU < ROUND ? FUZZ_CPU : ROUND)) || rc=$?
		done
	else
		round "${FUZZ_TIME:-20}" || rc=$?
	fi
	cov=$(sed -n 's/.* cov: \([0-9]*\) .*/\1/p' "$log" | tail -n 1)
	echo "# ${name#fuzz_}: $runs runs, $(awk "BEGIN { printf \"%.0f\", $cpu }") s of a processor, ${cov:-?} edges"
	if [ "$rc" = 0 ]; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		tail -n 40 "$log"
		echo "  FAIL $name"
	fi
done
echo "fuzz: $passed passed, $failed failed"
[ "$failed" = 0 ]
