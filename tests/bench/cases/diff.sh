#!/bin/bash
# diff.sh - a second run that finds nothing changed, and one that finds 1 %
# tables: big
# seconds: 31
# disk: 800
. "$(dirname "$0")/../lib/world.sh"
. "$bench/lib/rounds.sh"

receiver
world
sync_of diff '"table": "public.big"'
nothing_and_little diff big big
result "diff, 0 %" ">= 1.5"
result "diff, 1 %" ">= 1.2"
