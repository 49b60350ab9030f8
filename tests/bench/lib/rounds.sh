# rounds.sh - cases next to their ceilings, in rounds; medians of rounds. Source it after world.sh.
#
#	rounds body          # calls body ROUNDS times with the number of the round; inside:
#	copy big             # the ceiling: sets $ceiling, seconds
#	against SECONDS      # or another one
#	note NAME ROWS       # remembers the last run against the last ceiling
#	result NAME TARGET   # prints the line; TARGET as ">= 1.5", about the ratio

rounds() {
	local k
	for k in $(seq "$ROUNDS"); do
		say "round $k of $ROUNDS"
		"$1" "$k"
	done
}

# copy TABLE: what psql needs to read it all, and throw it away
copy() {
	"$measure" psql -Xq -c "COPY $1 TO STDOUT" 3>"$dir/copy" >/dev/null || broken "COPY $1 failed"
	ceiling=$(took "$dir/copy" wall)
	sleep 0.15 # its backend is none of the run's
}

against() { ceiling=$1; }

median() { sort -g | awk '{ a[NR] = $1 } END { print NR % 2 ? a[(NR + 1) / 2] : (a[NR / 2] + a[NR / 2 + 1]) / 2 }'; }
worst() { sort -g | tail -n 1; }

# Columns: rows/s, rows/s of the ceiling, ratio, CPUs, MiB.
note() {
	awk -v rows="$2" -v wall="$wall" -v ceiling="$ceiling" -v rest="$cpu $cpu_pg $cpu_rc $mib" \
		'BEGIN { print rows / wall, rows / ceiling, ceiling / wall, rest }' >>"$dir/note.${1// /_}"
}
of() { awk -v c="$2" '{ print $c }' "$dir/note.${1// /_}"; } # NAME COLUMN

# line CASE VALUE UNIT CEILING RATIO TARGET TARGET_OF CPU CPU CPU MIB NOTE
line() {
	local IFS=$'\t'
	echo "$*"
}
# result NAME TARGET [NOTE]
result() {
	line "$1" "$(of "$1" 1 | median)" rows/s "$(of "$1" 2 | median)" "$(of "$1" 3 | median)" "$2" ratio \
		"$(of "$1" 4 | median)" "$(of "$1" 5 | median)" "$(of "$1" 6 | median)" "$(of "$1" 7 | worst)" "${3:--}"
}
# nothing_and_little SYNC READ TABLE LABEL: rounds of a second run that finds nothing and of one that finds 1 %
# changed, each next to COPY of READ; the column mrr of TABLE is what changes. Remembered as "0 % changedLABEL" and "1 % changedLABEL".
nothing_and_little() {
	local name=$1 read=$2 table=$3 label=$4
	little() {
		copy "$read"
		run "$name" 0
		note "0 % changed$label" "$ROWS"
		change "$table" "$1"
		copy "$read"
		run "$name" $((ROWS / 100))
		note "1 % changed$label" "$ROWS"
	}
	base "$name" "$ROWS"
	rounds little
}
# change TABLE ROUND: another hundredth of it each time
change() {
	psql -Xq -v ON_ERROR_STOP=1 -c "UPDATE $1 SET mrr = mrr + 1 WHERE id % 100 = $2 % 100" -c "VACUUM $1" ||
		broken "the table $1 cannot be changed"
}
