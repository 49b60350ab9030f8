# world.sh - a small world around one sync for the fault scripts, and what must be true in it after any
# fault: PostgreSQL with a journal of every change, the receiver, a workspace. Source it after cli.sh.
#
#	start_source
#	world one mirror        # a folder, a schema, a receiver and the sync "s" of mode mirror, all named one
#	change                  # rows change, come and go as the mode has it
#	act run s               # sluice, killed by what $kill_ms or $SLUICE_CRASH says; $killed counts
#	settle                  # as often as a person must until it is through
#	check                   # says each violation as a line, and fails when there is one
#
# Modes: upsert, cursor, update, insert, mirror, append; all (upsert with --all), flip (upsert of values that come
# again, without a rising column), retry (upsert with refused rows that are sent again), held (mirror
# whose removes wait). The invariants have the numbers of the comments in check().

killed=0 violations=0
declare -a cleanup=()

# world NAME MODE [ROWS [SETTINGS]]: SETTINGS of the sync beside those of the mode
world() {
	name=w_$1 mode=$2 rows=${3:-700}
	local more=${4:-}
	mkdir "$dir/$name"
	dir=$dir/$name w=$dir/$name/work
	w=$dir/work
	cd "$dir"
	export PGOPTIONS="-c search_path=$name"
	sql "CREATE SCHEMA $name; CREATE SEQUENCE revs;
		CREATE TABLE t (id text PRIMARY KEY, plan text, rev bigint NOT NULL DEFAULT nextval('revs'));
		CREATE TABLE journal (id text, rev bigint, op text);
		CREATE FUNCTION $name.put() RETURNS trigger LANGUAGE plpgsql AS
			'BEGIN INSERT INTO $name.journal SELECT id, rev, TG_OP FROM n; RETURN NULL; END';
		CREATE FUNCTION $name.gone() RETURNS trigger LANGUAGE plpgsql AS
			'BEGIN INSERT INTO $name.journal SELECT id, rev, TG_OP FROM o; RETURN NULL; END';
		INSERT INTO t (id, plan) SELECT 'k' || i, 'free' FROM generate_series(1, $rows) i" 2>/dev/null
	journal_on
	start_receiver
	make_workspace
	put connections/rudder.json <<-END
	{"type": "rudderstack", "url": "$url", "write_key": "env:CLI_KEY", "batch_events": 30, "inflight": 3}
	END
	local kind='"event": "record"' map='"identifiers.id": "id", "fields.plan": "plan", "fields.rev": "rev"' set=
	case $mode in
	upsert | all | retry | cursor)
		kind='"event": "identify"' map='"userId": "id", "traits.plan": "plan", "traits.rev": "rev"'
		;;
	flip) kind='"event": "identify"' map='"userId": "id", "traits.plan": "plan"' ;;
	append)
		kind='"event": "track"' map='"userId": "id", "event": "'"'changed'"'", "properties.plan": "plan", "properties.rev": "rev"'
		set='"mode": "append"'
		;;
	mirror) set='"mode": "mirror", "max_removes": 1000000' ;;
	held) set='"mode": "mirror", "max_removes": 2' ;;
	insert | update) set="\"mode\": \"$mode\"" ;;
	esac
	[ "$mode" != cursor ] || set='"detect": "cursor", "cursor": "rev"'
	profile s "$map" "$kind"
	settings="${set:+, $set}${more:+, $more}"
	point_at "\"table\": \"$name.t\""
}
# Every change of t goes into the journal, from now on.
journal_on() {
	sql "CREATE TRIGGER i AFTER INSERT ON t REFERENCING NEW TABLE AS n FOR EACH STATEMENT EXECUTE FUNCTION $name.put();
		CREATE TRIGGER u AFTER UPDATE ON t REFERENCING NEW TABLE AS n FOR EACH STATEMENT EXECUTE FUNCTION $name.put();
		CREATE TRIGGER d AFTER DELETE ON t REFERENCING OLD TABLE AS o FOR EACH STATEMENT EXECUTE FUNCTION $name.gone()"
}
# point_at MODEL: what the sync reads
point_at() {
	echo "{\"source\": \"pg\", $1, \"key\": [\"id\"], \"profile\": \"s\", \"destination\": \"rudder\"$settings}" |
		put syncs/s.json
}
# Ends what world() started; the servers of the script stay.
world_end() {
	kill "$receiver" 2>/dev/null || true
	wait "$receiver" 2>/dev/null || true
	receiver=
	sql "DROP SCHEMA $name CASCADE" 2>/dev/null
	cd "$dir/.."
	[ -n "${KEEP:-}" ] || rm -rf "$dir"
	dir=${dir%/*}
}

# What happens in the source between two runs.
change() {
	local k=$((RANDOM % 7)) gone=$((RANDOM % 13)) n=$((RANDOM % 40 + 1))
	local back=$(((gone + 1 + RANDOM % 12) % 13))
	local update="UPDATE t SET plan = CASE plan WHEN 'free' THEN 'pro' ELSE 'free' END, rev = nextval('revs')
		WHERE (hashtext(id) & 1023) % 7 = $k;"
	local add="INSERT INTO t (id, plan) SELECT 'n' || nextval('revs'), 'new' FROM generate_series(1, $n);"
	local leave="DELETE FROM t WHERE (hashtext(id) & 1023) % 13 = $gone;
		INSERT INTO t (id, plan) SELECT DISTINCT id, 'back' FROM journal WHERE op = 'DELETE' AND (hashtext(id) & 1023) % 13 = $back
		ON CONFLICT DO NOTHING;"
	case $mode in
	mirror | held) sql "$update $leave $add" ;;
	insert) sql "$add $add" ;;
	*) sql "$update $add" ;;
	esac
}

# naps MS: without a process for it
naps() {
	local s=$(($1 / 1000)).$(printf %03d $(($1 % 1000)))
	read -rt "$s" <>"$nap" || true
}
nap=$dir/nap
mkfifo "$nap"

# act WORD...: sluice; killed after $kill_ms milliseconds (if set), or where $SLUICE_CRASH says. $rc 137: killed.
act() {
	local pid
	rc=0
	local begin=${EPOCHREALTIME/./}
	"$SLUICE" -w "$w" "$@" >out 2>err </dev/null &
	pid=$!
	if [ -n "${kill_ms:-}" ]; then
		naps "$kill_ms"
		kill -9 "$pid" 2>/dev/null || true
	fi
	wait "$pid" 2>/dev/null || rc=$?
	[ -n "${kill_ms:-}" ] || took_ms=$(((${EPOCHREALTIME/./} - begin) / 1000))
	[ "$rc" != 137 ] || killed=$((killed + 1))
}
held_run() { state "SELECT coalesce(max(id), 0) FROM run WHERE state = 2"; }
# confirm RUN: lets it go with its removes, as it tells of itself
confirm() {
	act release "$1" --confirm-removes "$(state "SELECT removes FROM run WHERE id = $1")" \
		--plan "$(state "SELECT plan FROM run WHERE id = $1")" --sync s -q
}
# What a person does for one round of the mode; each step may be killed.
round() {
	local run
	case $mode in
	all) act run s --all -q ;;
	retry)
		# also before the newer form of a row that a killed run has sent is acknowledged
		[ $((RANDOM % 2)) = 0 ] || act run s -q
		[ "$rc" = 137 ] || act retry s -q
		;;
	held)
		act run s -q
		run=$(held_run)
		[ "$run" = 0 ] || act release "$run" --confirm-removes "$(state "SELECT removes FROM run WHERE id = $run")" \
			--plan "$(state "SELECT plan FROM run WHERE id = $run")" --sync "$(state "SELECT sync FROM run WHERE id = $run")" -q
		;;
	*) act run s -q ;;
	esac
}
# Without faults until a run ends well: once, or after what a killed one left. Fails when it never does.
settle() {
	local i kill_ms='' said=''
	faults '{}'
	for ((i = 0; i < 6; i++)); do
		round
		# a plan that was released may be older than the last change
		case $mode in retry | held) act run s -q ;; esac
		said="$said $rc"
		if [ "$rc" = 0 ] && [ "$(state "SELECT count(*) FROM run WHERE state NOT IN (4, 5, 7)")" = 0 ]; then
			[ "$i" -gt 2 ] && echo "violation: it took $((i + 1)) rounds to get through:$said"
			return 0
		fi
	done
	echo "violation: it does not get through:$said: $(tail -n 3 out err | tr '\n' ' ')"
	return 1
}

# check: compares the source, its journal, the receiver and the state.
check() {
	local held='SELECT key AS id, fields AS x FROM g.records'
	local order='1' bad
	case $mode in
	upsert | all | retry | cursor | flip) held='SELECT user_id AS id, traits AS x FROM g.users' ;;
	append) held="SELECT id, x FROM ev WHERE seq IN (SELECT max(seq) FROM ev GROUP BY id)" ;;
	esac
	[ "$mode" != flip ] || order='0'
	psql -XqAt -F '|' -c "SELECT 'r', id, plan, rev FROM t UNION ALL
		SELECT DISTINCT 'd', id, '', 0 FROM journal WHERE op = 'DELETE'" >oracle
	sqlite3 :memory: >found 2>&1 <<-END || true
	.bail on
	.separator |
	CREATE TABLE o (what, id TEXT, plan TEXT, rev INTEGER);
	.import oracle o
	ATTACH 'file:$dir/got.db' AS g;
	ATTACH 'file:$w/state/state.db' AS s;
	CREATE TEMP TABLE ev AS SELECT seq, message_id, coalesce(key, user_id) AS id, action,
		coalesce(body -> '$.traits', body -> '$.fields', body -> '$.properties') AS x FROM g.events;
	CREATE TEMP TABLE h AS $held;
	CREATE INDEX temp.hi ON h (id);
	CREATE TEMP TABLE dead AS SELECT coalesce(CAST(body AS TEXT) ->> '$.userId',
		CAST(body AS TEXT) ->> '$.identifiers.id') AS id, CAST(body AS TEXT) AS body FROM s.dead WHERE resolution IS NULL
		OR resolution LIKE 'discarded%';
	-- I1, I2: the receiver holds the source, but for what is a dead letter
	SELECT 'violation: I2 ' || count(*) || ' rows are not at the receiver as they are, first ' || min(o.id) FROM o
		LEFT JOIN h USING (id) WHERE what = 'r' AND (h.id IS NULL OR x ->> '$.plan' IS NOT o.plan
		OR ($order AND x ->> '$.rev' IS NOT o.rev)) AND o.id NOT IN (SELECT id FROM dead) HAVING count(*) > 0;
	SELECT 'violation: I2 ' || count(*) || ' rows are at the receiver only, first ' || min(id) FROM h
		WHERE id NOT IN (SELECT id FROM o WHERE what = 'r') AND id NOT IN (SELECT id FROM dead) HAVING count(*) > 0;
	-- I3: no older version after a newer one, and none under two ids
	SELECT 'violation: I3 ' || count(*) || ' versions out of order, first ' || min(id) FROM (SELECT id,
		x ->> '$.rev' AS rev, lag(x ->> '$.rev') OVER (PARTITION BY id ORDER BY seq) AS before FROM ev
		WHERE action IS NOT 'delete') WHERE $order AND (rev < before OR (rev = before AND '$mode' <> 'all')) HAVING count(*) > 0;
	-- I4: one id, one body
	SELECT 'violation: I4 ' || count(*) || ' ids came with two bodies' FROM g.conflicts HAVING count(*) > 0;
	-- I5: only removes of rows that were really removed
	SELECT 'violation: I5 ' || count(*) || ' removes of rows that were never gone, first ' || min(id) FROM ev
		WHERE action = 'delete' AND id NOT IN (SELECT id FROM o WHERE what = 'd') HAVING count(*) > 0;
	-- I6: the account of every run, and what was acknowledged did arrive
	SELECT 'violation: I6 run ' || id || ' does not add up' FROM s.run r WHERE adds + updates + removes <>
		acked + dead + superseded + cancelled + (SELECT coalesce(sum(pending), 0) FROM s.ack a WHERE a.run = r.id);
	SELECT 'violation: I6 ' || sum(acked) || ' acknowledged, ' || (SELECT count(*) FROM ev) || ' arrived, ' ||
		sum(acked + cancelled + dead + superseded) || ' planned' FROM s.run
		HAVING sum(acked) > (SELECT count(*) FROM ev) OR sum(acked + cancelled + dead + superseded) < (SELECT count(*) FROM ev);
	-- I7: the snapshot has as many rows as the receiver holds
	SELECT 'violation: I7 the snapshot has ' || rows || ' rows, the receiver ' || (SELECT count(*) FROM h) FROM s.sync
		WHERE rows <> (SELECT count(*) FROM h) AND NOT EXISTS (SELECT 1 FROM dead);
	-- I11: the file is whole
	SELECT 'violation: I11 ' || integrity_check FROM pragma_integrity_check(100, 's') WHERE integrity_check <> 'ok';
	SELECT 'checked';
	END
	bad=$(grep -v '^checked$' found || true)
	grep -q '^checked$' found || bad="violation: the check itself failed: $bad"
	[ -z "$bad" ] || { echo "$bad"; return 1; }
}
# A run that has nothing to do does nothing: the snapshot is what the source is.
idle() {
	[ "$mode" != all ] || return 0
	act run s --json
	[ "$rc $(field '$.adds') $(field '$.updates') $(field '$.removes') $(field '$.requests')" = "0 0 0 0 0" ] ||
		{ echo "violation: a run with nothing to do ends with $rc and sends $(field '$.adds') $(field '$.updates') $(field '$.removes')"; return 1; }
}
