#!/bin/bash
# growth5.sh - the rate at five times the rows against the rate at one
# tables: big big5
# seconds: 150
# disk: 3500
# long: 5
. "$(dirname "$0")/../lib/world.sh"
. "$bench/lib/rounds.sh"

receiver
world
sync_of one '"table": "public.big"'
sync_of five '"table": "public.big5"'
both() {
	run one "$1"
	against "$(awk -v s="$wall" 'BEGIN { print s * 5 }')"
	run five "$2"
	note "$3" $((ROWS * 5))
}
body() {
	forget
	both "$ROWS" $((ROWS * 5)) "first sync, 5 x"
	both 0 0 "nothing changed, 5 x"
}
rounds body
result "first sync, 5 x" ">= 0.95"
result "nothing changed, 5 x" ">= 0.95"
