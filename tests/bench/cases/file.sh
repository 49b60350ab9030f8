#!/bin/bash
# file.sh - the first full sync into a file
# tables: big
# seconds: 15
# disk: 1500
. "$(dirname "$0")/../lib/world.sh"
. "$bench/lib/rounds.sh"

url=http://127.0.0.1:1
world
put connections/rudder.json <<-END
	{"type": "file", "path": "$dir/events"}
END
sync_of big '"table": "public.big"'
# Here the file is what counts.
taken() { if [ -e "$dir/events" ]; then wc -l <"$dir/events"; else echo 0; fi; }
receiver_cpu() { echo 0; }
body() {
	copy big
	forget
	rm -f "$dir/events"
	run big "$ROWS"
	note "first sync, to a file" "$ROWS"
}
rounds body
result "first sync, to a file" ">= 0.9"
