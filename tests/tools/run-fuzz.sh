#!/bin/bash
# run-fuzz.sh TARGET... - each fuzz target for FUZZ_TIME seconds (20), or, with FUZZ_CPU, until it has
# used so many seconds of a processor: on a busy machine a clock on the wall says little. FUZZ_JOBS of
# them at once (1). Each starts from its seeds in tests/fuzz/corpus, all of which are tried first; what
# it finds goes to B, so that the seeds stay as they are.
set -euo pipefail

TIMEFORMAT='%U %S'
ROUND=30 # seconds on the wall between two looks at the processor's clock

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

# All of one target; its last words in $log.sum, the last of them passed or failed.
fuzz_one() {
	local name=$1 target=$2 seeds=tests/fuzz/corpus/${1#fuzz_} found=$B/corpus/$1 log=$B/corpus/$1.log
	local runs=0 cpu=0 rc=0 cov
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
	[ "$rc" = 0 ] && return
	tail -n 40 "$log"
	echo "  FAIL $name"
}

names=()
for target in "$@"; do
	name=${target##*/}
	mkdir -p "$B/corpus"
	while [ "$(jobs -rp | wc -l)" -ge "${FUZZ_JOBS:-1}" ]; do
		wait -n || true
	done
	fuzz_one "$name" "$target" >"$B/corpus/$name.sum" 2>&1 &
	names+=("$name")
done
wait
failed=0
for name in "${names[@]}"; do
	cat "$B/corpus/$name.sum"
	! grep -q "^  FAIL" "$B/corpus/$name.sum" || failed=$((failed + 1))
done
echo "fuzz: $((${#names[@]} - failed)) passed, $failed failed"
[ "$failed" = 0 ]
