#!/bin/bash
# memory.sh - the most memory that a first sync and a run with 1 % changed take
# tables: big big_uuid
# seconds: 12
# disk: 800
. "$(dirname "$0")/../lib/world.sh"
. "$bench/lib/rounds.sh"

receiver
world
sync_of big '"table": "public.big"'
sync_of big_uuid '"table": "public.big_uuid", "key": ["uid"], "profile": "uuids"'
peak() {
	base "$1" "$ROWS"
	echo "$mib" >"$dir/peaks"
	change "$1" 1
	run "$1" $((ROWS / 100))
	echo "$mib" >>"$dir/peaks"
	line "peak memory, $2" "$(worst <"$dir/peaks")" MiB - - "<= 96" value - - - "$(worst <"$dir/peaks")" \
		"first sync $(head -n 1 "$dir/peaks"), 1 % $(tail -n 1 "$dir/peaks")"
}
peak big "$ROWS rows"
peak big_uuid "$ROWS rows, uuid key"
