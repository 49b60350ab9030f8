#!/bin/bash
# test_cursor.sh - syncs with a cursor against 16 concurrent writers, whose transactions stay open 0 to 30 ms,
# are rolled back now and then, and often take their number from the sequence long before they write; two
# more are so slow that their transactions outlive several runs.
# The runs poll as a role that may only SELECT, and every fourth is killed. 6 s by default; with FAULT=long
# 40 s, three times. Then the receiver must hold exactly the rows of the table.
# And servers without a fence: a standby, and the same one after it has taken over.
# shellcheck source=tests/lib/cli.sh
. "$(dirname "$0")/../lib/cli.sh"
SECONDS_EACH=6 ROUNDS=1 WRITERS=16
[ -z "${FAULT:-}" ] || SECONDS_EACH=40 ROUNDS=3

start_source
start_receiver
make_workspace
sql "CREATE ROLE reader LOGIN; CREATE SEQUENCE ver;
	CREATE TABLE storm (id bigserial PRIMARY KEY, ver bigint NOT NULL DEFAULT nextval('ver'),
		at timestamptz NOT NULL DEFAULT now(), n int NOT NULL DEFAULT 0);
	CREATE INDEX ON storm (ver); CREATE INDEX ON storm (at); GRANT SELECT ON storm TO reader"
# One writer: adds and changes rows for so many seconds. What it takes first it may write late.
sql "CREATE PROCEDURE writer(secs float, slow float) LANGUAGE plpgsql AS \$\$
	DECLARE till timestamptz := clock_timestamp() + secs * interval '1 s'; v bigint;
	BEGIN
		WHILE clock_timestamp() < till LOOP
			IF random() < 0.3 THEN
				v := nextval('ver');
				PERFORM pg_sleep(random() * slow / 2);
				INSERT INTO storm (ver) VALUES (v);
			ELSIF random() < 0.5 THEN
				INSERT INTO storm DEFAULT VALUES;
			ELSE
				UPDATE storm SET ver = nextval('ver'), at = now(), n = n + 1 WHERE id =
					(SELECT (random() * max(id))::bigint FROM storm);
			END IF;
			PERFORM pg_sleep(random() * slow);
			IF random() < 0.1 THEN ROLLBACK; ELSE COMMIT; END IF;
		END LOOP;
	END\$\$"
put connections/pg.json <<END
{"type": "postgres", "host": "$PGHOST", "port": $PGPORT, "database": "postgres", "user": "reader"}
END
profile numbers '"userId": "id", "traits.n": "n", "traits.ver": "ver"'
profile times '"userId": "id", "traits.n": "n", "traits.ver": "ver"'
echo '{"source": "pg", "table": "public.storm", "key": ["id"], "profile": "numbers", "destination": "rudder",
	"detect": "cursor", "cursor": "ver"}' | put syncs/numbers.json
echo '{"source": "pg", "sql": "SELECT -id AS id, ver, at, n FROM storm", "key": ["id"], "profile": "times",
	"destination": "rudder", "detect": "cursor", "cursor": "at"}' | put syncs/times.json

# The rows of the table that the receiver does not hold as they are; SIGN "" for numbers, "-" for times.
lost() {
	sql "SELECT ($1 id) || '|' || n || '|' || ver FROM storm" | sort >source
	kept "SELECT user_id || '|' || (traits ->> 'n') || '|' || (traits ->> 'ver') FROM users
		WHERE (user_id < '0') = ('$1' = '-')" | sort >arrived
	comm -23 source arrived | wc -l
}
polls=0 failed=0 killed=0 violations=0
poll() {
	polls=$((polls + 1))
	"$SLUICE" -w "$w" run numbers times -q >run.log 2>&1 || { failed=$((failed + 1)); cat run.log >>failed.log; }
}
poll_and_kill() {
	local pid
	polls=$((polls + 1))
	"$SLUICE" -w "$w" run numbers times -q >run.log 2>&1 &
	pid=$!
	sleep "0.$(printf '%03d' $((RANDOM % 250)))"
	if kill -9 "$pid" 2>/dev/null; then killed=$((killed + 1)); fi
	wait "$pid" 2>/dev/null || true
}
for ((round = 1; round <= ROUNDS; round++)); do
	writers=()
	for ((i = 0; i < WRITERS + 2; i++)); do
		psql -Xqc "CALL writer($SECONDS_EACH, $((i < WRITERS ? 30 : 2000)) / 1000.0)" >"writer.$i" 2>&1 &
		writers+=($!)
	done
	while kill -0 "${writers[0]}" 2>/dev/null; do
		if ((polls % 4 == 3)); then poll_and_kill; else poll; fi
	done
	wait "${writers[@]}" || { cat writer.*; exit 1; }
	poll
	by_number=$(lost '') by_time=$(lost -)
	violations=$((violations + by_number + by_time))
	echo "# round $round: $(sql 'SELECT count(*) FROM storm') rows, $(sql "SELECT last_value FROM ver") writes," \
		"$polls polls, $killed killed; lost by number $by_number, by time $by_time"
	ok "round $round, cursor from a sequence: nothing is lost" [ "$by_number" = 0 ]
	ok "round $round, cursor is a time: nothing is lost" [ "$by_time" = 0 ]
done
echo "# $(state 'SELECT sum(rows_read) FROM run') rows were read for" \
	"$(state 'SELECT sum(acked) FROM run') events"
ok "every run ended well" [ "$failed" = 0 ]
ok "every run promised a fence" [ "$(state "SELECT count(*) FROM run WHERE promise NOT IN ('fenced', '')")" = 0 ]
# It must be the fence that finds them, not reading everything every time.
poll
poll
ok "the place has moved: with nobody writing the last row is read" eq \
	"$(state "SELECT rows_read FROM run WHERE sync = 'numbers' ORDER BY id DESC LIMIT 1")" 1
ok "one id, one body" [ "$(kept 'SELECT count(*) FROM conflicts')" = 0 ]
ok "every run is accounted for" [ "$(state "SELECT count(*) FROM run
	WHERE adds + updates + removes <> acked + dead + superseded + cancelled")" = 0 ]
echo "# $polls cases, $violations violations, 95 % bound 3/$polls"

# ---- a standby ------------------------------------------------------------------------------------------
standby=$dir/standby
mkdir "$standby"
[ "$(id -u)" != 0 ] || chown "$(pg_user)" "$standby"
(cd "$standby" && pg_as "$(pg_bindir)/pg_basebackup" -D "$standby/data" -R -X stream -c fast -h "$PGHOST" -U postgres \
	>basebackup.log 2>&1) || { cat "$standby/basebackup.log"; exit 1; }
pg_on_standby() {
	(cd "$standby" && pg_as "$(pg_bindir)/pg_ctl" -D "$standby/data" -l "$standby/log" -w -t 60 "$@" >/dev/null)
}
stop_standby() { pg_on_standby -m immediate stop 2>/dev/null || true; }
trap 'stop_standby; finish' EXIT
pg_on_standby -o "-F -c unix_socket_directories='$standby' -c listen_addresses='' -c port=$PGPORT" start
read_from() {
	echo "{\"type\": \"postgres\", \"host\": \"$1\", \"port\": $PGPORT, \"database\": \"postgres\"," \
		"\"user\": \"reader\"}" | put connections/pg.json
}
promise() { state "SELECT promise FROM run WHERE sync = '$1' ORDER BY id DESC LIMIT 1"; }
rows_read() { state "SELECT rows_read FROM run WHERE sync = '$1' ORDER BY id DESC LIMIT 1"; }
all=$(sql 'SELECT count(*) FROM storm')
read_from "$standby"
sql "UPDATE storm SET at = now() - interval '1 day' WHERE id < (SELECT max(id) FROM storm)"
for ((i = 0; i < 100; i++)); do
	[ "$(psql -XqAth "$standby" -c 'SELECT pg_last_wal_replay_lsn()')" != "$(sql 'SELECT pg_current_wal_lsn()')" ] || break
	sleep 0.1
done
ok "a standby can be read" ends 0 run numbers times
ok "a time is lagged there" eq "$(promise times)" lagged
ok "a number is best effort there" eq "$(promise numbers)" "best effort"
ok "less is promised: all rows are read again" eq "$(rows_read times)" "$all"
ok "the log says why" has 0 "the server is a standby" log times --limit 20
ok "then only the last minutes" ends 0 run times
ok "that is a part" [ "$(rows_read times)" -lt "$all" ]

# ---- it takes over ----------------------------------------------------------------------------------------
read_from "$PGHOST"
for ((i = 0; i < 3; i++)); do sl run numbers; done
ok "back at the primary the fence holds" eq "$(promise numbers) $(rows_read numbers)" "fenced 1"
pg_on_standby promote
read_from "$standby"
ok "the new primary can be read" ends 0 run numbers
ok "it may have lost what the old one had: all rows are read" eq "$(promise numbers) $(rows_read numbers)" "fenced $all"
ok "the log says so" has 0 "has taken the place" log numbers --limit 20
done_testing
