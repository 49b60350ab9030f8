#!/bin/bash
# test_faults.sh - a destination that misbehaves, one fault at a time and all together: whatever happens,
# it ends up with the source's rows minus those it refuses, and no event comes with two bodies.
# shellcheck source=tests/lib/cli.sh
. "$(dirname "$0")/../lib/cli.sh"

start_source
start_receiver
make_workspace
put connections/rudder.json <<END
{"type": "rudderstack", "url": "$url", "write_key": "env:CLI_KEY", "batch_events": 20, "inflight": 3}
END
sql "CREATE TABLE people (id int PRIMARY KEY, email text, rev int NOT NULL DEFAULT 0);
	INSERT INTO people SELECT i, 'p' || i || '@example.com' FROM generate_series(1, 300) i"
profile people '"userId": "id", "traits.email": "email", "traits.rev": "rev"'
sync_of people

rows_but() { # rows_but KEYS: the source's rows without those
	sql "SELECT id || '|' || email || '|' || rev FROM people WHERE id NOT IN ($1) ORDER BY id"
}
users_but() {
	kept "SELECT user_id || '|' || (traits ->> 'email') || '|' || (traits ->> 'rev') FROM users
		WHERE user_id NOT IN ($1) ORDER BY CAST(user_id AS INTEGER)"
}
same() { [ "$(users_but 0)" = "$(rows_but 0)" ]; }
no_conflict() { [ "$(kept 'SELECT count(*) FROM conflicts')" = 0 ]; }

# survives NAME FAULTS: every row changes and arrives, however the receiver behaves
survives() {
	sql "UPDATE people SET rev = rev + 1"
	faults "$2"
	ok "$1: the run ends well" counts people "${3:-0}" "$((300 - ${3:-0}))" 0 300
	faults '{}'
	ok "$1: every row arrived" same
}

sl run people
ok "without faults every row arrives" same
survives "throttled" '{"throttle_every": 4, "retry_after": 1, "stop_after": 5}'
ok "throttled: it waited as long as it was told" [ "$(field '$.took_us')" -ge 1000000 ]
survives "status 500" '{"fail_every": 3}'
survives "status 503 at random" '{"fail_probability": 0.3, "fail_status": 503, "seed": 5}'
survives "reset connections" '{"reset_every": 3}'
survives "answers lost after the events were taken" '{"drop_every": 3}'
ok "answers lost: those events came twice" [ "$(kept 'SELECT count(*) FROM events WHERE deliveries > 1')" -gt 0 ]
survives "too large together" '{"too_large_every": 2, "stop_after": 6}'
survives "garbage for an answer" '{"garbage_every": 2}'
survives "slow" '{"slow_ms": 60}'
survives "everything at once" '{"throttle_every": 11, "retry_after": 0, "fail_every": 5, "reset_every": 7,
	"drop_every": 4, "garbage_every": 3, "slow_ms": 5, "stop_after": 60}'
ok "no event came with two bodies" no_conflict
ok "no event was given up on" [ "$(state 'SELECT count(*) FROM dead')" = 0 ]
sl log people --level warn --limit 1000
ok "the log tells of the tries" grep -q "again" out

# ---- refused events -----------------------------------------------------------------------------------

sql "UPDATE people SET rev = rev + 1"
faults '{"refuse": ["7", "77", "278"]}'
ok "refused rows make exit code 1" counts people 0 300 0 297 1
ok "they are counted" [ "$(field '$.dead')" = 3 ]
ok "all others arrived" [ "$(users_but "'7', '77', '278'")" = "$(rows_but 7,77,278)" ]
ok "they are listed" has_json 0 failed people
ok "by their keys" eq "$(sqlite3 :memory: "SELECT group_concat(value ->> 'key', ' ') FROM json_each(readfile('out'))" |
	tr ' ' '\n' | sort | tr '\n' ' ')" '["278"] ["7"] ["77"] '
ok "with the server's words" [ "$(sqlite3 :memory: "SELECT count(*) FROM json_each(readfile('out'))
	WHERE value ->> 'status' = 400 AND value ->> 'answer' LIKE '%not a valid rudder event%'")" = 3 ]
ok "nothing changed: they are not tried again, and the run is fine" counts people 0 0 0 0
ok "but it says that they are there" [ "$(field '$.still_dead')" = 3 ]
sql "UPDATE people SET rev = rev + 1 WHERE id = 7"
ok "a row that changes is tried again" counts people 0 1 0 0 1
faults '{"refuse": ["278"]}'
sl failed people --json
id=$(sqlite3 :memory: "SELECT value ->> 'id' FROM json_each(readfile('out')) WHERE value ->> 'key' = '[\"77\"]'")
ok "one of them is sent again by its id" ends 0 retry people "$id"
ok "it arrives" [ "$(users_but "'7', '278'")" = "$(rows_but 7,278)" ]
ok "a retry of all: one is still refused" ends 1 retry people
ok "the other arrived" [ "$(users_but "'278'")" = "$(rows_but 278)" ]
sl failed people --json
ok "one is left" [ "$(sqlite3 :memory: "SELECT count(*) FROM json_each(readfile('out'))")" = 1 ]
faults '{}'
ok "the refusal is lifted: retry sends the rest" ends 0 retry people
ok "the receiver has every row" same
ok "nothing failed is left" has 0 "" failed people
ok "retry has nothing to do" has 0 "nothing to send again" retry people
faults '{"refuse": ["5"]}'
sql "UPDATE people SET rev = rev + 1 WHERE id = 5"
sl run people
sl failed people --json
id=$(field '$[0].id')
ok "discard wants a reason" has 2 "note" discard people "$id"
ok "and gives up for good" ends 0 discard people "$id" --note "left the company"
ok "it is off the list" has_json 0 failed people
ok "of open ones" eq "$(cat out)" "[]"
ok "but not forgotten" has 0 "left the company" failed people --all --json
faults '{}'
ok "a discarded event is not sent again" counts people 0 0 0 0
sql "UPDATE people SET rev = rev + 1 WHERE id = 5"
ok "until its row changes" counts people 0 1 0 1

# ---- applied, but never acknowledged ----------------------------------------------------------------------

# Each value reaches the receiver, its answer is lost, and the run is stopped while it still reads.
sql "CREATE TABLE slow AS SELECT i AS id, 'A' AS plan FROM generate_series(1, 2200) i;
	CREATE FUNCTION slowly(text) RETURNS text LANGUAGE plpgsql STABLE AS 'BEGIN PERFORM pg_sleep(0.1); RETURN \$1; END'"
profile slow '"identifiers.id": "id", "fields.plan": "plan"' '"event": "record"'
put syncs/slow.json <<'END'
{"source": "pg", "key": ["id"], "profile": "slow", "destination": "rudder",
 "sql": "SELECT id, CASE WHEN id > 2000 THEN slowly(plan) ELSE plan END AS plan FROM slow"}
END
unanswered() { kept "SELECT count(*) FROM requests WHERE status = 0 AND events > 0"; }
lose() { # lose VALUE
	local before i
	before=$(unanswered)
	sql "UPDATE slow SET plan = '$1'"
	faults '{"drop_every": 1}'
	"$SLUICE" -w "$w" run slow -q 2>err &
	for ((i = 0; i < 500; i++)); do
		[ "$(unanswered)" = "$before" ] || break
		sleep 0.02
	done
	kill -INT $!
	wait $! || true
	faults '{}'
}
lose A
first=$(kept "SELECT count(*) FROM events WHERE body LIKE '%/slow\"%'")
lose A
ok "what was applied without an answer" [ "$first" -gt 0 ]
ok "comes again as the same event" eq \
	"$(kept "SELECT count(*) FROM (SELECT 1 FROM events WHERE body LIKE '%/slow\"%' GROUP BY key HAVING count(*) > 1)")" 0
lose B
ok "nothing of it was acknowledged" eq "$(state "SELECT sum(acked) FROM run WHERE sync = 'slow'")" 0
sql "UPDATE slow SET plan = 'A'"
put syncs/slow.json <<<'{"source": "pg", "key": ["id"], "profile": "slow", "destination": "rudder", "table": "slow"}'
ok "A, B and A again" ends 0 run slow
ok "ends as A" eq "$(kept "SELECT group_concat(DISTINCT fields ->> 'plan') FROM records WHERE stream LIKE '%slow%'")" A
ok "and nothing is left to do" counts slow 0 0 0 0

# ---- what is not a matter of trying again ----------------------------------------------------------------

sql "UPDATE people SET rev = rev + 1"
faults '{"redirect_every": 1}'
ok "a redirect is told, not followed" has 3 "redirect, which is never followed" run people
faults '{"fail_every": 1, "fail_status": 401}'
ok "a refused key is told" has 3 "refuses our credentials" run people
faults '{"fail_every": 1, "fail_status": 404}'
ok "a wrong address is told" has 3 "404" run people
faults '{}'
ok "what was planned goes when it is mended" ends 0 run people
ok "and nothing was lost" same
ok "no event ever came with two bodies" no_conflict
ok "every run is accounted for" [ "$(state "SELECT count(*) FROM run
	WHERE adds + updates + removes <> acked + dead + superseded + cancelled")" = 0 ]
done_testing
