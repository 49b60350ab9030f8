#!/bin/bash
# test_cursor.sh - syncs with a cursor against 16 concurrent writers, whose transactions stay open 0 to 30 ms,
# are rolled back now and then, and often take their number from the sequence long before they write.
# The runs poll as a role that may only SELECT. 6 s by default; with FAULT=long 40 s, three times. Then the
# receiver must hold exactly the rows of the table.
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
sql "CREATE PROCEDURE writer(secs float) LANGUAGE plpgsql AS \$\$
	DECLARE till timestamptz := clock_timestamp() + secs * interval '1 s'; v bigint;
	BEGIN
		WHILE clock_timestamp() < till LOOP
			IF random() < 0.3 THEN
				v := nextval('ver');
				PERFORM pg_sleep(random() * 0.015);
				INSERT INTO storm (ver) VALUES (v);
			ELSIF random() < 0.5 THEN
				INSERT INTO storm DEFAULT VALUES;
			ELSE
				UPDATE storm SET ver = nextval('ver'), at = now(), n = n + 1 WHERE id =
					(SELECT (random() * max(id))::bigint FROM storm);
			END IF;
			PERFORM pg_sleep(random() * 0.03);
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
polls=0 failed=0
poll() {
	"$SLUICE" -w "$w" run numbers times -q >run.log 2>&1 || { failed=$((failed + 1)); cat run.log >>failed.log; }
	polls=$((polls + 1))
}
for ((round = 1; round <= ROUNDS; round++)); do
	writers=()
	for ((i = 0; i < WRITERS; i++)); do
		psql -Xqc "CALL writer($SECONDS_EACH)" >"writer.$i" 2>&1 &
		writers+=($!)
	done
	while kill -0 "${writers[0]}" 2>/dev/null; do poll; done
	wait "${writers[@]}" || { cat writer.*; exit 1; }
	poll
	echo "# round $round: $(sql 'SELECT count(*) FROM storm') rows, $(sql "SELECT last_value FROM ver") writes," \
		"$polls polls so far; lost by number $(lost ''), by time $(lost -)"
	ok "round $round, cursor from a sequence: nothing is lost" [ "$(lost '')" = 0 ]
	ok "round $round, cursor is a time: nothing is lost" [ "$(lost -)" = 0 ]
done
echo "# $(state 'SELECT sum(rows_read) FROM run') rows were read for" \
	"$(state 'SELECT sum(acked) FROM run') events"
ok "every run ended well" [ "$failed" = 0 ]
ok "every run promised a fence" [ "$(state "SELECT count(*) FROM run WHERE promise <> 'fenced'")" = 0 ]
# It must be the fence that finds them, not reading everything every time.
last=$(state "SELECT max(rows_read) FROM (SELECT rows_read FROM run WHERE sync = 'numbers' ORDER BY id DESC LIMIT 3)")
ok "the place has moved: the last runs read a part of the table" [ "$last" -lt "$(sql 'SELECT count(*) / 2 FROM storm')" ]
ok "one id, one body" [ "$(kept 'SELECT count(*) FROM conflicts')" = 0 ]
echo "# $polls cases, 0 violations, 95 % bound 3/$polls"
done_testing
