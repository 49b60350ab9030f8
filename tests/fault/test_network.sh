#!/bin/bash
# test_network.sh - a network that fails in the middle of syncs, half of the time between sluice and the
# destination, half of the time between sluice and PostgreSQL: connections are cut, reset, left half open,
# swallow what one side sends, are refused, closed at once, slow, or deliver a few bytes at a time, after
# a random number of bytes. CASES of them (100, with FAULT=long 3000) in LANES at once, each a run with the
# fault, which must end by itself, and one without. Then the destination has the source's rows, one id one
# body, no remove of a row that is there, nothing given up on, and every run adds up. SEED fixes the faults.
# shellcheck source=tests/lib/cli.sh
. "$(dirname "$0")/../lib/cli.sh"
[ "${FAULT:-}" = long ] && many=3000 || many=100
CASES=${CASES:-$many} SEED=${SEED:-5} LANES=${LANES:-5} ROWS=400
MOST=60 # seconds that a run may take, whatever happens

start_source
start_receiver
sql "CREATE TABLE gone (t text, id int)"
for ((n = 1; n <= LANES; n++)); do
	"$B/tests/fault/faultproxy" "$port" "proxy$n.http" 2>>proxy.err &
	started+=("$!")
	"$B/tests/fault/faultproxy" "$PGHOST/.s.PGSQL.$PGPORT" "proxy$n.pg" 2>>proxy.err &
	started+=("$!")
	sql "CREATE TABLE t$n (id int PRIMARY KEY, plan text, rev int NOT NULL DEFAULT 0, note text);
		INSERT INTO t$n SELECT i, 'free', 0, repeat('x', 60) FROM generate_series(1, $ROWS) i"
done

# tell PORT COMMAND: $reply is what the proxy says
tell() {
	exec 9<>"/dev/tcp/127.0.0.1/$1"
	echo "$2" >&9
	read -r reply <&9
	exec 9>&-
}

# A workspace whose both ends go through proxies: $http and $pg take their commands.
open_lane() {
	local n=$1 to
	wait_file "proxy$n.http" && wait_file "proxy$n.pg"
	read -r to http <"proxy$n.http"
	w=$dir/w$n
	"$SLUICE" init "$w" -q
	# Both drivers that speak HTTP take part.
	if [ $((n % 2)) = 0 ]; then
		to="\"webhook\", \"url\": \"http://127.0.0.1:$to/hook/t$n\""
	else
		to="\"rudderstack\", \"url\": \"http://127.0.0.1:$to\", \"write_key\": \"env:CLI_KEY\""
	fi
	put connections/to.json <<-END
	{"type": $to, "batch_events": 25, "inflight": 3, "timeout": "1s"}
	END
	read -r to pg <"proxy$n.pg"
	put connections/pg.json <<-END
	{"type": "postgres", "host": "127.0.0.1", "port": $to, "database": "postgres", "user": "postgres",
	 "sslmode": "disable", "connect_timeout": "2s", "silence_timeout": "2s"}
	END
	profile rows '"identifiers.id": "id", "fields.plan": "plan", "fields.rev": "rev", "fields.note": "note"' \
		'"event": "record"'
	put "syncs/t$n.json" <<-END
	{"source": "pg", "table": "public.t$n", "key": ["id"], "profile": "rows", "destination": "to",
	 "mode": "mirror", "max_removes": 1000000}
	END
}

change() { # change TABLE
	sql "UPDATE $1 SET plan = CASE plan WHEN 'free' THEN 'pro' ELSE 'free' END, rev = (rev + 1) % 3
			WHERE id % 3 = $((RANDOM % 3));
		WITH d AS (DELETE FROM $1 WHERE id % 40 = $((RANDOM % 40)) RETURNING id)
			INSERT INTO gone SELECT '$1', id FROM d;
		INSERT INTO $1 SELECT DISTINCT id, 'back' FROM gone WHERE t = '$1' AND id % 40 = $((RANDOM % 40))
			ON CONFLICT DO NOTHING"
}

# A plan for a proxy whose way out carries $1 bytes and whose way back $2, more or less.
a_plan() {
	local kinds=(cut cut reset reset half hole hole close refuse slow slice) kind dir bytes
	kind=${kinds[RANDOM % ${#kinds[@]}]}
	dir=$((1 + RANDOM % 2))
	[ $dir = 1 ] && bytes=$1 || bytes=$2
	echo "plan $kind after=$(((RANDOM * 32768 + RANDOM) % bytes)) dir=$dir conns=$((1 + RANDOM % 3))" \
		"ms=$((RANDOM % 300)) rate=$((30000 + RANDOM * 4)) slice=$((1 + RANDOM % 200)) seed=$RANDOM"
}

same() { # same LANE: the records are the rows
	sql "SELECT id || '|' || plan || '|' || rev FROM t$1 ORDER BY id::text COLLATE \"C\"" >"source$1"
	kept "SELECT key || '|' || (fields ->> 'plan') || '|' || (fields ->> 'rev') FROM records
		WHERE stream = 't$1' OR stream LIKE '%/t$1' ORDER BY key" >"arrived$1"
	cmp -s "source$1" "arrived$1"
}

run_for() { # run_for LANE: like sl, in a file of its own, ended after MOST seconds
	rc=0
	timeout -k 5 $MOST "$SLUICE" -w "$w" run "t$1" -q >"out$1" 2>&1 </dev/null || rc=$?
}

# Writes a line for each case, and one that starts with "bad" for each thing that is wrong.
lane() {
	local n=$1 i plan where
	RANDOM=$((SEED * 100 + n))
	open_lane "$n"
	run_for "$n"
	same "$n" || echo "bad: the first run: $(cat "out$n")"
	for ((i = n; i <= CASES; i += LANES)); do
		change "t$n"
		if [ $((RANDOM % 2)) = 0 ]; then
			where=$http plan=$(a_plan 12000 300)
		else
			where=$pg plan=$(a_plan 3000 60000)
		fi
		tell "$where" "$plan"
		run_for "$n"
		case $rc in
		0 | 3) echo "case $rc ${plan%% after*} $([ "$where" = "$pg" ] && echo pg || echo http)" ;;
		*) echo "bad: case $i, $plan: exit code $rc: $(head -c 500 "out$n")" ;;
		esac
		tell "$http" "plan none"
		tell "$pg" "plan none"
		run_for "$n"
		[ $rc = 0 ] || run_for "$n" # on a busy machine the short time limits may strike once
		[ $rc = 0 ] || echo "bad: case $i, $plan: then exit code $rc: $(head -c 500 "out$n")"
		same "$n" || echo "bad: case $i, $plan: $(diff "source$n" "arrived$n" | head -n 5)"
	done
	tell "$http" stats
	echo "$reply http"
	tell "$pg" stats
	echo "$reply pg"
	[ "$(state 'SELECT count(*) FROM dead')" = 0 ] || echo "bad: events were given up on"
	[ "$(state "SELECT count(*) FROM run WHERE adds + updates + removes <> acked + dead + superseded + cancelled")" = 0 ] ||
		echo "bad: a run does not add up"
}

lanes=()
for ((n = 1; n <= LANES; n++)); do
	lane "$n" >"lane$n" 2>"lane$n.err" &
	lanes+=("$!")
done
for ((n = 1; n <= LANES; n++)); do
	wait "${lanes[n - 1]}" || echo "bad: lane $n ended: $(head -c 500 "lane$n.err")" >>"lane$n"
done
cat lane? lane?? 2>/dev/null >all || true
grep '^bad' all | head -n 20 | sed 's/^/# /' || true
bad=$(grep -c '^bad' all || true)
cases=$(grep -c '^case' all || true)
grep '^case' all | cut -d ' ' -f 2- | sort | uniq -c | awk '{ printf "# %3d ended with %s: %s %s\n", $1, $2, $4, $5 }' || true
hits=$(awk '/^connections/ { n += $4 } END { print n + 0 }' all)
echo "# $cases network faults ($hits connections spoilt), $bad violations;" \
	"95 % bound $(awk "BEGIN { printf \"%.1e\", 3 / ($cases + 1) }")"
ok "network faults: every run ends, nothing is lost, nothing invented" [ "$bad" = 0 ]
ok "as many as were asked for" [ "$cases" -ge "$CASES" ]
ok "most of them hit" [ "$hits" -ge $((cases * 2 / 3)) ]
ok "no event came with two bodies" [ "$(kept 'SELECT count(*) FROM conflicts')" = 0 ]
kept "SELECT DISTINCT key FROM events WHERE action = 'delete' ORDER BY key" >removed
sql "SELECT DISTINCT id::text COLLATE \"C\" FROM gone ORDER BY 1" >gone
ok "there were removes" [ -s removed ]
ok "only of rows that were gone" [ -z "$(comm -23 removed gone)" ]
done_testing
