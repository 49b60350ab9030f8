#!/bin/bash
# all.sh - a later run that finds every row changed
# tables: big next
# seconds: 20
# disk: 900
. "$(dirname "$0")/../lib/world.sh"
. "$bench/lib/rounds.sh"

receiver
world
sync_of big '"table": "public.big"'
# The two tables change places: as many changed rows, and no dead ones for the next round.
swap() {
	psql -Xq -v ON_ERROR_STOP=1 -c "BEGIN" -c "ALTER TABLE big RENAME TO other" -c "ALTER TABLE next RENAME TO big" \
		-c "ALTER TABLE other RENAME TO next" -c "COMMIT" || broken "the tables cannot change places"
}
body() {
	swap
	copy big
	run big "$ROWS"
	note "every row changed" "$ROWS"
}
base big "$ROWS"
rounds body
[ $((ROUNDS % 2)) = 0 ] || swap
result "every row changed" ">= 0.6"
