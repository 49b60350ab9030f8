# cli.sh - what the scripts of tests/integration share: TAP lines, a private PostgreSQL, started, a
# workspace. Source it, do not run it; it makes $dir, goes there, and cleans up when the script ends.
#
#	. "$(dirname "$0")/../lib/cli.sh"
#	start_source                        # PostgreSQL; psql talks to it, sql runs statements in it
#	start_receiver '{"fail_every": 3}'  # $url, kept "SELECT ..." reads its database
#	make_workspace                      # $w with connections pg and rudder
#	has 0 "adds" run people             # sluice -w $w run people ends with 0 and says "adds"
#	done_testing

set -euo pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
SLUICE=${SLUICE:-$top/build/sluice}
# shellcheck source=tests/lib/pg.sh
. "$top/tests/lib/pg.sh"

dir=$(mktemp -d /tmp/sluice-it-XXXXXX)
chmod 755 "$dir" # the server's user must get through
cd "$dir"
w=$dir/work
started=()
count=0 rc=0
: >out >err
export CLI_KEY=a-write-key
unset XDG_CONFIG_HOME XDG_STATE_HOME NO_COLOR
export HOME=$dir

finish() {
	local pid
	for pid in "${started[@]}"; do
		kill "$pid" 2>/dev/null || true
	done
	pg_stop
	cd /
	mountpoint -q "$dir/small" 2>/dev/null && umount "$dir/small"
	rm -rf "$dir"
}
trap finish EXIT

# ---- TAP ------------------------------------------------------------------------------------------

# ok TEXT COMMAND...: one line; when the command fails also what the last call of sluice said
ok() {
	local text=$1
	shift
	count=$((count + 1))
	if "$@"; then
		echo "ok $count - $text"
	else
		echo "not ok $count - $text"
		{
			echo "exit code $rc, condition: $*"
			head -c 3000 out
			head -c 3000 err
		} | cat -v | sed 's/^/# /'
	fi
}
# skip TEXT WHY
skip() {
	count=$((count + 1))
	echo "ok $count - $1 # SKIP $2"
}
done_testing() { echo "1..$count"; }

# ---- sluice ---------------------------------------------------------------------------------------

# sl WORD...: sluice in the workspace; its output in out and err, its exit code in $rc
sl() {
	rc=0
	"$SLUICE" -w "$w" "$@" >out 2>err </dev/null || rc=$?
}
said() { grep -qF -- "$1" out err; }
# ends CODE WORD...: is that the exit code?
ends() {
	local want=$1
	shift
	sl "$@"
	[ "$rc" = "$want" ]
}
# has CODE TEXT WORD...: is that the exit code, and is TEXT in what it says?
has() {
	local want=$1 text=$2
	shift 2
	sl "$@"
	[ "$rc" = "$want" ] && said "$text"
}
is_json() { [ "$(sqlite3 :memory: "SELECT json_valid(readfile('${1:-out}'))")" = 1 ]; }
# field PATH: a value of the JSON in out, by a path as SQLite writes it: $.adds  $[0].name
field() { sqlite3 :memory: "SELECT readfile('out') ->> '$1'"; }
# has_json CODE WORD...: with --json, one valid document on stdout
has_json() {
	local want=$1
	shift
	sl "$@" --json
	[ "$rc" = "$want" ] && is_json
}
# counts SYNC ADDS UPDATES REMOVES ACKED [CODE] [OPTION...]: what a run of it does
counts() {
	local sync=$1 want="$2 $3 $4 $5" code=${6:-0}
	shift $(($# < 6 ? $# : 6))
	sl run "$sync" --json "$@"
	[ "$rc" = "$code" ] &&
		[ "$(field '$.adds') $(field '$.updates') $(field '$.removes') $(field '$.acked')" = "$want" ]
}
# eq A B: equal texts; says both when not
eq() {
	[ "$1" = "$2" ] && return
	printf '# is:     %s\n# wanted: %s\n' "$1" "$2" | head -c 4000
	return 1
}

# ---- servers --------------------------------------------------------------------------------------

start_source() { pg_start "$dir/pg" "$@"; }
sql() { psql -XqAt -v ON_ERROR_STOP=1 -c "$1"; }

# wait_file FILE: until it has something in it; 10 s
wait_file() {
	local i
	for ((i = 0; i < 200; i++)); do
		[ ! -s "$1" ] || return 0
		sleep 0.05
	done
	return 1
}
# start_receiver [FAULTS [PORT]]: sets $url and $receiver, its pid
start_receiver() {
	rm -f port
	"$SLUICE" receive --port "${2:-0}" --port-file port --database "$dir/got.db" --faults "${1:-{\}}" -q \
		>receiver.log 2>&1 &
	receiver=$!
	started+=("$receiver")
	wait_file port || { echo "# the receiver does not start: $(cat receiver.log)"; return 1; }
	port=$(cat port)
	url=http://127.0.0.1:$port
}
kept() { sqlite3 "$dir/got.db" "$1"; }
faults() { curl -fsS -o curl.out -X PUT "$url/_fault" -d "$1"; }

# ---- a workspace ------------------------------------------------------------------------------------

# put FILE: stdin becomes a file of the workspace
put() { cat >"$w/$1"; }
make_workspace() {
	"$SLUICE" init "$w" -q
	put connections/pg.json <<-END
	{"type": "postgres", "host": "$PGHOST", "port": $PGPORT, "database": "postgres", "user": "postgres"}
	END
	put connections/rudder.json <<-END
	{"type": "rudderstack", "url": "$url", "write_key": "env:CLI_KEY"}
	END
}
# profile NAME MAP [MORE]: MAP is the inside of "map"; MORE other settings, event identify by default
profile() { echo "{${3:-\"event\": \"identify\"}, \"map\": {$2}}" | put "profiles/$1.json"; }
# sync_of NAME [MORE]: syncs public.NAME by id to rudder with the profile NAME, and MORE settings
sync_of() {
	echo "{\"source\": \"pg\", \"table\": \"public.$1\", \"key\": [\"id\"], \"profile\": \"$1\"," \
		"\"destination\": \"rudder\"${2:+, $2}}" | put "syncs/$1.json"
}
state() { sqlite3 "$w/state/state.db" "$1"; }
