#!/bin/bash
# growth.sh - does a row cost more when there are more? A fifth of the rows against all of them
# tables: big fifth
# seconds: 18
# disk: 800
. "$(dirname "$0")/../lib/world.sh"
. "$bench/lib/rounds.sh"

receiver
world
sync_of all '"table": "public.big"'
sync_of part '"table": "public.fifth"'
# both EVENTS_OF_PART EVENTS_OF_ALL NAME: the rate of the part is the ceiling, for as many rows as all
both() {
	run part "$1"
	against "$(awk -v s="$wall" 'BEGIN { print s * 5 }')"
	run all "$2"
	note "$3" "$ROWS"
}
body() {
	forget
	both $((ROWS / 5)) "$ROWS" "first sync"
	both 0 0 "nothing changed"
}
rounds body
# Seconds grow with rows to this power: 1 + log(rate of part / rate of all) / log(5).
exponent() {
	line "cost of a row, $1" "$(of "$1" 3 | median | awk '{ printf "%.3f", 1 - log($1) / log(5) }')" exponent \
		- "$(of "$1" 3 | median)" "<= 1.05" value - - - "$(of "$1" 7 | worst)" "$((ROWS / 5)) to $ROWS rows"
}
exponent "first sync"
exponent "nothing changed"
