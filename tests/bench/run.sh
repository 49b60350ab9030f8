#!/bin/bash
# run.sh - how fast is a sync, as a ratio to what the same machine can do in the same minute?
#
# A private PostgreSQL gets a table of ROWS rows (1,000,000) x 12 columns. In each of ROUNDS rounds (3)
# every case is run next to its ceiling, `COPY table TO STDOUT` by psql into /dev/null:
#   full   the first sync: every row becomes an event, goes through the log and to the receiver
#   same   a second run with nothing changed
#   diff   a run with 1 % of the rows changed
# Printed are medians; a ratio is the median of the rounds' ratios. The receiver only counts.
set -euo pipefail
top=$(cd "$(dirname "$0")/../.." && pwd)
B=${B:-$top/build/release} SLUICE=${SLUICE:-$top/build/sluice}
ROWS=${ROWS:-1000000} ROUNDS=${ROUNDS:-3}
measure=$B/tests/bench/measure
# shellcheck source=tests/lib/pg.sh
. "$top/tests/lib/pg.sh"

dir=$(mktemp -d /tmp/sluice-bench-XXXXXX)
chmod 755 "$dir"
receiver=
finish() {
	[ -z "$receiver" ] || kill "$receiver" 2>/dev/null || true
	pg_stop
	rm -rf "$dir"
}
trap finish EXIT

need=$((ROWS / 1000 * 2)) # MB: table, log and room to spare
have=$(df -Pm "$dir" | awk 'NR == 2 { print $4 }')
[ "$have" -gt "$need" ] || { echo "bench needs $need MB in $dir, there are $have" >&2; exit 1; }

echo "bench: making $ROWS rows"
pg_start "$dir/pg"
psql -Xq -v ON_ERROR_STOP=1 <<END
CREATE TABLE big AS SELECT i::bigint AS id, md5(i::text)::uuid AS uid, 'user' || i || '@example.com' AS email,
	'First' || i % 1000 AS first_name, 'Last é ' || i % 5000 AS last_name, (i % 100000 / 100.0)::numeric(12,2) AS mrr,
	sqrt(i) AS score, timestamptz '2024-01-01' + i * interval '1 second' AS created_at,
	timestamptz '2025-01-01' + i * interval '1 second' AS updated_at, i % 2 = 0 AS active,
	CASE WHEN i % 3 > 0 THEN 'note "' || i || '" é and some more words to make it long' END AS note,
	jsonb_build_object('lang', 'en', 'news', i % 2 = 0, 'n', i) AS prefs FROM generate_series(1, $ROWS) i;
ALTER TABLE big ADD PRIMARY KEY (id);
VACUUM ANALYZE big;
END
"$SLUICE" receive --port 0 --port-file "$dir/port" --discard -q &
receiver=$!
for _ in $(seq 100); do [ ! -s "$dir/port" ] || break; sleep 0.05; done
work=$dir/work
"$SLUICE" init "$work" -q
cat >"$work/connections/pg.json" <<END
{"type": "postgres", "host": "$PGHOST", "port": $PGPORT, "database": "postgres", "user": "postgres"}
END
cat >"$work/connections/rudder.json" <<END
{"type": "rudderstack", "url": "http://127.0.0.1:$(cat "$dir/port")", "write_key": "env:BENCH_KEY", "batch_events": 500}
END
cat >"$work/profiles/users.json" <<'END'
{"event": "identify", "map": {"userId": "id", "traits.uid": "uid", "traits.email": "email", "traits.firstName": "first_name",
 "traits.lastName": "last_name", "traits.mrr": "mrr", "traits.score": "score", "traits.createdAt": "created_at",
 "traits.updatedAt": "updated_at", "traits.active": "active", "traits.note": "note", "traits.prefs": "prefs"}}
END
cat >"$work/syncs/big.json" <<'END'
{"source": "pg", "table": "public.big", "key": ["id"], "profile": "users", "destination": "rudder"}
END
export BENCH_KEY=any

# CPU seconds of the server's finished backends, and of the receiver.
ticks=$(getconf CLK_TCK)
pg_cpu() { awk -v t="$ticks" '{ sub(/.*\) /, ""); print ($14 + $15) / t }' "/proc/$(head -n 1 "$PG_DIR/data/postmaster.pid")/stat"; }
receiver_cpu() { awk -v t="$ticks" '{ sub(/.*\) /, ""); print ($12 + $13) / t }' "/proc/$receiver/stat"; }
took() { sed -n 's/.*wall=\([0-9.]*\).*/\1/p' "$1"; }

copy() { "$measure" psql -Xq -c 'COPY big TO STDOUT' 3>"$dir/copy" >/dev/null; }

# one CASE: the case next to its ceiling; a line for the table below.
one() {
	local pg0 rc0
	copy
	pg0=$(pg_cpu) rc0=$(receiver_cpu)
	"$measure" "$SLUICE" -w "$work" run big -q 3>"$dir/run" || { echo "bench: the run failed" >&2; exit 1; }
	sleep 0.2 # a backend is counted when it has gone
	awk -v name="$1" -v rows="$ROWS" -v copy="$(took "$dir/copy")" -v pg="$(pg_cpu)" -v pg0="$pg0" \
		-v rc="$(receiver_cpu)" -v rc0="$rc0" -v state="$(du -sk --exclude=ballast "$work/state" | cut -f 1)" '{
		for (i = 1; i <= NF; i++) { split($i, kv, "="); v[kv[1]] = kv[2] }
		print name, rows / v["wall"], copy / v["wall"], v["user"] + v["sys"], pg - pg0, rc - rc0, v["rss"] / 1024, state / 1024
	}' "$dir/run" >>"$dir/all"
}

for round in $(seq "$ROUNDS"); do
	echo "bench: round $round of $ROUNDS"
	rm -rf "$work/state"
	one full
	one same
	psql -Xq -c "UPDATE big SET mrr = mrr + 1 WHERE id % 100 = $round" -c 'VACUUM big'
	one diff
done

median() { sort -g | awk '{ a[NR] = $1 } END { print NR % 2 ? a[(NR + 1) / 2] : (a[NR / 2] + a[NR / 2 + 1]) / 2 }'; }
{
	echo "case	rows/s	of COPY	CPU sluice s	CPU postgres s	CPU receiver s	peak MiB	state MiB	commit	cpu"
	for name in full same diff; do
		printf '%s' "$name"
		for col in 2 3 4 5 6 7 8; do
			awk -v n=$name -v c=$col '$1 == n { print $c }' "$dir/all" | median |
				awk -v c=$col '{ printf c == 2 ? "\t%.0f" : c == 7 || c == 8 ? "\t%.0f" : "\t%.2f", $1 }'
		done
		printf '\t%s\t%s\n' "$(git -C "$top" describe --always --dirty 2>/dev/null || echo -)" \
			"$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)"
	done
} >"$dir/result"
column -t -s '	' "$dir/result" 2>/dev/null || cat "$dir/result"
mkdir -p "$B"
cp "$dir/result" "$B/bench.tsv"
echo "bench: the same as tab-separated values: $B/bench.tsv"
