#!/bin/bash
# test_verdicts.sh - a destination that answers event by event, and often not clearly: taken, refused, to
# be tried again, missing, twice, of nobody, in another order, contradictory, cut, no JSON. VERDICTS such
# answers (500, with FAULT=long 5000) to batches by id and by place; then the destination must have the
# source's rows but those that it refused by name, nothing else was given up on, and every run adds up.
# SEED fixes the answers as far as the order of the requests does.
# shellcheck source=tests/lib/cli.sh
. "$(dirname "$0")/../lib/cli.sh"
[ "${FAULT:-}" = long ] && want=5000 || want=500
VERDICTS=${VERDICTS:-$want} SEED=${SEED:-11} ROWS=120

start_source
start_receiver # the one that names its events
named_url=$url
rm port
"$SLUICE" receive --port 0 --port-file port --database "$dir/placed.db" -q >placed.log 2>&1 &
started+=("$!")
wait_file port
placed_url=http://127.0.0.1:$(cat port) # the one that answers in their order
make_workspace
# Many at once, each with a state of its own: each waits for most of the time.
syncs=$(echo {n,p}{1..8})
for s in $syncs; do
	case $s in
	n*) to="$named_url/hook/$s\", \"batch_events\": 20, \"results_id\": \"id" ;;
	p*) to="$placed_url/hook/$s\", \"batch_events\": 12, \"results_match\": \"" ;;
	esac
	echo "{\"type\": \"webhook\", \"url\": \"$to\", \"inflight\": 4, \"results\": \"results\"}" |
		put connections/$s.json
done
profile rows '"identifiers.id": "id", "fields.plan": "plan", "fields.rev": "rev"' '"event": "record"'
for s in $syncs; do
	sql "CREATE TABLE $s (id int PRIMARY KEY, plan text, rev int NOT NULL DEFAULT 0);
		INSERT INTO $s SELECT i, 'free', 0 FROM generate_series(1, $ROWS) i"
	echo "{\"source\": \"pg\", \"table\": \"public.$s\", \"key\": [\"id\"], \"profile\": \"rows\"," \
		"\"destination\": \"$s\", \"mode\": \"mirror\", \"max_removes\": 1000000}" | put "syncs/$s.json"
done

faults_of() { url=$named_url faults "{\"results\": 1$1}" && url=$placed_url faults "{\"results_in_order\": 1$1}"; }
# both QUERY: the sum over the two receivers
both() { echo $(($(sqlite3 got.db "$1") + $(sqlite3 placed.db "$1"))); }
# state_of SYNC QUERY; states QUERY: of all of them, added up
state_of() { sqlite3 "state-$1/state.db" "$2"; }
states() { for s in $syncs; do state_of "$s" "$1"; done | awk '{ n += $1 } END { print n + 0 }'; }
# each WORD...: sluice WORD... SYNC for all syncs at once; their exit codes in rc-SYNC
each() {
	local s
	for s in $syncs; do
		(
			rc=0
			"$SLUICE" -w "$w" --state "$dir/state-$s" "$@" "$s" -q >"out-$s" 2>&1 </dev/null || rc=$?
			echo $rc >"rc-$s"
		) &
		each_pids+=("$!")
	done
	wait "${each_pids[@]}"
	each_pids=()
}
each_pids=()
# ended CODE...: did all end with one of these?
ended() {
	local s
	for s in $syncs; do
		case " $* " in *" $(cat "rc-$s") "*) ;; *) head -c 300 "out-$s"; return 1 ;; esac
	done
}
mixed() { both "SELECT count(*) FROM requests WHERE note = 'fault: a mixed answer'"; }
wrong=0 runs=0
# What is wrong, as comments; nothing when all is well.
note() {
	wrong=$((wrong + 1))
	echo "# seed $SEED, run $runs of $1: $2" | head -c 2000
}
byid() { LC_ALL=C sort -u -t '|' -k 1,1; }
# Rows whose last event was given up on may be anything at the destination.
check() {
	local s=$1 db
	state_of "$s" "SELECT CAST(key_text AS TEXT) ->> '$[0]' FROM dead WHERE resolution IS NULL" |
		byid >dead.keys
	[ "${s:0:1}" = n ] && db=got.db || db=placed.db
	sqlite3 $db "SELECT key || '|' || (fields ->> 'plan') || '|' || (fields ->> 'rev') FROM records
		WHERE stream = '$s'" | byid | LC_ALL=C join -t '|' -v 1 - dead.keys >arrived
	sql "SELECT id || '|' || plan || '|' || rev FROM $s" | byid | LC_ALL=C join -t '|' -v 1 - dead.keys >source
	cmp -s source arrived || note "$s" "not the same rows: $(diff source arrived | head -n 5)"
	# The words of a refusal end in the id of the event that they are about. What is never answered
	# clearly is given up on, too, but not soon.
	state_of "$s" "SELECT CAST(key_text AS TEXT), reason, CAST(detail AS TEXT) FROM dead WHERE NOT
		CASE WHEN reason LIKE 'refused%' THEN CAST(detail AS TEXT) LIKE 'refused %'
			AND instr(CAST(body AS TEXT), substr(CAST(detail AS TEXT), 9)) > 0
		ELSE tries >= 6 END" >unjust
	[ ! -s unjust ] || note "$s" "given up on without a refusal: $(head -n 3 unjust)"
	[ "$(state_of "$s" "SELECT count(*) FROM run
		WHERE adds + updates + removes <> acked + dead + superseded + cancelled")" = 0 ] ||
		note "$s" "a run does not add up"
}

while [ "$(mixed)" -lt "$VERDICTS" ] && [ "$wrong" = 0 ]; do
	runs=$((runs + 1))
	for s in $syncs; do
		sql "UPDATE $s SET rev = rev + 1, plan = CASE plan WHEN 'free' THEN 'pro' ELSE 'free' END
			WHERE id % 2 = $((runs % 2));
			DELETE FROM $s WHERE id % 29 = $((runs % 29));
			INSERT INTO $s SELECT i, 'new', 0 FROM generate_series($((ROWS + runs * 10)),
				$((ROWS + runs * 10 + 9))) i ON CONFLICT DO NOTHING"
	done
	faults_of ", \"mixed\": 0.7, \"seed\": $((SEED + runs))"
	each run
	ended 0 1 || note all "another exit code"
	for s in $syncs; do check $s; done
done
echo "# $(mixed) mixed answers to $(both 'SELECT sum(deliveries) FROM events') events in $(states "SELECT count(*) FROM run") runs, $wrong violations;" \
	"$(states "SELECT count(*) FROM dead WHERE reason LIKE 'refused%'") refused," \
	"$(states "SELECT count(*) FROM dead WHERE reason NOT LIKE 'refused%'") given up on;" \
	"95 % bound $(awk "BEGIN { printf \"%.1e\", 3 / $(mixed) }")"
ok "mixed answers: nothing lost, nothing invented" [ "$wrong" = 0 ]
ok "as many as were asked for" [ "$(mixed)" -ge "$VERDICTS" ]
ok "some rows were refused" [ "$(states 'SELECT count(*) FROM dead')" -gt 0 ]
ok "no event came with two bodies" [ "$(both 'SELECT count(*) FROM conflicts')" = 0 ]
faults_of ''
each retry
ok "what was refused goes when it is taken" ended 0
# A row may have gone since it was refused; what was sent again is removed then.
each run
ok "the next runs end well" ended 0
each run
ok "and those after them" ended 0
ok "which found nothing left" [ "$(states "SELECT adds + updates + removes FROM run ORDER BY id DESC LIMIT 1")" = 0 ]
for s in $syncs; do check "$s"; done
ok "and the destinations are as their sources" [ "$wrong" = 0 ]
done_testing
