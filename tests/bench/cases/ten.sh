#!/bin/bash
# ten.sh - ten syncs at once against one after another, and beside a destination that is dead
# tables: tenth
# seconds: 24
# disk: 800
. "$(dirname "$0")/../lib/world.sh"
. "$bench/lib/rounds.sh"

n=$((ROWS / 10))
syncs=(s1 s2 s3 s4 s5 s6 s7 s8 s9 s10)
receiver
live=$url
world
url=http://127.0.0.1:1 # nobody is there
connection nobody
url=$live
for s in "${syncs[@]}"; do sync_of "$s" '"table": "public.tenth"'; done
sync_of dead '"table": "public.tenth", "destination": "nobody"'

# at_once EVENTS SYNC...: sets $wall as run does, to the end of the last that is waited for
at_once() {
	local want=$1 before pg0 rc0
	shift
	forget
	before=$(taken) pg0=$(pg_cpu) rc0=$(receiver_cpu)
	"$measure" "$B/tests/bench/many" "$work" "$@" 3>"$dir/took" >"$dir/many" || broken "the syncs at once did not run"
	! awk '$2 != "settled" && $2 != "dead"' "$dir/many" | grep . >&2 || broken "a sync did not settle, see above"
	[ $(($(taken) - before)) = "$want" ] || broken "wrong count: $want events should have arrived, $(($(taken) - before)) did"
	sleep 0.15
	wall=$(awk '$4 > m { m = $4 } END { print m }' "$dir/many") mib=$(($(took "$dir/took" rss) / 1024))
	cpu=$(awk -v u="$(took "$dir/took" user)" -v s="$(took "$dir/took" sys)" 'BEGIN { print u + s }')
	cpu_pg=$(minus "$(pg_cpu)" "$pg0") cpu_rc=$(minus "$(receiver_cpu)" "$rc0")
}
one_by_one() {
	local before
	forget
	before=$(taken)
	"$measure" "$SLUICE" -w "$work" run "${syncs[@]}" --json 3>"$dir/took" >"$dir/out" || broken "the syncs one by one failed"
	[ $(($(taken) - before)) = $((n * 10)) ] || broken "wrong count: $((n * 10)) events should have arrived"
	against "$(took "$dir/took" wall)"
}
body() {
	one_by_one
	at_once $((n * 10)) "${syncs[@]}"
	note "ten at once" $((n * 10))
	# How far the slowest was when the first was through.
	awk '{ if (!m || $5 < m) m = $5; if ($5 > x) x = $5 } END { print m / x }' "$dir/many" >>"$dir/fair"
	against "$wall"
	at_once $((n * 9)) "${syncs[@]:0:9}" --dead dead
	note "nine and a dead one" $((n * 9))
}
rounds body
result "ten at once" ">= 1.0" "against one after another"
line "ten at once, the slowest" "$(median <"$dir/fair" | awk '{ print $1 * 100 }')" % - "$(median <"$dir/fair")" ">= 0.8" ratio - - - - \
	"of the first one, when that is through"
result "nine and a dead one" ">= 1.0" "against ten alive"
