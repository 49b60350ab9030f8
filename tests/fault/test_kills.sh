#!/bin/bash
# test_kills.sh - kill -9 at random times, in each mode KILLS times (60; with FAULT=long 300), also again
# while a killed run goes on; then the invariants of lib/world.sh. SEED fixes the changes, faults and times;
# MODES picks modes; KEEP=1 keeps the folders of the worlds, KILLS the number.
# shellcheck source=tests/lib/cli.sh
. "$(dirname "$0")/../lib/cli.sh"
# shellcheck source=tests/fault/lib/world.sh
. "$top/tests/fault/lib/world.sh"
# shellcheck source=tests/fault/lib/jobs.sh
. "$top/tests/fault/lib/jobs.sh"
SEED=${SEED:-$((EPOCHSECONDS % 100000))}
ROUND=60 # kills in one world
KILLS=${KILLS:-$([ "${FAULT:-}" = long ] && echo 300 || echo 60)}
MODES=${MODES:-upsert cursor mirror append all retry held flip insert update}

# Now and then the receiver misbehaves, too: answers are lost, requests fail, rows are refused.
weather() {
	case $mode-$((RANDOM % 16)) in
	retry-*[13579]) faults "{\"refuse\": [\"k$((RANDOM % 9 + 1))\", \"k$((RANDOM % 90 + 10))\", \"k$((RANDOM % 600 + 100))\"]}" ;;
	*-0) faults '{"drop_every": 9}' ;;
	*-1) faults '{"fail_every": 11}' ;;
	*-2) faults '{"slow_ms": 5}' ;;
	*) faults '{}' ;;
	esac
}
# one_case: a change, one to three kills in a row, the way out, the check
one_case() {
	local deep=$((RANDOM % 3 + 1)) before
	change
	weather
	for (( ; deep > 0 && killed < wanted; deep--)); do
		kill_ms=$((RANDOM % (longest + longest / 8 + 2)))
		before=$killed
		round
		[ "$killed" = "$before" ] || [ $((RANDOM % 3)) -gt 0 ] || change
		[ "$mode" != retry ] || weather
	done
	kill_ms=
	settle || true
	check || true
	# what counts is a usual round: one that waited for another try would make the kills rare
	[ "$took_ms" -gt $((longest * 2)) ] || longest=$(((longest * 7 + took_ms + 7) / 8))
}
# kills MODE SEED KILLS: one world; prints its violations and a line of numbers
kills() {
	local cases=0
	RANDOM=$(($2 % 32768))
	world "${1}_$2" "$1"
	wanted=$3
	act run s -q
	longest=$((took_ms / 2))
	while [ "$killed" -lt "$wanted" ] && [ "$cases" -lt $((wanted * 4)) ]; do
		cases=$((cases + 1))
		one_case >said
		sed "s/^/$1 seed $2 case $cases: /" said
	done
	idle || true
	echo "numbers $1 $killed $cases $(kept 'SELECT count(*) FROM events') $(kept 'SELECT sum(deliveries) FROM events')"
	world_end
}

start_source
begin=$EPOCHSECONDS
for ((n = 0; n < KILLS; n += ROUND)); do
	for m in $MODES; do
		job kills "$m" $((SEED + n)) $((KILLS - n < ROUND ? KILLS - n : ROUND))
	done
done
jobs_end
for m in $MODES; do
	read -r sum < <(awk -v m="$m" '$1 == "numbers" && $2 == m { k += $3; c += $4; e += $5; d += $6 }
		END { print k + 0, "kills in", c + 0, "cases;", e + 0, "events in", d + 0, "deliveries" }' "$dir"/job.*)
	ok "$m: $sum; nothing lost, invented, out of order or removed without need" quiet "$m"
done
total=$(awk '$1 == "numbers" { k += $3 } END { print k + 0 }' "$dir"/job.*)
ok "all kills were done" [ "$total" -ge $((KILLS * $(wc -w <<<"$MODES") * 9 / 10)) ]
report "$total" kills
echo "# seed $SEED, $((EPOCHSECONDS - begin)) s"
done_testing
