#!/bin/bash
# far.sh - the first full sync to destinations that answer after 20 and 100 ms, against the same without delay
# tables: big
# seconds: 30
# disk: 700
. "$(dirname "$0")/../lib/world.sh"
. "$bench/lib/rounds.sh"

declare -A urls pids
for ms in 0 20 100; do
	receiver --faults "{\"slow_ms\": $ms}"
	urls[$ms]=$url pids[$ms]=$receiver
done
world
for ms in 0 20 100; do
	url=${urls[$ms]}
	connection "to$ms"
	sync_of "after$ms" "\"table\": \"public.big\", \"destination\": \"to$ms\""
done
# first MS: the first sync to the one that answers after so long
first() {
	url=${urls[$1]} receiver=${pids[$1]}
	forget
	run "after$1" "$ROWS"
}
body() {
	local ms
	first 0
	against "$wall"
	for ms in 20 100; do
		first "$ms"
		note "first sync, $ms ms away" "$ROWS"
	done
}
rounds body
result "first sync, 20 ms away" ">= 0.8"
result "first sync, 100 ms away" ">= 0.6"
