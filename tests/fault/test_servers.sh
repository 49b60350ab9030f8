#!/bin/bash
# test_servers.sh - the warehouse fails or changes under a mirror: backends are ended, the server dies, is
# full or too slow, columns and tables change between two runs and during one, rows go. Each time there is
# an error that names the cause, no remove that is not real is sent, and the next run after the mend brings
# everything to where it should be. And two processes on one state. TIMES repeats (1; with FAULT=long 10).
# shellcheck source=tests/lib/cli.sh
. "$(dirname "$0")/../lib/cli.sh"
# shellcheck source=tests/fault/lib/world.sh
. "$top/tests/fault/lib/world.sh"
TIMES=${TIMES:-$([ "${FAULT:-}" = long ] && echo 10 || echo 1)}
RANDOM=${SEED:-1}
cases=0

# fails CODES TEXT: the last call of sluice ended with one of the codes, and says TEXT (a pattern)
fails() {
	[[ " $1 " == *" $rc "* ]] || { echo "# it ended with $rc"; return 1; }
	grep -qE -- "$2" out err || { echo "# it does not say $2"; return 1; }
}
removes() { kept "SELECT count(*) FROM events WHERE action = 'delete'"; }
# The way out: once more, and all is well.
mended() {
	cases=$((cases + 1))
	settle && check
}
# disturb MS COMMAND...: a run, and the command after so many milliseconds of it
disturb() {
	local pid
	rc=0
	"$SLUICE" -w "$w" run s >out 2>err </dev/null &
	pid=$!
	naps "$1"
	shift
	"$@" >disturb.log 2>&1 || true
	wait "$pid" || rc=$?
}
table() { point_at "\"table\": \"$name.t\""; }
# A read that takes most of a second.
slowly() {
	point_at "\"sql\": \"SELECT id, plan, $name.nap(rev) AS rev FROM $name.t\""
}
end_backends() {
	sql "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND query LIKE '%nap%'"
}
pg_now() { pg_as "$(pg_bindir)/pg_ctl" -D "$PG_DIR/data" -w -t 30 "$@" >>"$dir/pg_ctl.log" 2>&1; }

start_source
world src mirror 600
sql "CREATE FUNCTION nap(bigint) RETURNS bigint LANGUAGE plpgsql STABLE AS
	'BEGIN IF \$1 % 40 = 0 THEN PERFORM pg_sleep(0.04); END IF; RETURN \$1; END'"
act run s -q
ok "a mirror of 600 rows" check

# ---- the server -----------------------------------------------------------------------------------
for ((i = 0; i < TIMES; i++)); do
	change
	before=$(removes)
	slowly
	disturb $((250 + RANDOM % 200)) end_backends
	ok "the backend is ended while it reads: exit code 3" fails 3 'administrator|closed|lost|terminat'
	ok "no remove was sent" eq "$(removes)" "$before"
	ok "the next run gets everything" mended

	change
	before=$(removes)
	disturb $((250 + RANDOM % 200)) pg_now -m immediate stop
	ok "the server dies while it reads: exit code 3" fails 3 'closed|lost|terminat|shut|crash|server'
	sl run s
	ok "it is down at the start: exit code 3, and the place is named" fails 3 'pg.*connect|connect.*pg|No such file|refused'
	ok "no remove was sent" eq "$(removes)" "$before"
	pg_start "$PG_DIR"
	ok "it is back: everything is got" mended

	change
	before=$(removes)
	sql "ALTER ROLE postgres SET statement_timeout = '300ms'"
	sl run s
	sql "ALTER ROLE postgres RESET statement_timeout"
	ok "a statement takes too long: a clear error" fails "3 7" 'timeout|too long'
	ok "no remove was sent" eq "$(removes)" "$before"
	ok "without the limit everything is got" mended
	table
done

sql "CREATE ROLE few LOGIN CONNECTION LIMIT 0; GRANT pg_read_all_data TO few"
sed -i 's/"postgres"}/"few"}/' "$w/connections/pg.json"
change
sl run s
ok "no connection is left: exit code 3" fails 3 'too many connections'
sql "ALTER ROLE few CONNECTION LIMIT 4"
ok "when there is one again everything is got" mended
sql "ALTER ROLE few NOLOGIN"
sl run s
ok "the role may not log in any more" fails 3 'not permitted|log in'
sed -i 's/"few"}/"postgres"}/' "$w/connections/pg.json"
ok "another one may" mended

# ---- the table changes between two runs -----------------------------------------------------------
# broken TEXT CODES PATTERN BREAK MEND
broken() {
	local before
	change
	sql "$4"
	before=$(kept "SELECT count(*) FROM events")
	sl run s
	ok "$1: an error that names it" fails "$2" "$3"
	ok "$1: nothing was sent" eq "$(kept "SELECT count(*) FROM events")" "$before"
	sql "$5"
	ok "$1: mended, everything is got" mended
}
broken "a mapped column is renamed" "2 7" 'plan' "ALTER TABLE t RENAME plan TO tier" "ALTER TABLE t RENAME tier TO plan"
broken "a mapped column goes" "2 7" 'plan' "ALTER TABLE t DROP plan" \
	"ALTER TABLE t ADD plan text; UPDATE t SET plan = 'new', rev = nextval('revs')"
broken "the key is renamed" "2 7" 'id' "ALTER TABLE t RENAME id TO pk" "ALTER TABLE t RENAME pk TO id"
broken "the table is renamed" "2 3 7" "$name" "ALTER TABLE t RENAME TO u" "ALTER TABLE u RENAME TO t"
broken "the schema is renamed" "2 3 7" 'no table' "ALTER SCHEMA $name RENAME TO hidden" \
	"ALTER SCHEMA hidden RENAME TO $name"
broken "keys twice" 7 'k[12] ' "ALTER TABLE t DROP CONSTRAINT t_pkey; INSERT INTO t (id, plan) SELECT id, 'twin' FROM t WHERE id IN ('k1', 'k2')" \
	"ALTER TABLE t DISABLE TRIGGER d; DELETE FROM t WHERE plan = 'twin'; ALTER TABLE t ENABLE TRIGGER d"
broken "a key without a value" 7 'NULL|null|empty' "ALTER TABLE t ALTER id DROP NOT NULL; INSERT INTO t (plan) VALUES ('nobody')" \
	"DELETE FROM t WHERE id IS NULL; DELETE FROM journal WHERE id IS NULL"
sql "ALTER TABLE t ADD PRIMARY KEY (id)"
sql "ALTER TABLE t ADD more int DEFAULT 7"
ok "a new column changes nothing" counts s 0 0 0 0
sql "ALTER TABLE t ALTER rev TYPE numeric; UPDATE t SET rev = nextval('revs')"
sl run s
ok "another type of a number is read" [ "$rc" = 0 ]
sql "ALTER TABLE t ALTER rev TYPE bigint; UPDATE t SET rev = nextval('revs')"
ok "and the first one again" mended
ok "nothing of this was a remove of a row that stayed" check

# ---- and during one ---------------------------------------------------------------------------------
swap() { # as dbt does it
	sql "CREATE TABLE fresh (LIKE t INCLUDING ALL); INSERT INTO fresh SELECT * FROM t;
		BEGIN; DROP TABLE t; ALTER TABLE fresh RENAME TO t; COMMIT"
}
swaps() { # for SECONDS
	local end=$((${EPOCHREALTIME/./} + $1 * 1000000))
	while [ "${EPOCHREALTIME/./}" -lt "$end" ]; do swap; done
}
for ((i = 0; i < TIMES; i++)); do
	change
	swaps 3 >swaps.log 2>&1 &
	pid=$! codes=
	for ((j = 0; j < 12; j++)); do
		sl run s -q
		codes="$codes $rc"
	done
	wait "$pid" || true
	journal_on
	ok "the table is swapped all the time: runs end well or say that it is not there ($codes)" \
		[ -z "$(tr -d ' 0237' <<<"$codes")" ]
	ok "everything is got" mended
	for ddl in "ALTER TABLE t RENAME plan TO tier" "ALTER TABLE t RENAME TO gone"; do
		change
		slowly
		disturb 150 sql "$ddl"
		table
		sl run s
		ok "$ddl during a run" fails "2 3 7" 'plan|no table'
		sql "$(sed -E 's/RENAME plan TO tier/RENAME tier TO plan/; s/TABLE t RENAME TO gone/TABLE gone RENAME TO t/' <<<"$ddl")"
		ok "everything is got" mended
	done
done
world_end

# ---- rows go ----------------------------------------------------------------------------------------
world guard held 500
act run s -q
sql "CREATE TABLE all_rows AS SELECT * FROM t; TRUNCATE t"
sl run s
ok "TRUNCATE: the run is held, since the source is empty" fails 4 'empty'
ok "no remove was sent" eq "$(removes)" 0
sl stop "$(held_run)"
sql "INSERT INTO t SELECT * FROM all_rows"
ok "the rows are back: nothing is to be done" counts s 0 0 0 0
sql "DELETE FROM t WHERE rev % 5 < 3"
sl run s
ok "60 % of the rows go: the run is held" fails 4 'removes'
ok "no remove was sent" eq "$(removes)" 0
sl run s
ok "and the next run does not do it either" [ "$rc $(removes)" = "4 0" ]
sl stop "$(held_run)"
sql "INSERT INTO t SELECT * FROM all_rows ON CONFLICT DO NOTHING"
ok "they are back, too" counts s 0 0 0 0
sql "DELETE FROM t WHERE id = 'k5'"
ok "one that really went is removed" counts s 0 0 1 1
ok "and no other" mended
world_end

# ---- two processes ----------------------------------------------------------------------------------
world two upsert 400
act run s -q
change
faults '{"slow_ms": 700}'
"$SLUICE" -w "$w" run s >first.out 2>&1 </dev/null &
first=$!
naps 150
sl run s
ok "a second run meanwhile is refused" fails 5 "$first"
sl retry s
ok "and so is sending again" fails 5 "$first"
ok "status can be read" has 0 s status
ok "the log can be read" ends 0 log s
ok "a preview can be made" ends 0 preview s
ok "a plan can be made" ends 0 plan s
kill -STOP "$first"
naps 300
sl run s
ok "while the first one is stopped by a signal, it still owns the state" fails 5 "$first"
kill -CONT "$first"
wait "$first" || true
faults '{}'
ok "afterwards the second one may" mended
world_end
echo "# $cases failures of the source, 95 % bound of the failure rate 3/$cases = $(awk -v n="$cases" 'BEGIN { printf "%.2g", 3 / n }')"
done_testing
