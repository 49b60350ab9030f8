#!/bin/bash
# test_modes.sh - what each mode, each source and each destination makes of changing rows: the receiver's
# rows are compared with what PostgreSQL says.
# shellcheck source=tests/lib/cli.sh
. "$(dirname "$0")/../lib/cli.sh"

start_source
start_receiver
make_workspace
users='"userId": "id", "traits.name": "name", "traits.plan": "plan"'
record='"event": "record"'
fields='"identifiers.id": "id", "fields.name": "name", "fields.plan": "plan"'

# table NAME ROWS
table() {
	sql "CREATE TABLE $1 (id int PRIMARY KEY, name text, plan text);
		INSERT INTO $1 SELECT i, 'name ' || i, 'free' FROM generate_series(1, $2) i"
}
# The rows of a table as the receiver should know them, and as it does; of users or of records.
source_rows() { sql "SELECT id || '|' || coalesce(name, '~') || '|' || coalesce(plan, '~') FROM $1 ORDER BY id"; }
users_like() {
	kept "SELECT user_id || '|' || coalesce(traits ->> 'name', '~') || '|' || coalesce(traits ->> 'plan', '~')
		FROM users WHERE user_id LIKE '$1' ORDER BY CAST(user_id AS INTEGER)"
}
records_of() {
	kept "SELECT key || '|' || coalesce(fields ->> 'name', '~') || '|' || coalesce(fields ->> 'plan', '~')
		FROM records WHERE stream LIKE '%$1%' ORDER BY CAST(key AS INTEGER)"
}
events_of() { kept "SELECT count(*) FROM events WHERE body LIKE '%/$1\"%'"; }

# ---- upsert -----------------------------------------------------------------------------------------

table people 60
profile people "$users"
sync_of people
ok "a first upsert sends every row" counts people 60 0 0 60
ok "the receiver knows every row" eq "$(users_like %)" "$(source_rows people)"
ok "nothing changed: nothing is sent" counts people 0 0 0 0
sql "UPDATE people SET plan = 'pro' WHERE id <= 5; INSERT INTO people VALUES (61, 'new', 'free');
	DELETE FROM people WHERE id = 60"
ok "changed and new rows are sent, gone ones are left" counts people 1 5 0 6
ok "and arrive" eq "$(users_like %)" "$(source_rows people | sed '$i 60|name 60|free')"

sql "UPDATE people SET plan = 'later' WHERE id = 1"
ok "a plan shows the old value and the new one" has 0 'update ["1"]  traits.plan: "' plan people
ok "with an arrow between" said '-> "later"'
for plan in B A B; do
	sql "UPDATE people SET plan = '$plan' WHERE id = 1"
	ok "a flip to $plan is sent" counts people 0 1 0 1
done
ok "all flips arrived, each once" eq "$(kept "SELECT group_concat(body ->> '$.traits.plan', ' ')
	FROM (SELECT body FROM events WHERE user_id = '1' ORDER BY seq)")" "free pro B A B"
ok "a run with --all sends every row again" counts people 0 60 0 60 0 --all

# ---- profiles and what belongs to them ---------------------------------------------------------------

profile people "$users, \"traits.seen\": \"'by sluice'\""
ok "another mapping sends every row again" counts people 0 60 0 60
ok "with the new field" [ "$(kept "SELECT count(*) FROM users WHERE traits ->> 'seen' = 'by sluice'")" = 60 ]
profile people "$users, \"traits.seen\": \"'by sluice'\""
ok "the same mapping written anew sends nothing" counts people 0 0 0 0

sql "UPDATE people SET plan = NULL WHERE id = 2"
ok "a NULL is a change" counts people 0 1 0 1
ok "nulls send: the field is cleared" [ "$(kept "SELECT json_type(traits, '$.plan') FROM users WHERE user_id = '2'")" = null ]
profile people "$users" '"event": "identify", "nulls": "omit"'
sql "UPDATE people SET plan = 'kept' WHERE id = 3"
sl run people
sql "UPDATE people SET plan = NULL WHERE id = 3"
ok "nulls omit: a NULL is a change, too" counts people 0 1 0 1
ok "but the field stays" [ "$(kept "SELECT traits ->> 'plan' FROM users WHERE user_id = '3'")" = kept ]
profile people "$users, \"traits.tier\": \"plan | map pro=Pro else=skip\""
ok "rows that the mapping skips are not sent" counts people 0 2 0 2
ok "and are counted" eq "$(field '$.skipped')" 58

# ---- insert, update, append ---------------------------------------------------------------------------

table fresh 10
profile fresh "$fields" "$record"
sync_of fresh '"mode": "insert"'
ok "insert sends new rows" counts fresh 10 0 0 10
sql "UPDATE fresh SET plan = 'pro'; INSERT INTO fresh VALUES (11, 'new', 'free')"
ok "and of changed and new rows the new ones" counts fresh 1 0 0 1
ok "the changed ones stay as they were" [ "$(records_of fresh | grep -c free)" = 11 ]
ok "each is an insert" [ "$(kept "SELECT count(*) FROM events WHERE action <> 'insert'")" = 0 ]

table known 10
profile known "$fields" "$record"
sync_of known '"mode": "update"'
sl run known
ok "update never inserts" [ "$(kept "SELECT count(*) FROM events WHERE body LIKE '%/known\"%' AND action <> 'update'")" = 0 ]
sql "UPDATE known SET plan = 'pro' WHERE id = 4"
ok "a changed row is an update" counts known 0 1 0 1

table moments 5
profile moments '"userId": "id", "event": "'"'Plan is {plan}'"'", "properties.plan": "plan"' '"event": "track"'
sync_of moments '"mode": "append"'
ok "append sends every row" counts moments 5 0 0 5
sql "UPDATE moments SET plan = 'pro' WHERE id = 1"
sl run moments
sql "UPDATE moments SET plan = 'free' WHERE id = 1"
sl run moments
ok "and every version of a row as an event of its own" eq "$(kept "SELECT group_concat(event, ', ') FROM
	(SELECT event FROM events WHERE user_id = '1' AND type = 'track' ORDER BY seq)")" \
	"Plan is free, Plan is pro, Plan is free"

table again 4
profile again "$fields" "$record"
sync_of again '"detect": "full"'
sl run again
sl run again --json
ok "detect full sends every row in every run" [ "$(events_of again)" = 8 ]

# ---- mirror and its guard -----------------------------------------------------------------------------

table mirrored 200
profile mirrored "$fields" "$record"
sync_of mirrored '"mode": "mirror"'
ok "a mirror starts with adds" counts mirrored 200 0 0 200
sql "DELETE FROM mirrored WHERE id <= 20; UPDATE mirrored SET plan = 'pro' WHERE id = 100;
	INSERT INTO mirrored VALUES (201, 'new', 'free')"
ok "removes up to the limit go by themselves" counts mirrored 1 1 20 22
ok "the records are the rows" eq "$(records_of mirrored)" "$(source_rows mirrored)"
sql "INSERT INTO mirrored VALUES (20, 'back', 'free')"
ok "a row that came back is an add" counts mirrored 1 0 0 1
sql "DELETE FROM mirrored WHERE id BETWEEN 101 AND 140; UPDATE mirrored SET plan = 'max' WHERE id = 99"
ok "more removes than the limit are held" has 4 "40 removes" run mirrored
run=$(state "SELECT max(id) FROM run")
ok "the other changes went" [ "$(kept "SELECT fields ->> 'plan' FROM records WHERE stream LIKE '%mirrored%' AND key = '99'")" = max ]
ok "the removed rows are still there" [ "$(records_of mirrored | wc -l)" = 182 ]
ok "status shows it" has 0 held status mirrored
ok "another run is refused meanwhile" has 4 "waits for confirmation" run mirrored
plan=$(state "SELECT plan FROM run WHERE id = $run")
ok "status shows the plan" has 0 "$plan" status mirrored
ok "a wrong number is refused" has 2 "40" release "$run" --confirm-removes 39 --plan "$plan"
ok "so is another plan" has 2 "$plan" release "$run" --confirm-removes 40 --plan 00000000
ok "and no plan" has 2 "$plan" release "$run" --confirm-removes 40
ok "nothing was removed by that" [ "$(records_of mirrored | wc -l)" = 182 ]
ok "the right number lets them go" has 0 settled release "$run" --confirm-removes 40 --plan "$plan"
ok "the records are the rows again" eq "$(records_of mirrored)" "$(source_rows mirrored)"
ok "a released run is over" has 2 settled release "$run" --confirm-removes 40 --plan "$plan"
ok "who let what go is in the audit" has 0 "with 40 removes, plan $plan" audit
ok "and what was refused" has 0 "release refused" audit
sql "DELETE FROM mirrored WHERE id BETWEEN 141 AND 170"
sl run mirrored
run=$(state "SELECT max(id) FROM run")
ok "released without removes" has 0 "30 removes left out" release "$run"
ok "they stay" [ "$(records_of mirrored | wc -l)" = 142 ]
ok "a plan tells that a run would be held" has 0 "would be held" plan mirrored
plan=$(state "SELECT plan FROM run WHERE id = $run")
ok "the same removes are the same plan" said "plan $plan"
ok "the next run holds them again, and says how to go on" has 4 "--confirm-removes 30 --plan $plan" run mirrored
ok "with the keys" said 'would remove ["1'
ok "stop gives it up" ends 0 stop "$(state "SELECT max(id) FROM run")"
ok "a run may leave them out beforehand" counts mirrored 0 0 30 0 0 --without-removes
ok "or let them go by their number" counts mirrored 0 0 30 30 0 --confirm-removes 30
ok "the records are the rows a third time" eq "$(records_of mirrored)" "$(source_rows mirrored)"
sync_of mirrored '"mode": "mirror", "max_removes": 3'
sql "DELETE FROM mirrored WHERE id > 195"
ok "a limit of the sync's own counts" ends 4 run mirrored
sl stop "$(state "SELECT max(id) FROM run")"
sync_of mirrored '"mode": "mirror", "max_removes": 1000'
sql "TRUNCATE mirrored"
ok "an empty source is held whatever the limit" has 4 "empty" run mirrored
ok "and nothing is removed" [ "$(records_of mirrored | wc -l)" = 112 ]
sl stop "$(state "SELECT max(id) FROM run")"

# ---- another key, another destination -------------------------------------------------------------------

table moved 30
profile moved "$fields" "$record"
sync_of moved '"mode": "mirror"'
sl run moved
"$SLUICE" receive --port 0 --port-file port2 --database got2.db -q &
started+=($!)
wait_file port2
put connections/other.json <<END
{"type": "rudderstack", "url": "http://127.0.0.1:$(cat port2)", "write_key": "env:CLI_KEY"}
END
sql "DELETE FROM moved WHERE id > 10"
sed -i 's/"destination": "rudder"/"destination": "other"/' "$w/syncs/moved.json"
ok "another destination starts anew, without removes" counts moved 10 0 0 10
ok "it got them" [ "$(sqlite3 got2.db 'SELECT count(*) FROM records')" = 10 ]
sed -i 's/"key": \["id"\]/"key": ["id", "name"]/' "$w/syncs/moved.json"
ok "another key starts anew, too" counts moved 10 0 0 10
ok "ids of another epoch are others" [ "$(sqlite3 got2.db 'SELECT count(*) FROM events')" = 20 ]

# ---- models: SQL, views, SQLite -------------------------------------------------------------------------

profile model '"userId": "key", "traits.n": "n", "traits.list": "list"'
put syncs/model.json <<'END'
{"source": "pg", "key": ["key"], "profile": "model", "destination": "rudder",
 "sql": ["WITH n AS (SELECT plan, count(*) AS n, array_agg(id ORDER BY id) AS list", "FROM people WHERE plan IS NOT NULL GROUP BY plan)",
 "SELECT 'plan-' || plan AS key, n, list FROM n -- the end"]}
END
sql "CREATE VIEW seen AS SELECT id, name, plan FROM people WHERE id < 4;
	CREATE MATERIALIZED VIEW stored AS SELECT id, name, plan FROM people WHERE id > 55"
ok "an SQL model" ends 0 run model
ok "its rows arrive" eq "$(kept "SELECT user_id || ' ' || (traits ->> 'n') || ' ' || (traits ->> 'list') FROM users
	WHERE user_id LIKE 'plan-%' ORDER BY 1")" \
	"$(sql "SELECT 'plan-' || plan || ' ' || count(*) || ' ' || to_json(array_agg(id ORDER BY id)) FROM people
		WHERE plan IS NOT NULL GROUP BY plan ORDER BY 1")"
for view in seen stored; do
	profile $view "$fields" "$record"
	sync_of $view
	sl run $view
	ok "a view: $view" eq "$(records_of $view)" "$(source_rows $view)"
done
sqlite3 shop.db "CREATE TABLE \"Odd Table\" (id INTEGER PRIMARY KEY, name TEXT, plan TEXT);
	INSERT INTO \"Odd Table\" VALUES (1, 'Zoë', 'pro'), (2, NULL, 'free'), (9007199254740993, 'big', x'00ff')"
put connections/lite.json <<<'{"type": "sqlite", "path": "../shop.db"}'
profile lite "$fields" "$record"
put syncs/lite.json <<'END'
{"source": "lite", "table": "\"Odd Table\"", "key": ["id"], "profile": "lite", "destination": "rudder", "mode": "mirror"}
END
ok "an SQLite source" counts lite 3 0 0 3
ok "its rows arrive" eq "$(records_of lite)" "1|Zoë|pro
2|~|free
9007199254740993|big|00ff"
sqlite3 shop.db 'DELETE FROM "Odd Table" WHERE id = 2'
ok "a mirror of it" counts lite 0 0 1 1

# ---- other destinations ---------------------------------------------------------------------------------

table hooked 25
profile hooked '"id": "id", "name": "name", "plan": "plan", "op": "$op"' '"event": "row"'
for format in array single ndjson; do
	put connections/hook-$format.json <<-END
	{"type": "webhook", "url": "$url/hook/$format", "format": "$format", "token": "env:CLI_KEY"}
	END
	sync_of hooked
	sed 's/"rudder"/"hook-'$format'"/' "$w/syncs/hooked.json" | put syncs/hooked-$format.json
	ok "a webhook, format $format" counts hooked-$format 25 0 0 25
	ok "format $format: the rows arrive" [ "$(kept "SELECT count(DISTINCT body ->> '$.id') FROM events
		WHERE body ->> '$.op' = 'insert' AND seq IN (SELECT seq FROM events ORDER BY seq DESC LIMIT 25)")" = 25 ]
done
put connections/file.json <<<'{"type": "file", "path": "../out.ndjson"}'
sed 's/"rudder"/"file"/' "$w/syncs/hooked.json" | put syncs/filed.json
ok "a file" counts filed 25 0 0 25
sql "UPDATE hooked SET plan = 'pro' WHERE id = 25"
ok "is appended to" counts filed 0 1 0 1
ok "one line of JSON an event" [ "$(wc -l <out.ndjson)" = 26 ]
ok "with the row" [ "$(sqlite3 :memory: "SELECT '$(tail -n 1 out.ndjson)' ->> '$.plan'")" = pro ]

# ---- every type -----------------------------------------------------------------------------------------

sql "CREATE TYPE mood AS ENUM ('sad', 'happy ☺');
CREATE TABLE zoo (id bigint PRIMARY KEY, n numeric, f8 float8, f4 float4, b bool, t text, by bytea, u uuid, d date,
	ts timestamp, tz timestamptz, ti time, j json, jb jsonb, ar int[], tx text[], e mood, iv interval, ip inet);
SET TimeZone = 'Asia/Kolkata';
INSERT INTO zoo VALUES
(9223372036854775807, 12345678901234567890.12345678901234567890, 0.1, 3.4028235e38, true, 'Zoë \"q\" \\ '||chr(9)||' 𝄞',
 '\\x00ff10', '0e8f7cf8-7b9a-4b39-9f4c-1c2d3e4f5a6b', '2024-02-29', '2024-02-29 23:59:59.123456', '2024-02-29 23:59:59+05:30',
 '12:34:56.5', '{\"a\": [1, {\"b\": null}], \"n\": 1.10}', '{\"b\": 12345678901234567890, \"a\": \"x\"}', '{1,NULL,3}', '{a,\"b c\",\"\"}',
 'happy ☺', '1 day 2 hours', '10.0.0.1/8'),
(-1, 'NaN', 'NaN', '-Infinity', false, '', '', NULL, 'infinity', '-infinity', 'infinity', '00:00', 'null', '[]', '{}', NULL, 'sad', NULL, '::1'),
(0, 0.10, 1e300, 1, NULL, NULL, NULL, NULL, '0044-03-15 BC', '10000-01-01', '0001-01-01 00:00:00+00', '24:00', '\"text\"', '1e2', '{{1,2},{3,4}}', '{NULL}', NULL, '-1 mon', NULL)"
columns="n f8 f4 b t by u d ts tz ti j jb ar tx e iv ip"
map='"identifiers.id": "id"'
for c in $columns; do map="$map, \"fields.$c\": \"$c\""; done
profile zoo "$map" "$record"
sync_of zoo
ok "a row of every type" counts zoo 3 0 0 3
zoo() { kept "SELECT fields -> '$2' FROM records WHERE stream LIKE '%zoo%' AND key = '$1'"; }
big=9223372036854775807
ok "bigint" [ "$(kept "SELECT count(*) FROM records WHERE stream LIKE '%zoo%' AND key = '$big'")" = 1 ]
ok "numeric keeps every digit" eq "$(zoo $big n)" 12345678901234567890.12345678901234567890
ok "numeric keeps its zeros" eq "$(zoo 0 n)" 0.10
ok "float8" eq "$(zoo $big f8) $(zoo 0 f8)" "0.1 1e+300"
ok "NaN and infinity are null" eq "$(zoo -1 n) $(zoo -1 f8) $(zoo -1 f4)" "null null null"
ok "booleans" eq "$(zoo $big b) $(zoo -1 b) $(zoo 0 b)" "true false null"
ok "text" eq "$(zoo $big t)" '"Zoë \"q\" \\ \t 𝄞"'
ok "empty text is no NULL" eq "$(zoo -1 t) $(zoo 0 t)" '"" null'
ok "bytea as hexadecimal digits" eq "$(zoo $big by) $(zoo -1 by)" '"00ff10" ""'
ok "uuid" eq "$(zoo $big u)" '"0e8f7cf8-7b9a-4b39-9f4c-1c2d3e4f5a6b"'
ok "dates" eq "$(zoo $big d)" '"2024-02-29"'
ok "timestamps" eq "$(zoo $big ts)" '"2024-02-29T23:59:59.123456"'
ok "timestamps with a zone are UTC" eq "$(zoo $big tz)" '"2024-02-29T18:29:59.000Z"'
ok "infinity" eq "$(zoo -1 d) $(zoo -1 ts) $(zoo -1 tz)" '"infinity" "-infinity" "infinity"'
ok "times" eq "$(zoo $big ti)" '"12:34:56.5"'
ok "json with its digits" eq "$(zoo $big j)" '{"a":[1,{"b":null}],"n":1.10}'
ok "jsonb with its digits" eq "$(zoo $big jb)" '{"a":"x","b":12345678901234567890}'
ok "arrays" eq "$(zoo $big ar) $(zoo $big tx) $(zoo 0 ar) $(zoo -1 ar)" '[1,null,3] ["a","b c",""] [[1,2],[3,4]] []'
ok "enums" eq "$(zoo $big e)" '"happy ☺"'
ok "intervals" eq "$(zoo $big iv)" '"P1DT2H"'
ok "addresses" eq "$(zoo $big ip)" '"10.0.0.1/8"'
ok "the same rows in another session's zone have not changed" counts zoo 0 0 0 0

ok "no event came with two bodies" [ "$(kept 'SELECT count(*) FROM conflicts')" = 0 ]
ok "no event was given up on" [ "$(state 'SELECT count(*) FROM dead')" = 0 ]
ok "every run is accounted for" [ "$(state "SELECT count(*) FROM run
	WHERE adds + updates + removes <> acked + dead + superseded + cancelled")" = 0 ]
done_testing
