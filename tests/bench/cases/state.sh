#!/bin/bash
# state.sh - what a row takes in the state, with the events that were sent and without them
# tables: big
# seconds: 8
# disk: 900
. "$(dirname "$0")/../lib/world.sh"
. "$bench/lib/rounds.sh"

receiver
world
sync_of kept '"table": "public.big"'
sync_of bare '"table": "public.big", "keep_events": "0"'
# The reserve that a full disk leaves to the state is no part of what a row takes.
state_bytes() { du -sB1 --exclude='ballast*' "$work/state" | cut -f 1; }
per_row() { awk -v b="$1" -v n="$ROWS" 'BEGIN { printf "%.1f", b / n }'; }
base bare "$ROWS"
bare=$(state_bytes)
base kept "$ROWS"
kept=$(state_bytes)
line "state on disk" "$(per_row "$bare")" bytes/row - - "<= 48" value - - - - "keep_events 0"
line "retained events" "$(per_row $((kept - bare)))" bytes/row - - - - - - - - "beside it, for keep_events"
