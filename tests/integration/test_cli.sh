#!/bin/bash
# test_cli.sh - the commands as a person types them and as cron runs them: the README's tour word by word,
# help, JSON, exit codes, progress, the receiver in all its forms.
# shellcheck source=tests/lib/cli.sh
. "$(dirname "$0")/../lib/cli.sh"

# The tour says localhost: a server that listens there. A port may be taken, another is tried then.
for _ in 1 2 3 4 5; do
	pg_port=$((20000 + RANDOM % 20000))
	! start_source $pg_port 2>start.log || break
done
start_receiver
# The program under its own name, wherever a sanitizer's build keeps it.
mkdir bin
ln -s "$SLUICE" bin/sluice
PATH=$dir/bin:$PATH

# ---- the README's tour ------------------------------------------------------------------------------

sql "CREATE ROLE me LOGIN PASSWORD 'a secret'"
sql "CREATE DATABASE shop OWNER me"
psql -Xq -v ON_ERROR_STOP=1 -d shop <<'END'
CREATE TABLE users (id int PRIMARY KEY, first_name text, last_name text, email text);
INSERT INTO users VALUES (1, 'Ada', 'Lovelace', ' Ada@Example.com '), (2, 'Alan', 'Turing', 'alan@example.com'), (3, 'Zoë', 'K', NULL);
GRANT SELECT ON users TO me;
END
sed -n '/^## Ten minutes/,/^## Mappings/p' "$top/README.md" >tour.txt
w=$dir/sync # ~/sync: $HOME is $dir
ok "sluice init ~/sync" eval 'sluice init ~/sync >out 2>err'
# Files stand below the line that names them, indented; only the ports are ours.
awk -v w="$w" '
	/`[a-z]+\/[a-z]+\.json`/ { match($0, /[a-z]+\/[a-z]+\.json/); file = substr($0, RSTART, RLENGTH) }
	/^       +[{"]/ && file { print > (w "/" file); files[file] = 1; next }
	/^$/ { next }
	{ if (!/\.json/) file = "" }
	END { for (f in files) n++; print n + 0 }' tour.txt >files.txt
ok "the tour shows four files" [ "$(cat files.txt)" = 4 ]
sed -i "s/\"host\": \"localhost\"/&, \"port\": $pg_port/" "$w/connections/warehouse.json"
sed -i "s/http:\/\/localhost:8080/http:\/\/localhost:$port/" "$w/connections/rudder.json"
export PGPASSWORD="a secret" WRITE_KEY=anything
grep -o '^       sluice -w [^#]*' tour.txt >steps.txt
ok "and five steps" [ "$(wc -l <steps.txt)" = 5 ]
n=0
while read -r step; do
	n=$((n + 1))
	rc=0
	eval "$step" >out 2>err </dev/null || rc=$?
	ok "$step" [ "$rc" = 0 ]
	case $n in
	1) ok "no mistakes" said "no mistakes" ;;
	2) ok "the events as the tour maps them" said '"traits":{"email":"ada@example.com","name":"Ada Lovelace"}' ;;
	3) ok "three adds" said "3 rows read: 3 adds" ;;
	4) ok "three acknowledged" said "acknowledged 3" ;;
	5) ok "nothing changed, so nothing is sent" said "acknowledged 0" ;;
	esac
done <steps.txt
ok "the tour's other command" eval 'sluice -w ~/sync tables warehouse >out 2>err && said public.users'
ok "the receiver has the people" eq "$(kept "SELECT group_concat(traits ->> 'name', ', ') FROM users")" "Ada Lovelace, Alan Turing, Zoë K"
ok "the password is nowhere" eval '! grep -rq "a secret" "$w"'
ok "cron: a quiet run says nothing" eval 'sluice -w ~/sync run users --quiet >out 2>err && [ ! -s out ] && [ ! -s err ]'
ok "without -w the workspace of XDG is taken" eval 'XDG_CONFIG_HOME=$dir/xdg sluice init >out && [ -d xdg/sluice/connections ]'
unset PGPASSWORD

# ---- help and usage -----------------------------------------------------------------------------------

w=$dir/work
export PGPASSWORD=$PG_PASSWORD
make_workspace
unset PGPASSWORD
sql "CREATE TABLE people (id int PRIMARY KEY, name text); INSERT INTO people SELECT i, 'name ' || i FROM generate_series(1, 30) i;
	CREATE TABLE orders (id int PRIMARY KEY, name text); INSERT INTO orders SELECT i, 'order ' || i FROM generate_series(1, 5) i"
for t in people orders; do
	profile $t '"identifiers.id": "id", "fields.name": "name"' '"event": "record"'
	sync_of $t '"mode": "mirror"'
done
sl --help
commands=$(awk '/^commands/ { on = 1; next } /^$/ { on = 0 } on { print $1 }' out)
ok "help lists the commands" [ "$(wc -w <<<"$commands")" -ge 15 ]
for c in $commands; do
	ok "$c --help" has 0 "usage: sluice $c" "$c" --help
	ok "$c --help tells of --json" said "--json"
	ok "$c refuses an option that it does not have" has 2 "there is no option --nope" "$c" --nope
done
ok "-h" has 0 "usage: sluice" -h
ok "--version" has 0 "sluice " --version
ok "no such command" has 2 'there is no command "rum"' rum
ok "no such short option" has 2 "there is no option -x" run -x
ok "a missing word" has 2 "usage: sluice run SYNC..." run
ok "the help is named as one would type it" said "see: sluice run --help"
ok "a word too many" has 2 "too many words" check twice
ok "an option without its value" has 2 "--limit needs a value" rows pg people --limit
ok "a value for a switch" has 2 "--all takes no value" run people --all=yes
ok "a value that is no number" has 2 'from 1 to 5000, not "ten"' rows pg people --limit ten
ok "a number out of range" has 2 'from 1 to 5000, not "0"' rows pg people --limit=0
ok "an operation that is none" has 2 "--op takes add, update or remove" plan people --op delete
ok "neither table nor query" has 2 "give a table, or a query" rows pg
ok "-- ends the options" has 2 'no sync named "--all"' run -- --all
if command -v man >/dev/null && command -v groff >/dev/null; then
	sl --man
	mv out sluice.1
	LC_ALL=C.UTF-8 MANWIDTH=80 man --warnings -l sluice.1 >out 2>err || true
	ok "the manual page is well-formed" [ ! -s err ]
	ok "and names every command" eval 'for c in $commands; do grep -q "^   $c" out || exit 1; done'
else
	skip "the manual page is well-formed" "man and groff are not here"
	skip "and names every command" "man and groff are not here"
fi

# ---- every command, for people and as JSON ---------------------------------------------------------------

ok "init tells the folder" eval 'sl init "$dir/new"; [ $rc = 0 ] && said "$dir/new"'
ok "init --json" has_json 0 init "$dir/new2"
ok "init leaves what is there" eval 'sl init "$w"; [ $rc = 0 ] && [ -f "$w/syncs/people.json" ]'
ok "check" has 0 "no mistakes" check
ok "check --json" has_json 0 check --online
ok "no mistakes: an empty list" eq "$(cat out)" "[]"
ok "drivers" has 0 postgres drivers
ok "drivers --json" has_json 0 drivers rudderstack
ok "tables" has 0 public.people tables pg
ok "tables --json" has_json 0 tables pg
ok "of a schema" has 0 "table" tables pg --schema nothing
ok "columns" has 0 integer tables pg people
ok "columns --json" has_json 0 tables pg public.people
ok "rows" has 0 "name 1" rows pg people --limit 1
ok "rows --json" has_json 0 rows pg people
ok "rows of a query" has 0 42 rows pg --sql "SELECT 6 * 7 AS answer"
ok "preview" has 0 "nothing was sent" preview people
ok "preview --json" has_json 0 preview people --limit 3
ok "which has the events" [ "$(field '$[2].body.identifiers.id')" = 3 ]
ok "plan" has 0 "30 adds" plan people
ok "plan --json" has_json 0 plan people --op add --limit 2
ok "which counts" eq "$(field '$.adds') $(field '$.changes[1].op')" "30 add"
ok "a plan stores nothing" eq "$(state "SELECT count(*) FROM run")" 0
ok "nothing was sent" [ "$(kept "SELECT count(*) FROM events WHERE type = 'record'")" = 0 ]
ok "run, several syncs" has 0 "orders run 2: settled" run people orders
ok "the first, too" said "people run 1: settled"
ok "run --json" has_json 0 run people
ok "status" has 0 settled status
ok "status --json" has_json 0 status
ok "status of one" has_json 0 status people
ok "log" has 0 "30 rows read: 30 adds" log people --run 1
ok "log --json" has_json 0 log --level info --limit 5 --text settled
ok "log by status" has_json 0 log --status 200
ok "which finds the requests" [ "$(field '$[0].status')" = 200 ]
ok "failed" ends 0 failed
ok "failed --json" has_json 0 failed people --all

# ---- exit codes -------------------------------------------------------------------------------------------

faults '{"refuse": ["7"]}'
sql "UPDATE people SET name = upper(name)"
ok "1: some events failed" ends 1 run people
ok "and where to look" said "sluice failed people"
ok "a quiet run says so, too" eval 'sql "UPDATE people SET name = name || 1"; sl run people -q; [ $rc = 1 ] && [ ! -s out ] && [ -s err ]'
ok "failed by what it says" has 0 "refused" failed people --reason REFUSED --status 400 --since 1h
ok "and not by what it does not say" eval '[ -z "$(sl failed people --status 404; tail -n +2 out)" ]'
ok "--since takes a span" has 2 "not \"yesterday\"" failed people --since yesterday
ok "retry of none" has 0 "nothing to send again" retry people --reason "no such words"
ok "discard needs to know which" has 2 "say which" discard people --note test
ok "and why" has 2 "say why" discard people --status 400
ok "discard some" ends 0 discard people --status 400 --note "test accounts"
ok "they are not open any more" has 0 "nothing to send again" retry people
ok "the discard is taken back" ends 0 discard people --undo
ok "ids or options, not both" has 2 "not both" retry people 1 --status 400
ok "retry --json" has_json 1 retry people
faults '{}'
ok "retry" ends 0 retry people
ok "2: no such sync; the others run" has 2 "orders run" run nope orders
put connections/away.json <<<'{"type": "rudderstack", "url": "http://127.0.0.1:1", "write_key": "env:CLI_KEY"}'
put connections/down.json <<<'{"type": "postgres", "host": "127.0.0.1", "port": 1, "database": "x", "user": "x"}'
ok "3: check --online finds both down" has 3 "2 connections down" check --online
sed 's/"pg"/"down"/' "$w/syncs/people.json" | put syncs/down.json
ok "3: the source is down" ends 3 run down
ok "as JSON, too" has_json 3 run down
ok "and an error as JSON" has_json 3 tables down
ok "which names its kind" eq "$(field '$.kind')" net
rm "$w/connections/away.json"
sql "UPDATE people SET name = name || 2"
faults '{"slow_ms": 3000, "refuse": ["9"]}'
"$SLUICE" -w "$w" run people -q &
slow=$!
for ((i = 0; i < 200; i++)); do
	[ "$(state "SELECT state FROM run ORDER BY id DESC LIMIT 1")" != 3 ] || break
	sleep 0.05
done
kill -9 $slow
wait $slow 2>/dev/null || true
faults '{"refuse": ["9"]}'
ok "what a killed run left goes first, and is told of" has 1 "was interrupted before" run people
ok "with what failed of it" said "failed 1 (see"
faults '{}'
ok "and mended" ends 0 retry people
sql "DELETE FROM people WHERE id > 5"
ok "4: removes wait" ends 4 run people
ok "4 as JSON: the record of the run" eval 'sl stop "$(state "SELECT max(id) FROM run")" && has_json 4 run people'
ok "stop --json" has_json 0 stop "$(state "SELECT max(id) FROM run")"
sl run people
plan=$(state "SELECT plan FROM run WHERE id = (SELECT max(id) FROM run)")
ok "more than half of the rows: with the name, too" has 2 "more than half" release "$(state "SELECT max(id) FROM run")" \
	--confirm-removes 25 --plan "$plan"
ok "release --json" has_json 0 release "$(state "SELECT max(id) FROM run")" --confirm-removes 25 --plan "$plan" --sync people
ok "no such run to release" has 2 "no run 999" release 999
ok "no such run to stop" has 2 "no run 999" stop 999
ok "no run at all" has 2 '"x" is' release x
echo '{"source": "pg", "sql": "SELECT id, name FROM people, pg_sleep(1)", "key": ["id"], "profile": "people", "destination": "rudder"}' |
	put syncs/slow.json
"$SLUICE" -w "$w" run slow -q &
slow=$!
sleep 0.3
ok "5: another sluice is at work" ends 5 run people
ok "as JSON" has_json 5 run people
wait $slow
echo '{"source": "pg", "sql": "SELECT NULL::int AS id, name FROM people", "key": ["id"], "profile": "people", "destination": "rudder"}' |
	put syncs/bad.json
ok "7: keys are NULL" ends 7 run bad
ok "the highest counts" ends 7 run down bad people
rc=0
"$SLUICE" -w "$w" run slow >out 2>err &
slow=$!
sleep 0.4
kill -INT $slow
wait $slow || rc=$?
ok "130: interrupted" [ "$rc" = 130 ]

# ---- progress ---------------------------------------------------------------------------------------------

moves=$'\r\e\\[K' # back to the start of the line, and clear it
tty() { # tty WORD...: in a terminal
	rc=0
	TERM=xterm script -qec "$SLUICE -w $w $*" /dev/null >out 2>err </dev/null || rc=$?
}
sql "INSERT INTO people SELECT i, 'more' FROM generate_series(100, 1599) i"
faults '{"slow_ms": 250}'
tty run people
ok "progress on a terminal" eval '[ $rc = 0 ] && grep -q "$moves.*1,500 acked" out'
sql "UPDATE people SET name = 'x'"
tty run people -q
ok "none when it is told to be quiet" [ ! -s out ]
sql "UPDATE people SET name = 'y'"
sl run people
ok "none in a pipe" eval '! grep -q "$moves" out err'
faults '{}'

# ---- the receiver -----------------------------------------------------------------------------------------

# receive WORD...: a receiver of its own; $its is its address, $its_pid; it ends at the next call
its_pid=
receive() {
	rm -f its_port
	"$SLUICE" receive --port 0 --port-file its_port "$@" >its.out 2>&1 &
	its_pid=$!
	started+=("$its_pid")
	wait_file its_port
	its=http://127.0.0.1:$(cat its_port)
}
over() { # over [SIGNAL]: its exit code is in $rc
	rc=0
	kill "-${1:-INT}" "$its_pid"
	wait "$its_pid" || rc=$?
}
post() { curl -sS -o answer -w '%{http_code}' -u "${2:-key}:" -H 'Content-Type: application/json' -d "${3:-$event}" "$its$1"; }
event='{"userId": "u1", "type": "track", "event": "Tried", "messageId": "m1"}'
other=${event/m1/m2}
receive
ok "it says where it listens" grep -q "listening on $its" its.out
ok "takes a call" [ "$(post /v1/track)" = 200 ]
ok "and a batch, with an event twice" [ "$(post /v1/batch key "{\"batch\": [$other, $other]}")" = 200 ]
over
ok "Ctrl-C ends it well" [ "$rc" = 0 ]
ok "with its counts" grep -q "2 requests, 3 events, 1 repeats, 0 conflicts, 0 refused" its.out
receive --discard --json
post /v1/track >code
over TERM
ok "--discard counts; the counts as JSON" eval 'tail -n 1 its.out >counts.json; is_json counts.json && grep -q "\"events\": 1" counts.json'
receive --write-key env:CLI_KEY -q
ok "a write key: others are refused" [ "$(post /v1/track wrong)" = 401 ]
ok "the right one is not" [ "$(post /v1/track "$CLI_KEY")" = 200 ]
over
ok "-q says nothing" [ ! -s its.out ]
(umask 077 && echo another-key >key.txt)
receive --write-key "file:$dir/key.txt"
ok "a write key from a file" [ "$(post /v1/track another-key)" = 200 ]
over
receive --database its.db
post /hook/things key '{"id": 5, "name": "x"}' >code
over
ok "a hook, kept in a database" [ "$(sqlite3 its.db "SELECT body ->> '$.name' FROM events")" = x ]
receive --database its.db --faults '{"fail_every": 2}'
ok "the database is gone on with" [ "$(post /v1/track)$(post /v1/track)" = 200500 ]
over
ok "both are there" [ "$(sqlite3 its.db 'SELECT count(*) FROM events')" = 2 ]
ok "--fault-help" has 0 throttle_every receive --fault-help
ok "a fault that is none" has 2 "there is no such fault" receive --faults '{"nope": 1}'
ok "faults that are no JSON" has 2 "not a JSON object" receive --faults '{'
ok "a port that is taken" eval 'sl receive --port "$port"; [ $rc -gt 0 ] && said "$port"'
ok "all addresses need a write key" eval 'sl receive --port 0 --bind 0.0.0.0; [ $rc = 2 ] && said "write"'
ok "a port out of range" has 2 "from 0 to 65535" receive --port 70000
ok "a database that cannot be made" eval 'sl receive --port 0 --database /nowhere/x.db; [ $rc -gt 0 ] && said /nowhere'
ok "TLS takes two files" has 2 "go together" receive --port 0 --tls-cert key.txt
ok "that are PEM" has 2 "no PEM file" receive --port 0 --tls-cert key.txt --tls-key key.txt
ok "a port file that cannot be written" eval 'sl receive --port 0 --port-file /nowhere/port; [ $rc = 6 ] && said /nowhere'
done_testing
