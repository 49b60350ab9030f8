# report.sh - the lines of the cases as a table for the screen, as TSV and as Markdown.

# Between `target_of` and the CPUs a field is added: ok, below, or - without a target.
report_verdicts() {
	awk -F '\t' -v OFS='\t' '{
		n = $7 == "value" ? $2 : $5
		split($6, t, " ")
		v = $6 == "-" || n == "-" ? "-" : (t[1] == "<=" ? n + 0 <= t[2] + 0 : n + 0 >= t[2] + 0) ? "ok" : "below"
		print $1, $2, $3, $4, $5, $6, $7, v, $8, $9, $10, $11, $12
	}'
}

# 1234567.8 becomes 1,234,568; small numbers keep some digits.
report_numbers='
function nice(x, s, out) {
	if (x == "-" || x == "") return x
	if (x + 0 < 10 && x + 0 > -10) return sprintf("%.2f", x)
	if (x + 0 < 1000) return sprintf("%.1f", x)
	s = sprintf("%.0f", x)
	while (length(s) > 3) { out = "," substr(s, length(s) - 2) out; s = substr(s, 1, length(s) - 3) }
	return s out
}'

# A case as soon as it is measured.
report_lines() {
	awk -F '\t' "$report_numbers"'{
		printf "    %-34s %10s %-8s", $1, nice($2), $3
		if ($5 != "-") printf "  ratio %s", nice($5)
		if ($6 != "-") printf "  target %s: %s", $6, $8
		print ""
	}'
}

report_cpu() { sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1; }
report_commit() { git -C "$top" describe --tags --always --dirty 2>/dev/null || "$SLUICE" --version | head -n 1; }

# FILE: all lines with verdicts.
report_all() {
	local commit cpu cores
	commit=$(report_commit) cpu=$(report_cpu) cores=$(nproc)
	mkdir -p "$B"
	{
		printf 'case\tvalue\tunit\tceiling\tratio\ttarget\ttarget of\tverdict\tCPU sluice s\tCPU postgres s\tCPU receiver s\tpeak MiB\tnote\tcommit\tprocessor\n'
		awk -F '\t' -v OFS='\t' -v commit="$commit" -v cpu="$cpu" '{ print $0, commit, cpu }' "$1"
	} >"$B/bench.tsv"
	awk -F '\t' -v commit="$commit" -v cpu="$cpu" -v cores="$cores" -v day="$(date -u +%F)" "$report_numbers"'
		BEGIN {
			print "| case | measured | ceiling | ratio | target | | CPU s: sluice, PostgreSQL, receiver | peak MiB |"
			print "|---|--:|--:|--:|--:|---|--:|--:|"
		}
		{
			cpus = $9 == "-" ? "" : nice($9) ($10 == "-" ? "" : ", " nice($10)) ($11 == "-" ? "" : ", " nice($11))
			gsub(/\|/, "\\|", $1)
			printf "| %s | %s %s | %s | %s | %s | %s | %s | %s |\n", $1, nice($2), $3, $4 == "-" ? "" : nice($4),
				$5 == "-" ? "" : sprintf("%.2f", $5), $6 == "-" ? "" : $6, $8 == "-" ? "" : $8, cpus, $12 == "-" ? "" : nice($12)
		}
		END { print ""; printf "%s, %d cores of %s, commit %s.\n", day, cores, cpu, commit }' "$1" >"$B/bench.md"
	awk -F '\t' "$report_numbers"'
		BEGIN {
			f = "%-34s %10s %-8s %10s %6s %8s %-6s %7s %7s %7s %6s  %s\n"
			printf f, "case", "measured", "", "ceiling", "ratio", "target", "", "CPU sl.", "CPU pg", "CPU rc", "MiB", "note"
		}
		{
			printf f, $1, nice($2), $3, nice($4), $5 == "-" ? "-" : sprintf("%.2f", $5), $6, $8, nice($9), nice($10), nice($11), nice($12), $13 == "-" ? "" : $13
		}' "$1"
	echo "bench: also as $B/bench.tsv and $B/bench.md"
}
