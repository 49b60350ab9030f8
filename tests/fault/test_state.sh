#!/bin/bash
# test_state.sh - the state of real runs: flipped bits, a full disk, a lock that was removed, a directory that
# went away, and what is left of events that were erased. The receiver must hold the rows of the source, no row
# may be removed that the source still has, and every refusal has its exit code. SEED fixes what is random.
# shellcheck source=tests/lib/cli.sh
. "$(dirname "$0")/../lib/cli.sh"
FLIPS=24 DISKS=4 SEED=${SEED:-3}
[ -z "${FAULT:-}" ] || FLIPS=1500 DISKS=120
RANDOM=$SEED

start_source
start_receiver
make_workspace
sql "CREATE TABLE things (id int PRIMARY KEY, plan text, rev int NOT NULL DEFAULT 0);
	INSERT INTO things SELECT i, 'free', 0 FROM generate_series(1, 600) i"
profile things '"identifiers.id": "id", "fields.plan": "plan", "fields.rev": "rev"' '"event": "record"'
sync_of things '"mode": "mirror", "max_removes": 1000000'

arrived() {
	sql "SELECT id || '|' || plan || '|' || rev FROM things ORDER BY id::text COLLATE \"C\"" >source
	kept "SELECT key || '|' || (fields ->> 'plan') || '|' || (fields ->> 'rev') FROM records ORDER BY key" >got
	cmp -s source got || { diff source got | head -n 5 | sed 's/^/# /'; return 1; }
}
removes() { kept "SELECT count(*) FROM events WHERE action = 'delete'"; }
change() { sql "UPDATE things SET rev = rev + 1, plan = md5(random()::text) WHERE id % 7 = $((RANDOM % 7))"; }
# adds_up DIR: the accounting of every run, and the pages
adds_up() {
	[ "$(sqlite3 "$1/state.db" "SELECT count(*) FROM run WHERE adds + updates + removes <> acked + dead + superseded
		+ cancelled + (SELECT coalesce(sum(pending), 0) FROM ack WHERE ack.run = run.id)")" = 0 ] &&
		[ "$(sqlite3 "$1/state.db" 'PRAGMA integrity_check')" = ok ]
}

# ---- flipped bits -------------------------------------------------------------------------------------

# One to eight bytes of the closed state become others. A run that meets them ends with 6, and the next one
# begins anew; where they do no harm, it goes on.
flip() {
	local size i at
	size=$(stat -c %s "$w/state/state.db")
	for ((i = RANDOM % 8; i >= 0; i--)); do
		at=$(((RANDOM * 32768 + RANDOM) % size))
		[ $((RANDOM % 2)) = 0 ] || at=$((at - at % 16384 + RANDOM % 200)) # where the small things are
		printf "\\x$(printf %02x $((RANDOM % 256)))" |
			dd of="$w/state/state.db" bs=1 seek="$at" conv=notrunc status=none
	done
}
met=0 anew=0 bad=
for ((n = 0; n < FLIPS; n++)); do
	sl run things
	[ "$rc" = 0 ] || bad="$bad before:$rc"
	flip
	change
	sl run things
	case $rc in
	0) ;;
	6) met=$((met + 1)) ;;
	*) bad="$bad flipped:$rc" ;;
	esac
	! ls "$w"/state/state.db.damaged-* >ls.out 2>&1 || anew=$((anew + 1))
	rm -f "$w"/state/state.db.damaged-*
	sl run things
	[ "$rc" = 0 ] || sl run things # damage that is met deep inside is moved aside by the run after it
	[ "$rc" = 0 ] || bad="$bad after:$rc:$(head -c 200 err)"
	arrived || bad="$bad rows"
done
echo "# $FLIPS damaged states, $met runs met it, $anew were begun anew by the first run"
[ -z "$bad" ] || echo "# $bad"
ok "flipped bits: told or harmless, and mended by the next run" [ -z "$bad" ]
ok "flipped bits: no row was removed" [ "$(removes)" = 0 ]
ok "flipped bits: some were met" [ $((met + anew)) -gt 0 ]
ok "the state is sound" adds_up "$w/state"

# In the middle of a run, with the file open.
sql "UPDATE things SET rev = rev + 1"
faults '{"slow_ms": 300}'
put connections/rudder.json <<END
{"type": "rudderstack", "url": "$url", "write_key": "env:CLI_KEY", "batch_events": 20, "inflight": 1}
END
"$SLUICE" -w "$w" run things >run.log 2>&1 &
pid=$!
sleep 1
head -c 4000 /dev/urandom | dd of="$w/state/state.db" bs=1 conv=notrunc status=none
rc=0
wait $pid || rc=$?
ok "damage in the middle of a run" grep -qx '0\|6' <<<"$rc"
faults '{}'
ok "the next run goes on or begins anew" ends 0 run things
ok "every row has arrived" arrived
ok "and none was removed" [ "$(removes)" = 0 ]

# ---- two processes ---------------------------------------------------------------------------------------

sql "UPDATE things SET rev = rev + 1"
faults '{"slow_ms": 200}'
"$SLUICE" -w "$w" run things >first.log 2>&1 &
first=$!
sleep 1
kill -STOP $first
ok "a stopped process keeps the state" has 5 "process $first works on this state, but it was stopped" run things
rm "$w/state/state.lock"
faults '{}'
ok "with its lock removed another one works" ends 0 run things
kill -CONT $first
rc=0
wait $first || rc=$?
ok "the first one stops" [ "$rc" = 5 ]
ok "and says why" grep -q "another process has taken this state over" first.log
ok "every row has arrived in the end" arrived
ok "one id, one body" [ "$(kept 'SELECT count(*) FROM conflicts')" = 0 ]
ok "the state is whole" adds_up "$w/state"
ok "nothing is left to do" counts things 0 0 0 0

# ---- a directory that goes away ---------------------------------------------------------------------------

sql "UPDATE things SET rev = rev + 1"
faults '{"slow_ms": 200}'
"$SLUICE" -w "$w" run things >run.log 2>&1 &
pid=$!
sleep 1
mv "$w/state" "$w/away"
rc=0
wait $pid || rc=$?
ok "the state's directory went away" [ "$rc" = 6 ]
mv "$w/away" "$w/state"
faults '{}'
ok "it comes back" ends 0 run things
ok "every row is there" arrived
chmod 777 "$w/state"
ok "others may write there" has 2 "others may write in the directory of the state" run things
chmod 700 "$w/state"

# ---- what is left of erased events -------------------------------------------------------------------------

sql "CREATE TABLE people (id int PRIMARY KEY, secret text);
	INSERT INTO people SELECT i, md5(random()::text) FROM generate_series(1, 100) i"
profile people '"userId": "id", "traits.secret": "secret"'
sync_of people '"keep_events": "0"'
ok "a run with keep_events 0" counts people 100 0 0 100
sql "UPDATE people SET secret = md5(random()::text) WHERE id <= 50"
sql "SELECT secret FROM people" >canaries
ok "a second one" counts people 0 50 0 50
ok "no body is kept" [ "$(state "SELECT count(*) FROM block WHERE sync = 'people' AND body IS NOT NULL")" = 0 ]
ok "no canary is in any file of the state" [ "$(cat "$w"/state/* | grep -acFf canaries)" = 0 ]
ok "they did arrive" [ "$(kept "SELECT count(DISTINCT traits ->> 'secret') FROM users")" = 100 ]

# ---- a full disk -------------------------------------------------------------------------------------------

mkdir small
full=0 bad=
if mount -t tmpfs -o size=1m tmpfs small 2>/dev/null; then
	umount small
	sql "CREATE TABLE wide AS SELECT i AS id, (SELECT string_agg(md5((i * 100 + j)::text), '')
		FROM generate_series(1, 20) j) AS name FROM generate_series(1, 3000) i; ALTER TABLE wide ADD PRIMARY KEY (id)"
	profile wide '"userId": "id", "traits.name": "name"'
	sync_of wide
	for ((n = 0; n < DISKS; n++)); do
		mount -t tmpfs -o "size=$((600 + RANDOM % 3000))k" tmpfs small
		sl --state "$dir/small/state" run wide
		case $rc in
		0) ;;
		6) full=$((full + 1)) && said "full" || bad="$bad words" ;;
		*) bad="$bad full:$rc" ;;
		esac
		mount -o remount,size=64m small
		sl --state "$dir/small/state" run wide
		[ "$rc" = 0 ] || bad="$bad room:$rc:$(head -c 200 err)"
		adds_up small/state || bad="$bad sums"
		umount small
	done
	echo "# $DISKS small disks, $full were full"
	[ -z "$bad" ] || echo "# $bad"
	ok "small disks: full and told, then on" [ -z "$bad" ]
	ok "small disks: some were full" [ "$full" -gt 0 ]
	ok "small disks: every row has arrived" [ "$(kept "SELECT count(DISTINCT user_id) FROM events
		WHERE body LIKE '%/wide\"%'")" = 3000 ]
	ok "small disks: one id, one body" [ "$(kept 'SELECT count(*) FROM conflicts')" = 0 ]
else
	skip "small disks" "mount is refused"
fi
done_testing
