#!/bin/bash
# test_stops.sh - runs that a person stops, and runs whose source fails, at random times while the receiver
# loses answers: STOPS times in each mode (16; with FAULT=long 300). What was sent and not answered must not be
# forgotten: rows that then go back to what they were, or go away, are mended by the next run. After each case
# the invariants of lib/world.sh. SEED fixes changes, faults and times; MODES picks modes; KEEP=1 keeps folders.
# shellcheck source=tests/lib/cli.sh
. "$(dirname "$0")/../lib/cli.sh"
# shellcheck source=tests/fault/lib/world.sh
. "$top/tests/fault/lib/world.sh"
# shellcheck source=tests/fault/lib/jobs.sh
. "$top/tests/fault/lib/jobs.sh"
SEED=${SEED:-$((EPOCHSECONDS % 100000))}
STOPS=${STOPS:-$([ "${FAULT:-}" = long ] && echo 300 || echo 16)}
MODES=${MODES:-upsert flip mirror append held}

# act WORD...: as in world.sh, but after $kill_ms the run is asked to stop, or its source fails.
act() {
	local pid begin=${EPOCHREALTIME/./}
	rc=0
	"$SLUICE" -w "$w" "$@" >out 2>err </dev/null &
	pid=$!
	if [ -n "${kill_ms:-}" ]; then
		naps "$kill_ms"
		if [ $((RANDOM % 3)) = 0 ]; then
			sql "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()
				AND application_name <> 'psql' AND query LIKE '%$name%'" >/dev/null 2>&1 || true
			naps 30
		fi
		kill -INT "$pid" 2>/dev/null || true
	fi
	wait "$pid" 2>/dev/null || rc=$?
	[ -n "${kill_ms:-}" ] || took_ms=$(((${EPOCHREALTIME/./} - begin) / 1000))
	[ -z "${kill_ms:-}" ] || [ "$rc" = 0 ] || stopped=$((stopped + 1))
}
weather() {
	case $((RANDOM % 8)) in
	0 | 1) faults '{"drop_every": 1}' ;;
	2 | 3) faults '{"drop_every": 2}' ;;
	4) faults '{"drop_every": 3, "slow_ms": 5}' ;;
	5) faults '{"fail_every": 2}' ;;
	6) faults '{"slow_ms": 20}' ;;
	*) faults '{}' ;;
	esac
}
# Half of what was changed last goes back to what it was, and half of what came goes: before the next run.
undo() {
	case $mode in
	mirror | held)
		sql "DELETE FROM t WHERE id LIKE 'n%' AND (hashtext(id) & 1) = 0"
		;;
	flip) sql "UPDATE t SET plan = CASE plan WHEN 'free' THEN 'pro' ELSE 'free' END WHERE (hashtext(id) & 1) = 0" ;;
	esac
}
# stops MODE SEED STOPS: one world; prints its violations and a line of numbers
stops() {
	local cases=0 deep
	RANDOM=$(($2 % 32768))
	world "${1}_$2" "$1"
	stopped=0
	act run s -q
	longest=$((took_ms * 2))
	while [ "$stopped" -lt "$3" ] && [ "$cases" -lt $(($3 * 3)) ]; do
		cases=$((cases + 1))
		change
		weather
		for ((deep = RANDOM % 2 + 1; deep > 0; deep--)); do
			kill_ms=$((RANDOM % (longest + 20) + 5))
			round
			undo
		done
		kill_ms=
		{ settle && check; } >said || true
		sed "s/^/$1 seed $2 case $cases: /" said
	done
	idle || true
	echo "numbers $1 $stopped $cases $(kept 'SELECT count(*) FROM events') $(kept 'SELECT sum(deliveries) FROM events')"
	world_end
}

start_source
begin=$EPOCHSECONDS
for m in $MODES; do
	job stops "$m" "$SEED" "$STOPS"
done
jobs_end
for m in $MODES; do
	read -r sum < <(awk -v m="$m" '$1 == "numbers" && $2 == m { print $3, "stops in", $4, "cases;", $5, "events in", $6, "deliveries" }' "$dir"/job.*)
	ok "$m: $sum; nothing lost, invented, or left behind" quiet "$m"
done
total=$(awk '$1 == "numbers" { k += $3 } END { print k + 0 }' "$dir"/job.*)
ok "the runs were stopped" [ "$total" -ge $((STOPS * $(wc -w <<<"$MODES") / 2)) ]
report "$total" stops
echo "# seed $SEED, $((EPOCHSECONDS - begin)) s"
done_testing
