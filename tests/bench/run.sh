#!/bin/bash
# run.sh - how fast is sluice, as a ratio to what the same machine can do in the same minute?
#
#   make bench                    every case, in at most ten minutes on two cores
#   make bench T='diff*'          cases by the name of their file; T=? lists them
#   make bench BENCH=long         also the cases with 5 and 20 million rows
#   make bench BENCH_DIR=/tmp/b   keep the server's data and the tables there, and use them the next time
#   ROWS=200000 ROUNDS=1          smaller and rougher
#
# A private PostgreSQL gets the tables that the chosen cases name. Then each case runs; it prints lines of
# results, which end up in a table on the screen, in build/release/bench.tsv (with commit and processor)
# and in build/release/bench.md. A missed target is told as "below" and is no failure; a case that does
# not run, or delivers another number of rows than it should, is one.
#
# A CASE is a script: cases/*.sh, or */case.sh in a folder of its own with what it needs. Its head says
#
#     # tables: big small     made before it runs, see lib/tables.sh; may be empty
#     # seconds: 40           how long it takes on two cores without them, with 1,000,000 rows and 3 rounds
#     # disk: 700             MB that it needs beside the tables, with so many rows
#     # long: 5               optional: it runs in BENCH=long only
#
# It is started with bash, with PGHOST, PGPORT and PGUSER for the server (database postgres), SLUICE (the
# program), B (the build folder: $B/tests/bench/measure), BENCH (empty or long), BENCH_DIR (make a folder in
# it and remove it when you end, SIGTERM included), ROWS (of the big tables) and ROUNDS. It
#   - prints lines of 12 fields with TABs between them on its standard output, "-" where a field says nothing:
#         case value unit ceiling ratio target target_of cpu_sluice cpu_postgres cpu_receiver peak_mib note
#     target is ">= 1.5" or "<= 96"; target_of is "ratio" or "value": which of them it is about;
#     the CPUs are seconds, value and ceiling plain numbers;
#   - tells what it does on its standard error, a line now and then;
#   - ends with 0; with 77 when something that it needs is not installed (then says what on standard error);
#     with anything else when it could not run or a count was wrong.
# lib/world.sh and lib/rounds.sh do most of this for cases that sync a table.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
export B=${B:-$top/build/release} SLUICE=${SLUICE:-$top/build/sluice}
export ROWS=${ROWS:-1000000} ROUNDS=${ROUNDS:-3} BENCH=${BENCH:-}
case $SLUICE in /*) ;; *) SLUICE=$PWD/$SLUICE ;; esac
# shellcheck source=tests/lib/pg.sh
. "$top/tests/lib/pg.sh"
for part in tables limits report; do
	# shellcheck source=/dev/null
	. "$here/lib/$part.sh"
done

say() { echo "bench: $*" >&2; }
stop() {
	say "stopped: $*"
	exit 1
}

# ---- which cases ------------------------------------------------------------------------------------

name_of() {
	local f=${1#"$here/"}
	f=${f#cases/} f=${f%/case.sh}
	echo "${f%.sh}"
}
head_of() { sed -n "s/^# $2: *//p" "$1" | head -n 1; } # FILE WORD
seconds_of() { head_of "$1" seconds | awk -v r="$ROWS" -v k="$ROUNDS" '{ print int($1 * (0.1 + 0.9 * r / 1e6) * (k + 1) / 4 + 0.5) }'; }
mb_of() { head_of "$1" disk | awk -v r="$ROWS" '{ print int($1 * r / 1e6) + 1 }'; }
# As a person wants to read them; then those that nobody named here.
order='diff diff_uuid plain full file tls all far wide growth growth5 memory memory5 state first ten peers tui'
in_order() {
	local name f
	for name in $order; do
		for f in "$here/cases/$name.sh" "$here/$name/case.sh"; do [ ! -f "$f" ] || echo "$f"; done
	done
	for f in "$here"/cases/*.sh "$here"/*/case.sh; do
		[[ " $order " == *" $(name_of "$f") "* ]] || [ ! -f "$f" ] || echo "$f"
	done
}
chosen() {
	local f
	for f in $(in_order); do
		# shellcheck disable=SC2053 # T is a pattern
		[[ $(name_of "$f") == ${T:-*} ]] || continue
		[ -n "$BENCH" ] || [ -z "$(head_of "$f" long)" ] || continue
		echo "$f"
	done
}
mapfile -t cases < <(if [ "${T:-}" = '?' ]; then BENCH=long T='*' chosen; else chosen; fi)
[ "${#cases[@]}" -gt 0 ] || stop "no case is named $T; T=? lists them"
if [ "${T:-}" = '?' ]; then
	for f in "${cases[@]}"; do
		printf '%-12s %4s s  %s\n' "$(name_of "$f")" "$(head_of "$f" seconds)" "$(sed -n '2s/^# [^ ]* - //p' "$f")"
	done
	exit 0
fi

# ---- what it takes ------------------------------------------------------------------------------------

if [ -z "${BENCH_DIR:-}" ]; then
	BENCH_DIR=$(mktemp -d /tmp/sluice-bench-XXXXXX) kept=
else
	mkdir -p "$BENCH_DIR"
	BENCH_DIR=$(cd "$BENCH_DIR" && pwd) kept=yes
fi
export BENCH_DIR
chmod 755 "$BENCH_DIR" # the server's user must get through
running=
finish() {
	trap '' INT TERM
	if [ -n "$running" ]; then
		kill "$running" 2>/dev/null || true
		wait "$running" 2>/dev/null || true
	fi
	pg_stop
	[ -n "$kept" ] || rm -rf "$BENCH_DIR"
}
trap finish EXIT
trap 'exit 130' INT TERM

tables=$(for f in "${cases[@]}"; do head_of "$f" tables; done | tr ' ' '\n' | grep . | sort -u || true)
seconds=3 disk=150 # the server itself
for f in "${cases[@]}"; do
	seconds=$((seconds + $(seconds_of "$f")))
	[ "$(mb_of "$f")" -le $((disk - 150)) ] || disk=$(($(mb_of "$f") + 150)) # one after the other
done
for t in $tables; do
	seconds=$((seconds + $(table_seconds "$t"))) disk=$((disk + $(table_mb "$t")))
done
say "${#cases[@]} cases, $ROWS rows, $ROUNDS rounds: about $((seconds / 60)) min $((seconds % 60)) s on two cores," \
	"at most $disk MB in $BENCH_DIR"
limits_before "$disk"

# ---- the server and the tables --------------------------------------------------------------------------

server_settings
pg_start "$BENCH_DIR/pg" || stop "PostgreSQL does not start, see above"
for t in $tables; do
	table_make "$t" || stop "the table $t could not be made: $(limit_words)"
done

# ---- the cases ------------------------------------------------------------------------------------------

results=$BENCH_DIR/results
: >"$results"
n=0 bad=0
for f in "${cases[@]}"; do
	n=$((n + 1)) name=$(name_of "$f") from=$SECONDS rc=0
	limits_before "$(mb_of "$f")"
	say "$n of ${#cases[@]}: $name, about $(seconds_of "$f") s"
	bash "$f" >"$BENCH_DIR/lines" &
	running=$!
	wait "$running" || rc=$?
	running=
	grep -P '^[^\t]*(\t[^\t]*){11}$' "$BENCH_DIR/lines" | report_verdicts | tee -a "$results" | report_lines >&2 || true
	if [ "$rc" = 77 ]; then
		say "$name was left out"
	elif [ "$rc" != 0 ] || [ ! -s "$BENCH_DIR/lines" ]; then
		say "$name did not run to its end (exit code $rc): $(limit_words)"
		bad=1
	fi
	say "$name took $((SECONDS - from)) s"
done
report_all "$results"
say "$((SECONDS / 60)) min $((SECONDS % 60)) s in all"
exit $bad
