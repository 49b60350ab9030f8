#!/bin/bash
# wide.sh - a table of 100 columns, and one with 4 KB of JSON in each row: first sync, then nothing changed
# tables: wide doc
# seconds: 30
# disk: 1200
. "$(dirname "$0")/../lib/world.sh"
. "$bench/lib/rounds.sh"

receiver
world
n=$((ROWS / 10))
declare -A label=([wide]="100 columns" [doc]="4 KB of JSON")
{
	printf '{"event": "identify", "map": {"userId": "id"'
	for c in $(seq 33); do printf ', "traits.n%d": "n%d", "traits.t%d": "t%d", "traits.d%d": "d%d"' "$c" "$c" "$c" "$c" "$c" "$c"; done
	echo '}}'
} | put profiles/wide.json
echo '{"event": "identify", "map": {"userId": "id", "traits.body": "body"}}' | put profiles/doc.json
for t in wide doc; do sync_of $t "\"table\": \"public.$t\", \"profile\": \"$t\""; done
body() {
	local t
	forget
	for t in wide doc; do
		copy $t
		run $t "$n"
		note "${label[$t]}, first sync" "$n"
		run $t 0
		note "${label[$t]}, nothing changed" "$n"
	done
}
rounds body
for t in wide doc; do
	result "${label[$t]}, first sync" - "$n rows"
	result "${label[$t]}, nothing changed" - "$n rows"
done
