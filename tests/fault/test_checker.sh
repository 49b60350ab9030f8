#!/bin/bash
# test_checker.sh - the checks of lib/world.sh see what they are there for: each is shown a world in which
# one thing is wrong, made by hand in the receiver's or the state's file.
# shellcheck source=tests/lib/cli.sh
. "$(dirname "$0")/../lib/cli.sh"
# shellcheck source=tests/fault/lib/world.sh
. "$top/tests/fault/lib/world.sh"

start_source
world checker mirror 50
act run s -q
change
act run s -q
ok "a sound world has no violation" eq "$(check 2>&1)" ""
kill "$receiver" # it takes its write-ahead log into the file
wait "$receiver" || true
cp got.db good.db
cp "$w/state/state.db" good-state.db

# sees I2 FILE SQL: with this done to the file, check() says it
sees() {
	local said
	sqlite3 "$2" "$3"
	said=$(check 2>&1 || true)
	cp good.db got.db
	cp good-state.db "$w/state/state.db"
	rm -f got.db-wal got.db-shm "$w/state/state.db-wal" "$w/state/state.db-shm"
	grep -qF "violation: $1" <<<"$said" || { echo "# it said: $said"; return 1; }
}
s=$w/state/state.db
ok "a lost row" sees I2 got.db "DELETE FROM records WHERE key = (SELECT max(key) FROM records)"
ok "an old row" sees I2 got.db "UPDATE records SET fields = '{\"plan\":\"old\",\"rev\":1}' WHERE key = (SELECT max(key) FROM records)"
ok "an invented row" sees I2 got.db "INSERT INTO records SELECT stream, 'ghost', fields, action, 1, '', '' FROM records LIMIT 1"
ok "versions out of order" sees I3 got.db "UPDATE events SET seq = -seq"
ok "one version under two ids" sees I3 got.db "INSERT INTO events SELECT 99999, received_at, 'again', type, user_id,
	anonymous_id, event, action, key, body, 1, body_sha FROM events WHERE action <> 'delete' ORDER BY seq DESC LIMIT 1"
ok "one id with two bodies" sees I4 got.db "INSERT INTO conflicts VALUES (1, '', 'id', 'a', 'b')"
ok "a remove without need" sees I5 got.db "INSERT INTO events SELECT 99999, received_at, 'remove', type, user_id,
	anonymous_id, event, 'delete', 'never', body, 1, body_sha FROM events LIMIT 1"
ok "a run that does not add up" sees I6 "$s" "UPDATE run SET acked = acked - 1 WHERE id = 1"
ok "what was acknowledged, but never arrived" sees I6 "$s" "UPDATE run SET adds = adds + 99, acked = acked + 99 WHERE id = 1"
ok "a snapshot of its own" sees I7 "$s" "UPDATE sync SET rows = rows + 1"
ok "no state at all" sees "the check itself" "$s" "DROP TABLE dead"
done_testing
