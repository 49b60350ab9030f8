#!/bin/bash
# diff_uuid.sh - the same where the key is a random uuid
# tables: big_uuid
# seconds: 27
# disk: 800
. "$(dirname "$0")/../lib/world.sh"
. "$bench/lib/rounds.sh"

receiver
world
sync_of uuid '"table": "public.big_uuid", "key": ["uid"], "profile": "uuids"'
nothing_and_little uuid big_uuid big_uuid ", uuid key"
result "0 % changed, uuid key" ">= 1.5"
result "1 % changed, uuid key" ">= 1.2"
