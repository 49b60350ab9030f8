# world.sh - what a case that syncs tables works with: a folder, receivers, a workspace. Source it.
#
#	. "$(dirname "$0")/../lib/world.sh"
#	receiver                       # discards what it takes; $url, $receiver is its pid
#	receiver --faults '{...}'      # one more; the one before goes on until the case ends
#	world                          # $work with the source pg, the destination rudder at $url, the profiles
#	sync_of name 'SETTINGS'        # syncs/name.json; source, profile users, destination rudder if not said
#	run name EVENTS [OPTION...]    # measured; ends the case when it fails or another number arrives
set -euo pipefail
bench=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
case_name=$(basename "$0" .sh)
dir=$(mktemp -d "$BENCH_DIR/$case_name-XXXXXX")
work=$dir/work
measure=$B/tests/bench/measure
export BENCH_KEY=any PGDATABASE=postgres PGOPTIONS='-c client_min_messages=error'
receivers=()
leave() {
	local pid
	trap '' INT TERM
	for pid in "${receivers[@]}"; do kill "$pid" 2>/dev/null || true; done
	rm -rf "$dir"
}
trap leave EXIT
trap 'exit 130' INT TERM

say() { echo "bench:   $case_name: $*" >&2; }
broken() {
	say "$*"
	exit 1
}

# ---- receivers ------------------------------------------------------------------------------------

# receiver [OPTION...]: sets $url, $receiver
receiver() {
	local i scheme=http
	rm -f "$dir/port"
	"$SLUICE" receive --port 0 --port-file "$dir/port" --discard -q "$@" >"$dir/receiver.log" 2>&1 &
	receiver=$!
	receivers+=("$receiver")
	for ((i = 0; i < 200; i++)); do
		[ ! -s "$dir/port" ] || break
		sleep 0.05
	done
	[ -s "$dir/port" ] || broken "the receiver does not start: $(head -c 500 "$dir/receiver.log")"
	[[ " $* " != *" --tls-cert "* ]] || scheme=https
	url=$scheme://127.0.0.1:$(cat "$dir/port")
}
# taken [NAME]: a number that the receiver counts; events by default
taken() {
	curl -fsSk "$url/_stats" | sed -n "s/.*\"${1:-events}\":\([0-9]*\).*/\1/p"
}

# ---- the workspace ------------------------------------------------------------------------------------

put() { cat >"$work/$1"; }
# connection NAME [SETTINGS]: a RudderStack at $url
connection() {
	put "connections/$1.json" <<-END
		{"type": "rudderstack", "url": "$url", "write_key": "env:BENCH_KEY", "batch_events": 500${2:+, $2}}
	END
}
sync_of() {
	local set=$2
	[[ $set == *'"profile"'* ]] || set+=', "profile": "users"'
	[[ $set == *'"destination"'* ]] || set+=', "destination": "rudder"'
	[[ $set == *'"key"'* ]] || set+=', "key": ["id"]'
	echo "{\"source\": \"pg\", $set}" | put "syncs/$1.json"
}
fields_users='"traits.email": "email", "traits.firstName": "first_name", "traits.lastName": "last_name", "traits.mrr": "mrr",
 "traits.score": "score", "traits.createdAt": "created_at", "traits.updatedAt": "updated_at", "traits.active": "active",
 "traits.note": "note", "traits.prefs": "prefs"'
world() {
	"$SLUICE" init "$work" -q
	put connections/pg.json <<-END
		{"type": "postgres", "host": "$PGHOST", "port": $PGPORT, "database": "postgres", "user": "$PGUSER"}
	END
	connection rudder "${1:-}"
	echo "{\"event\": \"identify\", \"map\": {\"userId\": \"id\", \"traits.uid\": \"uid\", $fields_users}}" | put profiles/users.json
	echo "{\"event\": \"identify\", \"map\": {\"userId\": \"uid\", \"traits.id\": \"id\", $fields_users}}" | put profiles/uuids.json
}

# ---- a measured run -------------------------------------------------------------------------------------

ticks=$(getconf CLK_TCK)
# CPU seconds of the server's finished processes, and of the receiver.
pg_cpu() { awk -v t="$ticks" '{ sub(/.*\) /, ""); print ($14 + $15) / t }' "/proc/$(head -n 1 "$PGHOST/data/postmaster.pid")/stat"; }
receiver_cpu() { awk -v t="$ticks" '{ sub(/.*\) /, ""); print ($12 + $13) / t }' "/proc/$receiver/stat"; }
minus() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.3f", a - b }'; }
took() { sed -n "s/.*$2=\([0-9.]*\).*/\1/p" "$1"; } # FILE WORD
# field NAME: a number of what the run told as JSON
field() { sed -n "s/.*\"$1\": *\"\{0,1\}\([^\",}]*\).*/\1/p" "$dir/out" | head -n 1; }

# Sets $wall, $cpu, $cpu_pg, $cpu_rc (seconds) and $mib. The workspace's state is kept between runs;
# `run_state` removes it.
run() {
	local name=$1 want=$2 before pg0 rc0 said rc=0
	shift 2
	before=$(taken)
	pg0=$(pg_cpu) rc0=$(receiver_cpu)
	# Its words go by a pipe: the disk may be what is full.
	said=$("$measure" "$SLUICE" -w "$work" run "$name" --json "$@" 2>&1 3>"$dir/took" >"$dir/out") || rc=$?
	[ "$rc" = 0 ] || broken "the run of $name ended with exit code $rc: ${said:0:2000} $(field error)"
	sleep 0.15 # a backend is counted when it has gone
	wall=$(took "$dir/took" wall) mib=$(($(took "$dir/took" rss) / 1024))
	cpu=$(awk -v u="$(took "$dir/took" user)" -v s="$(took "$dir/took" sys)" 'BEGIN { print u + s }')
	cpu_pg=$(minus "$(pg_cpu)" "$pg0") cpu_rc=$(minus "$(receiver_cpu)" "$rc0")
	[ "$want" = any ] || arrived "$before" "$want"
}
# arrived BEFORE EVENTS: did they arrive, and does the run say the same?
arrived() {
	local n=$(($(taken) - $1))
	[ "$n" = "$2" ] && [ "$(field acked)" = "$2" ] ||
		broken "wrong count: $2 events should have arrived, $n did, and the run counts $(field acked)"
}
forget() { rm -rf "$work/state"; }
# A first sync that is not measured, as the base of runs that find little changed.
base() {
	forget
	say "first sync of $1"
	run "$1" "$2"
}
