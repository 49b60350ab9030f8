#!/bin/bash
# test_bad_input.sh - what goes wrong around the program: names, keys, values, files, servers, disks and
# terminals. Each is told with its place and its mend, has its exit code, and loses nothing.
# shellcheck source=tests/lib/cli.sh
. "$(dirname "$0")/../lib/cli.sh"

start_source
start_receiver
make_workspace
sql "CREATE TABLE people (id int PRIMARY KEY, name text, plan text);
	INSERT INTO people SELECT i, 'name ' || i, 'free' FROM generate_series(1, 50) i"
profile people '"userId": "id", "traits.name": "name", "traits.plan": "plan"'
sync_of people
ok "before all that, a run is fine" ends 0 run people

# sync_with NAME MODEL KEY [SOURCE]
sync_with() {
	echo "{\"source\": \"${4:-pg}\", $2, \"key\": [\"$3\"], \"profile\": \"people\", \"destination\": \"rudder\"}" |
		put "syncs/$1.json"
}
# Nothing was lost: what is in the table arrives.
arrives() {
	ends 0 run people && [ "$(kept "SELECT count(*) FROM users WHERE user_id IN
		($(sql "SELECT string_agg(quote_literal(id), ',') FROM people"))")" = "$(sql 'SELECT count(*) FROM people')" ]
}
# No escape, no bell, no other control byte but line ends and tabs, and only UTF-8.
harmless() { ! LC_ALL=C grep -q "[$(printf '\001')-$(printf '\010')$(printf '\013')-$(printf '\037')$(printf '\177')]" out err &&
	iconv -f UTF-8 -t UTF-8 out >/dev/null; }

# A destination that is down is waited for; meanwhile the rest is tested.
put connections/gone.json <<<'{"type": "rudderstack", "url": "http://127.0.0.1:1", "write_key": "env:CLI_KEY"}'
sed 's/"rudder"/"gone"/' "$w/syncs/people.json" | put syncs/waits.json
(rc=0; "$SLUICE" -w "$w" --state "$dir/state2" run waits >waits.log 2>&1 || rc=$?; echo $rc >waits.rc) &
waiting=$!
started+=("$waiting")

# ---- names ------------------------------------------------------------------------------------------

ok "no such sync: the others are named" has 2 "the workspace has: people" run nope
ok "no such sync to look at" has 2 "no sync named" status nope
ok "nor its log" has 2 "no sync named" log nope
ok "nor its failed events" has 2 "no sync named" failed nope
ok "no such connection" has 2 "the workspace has: gone, pg, rudder" tables nope
ok "a destination is no source" has 2 "this connection is a destination" tables rudder
ok "no such table: a near one is named" has 2 "did you mean public.people?" rows pg public.peple
sync_with t '"table": "public.nope"' id
ok "a sync of no such table" has 2 "there is no table or view public.nope" run t
ok "which check finds online" has 2 "syncs/t.json: there is no table" check --online
ok "and a run that fails so leaves the others alone" ends 0 run people
sync_with t '"table": "people"' idd
ok "a key that is no column" has 2 'no column "idd"' run t
sync_with t '"sql": "SELECT id, name FROM people"' id
ok "a mapping to a column that is gone: file, line, field, columns" \
	has 2 'profiles/people.json:1: map.traits.plan: at character 1: there is no column "plan" (the columns are id, name' run t
ok "check finds it online, and in which sync" has 2 "in the sync t" check --online
sql "ALTER TABLE people RENAME COLUMN plan TO tier"
ok "a column renamed under a sync that ran" has 2 'there is no column "plan"' run people
sql "ALTER TABLE people RENAME COLUMN tier TO plan; ALTER TABLE people ALTER plan TYPE jsonb USING to_jsonb(plan)"
ok "a column that changed its type is sent anew" counts people 0 50 0 50
sql "ALTER TABLE people ALTER plan TYPE text USING plan #>> '{}'"
ok "nothing was lost by that" arrives

# ---- keys and SQL -----------------------------------------------------------------------------------

put syncs/t.json <<<'{"source": "pg", "table": "people", "profile": "people", "destination": "rudder"}'
ok "no key" has 2 "syncs/t.json: key" run t
sql "CREATE TABLE keys (id int, name text, plan text); INSERT INTO keys VALUES (1, 'a', 'x'), (2, 'b', 'x'), (NULL, 'c', 'x')"
sync_with t '"table": "keys"' id
ok "NULL keys are refused and counted" has 7 "key id is NULL in 1 row" run t
sql "DELETE FROM keys WHERE id IS NULL; INSERT INTO keys VALUES (2, 'twin', 'y')"
ok "duplicate keys are refused by name" has 7 "1 key has several rows: 2 (2 rows)" run t
ok "nothing of them was sent" [ "$(kept "SELECT count(*) FROM events WHERE body LIKE '%/t\"%'")" = 0 ]
sql "DELETE FROM keys WHERE name = 'twin'"
ok "without them the run is fine" counts t 2 0 0 2
sync_with t '"sql": "SELECT 1 AS id; DELETE FROM people"' id
ok "two statements in a model: their place" has 2 "line 1, column 17 of the SQL: a second statement" run t
sync_with t '"sql": "DELETE FROM people RETURNING id, name, plan"' id
ok "a model that is no query" has 2 "this is not a query" run t
sync_with t '"sql": ["WITH gone AS (DELETE FROM people RETURNING *)", "SELECT * FROM gone"]' id
ok "a model that writes" has 2 "data-modifying statement" run t
ok "nothing was deleted" [ "$(sql 'SELECT count(*) FROM people')" = 50 ]
sync_with t '"sql": ["SELECT id, name,", "  plann AS plan FROM people"]' id
ok "a wrong name in SQL: line and column" has 2 'line 2, column 3 of the SQL' run t
sync_with t '"sql": "SELECT id, name, (1 / (id - 30))::text AS plan FROM people"' id
ok "a query that fails in its midst" has 7 "division by zero" run t
ok "is no end of the data: nothing is taken for removed" [ "$(state "SELECT removes FROM run ORDER BY id DESC LIMIT 1")" = 0 ]

# ---- values -------------------------------------------------------------------------------------------

sql "CREATE DATABASE bytes ENCODING 'SQL_ASCII' TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'"
PGCLIENTENCODING=SQL_ASCII psql -Xq -d bytes <<'END'
CREATE TABLE people (id int PRIMARY KEY, name text, plan text);
INSERT INTO people VALUES (1, 'fine', 'x'), (2, E'bad \xff\xfe', 'x'), (3, E'\x1b]0;owned\x07 \x01', E'a\xe2\x80\xaeb'),
	(4, repeat('long', 10000), 'x');
END
sed 's/"database": "postgres"/"database": "bytes"/' "$w/connections/pg.json" | put connections/bytes.json
sync_with bad '"table": "people"' id bytes
ok "rows with hostile bytes are shown" has 0 "bad <xFF><xFE>" rows bytes people
ok "rows: no control byte gets out" harmless
ok "as JSON, too" has_json 0 rows bytes people
ok "JSON: no control byte gets out" harmless
ok "preview names the field" has 0 "traits.name is not valid UTF-8" preview bad
ok "preview: no control byte gets out" harmless
ok "preview names what is too long" has 0 "the destination takes 32,768" preview bad
ok "plan counts them" has 0 "2 that cannot be sent" plan bad
ok "the run sends the others" counts bad 4 0 0 2 1
ok "the bad ones are dead letters by name" has 0 "traits.name is not valid UTF-8" failed bad
ok "the long one, too" said "event has 40"
ok "failed: no control byte gets out" harmless
ok "failed as JSON" has_json 0 failed bad
ok "log: no control byte gets out" eval 'sl log bad; harmless'
ok "control characters arrive as they are" [ "$(kept "SELECT traits ->> 'name' FROM users WHERE user_id = '3'")" = $'\e]0;owned\a \x01' ]
PGCLIENTENCODING=SQL_ASCII psql -Xq -d bytes -c "UPDATE people SET name = 'mended' WHERE id IN (2, 4)"
ok "mended in the source they go by themselves" counts bad 2 0 0 2
ok "and are off the list" [ "$(sl failed bad --json; cat out)" = "[]" ]

# ---- files of the workspace -----------------------------------------------------------------------------

# broken NAME FILE TEXT: stdin in the place of FILE makes check say TEXT and the run fail with 2
broken() {
	cp "$w/$2" keep
	put "$2"
	ok "$1: check tells" has 2 "$3" check
	ok "$1: so does the run" has 2 "$3" run people
	cp keep "$w/$2"
}
broken "cut off" syncs/people.json "syncs/people.json:2: this is not JSON" <<<'{"source": "pg",'
broken "empty" syncs/people.json "the file is empty" </dev/null
broken "not UTF-8" profiles/people.json "profiles/people.json:1: the text is not UTF-8" <<<$'{"event": "\xff"}'
broken "not an object" profiles/people.json "must hold an object" <<<'[]'
broken "a setting twice" profiles/people.json "is there twice, first in line 1" \
	<<<$'{"event": "identify",\n"event": "track", "map": {"userId": "id"}}'
broken "an unknown setting" connections/rudder.json 'did you mean "batch_events"?' \
	<<<'{"type": "rudderstack", "url": "http://x", "write_key": "env:CLI_KEY", "batch_event": 5}'
broken "a secret in a file" connections/rudder.json "a secret may not be written here" \
	<<<'{"type": "rudderstack", "url": "http://x", "write_key": "hunter2hunter2"}'
ok "which is not repeated" eval '! grep -rq hunter2 out err "$w/state"'
broken "a number out of range" connections/rudder.json "connections/rudder.json:2: batch_events" \
	<<<$'{"type": "rudderstack", "url": "http://x", "write_key": "env:CLI_KEY",\n"batch_events": 0}'
broken "a wrong expression" profiles/people.json "profiles/people.json:2: map.userId" \
	<<<$'{"event": "identify", "map": {\n"userId": "id | lowr"}}'
head -c 3000000 /dev/zero | tr '\0' x | broken "huge" syncs/people.json "larger than 1 MiB"
head -c 100000 /dev/zero | tr '\0' '[' | broken "nested without end" syncs/people.json "maximum parsing depth"
mkdir "$w/syncs/folder.json"
ok "a folder in a file's place" has 2 "not a regular file" check
rmdir "$w/syncs/folder.json"
unset CLI_KEY
ok "a variable that is not set" has 2 "the environment variable CLI_KEY is not set" run people
export CLI_KEY=a-write-key
ok "no workspace" has 2 "make one with" -w "$dir/nowhere" status
ok "a file in its place" has 2 "this is a file, not a workspace" -w "$dir/keep" status
mkdir hollow
ok "a folder that is none" has 2 "is not a workspace" -w "$dir/hollow" status
refused_by_check() { # refused_by_check TEXT: what the run would refuse of stdin's connection
	put connections/later.json
	ok "check alone sees it, too: $1" has 2 "$1" check
	rm "$w/connections/later.json"
}
refused_by_check "plain http to example.com" <<<'{"type": "rudderstack", "url": "http://example.com", "write_key": "env:CLI_KEY"}'
refused_by_check "never a destination" <<<'{"type": "webhook", "url": "https://169.254.169.254/hook"}'
refused_by_check "never a destination" <<<'{"type": "webhook", "url": "https://[fe80::1]/hook"}'
refused_by_check "write_key: " <<<'{"type": "rudderstack", "url": "https://example.com", "write_key": "file:no-such-file"}'
ok "after all these nothing was lost" arrives

# ---- servers that go away -------------------------------------------------------------------------------

sql "CREATE ROLE limited LOGIN PASSWORD 'right-one'; CREATE TABLE hidden (id int PRIMARY KEY)"
sed -i '1i local all limited scram-sha-256' "$PG_DIR/data/pg_hba.conf"
sql "SELECT pg_reload_conf()" >reloaded
put connections/limited.json <<END
{"type": "postgres", "host": "$PGHOST", "port": $PGPORT, "database": "postgres", "user": "limited", "password": "env:PG_SECRET"}
END
export PG_SECRET=wrong-one
ok "a wrong password" has 3 "password authentication failed" tables limited
ok "is not repeated" eval '! grep -q wrong-one out err'
export PG_SECRET=right-one
ok "the right one" ends 0 tables limited
ok "a table without permission: the mend" has 3 "grant SELECT on it" rows limited public.hidden
sed 's/"database": "postgres"/"database": "nope"/' "$w/connections/pg.json" | put connections/t.json
ok "no such database" has 2 'database "nope" does not exist' tables t
put connections/t.json <<<'{"type": "postgres", "host": "127.0.0.1", "port": 1, "database": "x", "user": "x"}'
ok "no server" has 3 "Connection refused" tables t
put connections/t.json <<<'{"type": "sqlite", "path": "nowhere.db"}'
ok "no SQLite file" has 2 "nowhere.db" tables t
echo "this is no database, but it is longer than a header of one would be, is it not, by far and wide." >"$w/nowhere.db"
ok "a file that is no SQLite database" has 2 "not an SQLite database" tables t
rm "$w/connections/t.json"

# A read that takes a second, row by row.
sync_with slow '"sql": "SELECT id, name, plan FROM people WHERE id <= 50 AND pg_sleep(0.02) IS NOT NULL"' id
# cut COMMAND...: run slow, meanwhile the command
cut() {
	rc=0
	"$SLUICE" -w "$w" run slow >out 2>err &
	local pid=$!
	sleep 0.4
	"$@" >/dev/null
	wait $pid || rc=$?
}
cut sql "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(0.02)%' AND pid <> pg_backend_pid()"
ok "the server ends our session in the midst of reading" [ "$rc" = 3 ]
ok "its words are told" said "terminating connection"
cut pg_stop
ok "the server stops in the midst of reading" [ "$rc" = 3 ]
ok "a run while it is away" ends 3 run slow
start_source
ok "when it is back the run is whole" counts slow 50 0 0 50

sql "UPDATE people SET plan = 'x'; INSERT INTO people SELECT i, 'more', 'x' FROM generate_series(1000, 3999) i"
put connections/rudder.json <<END
{"type": "rudderstack", "url": "$url", "write_key": "env:CLI_KEY", "batch_events": 50, "inflight": 2}
END
faults '{"slow_ms": 20}'
"$SLUICE" -w "$w" run people >sent.log 2>&1 &
run=$!
sleep 0.4
kill -9 "$receiver"
wait "$receiver" 2>killed.log || true
sleep 0.3
start_receiver '{}' "$port"
rc=0
wait $run || rc=$?
ok "the destination goes away in the midst of sending, and comes back: the run goes on" [ "$rc" = 0 ]
ok "nothing was lost" arrives
ok "nothing came in two forms" [ "$(kept 'SELECT count(*) FROM conflicts')" = 0 ]

# ---- interrupts -----------------------------------------------------------------------------------------

interrupt() { # interrupt SIGNAL WORD...: the signal comes while it works
	local signal=$1
	shift
	rc=0
	"$SLUICE" -w "$w" "$@" >out 2>err </dev/null &
	local pid=$!
	sleep 0.4
	kill -"$signal" $pid
	wait $pid || rc=$?
}
interrupt INT run slow people
ok "Ctrl-C while reading" [ "$rc" = 130 ]
ok "the run is cancelled" said "slow run"
ok "the next is not started" eval '! said "people run"'
interrupt TERM run slow
ok "SIGTERM while reading" [ "$rc" = 130 ]
interrupt INT plan slow
ok "Ctrl-C in a plan" [ "$rc" = 130 ]
interrupt INT rows pg --sql "SELECT pg_sleep(20)"
ok "Ctrl-C in a query" [ "$rc" = 130 ]
sql "UPDATE people SET plan = 'y'"
faults '{"slow_ms": 50}'
interrupt INT run people
ok "Ctrl-C while sending" [ "$rc" = 130 ]
faults '{}'
ok "what was not sent is sent by the next run" arrives

# ---- state ----------------------------------------------------------------------------------------------

"$SLUICE" -w "$w" run slow >first.log 2>&1 &
first=$!
sleep 0.3
ok "a second engine on the same state" has 5 "process $first works on this state" run people
ok "looking is allowed" ends 0 status people
ok "planning, too" ends 0 plan people
wait $first

cp -r "$w/state" state.good
rows=$(sql 'SELECT count(*) FROM people')
damaged() { # damaged NAME: state.db was made so
	rm -f "$w"/state/*-wal "$w"/state/*-shm
	ok "a state that is $1 cannot be looked at" has 6 "the state is damaged" status
	ok "a state that is $1: what becomes of it" said "the next run moves it aside"
	ok "a state that is $1 is begun anew, and every row sent" counts people "$rows" 0 0 "$rows"
	ok "a state that is $1 is moved aside" said "it was moved aside to state.db.damaged-"
	ok "a state that is $1: nothing is removed" said "removes nothing"
	ok "a state that is $1: with -q only the run that began anew tells it" eval 'sl run people -q; [ "$rc" = 0 ] && [ ! -s err ]'
	ok "a state that is $1: status tells it" has 0 "moved aside to state.db.damaged-" status
	ok "a state that is $1: so does the log" has 0 "moved aside to state.db.damaged-" log
	ok "a state that is $1 is whole again" counts people 0 0 0 0
}
head -c 100000 /dev/urandom >"$w/state/state.db"
damaged garbage
ok "its bytes are kept" [ "$(stat -c %s "$w"/state/state.db.damaged-*)" = 100000 ]
rm -rf "$w/state"
cp -r state.good "$w/state"
truncate -s 20000 "$w/state/state.db"
damaged "cut off"
rm -rf "$w/state"
cp -r state.good "$w/state"
head -c 1000 /dev/urandom >"$w/state/log.db"
ok "a damaged activity log stops nothing" ends 0 run people
ok "and can be read again" has 0 settled log people
: >"$w/state/state.db"
rm -f "$w"/state/*-wal "$w"/state/*-shm
ok "an empty state sends all rows again" counts people "$rows" 0 0 "$rows"
ok "and says why" said "The state was missing or empty, though runs were recorded here"
rm -rf "$w/state"
cp -r state.good "$w/state"
ok "a state that cannot be made" has 6 "cannot be made" --state "$dir/keep" run people

# A small disk, then a bigger one; then one that may not be written to.
mkdir small
if mount -t tmpfs -o size=1m tmpfs small 2>/dev/null; then
	sql "CREATE TABLE wide AS SELECT i AS id, (SELECT string_agg(md5((i * 100 + j)::text), '') FROM generate_series(1, 20) j)
		AS name, 'x' AS plan FROM generate_series(1, 4000) i; ALTER TABLE wide ADD PRIMARY KEY (id)"
	sync_with wide '"table": "wide"' id
	ok "a full disk" has 6 "the disk is full" --state "$dir/small/state" run wide
	ok "again" has 6 "the disk is full" --state "$dir/small/state" run wide
	mount -o remount,size=64m small
	ok "with room it goes on" ends 0 --state "$dir/small/state" run wide
	ok "nothing was lost" [ "$(kept "SELECT count(DISTINCT user_id) FROM events WHERE body LIKE '%/wide\"%'")" = 4000 ]
	ok "nothing came in two forms" [ "$(kept 'SELECT count(*) FROM conflicts')" = 0 ]
	ok "the state is sound" [ "$(sqlite3 small/state/state.db 'PRAGMA integrity_check')" = ok ]
	mount -o remount,ro small
	ok "a read-only state" ends 6 --state "$dir/small/state" run wide
	ok "can be looked at" has 0 settled --state "$dir/small/state" status wide
	umount small
else
	skip "a full disk" "mount is refused"
fi

# ---- output and terminals -------------------------------------------------------------------------------

to() { # to FILE WORD...: stdout goes there
	local file=$1
	shift
	rc=0
	"$SLUICE" -w "$w" "$@" >"$file" 2>err </dev/null || rc=$?
}
to /dev/full status
ok "output that cannot be written" [ "$rc" = 6 ]
ok "is told" said "the output could not be written"
to /dev/full --help
ok "help, too" [ "$rc" = 6 ]
rc=0
"$SLUICE" -w "$w" run people >&- 2>err </dev/null || rc=$?
ok "a closed stdout is no other file" [ "$rc" = 6 ]
ok "the state is sound after it" [ "$(state 'PRAGMA integrity_check')" = ok ]
"$SLUICE" -w "$w" rows pg people --limit 3000 2>err | head -n 1 >out || true
ok "a reader that has seen enough is no error" [ ! -s err ]
to out
ok "no terminal: the screens say so" [ "$rc" = 2 ]
ok "and what to do instead" said "commands need none"
tty() { # tty ROWS COLUMNS KEYS WORD...: in a terminal of that size
	local size="stty rows $1 cols $2" keys=$3
	shift 3
	rc=0
	(sleep 0.7; printf '%b' "$keys"; sleep 0.5) |
		TERM=xterm-256color timeout 20 script -qec "$size; exec $SLUICE -w $w $*" /dev/null >out 2>err || rc=$?
}
tty 5 20 Q
ok "a terminal of 20x5 is fine to leave" [ "$rc" = 0 ]
TERM=dumb script -qec "$SLUICE -w $w" /dev/null </dev/null >out 2>err || rc=$?
ok "TERM=dumb is told" said "TERM=dumb"

# ---- the destination that was down all the time -----------------------------------------------------------

wait $waiting
ok "a destination that is down" [ "$(cat waits.rc)" = 3 ]
ok "is told, and that nothing was lost" grep -q "the destination is down.*the events are kept" waits.log
put connections/gone.json <<END
{"type": "rudderstack", "url": "$url", "write_key": "env:CLI_KEY"}
END
ok "when it is back the events go" ends 0 --state "$dir/state2" run waits
ok "every one" [ "$(kept "SELECT count(*) FROM events WHERE body LIKE '%/waits\"%'")" -ge 50 ]
done_testing
