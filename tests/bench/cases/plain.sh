#!/bin/bash
# plain.sh - the same through SQL on a view, where neither two readers nor digests by the server apply
# tables: big plain
# seconds: 32
# disk: 800
. "$(dirname "$0")/../lib/world.sh"
. "$bench/lib/rounds.sh"

receiver
world
sync_of sql '"sql": "SELECT * FROM plain"'
nothing_and_little sql "(SELECT * FROM plain)" big
result "sql, 0 %" ">= 0.9" "SQL model"
result "sql, 1 %" ">= 0.9" "SQL model"
