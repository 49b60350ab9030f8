#!/bin/bash
# test_kill.sh - kill -9 at random points of a sync of 20,000 rows, KILLS times (60), with rows changing
# in between; then let it finish. Nothing may be lost, invented, or sent twice under one id with two
# bodies; the accounting of every run must hold. SEED fixes the random points and the changes.
set -euo pipefail
top=$(cd "$(dirname "$0")/../.." && pwd)
SLUICE=${SLUICE:-$top/build/sluice}
KILLS=${KILLS:-60} SEED=${SEED:-7} ROWS=20000
RANDOM=$SEED
# shellcheck source=tests/lib/pg.sh
. "$top/tests/lib/pg.sh"

dir=$(mktemp -d /tmp/sluice-kill-XXXXXX)
chmod 755 "$dir"
receiver=
finish() {
	[ -z "$receiver" ] || kill "$receiver" 2>/dev/null || true
	pg_stop
	rm -rf "$dir"
}
trap finish EXIT

n=0
ok() { # ok TEXT COMMAND...: one TAP line
	local text=$1
	shift
	n=$((n + 1))
	if "$@"; then echo "ok $n - $text"; else echo "not ok $n - $text"; fi
}
kept() { sqlite3 "$dir/receiver.db" "$1"; }
state() { sqlite3 "$dir/work/state/state.db" "$1"; }

pg_start "$dir/pg"
psql -Xq -v ON_ERROR_STOP=1 <<END
CREATE TABLE people (id int PRIMARY KEY, email text, plan text, rev int NOT NULL DEFAULT 0);
INSERT INTO people SELECT i, 'p' || i || '@example.com', 'free' FROM generate_series(1, $ROWS) i;
END
"$SLUICE" receive --port 0 --port-file "$dir/port" --database "$dir/receiver.db" --faults '{"slow_ms": 8}' -q &
receiver=$!
for _ in $(seq 100); do [ ! -s "$dir/port" ] || break; sleep 0.05; done

"$SLUICE" init "$dir/work" -q
cat >"$dir/work/connections/pg.json" <<END
{"type": "postgres", "host": "$PGHOST", "port": $PGPORT, "database": "postgres", "user": "postgres"}
END
cat >"$dir/work/connections/rudder.json" <<END
{"type": "rudderstack", "url": "http://127.0.0.1:$(cat "$dir/port")", "write_key": "env:KILL_KEY",
 "batch_events": 100, "inflight": 2}
END
cat >"$dir/work/profiles/people.json" <<END
{"event": "identify", "map": {"userId": "id", "traits.email": "email", "traits.plan": "plan", "traits.rev": "rev"}}
END
cat >"$dir/work/syncs/people.json" <<END
{"source": "pg", "table": "public.people", "key": ["id"], "profile": "people", "destination": "rudder"}
END
export KILL_KEY=any

# Before each run every third row changes, and some go back to what they were, so that there is always
# work to be killed in.
killed=0
for i in $(seq "$KILLS"); do
	psql -Xq -c "UPDATE people SET plan = CASE plan WHEN 'free' THEN 'pro' ELSE 'free' END, rev = (rev + 1) % 3
		WHERE id % 3 = $((RANDOM % 3))"
	"$SLUICE" -w "$dir/work" run people -q >"$dir/run.log" 2>&1 &
	pid=$!
	sleep "0.$(printf '%03d' $((RANDOM % 300)))"
	if kill -9 "$pid" 2>/dev/null; then killed=$((killed + 1)); fi
	wait "$pid" 2>/dev/null || true
done
code=0
"$SLUICE" -w "$dir/work" run people -q || code=$?
[ "$code" = 0 ] || { cat "$dir/run.log"; "$SLUICE" -w "$dir/work" status people; }

echo "# $killed of $KILLS runs were killed; $(kept 'SELECT sum(deliveries) FROM events') deliveries of" \
	"$(kept 'SELECT count(*) FROM events') events"
same_state() {
	psql -XAtq -c "SELECT id || '|' || email || '|' || plan || '|' || rev FROM people ORDER BY id::text COLLATE \"C\"" \
		>"$dir/source"
	kept "SELECT user_id || '|' || json_extract(traits,'\$.email') || '|' || json_extract(traits,'\$.plan') || '|' ||
		json_extract(traits,'\$.rev') FROM users ORDER BY user_id" >"$dir/arrived"
	cmp -s "$dir/source" "$dir/arrived"
}
ok "the last run ends well" [ "$code" = 0 ]
ok "at least $((KILLS * 5 / 6)) runs were killed" [ "$killed" -ge $((KILLS * 5 / 6)) ]
ok "the receiver's users are the source's rows" same_state
ok "one id, one body" [ "$(kept 'SELECT count(*) FROM conflicts')" = 0 ]
ok "an idle run sends nothing" [ "$("$SLUICE" -w "$dir/work" run people --json | grep -c '"acked": 0,')" = 1 ]
ok "no event was given up on" [ "$(state 'SELECT count(*) FROM dead')" = 0 ]
ok "every run is accounted for" [ "$(state "SELECT count(*) FROM run
	WHERE adds + updates + removes <> acked + dead + superseded + cancelled")" = 0 ]
ok "the state file is sound" [ "$(state 'PRAGMA integrity_check')" = ok ]
echo "1..$n"
