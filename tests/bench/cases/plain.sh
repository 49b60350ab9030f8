#!/bin/bash
# plain.sh - the same through SQL on a view, where neither two readers nor digests by the server apply
# tables: big plain
# seconds: 27
# disk: 800
. "$(dirname "$0")/../lib/world.sh"
. "$bench/lib/rounds.sh"

receiver
world
sync_of sql '"sql": "SELECT * FROM plain"'
nothing_and_little sql "(SELECT * FROM plain)" big ", SQL model"
result "0 % changed, SQL model" ">= 0.9"
result "1 % changed, SQL model" ">= 0.9"
