#!/bin/bash
# wide.sh - a table of 100 columns, and one with 4 KB of JSON in each row: first sync, then nothing changed
# tables: wide doc
# seconds: 22
# disk: 1200
. "$(dirname "$0")/../lib/world.sh"
. "$bench/lib/rounds.sh"

receiver
world
n=$((ROWS / 10))
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
		note "$t first" "$n"
		run $t 0
		note "$t again" "$n"
	done
}
rounds body
result "wide first" - "100 columns, $n rows"
result "wide again" - "100 columns, $n rows"
result "doc first" - "4 KB of jsonb, $n rows"
result "doc again" - "4 KB of jsonb, $n rows"
