#!/bin/bash
# diff.sh - a second run that finds nothing changed, and one that finds 1 %
# tables: big
# seconds: 25
# disk: 800
. "$(dirname "$0")/../lib/world.sh"
. "$bench/lib/rounds.sh"

receiver
world
sync_of diff '"table": "public.big"'
nothing_and_little diff big big ""
result "0 % changed" ">= 1.5"
result "1 % changed" ">= 1.2"
