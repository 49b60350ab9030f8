#!/bin/bash
# memory5.sh - the same with 5 and 20 times the rows
# tables: big5 big20
# seconds: 240
# disk: 6000
# long: 5
. "$(dirname "$0")/../lib/world.sh"
. "$bench/lib/rounds.sh"

receiver
world
echo '{"event": "identify", "map": {"userId": "id", "traits.n": "n", "traits.m": "m", "traits.name": "name"}}' |
	put profiles/narrow.json
sync_of big5 '"table": "public.big5"'
sync_of big20 '"table": "public.big20", "profile": "narrow"'
peak() {
	local rows=$((ROWS * $2)) first
	base "$1" "$rows"
	first=$mib
	psql -Xq -v ON_ERROR_STOP=1 -c "UPDATE $1 SET $3 = $3 + 1 WHERE id % 100 = 1" -c "VACUUM $1"
	run "$1" $((rows / 100))
	line "peak memory, $rows rows" "$((first > mib ? first : mib))" MiB - - "<= 96" value - - - \
		"$((first > mib ? first : mib))" "first sync $first, 1 % $mib"
}
peak big5 5 mrr
peak big20 20 n
