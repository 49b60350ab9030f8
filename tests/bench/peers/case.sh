#!/bin/bash
# case.sh - sluice next to what people write instead of it: scripts in Python and Node
# tables: fifth
# seconds: 130
# disk: 300
#
# Every script does the same job: the table becomes identify events, posted in batches of 500 to a receiver that
# counts them. The scripts keep no log, no state and no retries, and compare nothing; sluice does all of that.
# In every round each script runs right after sluice on the same table, and its ratio is to that run. Rates
# count the whole life of a process, its start too; CPUs and peak are those of the script. What cannot be
# installed is left out.
. "$(dirname "$0")/../lib/world.sh"
. "$bench/lib/rounds.sh"
case_name=peers
rows=$((ROWS / 5))

# ---- who takes part ---------------------------------------------------------------------------------
# Debian's Python sees Debian's packages; another one in the PATH may not.
python=/usr/bin/python3
[ -x $python ] || python=python3
modules=$B/bench-node
scripts=()
if $python -c 'import psycopg2, requests' 2>/dev/null; then
	scripts+=(plain.py threads.py)
else
	say "no scripts in Python: python3-psycopg2 and python3-requests are not installed"
fi
node_modules() {
	[ -e "$modules/complete" ] && return
	mkdir -p "$modules" && cd "$modules" || return
	timeout 120 npm install --no-audit --no-fund --silent pg@8 pg-cursor@2 pg-copy-streams@7 undici@6 && touch complete
}
if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
	say "no scripts in Node: nodejs and npm are not installed"
elif (node_modules) >"$dir/npm" 2>&1; then
	scripts+=(plain.js cursor.js copy.js)
else
	say "no scripts in Node: npm cannot install what they use: $(tail -n 1 "$dir/npm")"
fi
[ ${#scripts[@]} -gt 0 ] || exit 77

# ---- the rounds -------------------------------------------------------------------------------------
receiver
world
sync_of people '"table": "public.fifth"'
export URL=$url WRITE_KEY=any TABLE=fifth NODE_PATH=$modules/node_modules PYTHONDONTWRITEBYTECODE=1

# script NAME: sets what `run` sets
script() {
	local with=node before pg0 rc0 n
	case $1 in *.py) with=$python ;; esac
	before=$(taken) pg0=$(pg_cpu) rc0=$(receiver_cpu)
	"$measure" "$with" "$bench/peers/$1" 3>"$dir/took" >"$dir/out" 2>&1 || {
		tail -n 5 "$dir/out" >&2
		broken "$1 failed"
	}
	sleep 0.15
	n=$(($(taken) - before))
	[ "$n" = "$rows" ] || broken "$1 sent $n of $rows rows"
	wall=$(took "$dir/took" wall) mib=$(($(took "$dir/took" rss) / 1024))
	cpu=$(awk -v u="$(took "$dir/took" user)" -v s="$(took "$dir/took" sys)" 'BEGIN { print u + s }')
	cpu_pg=$(minus "$(pg_cpu)" "$pg0") cpu_rc=$(minus "$(receiver_cpu)" "$rc0")
}
body() {
	local name ours
	for name in "${scripts[@]}"; do
		forget
		run people "$rows"
		ceiling=$wall
		note sluice "$rows"
		ours=$mib
		script "$name"
		note "$name" "$rows"
		awk -v a="$ours" -v b="$mib" 'BEGIN { print a / b }' >>"$dir/memory.$name"
	done
}
rounds body

line "sluice, $rows rows" "$(of sluice 1 | median)" rows/s - - - - "$(of sluice 4 | median)" \
	"$(of sluice 5 | median)" "$(of sluice 6 | median)" "$(of sluice 7 | worst)" -
for name in "${scripts[@]}"; do
	# Those with care keep no table in memory: what is left of them is the interpreter.
	case $name in
	plain.*) target='>= 10' memory='<= 0.1' ;;
	*) target='>= 5' memory=- ;;
	esac
	line "$name" "$(of "$name" 1 | median)" rows/s "$(of "$name" 2 | median)" \
		"$(of "$name" 3 | awk '{ print 1 / $1 }' | median)" "$target" ratio "$(of "$name" 4 | median)" \
		"$(of "$name" 5 | median)" "$(of "$name" 6 | median)" "$(of "$name" 7 | worst)" "ceiling: sluice beside it"
	line "sluice's memory to $name's" "$(median <"$dir/memory.$name")" - - - "$memory" value - - - - -
done
