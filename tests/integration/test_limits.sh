#!/bin/bash
# test_limits.sh - a machine that gives no more: open files, addresses, sizes of files, threads, room on a disk,
# places at the server. Each is told once, with how much there is and the mend, has its exit code, and loses
# nothing: where there is more again, the next run goes on.
# shellcheck source=tests/lib/cli.sh
. "$(dirname "$0")/../lib/cli.sh"
ROWS=4000

start_source
start_receiver
make_workspace
sql "CREATE TABLE people AS SELECT i AS id, 'name ' || i AS name, 0 AS rev FROM generate_series(1, $ROWS) i;
	ALTER TABLE people ADD PRIMARY KEY (id)"
profile people '"userId": "id", "traits.name": "name", "traits.rev": "rev"'
sync_of people

# limited OPTION WORD...: as sl, under an ulimit
limited() {
	local option=$1
	shift
	rc=0
	# Through a pipe: the limit may be one of files.
	# shellcheck disable=SC2086
	(ulimit $option && exec timeout -k 5 20 "$SLUICE" -w "$w" "$@") </dev/null 2>&1 | cat >out || rc=$?
	: >err
}
# told CODE TEXT...: the exit code, and each text, in one message
told() {
	local want=$1 text
	shift
	[ "$rc" = "$want" ] || { echo "# it ended with $rc"; return 1; }
	[ "$(cat out err | grep -c '^sluice: ')" = 1 ] || { echo "# not one message"; return 1; }
	for text; do
		said "$text" || { echo "# it does not say: $text"; return 1; }
	done
}
# whole: the next run without a limit brings the rest, and the receiver has the rows as they are
whole() {
	sl run people -q
	[ "$rc" = 0 ] || return 1
	eq "$(kept "SELECT count(*), sum(user_id), sum(traits ->> 'rev') FROM users")" \
		"$(sql 'SELECT count(*), sum(id), sum(rev) FROM people')"
}
change() { sql "UPDATE people SET rev = rev + 1"; }

# ---- open files -------------------------------------------------------------------------------------

for n in 4 8 16 24 31; do
	limited "-n $n" run people
	ok "$n open files: too few to begin, how many it takes, and the mend" \
		told 6 "needs 32 open files" "may have $n files open" "ulimit -n"
done
limited "-n 8" plan people
ok "a plan needs some, too" told 6 "may have 8 files open"
limited "-n 12" receive --port 0
ok "so does a receiver" told 6 "needs 16 open files" "may have 12 files open"
ok "nothing was begun" [ ! -e "$w/state/state.db" ]
limited "-n 32" run people -q
ok "32 are enough for a run" [ "$rc" = 0 ]
ok "nothing was lost" whole
change
sed 's/"env:CLI_KEY"/"env:CLI_KEY", "batch_events": 20, "inflight": 32/' "$w/connections/rudder.json" >many.json
cp many.json "$w/connections/rudder.json"
faults '{"slow_ms": 20}'
limited "-n 36" run people -q
ok "connections beyond them are done without" [ "$rc" = 0 ]
faults '{}'
ok "nothing was lost, again" whole
limited "-Sn 16" run people -q
ok "a soft limit is raised to the hard one" [ "$rc" = 0 ]

# ---- addresses ----------------------------------------------------------------------------------------

if ldd "$SLUICE" | grep -q 'lib[at]san'; then
	skip "too few addresses" "a sanitizer needs them all"
else
	change
	limited "-v 40000" run people
	ok "too little memory: how much, and the mend" told 6 "39.1 MiB of memory" "ulimit -v"
	ok "nothing was lost" whole
	change
	limited "-v 200000" run people -q
	ok "200 MB of addresses are enough" [ "$rc" = 0 ]
fi

# ---- threads ------------------------------------------------------------------------------------------

"$SLUICE" init "$dir/other" -q
cp "$w"/connections/* "$dir/other/connections/"
cp "$w"/profiles/* "$dir/other/profiles/"
cp "$w"/syncs/* "$dir/other/syncs/"
if [ "$(id -u)" = 0 ] && chown -R nobody "$dir/other" && chmod o+x "$dir"; then
	# as somebody else: root may have any number
	of_nobody() {
		rc=0
		setpriv --reuid=nobody --regid="$(id -g nobody)" --clear-groups \
			bash -c "ulimit -u $1; exec '$SLUICE' -w '$dir/other' run people" >out 2>err </dev/null || rc=$?
	}
	for n in 3 9; do
		of_nobody $n
		ok "$n threads are too few: how many, and the mend" \
			told 6 "cannot be started" "may have $n threads and processes" "ulimit -u"
	done
	group=/sys/fs/cgroup/pids/sluice-test-$$
	if mkdir "$group" 2>/dev/null && echo 6 >"$group/pids.max"; then
		rc=0
		bash -c "echo \$\$ >$group/cgroup.procs; exec '$SLUICE' -w '$w' run people" >out 2>err </dev/null || rc=$?
		ok "too few threads of a control group" told 6 "may have 6 threads and processes" "pids.max"
		rmdir "$group"
	else
		skip "too few threads of a control group" "no group can be made here"
	fi
	of_nobody 500
	ok "with more of them it runs" [ "$rc" = 0 ]
else
	skip "too few threads" "only root can become another user"
fi

# ---- sizes of files -----------------------------------------------------------------------------------

change
limited "-f 0" run people
ok "no file may grow: said so, with the mend" told 6 "may not become larger" "0 bytes" "ulimit -f"
limited "-f 0" receive --port 0 --database "$dir/no.db"
ok "a receiver says so, too" told 6 "receiver database" "ulimit -f"
change
limited "-f 700" --state "$dir/state3" run people
ok "a state at the limit in its midst" told 6 "may not become larger" "700 KiB"
ok "the run is not given up" has 0 "paused" --state "$dir/state3" status people
ok "without the limit it goes on" ends 0 --state "$dir/state3" run people -q
ok "nothing was lost" whole

# ---- room ---------------------------------------------------------------------------------------------

mkdir small
if mount -t tmpfs -o size=64k tmpfs small 2>/dev/null; then
	head -c 70000 /dev/zero >small/filled 2>/dev/null || true
	change
	TMPDIR=$dir/small SQLITE_TMPDIR=$dir/small sl run people -q
	ok "temporary files need no other disk" [ "$rc" = 0 ]
	rm small/filled
	sl --state "$dir/small/state" run people
	ok "no room for a state: which disk, how much of it is free, the mend" \
		told 6 "small/state" "the disk is full" "of 64.0 KiB are free" "free some space"
	# a disk that is full when it has begun, and before a block of rows is stored
	mount -o remount,size=512k small
	sql "CREATE TABLE wide AS SELECT i AS id, (SELECT string_agg(md5((i * 100 + j)::text), '') FROM generate_series(1, 20) j)
		AS name, 0 AS rev FROM generate_series(1, 1500) i; ALTER TABLE wide ADD PRIMARY KEY (id)"
	sed 's/public.people/public.wide/' "$w/syncs/people.json" | put syncs/wide.json
	sl --state "$dir/small/state" run wide
	ok "no room for the first rows: the run is paused" told 6 "paused" "the disk is full"
	mount -o remount,size=64m small
	ok "with room the next run brings all" ends 0 --state "$dir/small/state" run wide -q
	ok "every row" eq "$(kept "SELECT count(DISTINCT user_id) FROM events WHERE body LIKE '%/wide\"%'")" 1500
	umount small
else
	skip "a full disk" "mount is refused"
fi
ok "no event came with two bodies" eq "$(kept 'SELECT count(*) FROM conflicts')" 0

# ---- places at the server -----------------------------------------------------------------------------

sql "CREATE ROLE plain LOGIN; GRANT SELECT ON ALL TABLES IN SCHEMA public TO plain; ALTER ROLE plain CONNECTION LIMIT 0"
sed 's/"postgres"}/"plain"}/' "$w/connections/pg.json" | put connections/plain.json
cp "$w/syncs/people.json" keep
sed 's/"pg"/"plain"/' keep | put syncs/people.json
change
sl run people
ok "no connection is left at the server: whose, and that it may be later" told 3 "too many connections" "later"
sql "ALTER ROLE plain CONNECTION LIMIT 1"
sl run people -q
ok "one is enough" [ "$rc" = 0 ]
done_testing
