#!/bin/bash
# test_clock.sh - the wall clock jumps while a run works: an hour, ten years, back and forth, over a change
# to summer time, or it stands. Nothing is lost, no wait for another try takes longer, nothing that is
# shown makes no sense, and what is kept for a while is neither forgotten early nor kept for ever.
# shellcheck source=tests/lib/cli.sh
. "$(dirname "$0")/../lib/cli.sh"
# shellcheck source=tests/fault/lib/world.sh
. "$top/tests/fault/lib/world.sh"
YEARS=315360000 # ten, in seconds
export SLUICE_CLOCK=$dir/clock
cases=0

turn() { echo "$1" >"$SLUICE_CLOCK.new" && mv "$SLUICE_CLOCK.new" "$SLUICE_CLOCK"; }
# meanwhile SECONDS TURN...: a run, and the clock turned while it works; it ends well and in time
meanwhile() {
	local most=$1 begin=$EPOCHREALTIME pid t
	shift
	rc=0
	"$SLUICE" -w "$w" run s --json >out 2>err </dev/null &
	pid=$!
	for t in "$@"; do
		naps 60
		turn "$t"
	done
	wait "$pid" || rc=$?
	[ "$rc" = 0 ] || { echo "# it ends with $rc"; return 1; }
	[ $(((${EPOCHREALTIME/./} - ${begin/./}) / 1000000)) -lt "$most" ] || { echo "# it takes longer than $most s"; return 1; }
}
# What the state and the screens say of times can be true.
plausible() {
	"$SLUICE" -w "$w" status s --json >runs.json 2>err || return 1
	"$SLUICE" -w "$w" log --json >log.json 2>err || return 1
	[ "$(sqlite3 :memory: "SELECT count(*) FROM json_tree(readfile('runs.json')) WHERE key = 'took_us' AND value < 0")" = 0 ] ||
		{ echo "# a run took less than no time"; return 1; }
	[ "$(sqlite3 :memory: "SELECT count(*) FROM json_tree(readfile('runs.json')) WHERE type = 'text' AND key IN ('started', 'ended')
		AND value NOT GLOB '[0-9][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9]*Z'")" = 0 ]
}
sound() { check && plausible; }

turn 0
start_source
for m in $([ "${FAULT:-}" = long ] && echo upsert mirror append held retry flip || echo mirror append); do
	world "$m" "$m" 400
	act run s -q
	faults '{"slow_ms": 20}'
	# the last Sunday of March 2027, one second before summer time begins in Berlin
	for jump in 3600 -3600 $YEARS -$YEARS =1806195599 =0; do
		change
		cases=$((cases + 1))
		ok "$m: a jump of $jump during a run" meanwhile 20 "$jump"
		ok "$m: nothing is lost by it" sound
		change
		ok "$m: there and back again" meanwhile 20 0 "$jump" 0
		ok "$m: nothing is lost by that" sound
	done
	world_end
done

export TZ=Europe/Berlin
world waits upsert 400
act run s -q
for jump in -3600 -$YEARS $YEARS =1806195599; do
	change
	cases=$((cases + 1))
	faults '{"throttle_every": 3, "retry_after": 1, "fail_every": 5, "stop_after": 12}'
	ok "Retry-After and back-off: no longer for a jump of $jump" meanwhile 30 "$jump"
	turn 0
	ok "nothing is lost by it" sound
done
world_end

world kept upsert 100 '"keep_events": "1h"'
act run s -q
bodies() { state "SELECT count(*) FROM block WHERE body IS NOT NULL"; }
turn -$YEARS
change
act run s -q
ok "the clock goes back: what is kept stays" [ "$(bodies)" = 2 ]
turn 7200
change
act run s -q
ok "two hours later only the new one is kept" [ "$(bodies)" = 1 ]
turn $YEARS
change
act run s -q
turn 0
change
act run s -q
turn 10800
change
act run s -q
ok "what was written by a clock ten years ahead is not kept for ten years" [ "$(bodies)" = 1 ]
ok "nothing is lost by that" sound
world_end

turn 0
world held held 300
act run s -q
change
act run s -q
run=$(held_run)
turn -$YEARS
ok "a held plan can be looked at when the clock has gone back" has 0 held status s
confirm "$run"
ok "and is released" [ "$rc" = 0 ]
turn 0
change
act run s -q
run=$(held_run)
before=$(kept "SELECT count(*) FROM events WHERE action = 'delete'")
turn $YEARS
confirm "$run"
ok "a plan of ten years ago is not" [ "$rc" != 0 ]
ok "none of its removes was sent" eq "$(kept "SELECT count(*) FROM events WHERE action = 'delete'")" "$before"
turn 0
settle
ok "nothing is lost by it" sound
world_end

# What the destination may have, and no answer has told, is not forgotten by a clock that was ahead once.
turn 0
world doubt mirror 40
act run s -q
sql "INSERT INTO t SELECT 'late' || i, 'x' FROM generate_series(1, 20) i"
SLUICE_CRASH=answer-arrived act run s -q
sql "DELETE FROM t WHERE id LIKE 'late%'"
faults '{"drop_every": 1}'
act stop "$(state "SELECT max(id) FROM run")" -q
faults '{}'
turn $YEARS
point_at '"table": "public.nowhere"'
act run s -q
turn 0
point_at "\"table\": \"$name.t\""
settle
ok "what may have arrived is removed, although the clock was ten years ahead meanwhile" sound
world_end
echo "# $cases jumps, 95 % bound of the failure rate 3/$cases = $(awk -v n=$cases 'BEGIN { printf "%.2g", 3 / n }')"
done_testing
