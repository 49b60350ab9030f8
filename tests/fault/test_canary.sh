#!/bin/bash
# test_canary.sh - personal data and secrets stay where they belong: 100 random tokens as values of tagged
# columns, one in each secret. After runs with every kind of trouble none of them is in a log, in what the
# commands say, in what the system tells of a process, or in a file that was left behind.
# And sources are only read: statements that try to write, as superuser and as the role that
# `doctor --print-grants` makes.
# shellcheck source=tests/lib/cli.sh
. "$(dirname "$0")/../lib/cli.sh"

token() { od -An -tx1 -N16 /dev/urandom | tr -d ' \n'; }

# ---- the world --------------------------------------------------------------------------------------

for _ in 1 2 3 4 5; do
	pg_port=$((20000 + RANDOM % 20000))
	! start_source $pg_port 2>start.log || break
done
start_receiver
for _ in $(seq 100); do token; echo; done >tokens
password=$(token) key=$(token)
printf '%s\n%s\n' "$password" "$key" >secrets
cat tokens secrets >canaries
ok "100 tokens and two secrets" [ "$(sort -u canaries | wc -l)" = 102 ]

psql -Xq -v ON_ERROR_STOP=1 >/dev/null <<END
CREATE ROLE reader LOGIN SUPERUSER PASSWORD '$password';
CREATE TABLE people (id int PRIMARY KEY, email text, ssn text, note jsonb, city text);
END
paste -d' ' - - <tokens | awk '{ printf "INSERT INTO people VALUES (%d, '\''%s'\'', '\''%s'\'', '\''{\"t\": \"%s\"}'\'', '\''Berlin'\'');\n", NR, $1, $2, $1 }' |
	psql -Xq -v ON_ERROR_STOP=1
"$SLUICE" init "$w" -q
(umask 077 && printf %s "$password" >"$w/pw" && printf %s "$key" >"$w/key")
put connections/pg.json <<END
{"type": "postgres", "host": "127.0.0.1", "port": $pg_port, "database": "postgres", "user": "reader", "password": "file:pw"}
END
put connections/rudder.json <<END
{"type": "rudderstack", "url": "$url", "write_key": "file:key", "batch_events": 7}
END
put connections/hook.json <<END
{"type": "webhook", "url": "$url/hook/people", "token": "file:key", "batch_events": 7}
END
put connections/down.json <<END
{"type": "rudderstack", "url": "http://127.0.0.1:9", "write_key": "file:key"}
END
map='"userId": "id", "traits.email": "email", "traits.ssn": "ssn | upper", "traits.note": "note", "traits.city": "city", "traits.both": "'"'{ssn}/{email}'"'"'
pii='"event": "identify", "pii": ["email", "ssn", "note"]'
profile people "$map" "$pii"
profile broken '"userId": "id", "traits.n": "ssn | number"' "$pii"
profile keyed '"userId": "ssn", "traits.city": "city"' "$pii"
profile query '"userId": "id", "traits.n": "email"' "$pii"
# wants NAME PROFILE DEST [MORE]
wants() {
	echo "{\"source\": \"pg\", \"profile\": \"$2\", \"destination\": \"$3\", ${4:-\"table\": \"people\", \"key\": [\"id\"]}}" | put "syncs/$1.json"
}
wants good people rudder
wants refused people rudder
wants hooked people hook
wants unmade broken rudder
wants unreachable people down
wants doubled keyed rudder '"table": "people", "key": ["city"]'
wants bysecret keyed hook '"table": "people", "key": ["ssn"]'
wants twins keyed rudder '"sql": "SELECT ssn, city FROM people UNION ALL SELECT ssn, city FROM people", "key": ["ssn"]'
wants cast query rudder '"sql": "SELECT id, ssn::int AS email FROM people", "key": ["id"]'
wants parse query rudder '"sql": "SELECT id, (ssn || chr(123))::jsonb::text AS email FROM people", "key": ["id"]'

# ---- runs with every kind of trouble ---------------------------------------------------------------------

: >said
# act WORD...: sluice, and what it says is kept
act() {
	sl "$@"
	{ echo "--- $*"; cat out err; } >>said
	cat out err >last
}
# spied WORD...: the same while somebody looks what the system tells of the process
: >system
spied() {
	"$SLUICE" -w "$w" "$@" >out 2>err </dev/null &
	local pid=$!
	while kill -0 $pid 2>/dev/null; do
		cat /proc/$pid/cmdline /proc/$pid/environ >>system 2>/dev/null || true
		sleep 0.02
	done
	wait $pid || true
	cat out err >>said
}
# A process that may not be traced tells nobody but root of itself.
dumpable() {
	"$SLUICE" receive --port 0 -q >/dev/null 2>&1 &
	local pid=$! owner
	started+=($pid)
	sleep 0.3
	owner=$(stat -c %U /proc/$pid/fd 2>/dev/null)
	grep -q '^Max core file size *0 *0' /proc/$pid/limits && [ "$owner" = root ]
}

faults '{"refuse": ["3", "17", "40"], "echo": 1}'
act run refused
ok "refused rows are given up on" eq "$(state "SELECT count(*) FROM dead WHERE sync = 'refused'")" 3
ok "what the destination said of them was kept" eval 'state "SELECT detail FROM dead" >letters && grep -q "may not send.*•••" letters'
act run hooked
faults '{"slow_ms": 60}'
spied run good
faults '{"fail_every": 2, "drop_every": 3, "stop_after": 6}'
act run good --all
faults '{"garbage_every": 2, "too_large_every": 3, "stop_after": 12}'
act run good --all
faults '{}'
act run unmade
ok "rows that no event can be made of" eq "$(state "SELECT count(*) FROM dead WHERE sync = 'unmade'")" 50
for s in unreachable doubled bysecret twins cast parse; do
	timeout 5 "$SLUICE" -w "$w" run $s >out 2>err </dev/null || true
	cat out err >>said
done
ok "keys that are no keys are refused, unnamed" grep -q "tagged as personal data" said
ok "a value that is no number is refused, unnamed" grep -q "invalid input syntax" said
act retry refused
act discard hooked 4 --note "seen"
echo wrong >"$w/key"
act run good --all
printf %s "$key" >"$w/key"
echo wrong >"$w/pw"
act run good
printf %s "$password" >"$w/pw"
for c in "check" "check --online" "doctor" "doctor --print-grants" "status" "status refused" "log" "failed" "failed --all" \
	"audit" "tables pg" "tables pg people" "rows pg people --limit 60" "preview good --limit 50" "preview keyed" \
	"preview bysecret --limit 50" "plan good --all --limit 60" "plan bysecret --all --limit 60" "drivers"; do
	# shellcheck disable=SC2086
	act $c
	# shellcheck disable=SC2086
	act $c --json
done
act rows pg --sql "SELECT * FROM people"
act rows pg --sql "SELECT ssn::int FROM people"

# ---- where a canary would sing ----------------------------------------------------------------------------

violations=0
# clean FILE...: no token in any spelling
clean() {
	! grep -aiFf canaries -l -- "$@" >found 2>/dev/null && return
	echo "# in: $(tr '\n' ' ' <found)"
	violations=$((violations + 1))
	return 1
}
encoded() { printf %s "$key:" | base64 -w0; }
ok "nothing in what the commands said" clean said
ok "nothing encoded either" eval '! grep -qF "$(encoded)" said'
ok "it said a lot" [ "$(wc -l <said)" -gt 500 ]
ok "masked values are in it" grep -q '•••[SML]·[0-9a-f]' said
ok "nothing in log.db" clean "$w"/state/log.db*
ok "nothing in words and reasons of dead letters" eval 'state "SELECT reason, detail, resolution FROM dead" >letters && clean letters'
ok "nothing in what runs said" eval 'state "SELECT error, details, by FROM run" >runs && clean runs'
ok "nothing in the audit" eval 'state "SELECT * FROM audit" >lines && clean lines'
ok "no secret in the state at all" eval '! grep -aqFf secrets "$w"/state/*'
ok "nothing in the settings" clean "$w"/connections/* "$w"/profiles/* "$w"/syncs/*
ok "nothing in arguments and environment" eval '[ -s system ] && clean system'
ok "nothing in temporary files" eval '! grep -raqlFf canaries /tmp --include="sluice*" --exclude-dir="sluice-it-*" 2>/dev/null'
ok "no core dumps, no tracing" dumpable
ok "the tokens did arrive" [ "$(kept "SELECT count(DISTINCT traits ->> 'email') FROM users")" = 50 ]

# ---- unmasking ------------------------------------------------------------------------------------------------

first=$(head -n 1 tokens)
ok "--unmask shows values" has 0 "$first" preview good --limit 50 --unmask
ok "of rows too" has 0 "$first" rows pg people --limit 60 --unmask
ok "and is in the audit" has 0 "sluice preview good" audit
ok "the chain is whole" has 0 "the chain is whole" audit --verify
state "UPDATE audit SET detail = 'nothing' WHERE action = 'discard'"
ok "a changed line is found" has 6 "was changed" audit --verify

# ---- erased when settled --------------------------------------------------------------------------------------

wants brief people rudder '"table": "people", "key": ["id"], "keep_events": "0"'
rm -f "$w"/state/*
act run brief
ok "with keep_events 0 nothing is left of the rows" clean "$w"/state/*

# ---- only reading -----------------------------------------------------------------------------------------------

# Each tries to write, as the text of a model; none may get through, whoever we are.
sql "CREATE SEQUENCE counter; CREATE TABLE target (n int);
	CREATE FUNCTION writes() RETURNS int LANGUAGE sql VOLATILE AS 'INSERT INTO target VALUES (1) RETURNING n'"
cat >attacks <<'END'
SELECT 1 AS id; DELETE FROM people
SELECT 1 AS id; COMMIT; DELETE FROM people; COMMIT
WITH x AS (DELETE FROM people RETURNING id) SELECT id FROM x
WITH x AS (INSERT INTO target VALUES (1) RETURNING n) SELECT n AS id FROM x
WITH x AS (UPDATE people SET city = 'x' RETURNING id) SELECT id FROM x
SELECT id INTO stolen FROM people
DELETE FROM people
INSERT INTO target VALUES (1)
UPDATE people SET city = 'x'
TRUNCATE people
DROP TABLE people
CREATE TABLE mine (id int)
COPY people TO PROGRAM 'cat >/tmp/sluice-attack'
COPY target FROM '/etc/passwd'
DO 'BEGIN DELETE FROM people; END'
CALL nothing()
SET TRANSACTION READ WRITE
SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE
SELECT set_config('transaction_read_only', 'off', true) AS id
SELECT set_config('transaction_read_only', 'off', false) AS id, writes()
SELECT nextval('counter') AS id
SELECT setval('counter', 99) AS id
SELECT writes() AS id
SELECT lo_create(0) AS id
SELECT lo_from_bytea(0, 'x') AS id
SELECT lo_export(lo_creat(-1), '/tmp/sluice-attack') AS id
SELECT pg_create_restore_point('x') AS id
SELECT 1 AS id) AS q; DELETE FROM people; SELECT * FROM (SELECT 1 AS id
SELECT 1 AS id) q; COMMIT; DROP TABLE people; --
SELECT 1 AS id /* */; /* */ DELETE FROM people
SELECT id FROM people FOR UPDATE
LOCK TABLE people
PREPARE p AS DELETE FROM people
EXECUTE p
EXPLAIN ANALYZE DELETE FROM people
VACUUM people
REINDEX TABLE people
ANALYZE people
NOTIFY x
SET ROLE postgres
RESET ALL
GRANT ALL ON people TO public
ALTER TABLE people DROP COLUMN city
END
# Everything that somebody could have changed.
world_of() {
	psql -XqAt -c "SELECT md5(string_agg(p::text, ',' ORDER BY id)) FROM people p" -c "SELECT count(*) FROM target" \
		-c "SELECT last_value, is_called FROM counter" -c "SELECT count(*) FROM pg_class" \
		-c "SELECT count(*) FROM pg_largeobject_metadata" -c "SELECT relacl FROM pg_class WHERE relname = 'people'"
	ls /tmp/sluice-attack 2>/dev/null || true
}
# attack: how many statements changed something
attack() {
	local line n=0 was
	was=$(world_of)
	while read -r line; do
		timeout 20 "$SLUICE" -w "$w" rows pg --sql "$line" >out 2>err </dev/null || true
		if [ "$(world_of)" != "$was" ]; then
			echo "# it wrote: $line"
			n=$((n + 1)) violations=$((violations + 1))
			was=$(world_of)
		fi
	done <attacks
	[ $n = 0 ]
}
rm -f /tmp/sluice-attack
cases=$(wc -l <attacks)
ok "$cases statements write nothing as superuser" attack

wants growing people rudder '"table": "people", "key": ["id"], "detect": "cursor", "cursor": "id"'
wants all people rudder '"table": "people", "key": ["id"], "mode": "upsert"'
rm -f "$w"/syncs/{twins,cast,parse,brief}.json
sl doctor --print-grants
cp out grants.sql
ok "the SQL of the role runs" psql -Xq -v ON_ERROR_STOP=1 -f grants.sql -o /dev/null
sql "ALTER ROLE sluice_read PASSWORD '$password'"
put connections/pg.json <<END
{"type": "postgres", "host": "127.0.0.1", "port": $pg_port, "database": "postgres", "user": "sluice_read", "password": "file:pw"}
END
ok "a run works with it" has 0 "acknowledged 50" run all
ok "one with a cursor too, and its fence" has 0 "fenced" run growing
ok "doctor finds nothing to say about it" eval 'sl doctor --json; ! grep "\"sources\"" out | grep -v "\"ok\""'
ok "$cases statements write nothing as that role" attack
# Around sluice: what the server itself lets this role do, with the session's own brakes taken off.
as_reader() { PGUSER=sluice_read PGHOST=127.0.0.1 PGPASSWORD=$password psql -Xq -v ON_ERROR_STOP=1 -d postgres -c "SET default_transaction_read_only = off" -c "$1" >/dev/null 2>&1; }
denied() {
	local q
	for q in "DELETE FROM public.people" "INSERT INTO public.target VALUES (1)" "UPDATE public.people SET city = ''" "TRUNCATE public.people" \
		"CREATE TABLE public.x (i int)" "CREATE SCHEMA x" "SELECT pg_catalog.pg_read_file('/etc/passwd')" "COPY public.people (id) TO PROGRAM 'true'" \
		"COPY public.people (id) TO '/tmp/sluice-attack'" "SELECT * FROM public.target" "CREATE ROLE x" "SELECT pg_catalog.setval('public.counter', 9)"; do
		if as_reader "$q"; then
			echo "# it may: $q"
			return 1
		fi
	done
	as_reader "SELECT id, email, ssn, note, city FROM public.people"
}
ok "the role itself may read what is synced, and nothing else" denied
echo "# $((102 + 2 * cases)) cases, $violations violations, 95 % bound 3/$((102 + 2 * cases))"
done_testing
