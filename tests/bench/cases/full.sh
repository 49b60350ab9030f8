#!/bin/bash
# full.sh - the first full sync: every row becomes an event, goes through the log and to the receiver
# tables: big
# seconds: 14
# disk: 700
. "$(dirname "$0")/../lib/world.sh"
. "$bench/lib/rounds.sh"

receiver
world
sync_of big '"table": "public.big"'
body() {
	copy big
	forget
	run big "$ROWS"
	note "first sync" "$ROWS"
}
rounds body
result "first sync" ">= 0.8"
