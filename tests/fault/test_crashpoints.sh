#!/bin/bash
# test_crashpoints.sh - the process is killed at each crash point (core/base/crashpoint.h) when it is first
# passed; then it goes on, and the invariants of lib/world.sh hold. A point at which nothing was killed is an
# error. In scenes that differ little from others some points have their turn, and those that had none yet;
# with FAULT=long all, also when they are passed the 2nd, 3rd and 7th time.
# PLAYS picks scenes; SEED fixes the changes.
# shellcheck source=tests/lib/cli.sh
. "$(dirname "$0")/../lib/cli.sh"
# shellcheck source=tests/fault/lib/world.sh
. "$top/tests/fault/lib/world.sh"
# shellcheck source=tests/fault/lib/jobs.sh
. "$top/tests/fault/lib/jobs.sh"
SEED=${SEED:-1}
TIMES=$([ "${FAULT:-}" = long ] && echo 1 2 3 7 || echo 1)
# Scenes: the modes of world.sh; fresh (no state yet), half and paused (on after a kill while planning or
# delivering), big (a log that is taken into the file), discard, upgrade (a state of format 1), damaged, init.
PLAYS=${PLAYS:-half paused mirror cursor held retry big fresh discard all upsert append flip insert update upgrade damaged init}

# The state as format 1 had it: what the upgrade adds goes. The parts of the snapshot are in the log still; how
# format 1 wrote them is in unit/test_store_upgrade.
downgrade() {
	{
		echo "DELETE FROM part; UPDATE sync SET fold_run=0, fold_no=0; ALTER TABLE part DROP COLUMN form;"
		awk '/^ALTER TABLE .* ADD COLUMN/ { print "ALTER TABLE", $3, "DROP COLUMN", $6 ";" }
			/ part[_ ]/ { next }
			/^CREATE TABLE/ { print "DROP TABLE", $3 ";" } /^CREATE (UNIQUE )?INDEX/ { sub(/UNIQUE /, ""); print "DROP INDEX", $3 ";" }
			END { print "PRAGMA user_version=1;" }' "$top/core/store/upgrade_2.sql"
	} >downgrade.sql
	sqlite3 "$w/state/state.db" <downgrade.sql
}
forget() {
	rm -f "$w/state/state.db"*
	sqlite3 got.db "DELETE FROM events; DELETE FROM users; DELETE FROM records"
}
# Before each kill of a scene, undisturbed.
prepare() {
	local SLUICE_CRASH=
	[ "$1" = big ] || change
	case $1 in
	fresh) forget ;;
	upgrade) downgrade ;;
	damaged) # the receiver begins anew with it, so that its order of versions does, too
		sqlite3 got.db "DELETE FROM events; DELETE FROM users"
		sqlite3 "$w/state/state.db" "PRAGMA wal_checkpoint(TRUNCATE)" >/dev/null
		dd if=/dev/urandom of="$w/state/state.db" bs=1024 seek=16 count=48 conv=notrunc status=none
		;;
	big) # text that cannot be packed: more than is left in the write-ahead log
		sql "UPDATE t SET rev = nextval('revs'), plan = (SELECT string_agg(md5(rev::text || i), '') FROM generate_series(1, 16) i)"
		;;
	half)
		sql "UPDATE t SET rev = nextval('revs')"
		SLUICE_CRASH=block-commit-after act run s -q
		;;
	paused) SLUICE_CRASH=answer-taken act run s -q ;;
	discard | retry) faults '{"refuse": ["k3", "k7"]}'; sql "UPDATE t SET rev = nextval('revs') WHERE id IN ('k3', 'k7')" ;;
	esac
}
# What is done in a scene until it is killed.
play() {
	case $1 in
	discard)
		act run s -q
		[ "$rc" = 137 ] || act discard s $(state "SELECT id FROM dead WHERE resolution IS NULL") --note tested -q
		;;
	retry)
		act run s -q
		faults '{}'
		[ "$rc" = 137 ] || act retry s -q
		;;
	init)
		rm -rf made
		act init made -q
		;;
	damaged) # what was met is moved aside when the state is opened again
		act run s -q
		[ "$rc" = 137 ] || act run s -q
		;;
	*) round ;;
	esac
}
# some PLAY: of the points those that have their turn in the scene; $had has those that had one
had=$dir/had
some() {
	local always=' ' step=1
	case $1 in
	half | paused | mirror) step=2 ;;
	big) always='^checkpoint|^block-read' step=1000 ;;
	fresh) always='^state|^schema|^seed|^sync' step=8 ;;
	damaged) always='^aside|^fence' step=12 ;;
	upgrade) always='^upgrade' step=12 ;;
	discard) always='^discard' step=12 ;;
	cursor) always=^cursor step=6 ;;
	held) always='^held|^hold|^release' step=3 ;;
	retry) always='^retry|^resume' step=3 ;;
	all | upsert | append | flip | insert | update) step=8 ;;
	esac
	[ "${FAULT:-}" != long ] || [ "$1" = big ] || step=1
	awk -v always="$always" -v step="$step" -v from="$(((SEED + ${#1}) % step))" -v had="$had" '
		BEGIN { while ((getline p <had) > 0) known[p] = 1 }
		$0 ~ always || NR % step == from || !($0 in known)'
}
# points PLAY: one world; a kill at each point that the scene passes
points() {
	local play=$1 mode=$1 size=150 n p cases=0 before tries
	case $1 in
	half | paused) mode=mirror size=1700 ;;
	big) mode=append size=25000 ;;
	fresh | discard | upgrade | damaged | init) mode=upsert ;;
	esac
	RANDOM=$SEED
	world "$1" "$mode" "$size"
	[ "$1" = big ] || act run s -q
	prepare "$1"
	SLUICE_CRASH_LIST=$dir/passed play "$1"
	settle
	check || true
	sort -u passed >points
	some "$1" <points >turn
	while read -r p; do
		for n in $TIMES; do
			# By chance the changes may be such that it is not passed.
			for ((tries = 0; tries < 4; tries++)); do
				prepare "$play"
				before=$killed
				SLUICE_CRASH=$p:$n play "$play"
				cases=$((cases + 1))
				[ "$killed" = "$before" ] || echo "$p" >>"$had"
				settle >said || true
				check >>said || true
				sed "s/^/$play, killed at $p:$n: /" said
				! grep -qx -- "$p" "$had" || break
			done
		done
	done <turn
	[ "$mode" = retry ] || [ "$1" = discard ] || idle || true
	echo "numbers $1 $killed $cases"
	world_end
}

start_source
: >"$had"
begin=$EPOCHSECONDS
for p in $PLAYS; do
	job points "$p"
done
jobs_end
for p in $PLAYS; do
	read -r sum < <(awk -v p="$p" '$1 == "numbers" && $2 == p { print $3, "kills in", $4, "cases" }' "$dir"/job.*) || sum=none
	ok "$p: $sum" quiet "$p"
done
grep -rhoE 'sl_crashpoint\("[^"]+"\)' "$top"/core | cut -d '"' -f 2 | sort -u >known
sort -u "$had" >killed
missed=$(comm -23 known killed | tr '\n' ' ')
[ "$PLAYS" != "${PLAYS#* * *}" ] || missed= # a few scenes only
ok "at every crash point of the source it was killed$(wc -l <known | sed 's/^/: /')" eq "$missed" ""
report "$(awk '$1 == "numbers" { k += $3 } END { print k + 0 }' "$dir"/job.*)" "kills at crash points"
echo "# seed $SEED, $((EPOCHSECONDS - begin)) s"
done_testing
