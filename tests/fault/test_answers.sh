#!/bin/bash
# test_answers.sh - every answer a destination may give instead of a plain yes: waits asked for in any
# spelling, answers that are lost, closed, huge, late, redirects, a key that is refused in the middle,
# bursts of 500; first one by one, then CASES random mixes of them (10, with FAULT=long 600). After each
# the destination has the source's rows; at the end no event came with two bodies, nothing was given up
# on, and every run adds up. SEED fixes the mixes.
# shellcheck source=tests/lib/cli.sh
. "$(dirname "$0")/../lib/cli.sh"
[ "${FAULT:-}" = long ] && many=600 || many=10
CASES=${CASES:-$many} SEED=${SEED:-3}
RANDOM=$SEED

start_source
start_receiver
make_workspace
put connections/rudder.json <<END
{"type": "rudderstack", "url": "$url", "write_key": "env:CLI_KEY", "batch_events": 20, "inflight": 2, "timeout": "3s"}
END
sql "CREATE TABLE people (id int PRIMARY KEY, email text, rev int NOT NULL DEFAULT 0);
	INSERT INTO people SELECT i, 'p' || i || '@example.com' FROM generate_series(1, 200) i"
profile people '"userId": "id", "traits.email": "email", "traits.rev": "rev"'
sync_of people

same() {
	[ "$(kept "SELECT user_id || '|' || (traits ->> 'email') || '|' || (traits ->> 'rev') FROM users
		ORDER BY CAST(user_id AS INTEGER)")" = "$(sql "SELECT id || '|' || email || '|' || rev FROM people ORDER BY id")" ]
}
change() { sql "UPDATE people SET rev = rev + 1"; }
# survives NAME FAULTS: every row changes and arrives in the same run
survives() {
	change
	faults "$2"
	ok "$1: the run ends well" ends 0 run people
	faults '{}'
	ok "$1: every row arrived" same
}
# stops NAME FAULTS WORDS: the run ends with 3, and the next one sends the rest
stops() {
	change
	faults "$2"
	ok "$1: the run stops and says why" has 3 "$3" run people
	faults '{}'
	ok "$1: then the rest goes" ends 0 run people
	ok "$1: and every row arrived" same
}
took_ms() { state 'SELECT (ended_us - started_us) / 1000 FROM run ORDER BY id DESC LIMIT 1'; }
again() { kept 'SELECT sum(deliveries) - count(*) FROM events'; }

sl run people
ok "without faults every row arrives" same
survives "wait 0 s" '{"throttle_every": 3, "retry_after_text": "0", "stop_after": 6}'
survives "wait 1.5 s" '{"throttle_every": 4, "retry_after_text": "1.5", "stop_after": 4}'
ok "it waited" [ "$(took_ms)" -ge 1500 ]
survives "wait until a date" '{"throttle_every": 4, "retry_after_text": "'"$(LC_ALL=C date -u -d '+4 seconds' '+%a, %d %b %Y %H:%M:%S GMT')"'", "stop_after": 4}'
survives "wait until a date of long ago" '{"throttle_every": 3, "retry_after_text": "Wed, 21 Oct 2015 07:28:00 GMT", "stop_after": 6}'
survives "wait, who knows how long" '{"throttle_every": 3, "retry_after_text": "soon; \"maybe\"", "stop_after": 6}'
survives "wait a negative time" '{"throttle_every": 3, "retry_after_text": "-5", "stop_after": 6}'
survives "503 with a wait" '{"fail_every": 4, "fail_status": 503, "retry_after_text": "1", "stop_after": 4}'
ok "it waited" [ "$(took_ms)" -ge 1000 ]

# Thirty years are cut to an hour; nothing is sent in it, a person may end it, and nothing is lost.
change
faults '{"throttle_every": 1, "retry_after_text": "1000000000"}'
"$SLUICE" -w "$w" run people -q >out 2>err </dev/null &
pid=$!
for ((i = 0; i < 200; i++)); do
	[ "$(kept "SELECT count(*) FROM requests WHERE status = 429 AND seq > (SELECT max(seq) FROM requests WHERE status = 200)")" = 0 ] || break
	sleep 0.05
done
sleep 0.5
before=$(kept 'SELECT count(*) FROM requests')
sleep 2
ok "told to wait for ever: it is quiet" [ "$(kept 'SELECT count(*) FROM requests')" = "$before" ]
ok "and still there" kill -0 "$pid"
kill -INT "$pid"
rc=0
wait "$pid" || rc=$?
ok "told to wait for ever: it can be stopped" [ "$rc" = 130 ]
faults '{}'
ok "then everything goes" ends 0 run people
ok "and arrives" same

survives "requests that are read and thrown away" '{"lose_every": 3}'
start=$(again)
survives "connections that are closed instead of an answer" '{"hang_up_every": 3}'
ok "those events came twice" [ "$(again)" -gt "$start" ]
start=$(again)
survives "every request on a connection that was used before" '{"hang_up_every": 2}'
ok "those events came twice, too" [ "$(again)" -gt "$start" ]
survives "answers of 100 MiB" '{"huge_every": 4}'
survives "a burst of 500" '{"fail_every": 1, "stop_after": 4}'
survives "late answers" '{"slow_ms": 300}'
stops "a key that is refused in the middle" '{"fail_every": 5, "fail_status": 401}' "credentials"
stops "a redirect in the middle" '{"redirect_every": 4}' "redirect"
stops "a method that is not known" '{"fail_every": 4, "fail_status": 501}' "501"

# ---- random mixes -------------------------------------------------------------------------------------------

wrong=0 stopped=0
roll() { echo $((2 + RANDOM % $1)); }
a_mix() {
	local kinds=(reset_every lose_every drop_every hang_up_every throttle_every fail_every too_large_every
		garbage_every huge_every redirect_every) waits=(0 1 -1 soon 0.2 '' 'Wed, 21 Oct 2015 07:28:00 GMT')
	local statuses=(500 502 503 504 408 425 500 503 401) kind mix= i
	for ((i = 0; i < 3; i++)); do
		kind=${kinds[RANDOM % ${#kinds[@]}]}
		case $mix in *"$kind"*) continue ;; esac
		mix+="\"$kind\": $(roll 9), "
	done
	mix+="\"fail_status\": ${statuses[RANDOM % ${#statuses[@]}]}, \"retry_after_text\": \"${waits[RANDOM % ${#waits[@]}]}\""
	echo "{$mix, \"slow_ms\": $((RANDOM % 40)), \"stop_after\": $((5 + RANDOM % 25))}"
}
for ((i = 1; i <= CASES; i++)); do
	change
	mix=$(a_mix)
	faults "$mix"
	sl run people -q
	case $rc in
	0) ;;
	3) stopped=$((stopped + 1)) ;;
	*)
		wrong=$((wrong + 1))
		echo "# $mix: exit code $rc: $(head -c 500 err)"
		;;
	esac
	faults '{}'
	[ "$rc" = 0 ] || sl run people -q
	if [ "$rc" != 0 ] || ! same; then
		wrong=$((wrong + 1))
		echo "# $mix: then exit code $rc, or not the same rows: $(head -c 500 err)"
	fi
done
echo "# $CASES random mixes of answers, $stopped stopped a run, $wrong violations;" \
	"95 % bound $(awk "BEGIN { printf \"%.1e\", 3 / $CASES }")"
ok "random mixes: nothing lost, nothing invented" [ "$wrong" = 0 ]
ok "no event came with two bodies" [ "$(kept 'SELECT count(*) FROM conflicts')" = 0 ]
ok "nothing was given up on" [ "$(state 'SELECT count(*) FROM dead')" = 0 ]
ok "every run is accounted for" [ "$(state "SELECT count(*) FROM run
	WHERE adds + updates + removes <> acked + dead + superseded + cancelled")" = 0 ]
done_testing
