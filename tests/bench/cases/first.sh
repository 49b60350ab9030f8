#!/bin/bash
# first.sh - from the start of a run with 1 % changed to its first event, as a part of the time that reading takes
# tables: big
# seconds: 10
# disk: 800
. "$(dirname "$0")/../lib/world.sh"
. "$bench/lib/rounds.sh"

receiver
port=${url##*:}
world
sync_of big '"table": "public.big"'
# A receiver that has not been asked yet, at the same place.
anew() {
	kill "$receiver"
	wait "$receiver" 2>/dev/null || true
	receivers=()
	receiver --port "$port"
}
ms() { date -ud "$(field "$1")" +%s%3N; }
body() {
	change big "$1"
	anew
	run big $((ROWS / 100))
	awk -v first="$(taken first_us)" -v from="$(ms started)" -v to="$(ms planned)" 'BEGIN {
		print (first / 1000 - from) / (to - from), first / 1000 - from, to - from
	}' >>"$dir/parts"
}
base big "$ROWS"
rounds body
part() { awk -v c="$1" '{ print $c }' "$dir/parts" | median; }
line "plan of 1 % to first event" "$(part 2)" ms "$(part 3)" "$(awk -v x="$(part 1)" 'BEGIN { printf "%.3f", x }')" "<= 0.1" ratio \
	- - - - "ceiling: the whole read"
