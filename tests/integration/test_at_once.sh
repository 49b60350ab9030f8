#!/bin/bash
# Ten syncs at once: none overtakes the others by much, and a destination that is down, or that takes
# connections and says nothing, holds up nobody else.
# shellcheck source=tests/lib/cli.sh
. "$(dirname "$0")/../lib/cli.sh"

start_source
rows=8000
for i in 0 1 2 3 4 5 6 7 8 9; do
	sql "CREATE TABLE t$i AS SELECT $i * 1000000 + n AS id, 'name ' || n AS name FROM generate_series(1, $rows) n;
		ALTER TABLE t$i ADD PRIMARY KEY (id)"
done
start_receiver '{"slow_ms": 5}'
make_workspace
put profiles/t.json <<'END'
{"event": "identify", "map": {"userId": "id", "traits.name": "name"}}
END
sync() { # sync NAME TABLE DESTINATION
	put "syncs/$1.json" <<-END
	{"source": "pg", "table": "public.$2", "key": ["id"], "profile": "t", "destination": "$3"}
	END
}
for i in 0 1 2 3 4 5 6 7 8 9; do
	sync "s$i" "t$i" rudder
done
all='s0 s1 s2 s3 s4 s5 s6 s7 s8 s9'

# Events in the order in which they arrived: how far was the last one when the first was through?
behind() { # behind [FROM]
	kept "WITH e AS (SELECT seq AS at, CAST(user_id AS INTEGER) / 1000000 AS t FROM events WHERE seq > ${1:-0}),
		f AS (SELECT min(last) AS at FROM (SELECT max(at) AS last FROM e GROUP BY t))
		SELECT min(n) * 100 / $rows FROM (SELECT count(CASE WHEN at <= (SELECT at FROM f) THEN 1 END) AS n
			FROM e GROUP BY t)"
}

# shellcheck disable=SC2086
ok "ten syncs at once go through" has 0 "s9 run" run --at-once 10 $all
ok "every row of each arrived once" eq "$(kept "SELECT count(*), sum(deliveries) FROM events")" "80000|80000"
ok "none was far behind when the first was ($(behind) %)" [ "$(behind)" -ge 40 ]
ok "so many are too many" has 2 "--at-once takes a number from 1 to 16" run --at-once 17 s0

# ---- the same beside two that get nowhere ------------------------------------------------------------
"$SLUICE" receive --port 0 --port-file silent.port --discard --faults '{"slow_ms": 600000}' -q >silent.log 2>&1 &
started+=("$!")
wait_file silent.port
put connections/silent.json <<END
{"type": "rudderstack", "url": "http://127.0.0.1:$(cat silent.port)", "write_key": "env:CLI_KEY", "timeout": "2s"}
END
put connections/refused.json <<END
{"type": "rudderstack", "url": "http://127.0.0.1:1", "write_key": "env:CLI_KEY"}
END
sync refused t0 refused
sync silent t1 silent
# shellcheck disable=SC2086
"$SLUICE" -w "$w" run --at-once 12 --all refused silent $all >out 2>err &
run=$!
started+=("$run")
for ((i = 0; i < 600; i++)); do
	[ "$(kept 'SELECT count(*) FROM events')" -lt 160000 ] || break
	sleep 0.1
done
ok "ten syncs go through beside two whose destinations are dead" eq "$(kept 'SELECT count(*) FROM events')" 160000
ok "and at the same pace ($(behind 80000) %)" [ "$(behind 80000)" -ge 40 ]
kill -INT "$run" 2>err.kill || true
rc=0
wait "$run" || rc=$?
ok "the two were still at it, or have paused" [ "$rc" != 0 ]
ok "and the ten have settled" eq "$(grep -c '^s. run.*settled' out)" 10
done_testing
