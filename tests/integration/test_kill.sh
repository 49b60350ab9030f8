#!/bin/bash
# test_kill.sh - kill -9 at random points of syncs of 20,000 rows, KILLS times (64) in the modes upsert,
# mirror and append, with rows changing, coming and going in between; then let them finish. Nothing may
# be lost, invented, removed without need, or sent twice under one id with two bodies; the accounting of
# every run must hold. SEED fixes the random points and the changes.
# shellcheck source=tests/lib/cli.sh
. "$(dirname "$0")/../lib/cli.sh"
KILLS=${KILLS:-64} SEED=${SEED:-7} ROWS=20000
RANDOM=$SEED

start_source
start_receiver '{"slow_ms": 8}'
make_workspace
put connections/rudder.json <<END
{"type": "rudderstack", "url": "$url", "write_key": "env:CLI_KEY", "batch_events": 100, "inflight": 2}
END
for t in people things moments; do
	sql "CREATE TABLE $t (id int PRIMARY KEY, plan text, rev int NOT NULL DEFAULT 0);
		INSERT INTO $t SELECT i, 'free' FROM generate_series(1, $ROWS) i"
done
sql "CREATE TABLE gone (id int)"
profile people '"userId": "id", "traits.plan": "plan", "traits.rev": "rev"'
sync_of people
profile things '"identifiers.id": "id", "fields.plan": "plan", "fields.rev": "rev"' '"event": "record"'
sync_of things '"mode": "mirror", "max_removes": 1000000'
profile moments '"userId": "id", "event": "'"'changed'"'", "properties.plan": "plan", "properties.rev": "rev"' \
	'"event": "track"'
sync_of moments '"mode": "append"'

# What happens in a table before each run: every third row changes, some go back to what they were.
change() {
	sql "UPDATE $1 SET plan = CASE plan WHEN 'free' THEN 'pro' ELSE 'free' END, rev = (rev + 1) % 3
		WHERE id % 3 = $((RANDOM % 3))"
}
# Rows go, some for good; others come, some of them back.
come_and_go() {
	local of=$((RANDOM % 20)) back=$((RANDOM % 20))
	sql "WITH d AS (DELETE FROM things WHERE id % 20 = $of RETURNING id) INSERT INTO gone SELECT id FROM d;
		INSERT INTO things SELECT DISTINCT id, 'back' FROM gone WHERE id % 20 = $back ON CONFLICT DO NOTHING;
		INSERT INTO things SELECT max(id) + 1, 'new' FROM things"
}
killed=0
kill_runs() { # kill_runs SYNC TIMES
	local i pid
	for ((i = 0; i < $2; i++)); do
		change "$1"
		[ "$1" != things ] || come_and_go
		"$SLUICE" -w "$w" run "$1" -q >run.log 2>&1 &
		pid=$!
		sleep "0.$(printf '%03d' $((RANDOM % 300)))"
		if kill -9 "$pid" 2>/dev/null; then killed=$((killed + 1)); fi
		wait "$pid" 2>/dev/null || true
	done
}

kill_runs people $((KILLS * 5 / 8))
kill_runs things $((KILLS / 4))
kill_runs moments $((KILLS / 8))
ok "the last run of all three ends well" ends 0 run people things moments
echo "# $killed runs were killed; $(kept 'SELECT sum(deliveries) FROM events') deliveries of" \
	"$(kept 'SELECT count(*) FROM events') events, $(kept "SELECT count(*) FROM events WHERE action = 'delete'") removes"
ok "at least 5 of 6 runs were killed" [ "$killed" -ge $((KILLS * 5 / 6)) ]

same() { # same TABLE QUERY: the rows of the table are what the query finds in the receiver
	sql "SELECT id || '|' || plan || '|' || rev FROM $1 ORDER BY id::text COLLATE \"C\"" >source
	kept "$2" >arrived
	cmp -s source arrived || { diff source arrived | head -n 5 | sed 's/^/# /'; return 1; }
}
ok "upsert: the users are the rows" same people \
	"SELECT user_id || '|' || (traits ->> 'plan') || '|' || (traits ->> 'rev') FROM users ORDER BY user_id"
ok "mirror: the records are the rows" same things \
	"SELECT key || '|' || (fields ->> 'plan') || '|' || (fields ->> 'rev') FROM records ORDER BY key"
kept "SELECT DISTINCT key FROM events WHERE action = 'delete' ORDER BY key" >removed
sql "SELECT DISTINCT id::text COLLATE \"C\" FROM gone ORDER BY 1" >gone
ok "mirror: there were removes" [ -s removed ]
ok "mirror: only of rows that were gone" [ -z "$(comm -23 removed gone)" ]
ok "append: the last event of each row is the row" same moments \
	"SELECT user_id || '|' || (body ->> '$.properties.plan') || '|' || (body ->> '$.properties.rev') FROM events
	WHERE seq IN (SELECT max(seq) FROM events WHERE type = 'track' GROUP BY user_id) ORDER BY user_id"
ok "one id, one body" [ "$(kept 'SELECT count(*) FROM conflicts')" = 0 ]
ok "an idle run sends nothing" counts people 0 0 0 0
ok "an idle mirror, too" counts things 0 0 0 0
# Killed while it still reads: what the receiver has by then, and no answer has told, may not be forgotten.
sql "CREATE TABLE ghosts (id int PRIMARY KEY, n int); INSERT INTO ghosts SELECT i, i FROM generate_series(100001, 120000) i;
	CREATE FUNCTION slowly(int) RETURNS int LANGUAGE plpgsql STABLE AS 'BEGIN PERFORM pg_sleep(5); RETURN \$1; END'"
profile ghosts '"identifiers.id": "id", "fields.n": "n"' '"event": "record"'
# ghosts_from MODEL: slow only in a column that the look for bad keys does not ask for
ghosts_from() {
	echo "{\"source\": \"pg\", $1, \"key\": [\"id\"], \"profile\": \"ghosts\", \"destination\": \"rudder\"," \
		"\"mode\": \"mirror\", \"max_removes\": 1000000}" | put syncs/ghosts.json
}
ghosts_from '"sql": "SELECT id, CASE WHEN id < 120000 THEN n ELSE slowly(n) END AS n FROM ghosts"'
ghosts() { kept "SELECT count(*) FROM records WHERE CAST(key AS INTEGER) > 100000"; }
faults '{"slow_ms": 1000}'
"$SLUICE" -w "$w" run ghosts -q >run.log 2>&1 &
pid=$!
for ((i = 0; i < 400; i++)); do
	[ "$(ghosts)" = 0 ] || break
	sleep 0.01
done
ok "status sees it at work" has 0 planning status ghosts
kill -9 "$pid" 2>/dev/null || true
wait "$pid" 2>/dev/null || true
ok "when it is killed, status says what it was interrupted in" has 0 "interrupted while planning" status ghosts
ok "and that it waits to go on" eq "$(sl status ghosts --json; field '$[0].state')" paused
faults '{}'
ok "rows arrived before the kill" [ "$(ghosts)" -gt 0 ]
ok "it was killed before the end of the source" [ "$(state "SELECT planned_all FROM run WHERE sync = 'ghosts'")" = 0 ]
sql "DELETE FROM ghosts WHERE id <= 110000"
ghosts_from '"table": "ghosts"'
ok "the next run ends well" ends 0 run ghosts
ok "the one after the first whole run, too" ends 0 run ghosts
ok "rows that were sent, but not acknowledged, are removed, too" eq "$(ghosts)" 10000

ok "no event was given up on" [ "$(state 'SELECT count(*) FROM dead')" = 0 ]
ok "every run is accounted for" [ "$(state "SELECT count(*) FROM run
	WHERE adds + updates + removes <> acked + dead + superseded + cancelled")" = 0 ]
ok "the state file is sound" [ "$(state 'PRAGMA integrity_check')" = ok ]
done_testing
