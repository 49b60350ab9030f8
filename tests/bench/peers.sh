#!/bin/bash
# peers.sh - sluice next to what people write instead of it: scripts in tests/bench/peers.
#
# Every one does the same job: the table becomes identify events, posted in batches of 500 to a receiver that
# counts and answers. The scripts keep no log, no state and no retries, and compare nothing; sluice does all of
# that. In each of ROUNDS rounds every script runs right after sluice on the same table, and its ratio is to
# that run. Rates count the whole life of a process, its start too. What cannot be installed is left out.
set -euo pipefail
top=$(cd "$(dirname "$0")/../.." && pwd)
B=${B:-$top/build/release} SLUICE=${SLUICE:-$top/build/sluice}
ROWS=${PEER_ROWS:-200000} ROUNDS=${ROUNDS:-3}
here=$top/tests/bench/peers measure=$B/tests/bench/measure
# shellcheck source=tests/lib/pg.sh
. "$top/tests/lib/pg.sh"

dir=$(mktemp -d /tmp/sluice-peers-XXXXXX)
chmod 755 "$dir"
receiver=
finish() {
	[ -z "$receiver" ] || kill "$receiver" 2>/dev/null || true
	pg_stop
	rm -rf "$dir"
}
trap finish EXIT

# ---- who takes part -----------------------------------------------------------------------------
# Debian's Python sees Debian's packages, another one in the PATH may not.
python=/usr/bin/python3
[ -x $python ] || python=python3
modules=$B/bench-node
peers=()
if $python -c 'import psycopg2, requests' 2>/dev/null; then
	peers+=(plain.py threads.py)
else
	echo "bench: no scripts in Python: python3-psycopg2 and python3-requests are not installed"
fi
node_modules() {
	[ -e "$modules/complete" ] && return
	mkdir -p "$modules" && cd "$modules" || return
	npm install --no-audit --no-fund --silent pg@8 pg-cursor@2 pg-copy-streams@7 undici@6 && touch complete
}
if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
	echo "bench: no scripts in Node: nodejs and npm are not installed"
elif (node_modules) >"$dir/npm" 2>&1; then
	peers+=(plain.js cursor.js copy.js)
else
	echo "bench: no scripts in Node: npm cannot install what they use: $(tail -n 1 "$dir/npm")"
fi
[ ${#peers[@]} -gt 0 ] || exit 0

# ---- the table, the receiver, the sync ----------------------------------------------------------
echo "bench: making $ROWS rows"
pg_start "$dir/pg"
psql -Xq -v ON_ERROR_STOP=1 <<END
CREATE TABLE people AS SELECT i::bigint AS id, md5(i::text)::uuid AS uid, 'user' || i || '@example.com' AS email,
	'First' || i % 1000 AS first_name, 'Last é ' || i % 5000 AS last_name, (i % 100000 / 100.0)::numeric(12,2) AS mrr,
	sqrt(i) AS score, timestamptz '2024-01-01' + i * interval '1 second' AS created_at,
	timestamptz '2025-01-01' + i * interval '1 second' AS updated_at, i % 2 = 0 AS active,
	CASE WHEN i % 3 > 0 THEN 'note "' || i || '" é and some more words to make it long' END AS note,
	jsonb_build_object('lang', 'en', 'news', i % 2 = 0, 'n', i) AS prefs FROM generate_series(1, $ROWS) i;
ALTER TABLE people ADD PRIMARY KEY (id);
VACUUM ANALYZE people;
END
"$SLUICE" receive --port 0 --port-file "$dir/port" --discard -q &
receiver=$!
for _ in $(seq 100); do [ ! -s "$dir/port" ] || break; sleep 0.05; done
URL=http://127.0.0.1:$(cat "$dir/port") WRITE_KEY=any
export URL WRITE_KEY NODE_PATH=$modules/node_modules
work=$dir/work
"$SLUICE" init "$work" -q
cat >"$work/connections/pg.json" <<END
{"type": "postgres", "host": "$PGHOST", "port": $PGPORT, "database": "postgres", "user": "postgres"}
END
cat >"$work/connections/rudder.json" <<END
{"type": "rudderstack", "url": "$URL", "write_key": "env:WRITE_KEY", "batch_events": 500}
END
cat >"$work/profiles/people.json" <<'END'
{"event": "identify", "map": {"userId": "id", "traits.uid": "uid", "traits.email": "email", "traits.firstName": "first_name",
 "traits.lastName": "last_name", "traits.mrr": "mrr", "traits.score": "score", "traits.createdAt": "created_at",
 "traits.updatedAt": "updated_at", "traits.active": "active", "traits.note": "note", "traits.prefs": "prefs"}}
END
cat >"$work/syncs/people.json" <<'END'
{"source": "pg", "table": "public.people", "key": ["id"], "profile": "people", "destination": "rudder"}
END

# ---- the rounds ---------------------------------------------------------------------------------
ticks=$(getconf CLK_TCK)
pg_cpu() { awk -v t="$ticks" '{ sub(/.*\) /, ""); print ($14 + $15) / t }' "/proc/$(head -n 1 "$PG_DIR/data/postmaster.pid")/stat"; }
events() { curl -s "$URL/_stats" | sed 's/.*"events":\([0-9]*\).*/\1/'; }

# take NAME COMMAND...: prints "NAME rows/s CPU CPU-of-postgres MiB", when all rows arrived.
take() {
	local name=$1 pg0 before got
	shift
	pg0=$(pg_cpu) before=$(events)
	"$measure" "$@" 3>"$dir/took" >"$dir/words" 2>&1 || {
		tail -n 5 "$dir/words" >&2
		echo "bench: $name failed" >&2
		return 1
	}
	sleep 0.2 # a backend's CPU time is counted when it has gone
	got=$(($(events) - before))
	[ "$got" = "$ROWS" ] || { echo "bench: $name sent $got of $ROWS rows" >&2; return 1; }
	awk -v name="$name" -v rows="$ROWS" -v pg="$(pg_cpu)" -v pg0="$pg0" '{
		for (i = 1; i <= NF; i++) { split($i, kv, "="); v[kv[1]] = kv[2] }
		print name, rows / v["wall"], v["user"] + v["sys"], pg - pg0, v["rss"] / 1024
	}' "$dir/took"
}
sluice() { rm -rf "$work/state" && take sluice "$SLUICE" -w "$work" run people -q; }
peer() {
	case $1 in
	*.py) take "$1" $python "$here/$1" ;;
	*.js) take "$1" node "$here/$1" ;;
	esac
}

export PYTHONDONTWRITEBYTECODE=1
for round in $(seq "$ROUNDS"); do
	echo "bench: peers, round $round of $ROUNDS"
	for name in "${peers[@]}"; do
		ours=$(sluice)
		theirs=$(peer "$name")
		echo "$ours $theirs" >>"$dir/all"
	done
done

median() { sort -g | awk '{ a[NR] = $1 } END { print NR % 2 ? a[(NR + 1) / 2] : (a[NR / 2] + a[NR / 2 + 1]) / 2 }'; }
# of NAME EXPRESSION: the median over the rounds of a script; its figures are $7..., sluice's beside it $2...
of() { awk -v n="$1" 'n == "" || $6 == n { print '"$2"' }' "$dir/all" | median; }

# How many times as fast sluice is to be.
goal() { case $1 in plain.*) echo 10 ;; *) echo 5 ;; esac }
{
	echo "script	rows/s	CPU s	CPU postgres s	peak MiB	sluice is faster	at least	-	sluice's memory	at most	-"
	printf 'sluice\t%.0f\t%.2f\t%.2f\t%.0f\n' "$(of '' '$2')" "$(of '' '$3')" "$(of '' '$4')" "$(of '' '$5')"
	for name in "${peers[@]}"; do
		printf '%s\t%.0f\t%.2f\t%.2f\t%.0f\t%.1f\t%d\t%.2f\n' "$name" "$(of "$name" '$7')" "$(of "$name" '$8')" \
			"$(of "$name" '$9')" "$(of "$name" '$10')" "$(of "$name" '$2 / $7')" "$(goal "$name")" "$(of "$name" '$5 / $10')"
	done | awk -F '\t' -v OFS='\t' '{ print $1, $2, $3, $4, $5, $6, $7, ($6 >= $7 ? "ok" : "below"), $8, 0.1, ($8 <= 0.1 ? "ok" : "below") }'
} >"$dir/result"
column -t -s '	' "$dir/result" 2>/dev/null || cat "$dir/result"
