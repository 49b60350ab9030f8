# jobs.sh - several worlds at a time. Source it after world.sh.
#
#	job FUNCTION WORD...    in a process of its own, as soon as one of WORKERS (2) is free
#	jobs_end                waits for all; what they said is in $dir/job.1 and so on
#	quiet TEXT              no job said a violation in a line with TEXT, and none broke off

WORKERS=${WORKERS:-2}
njobs=0 running=0

job() {
	while [ "$running" -ge "$WORKERS" ]; do
		wait -n || true
		running=$((running - 1))
	done
	njobs=$((njobs + 1))
	(
		receiver=
		trap '[ -z "$receiver" ] || kill "$receiver" 2>/dev/null || true' EXIT
		"$@"
	) >"$dir/job.$njobs" 2>&1 &
	running=$((running + 1))
}
jobs_end() {
	wait
	running=0
}
quiet() {
	if grep -h "violation" "$dir"/job.* | grep -F "$1" | head -n 20 | sed 's/^/# /' | grep .; then return 1; fi
	grep -hq "^numbers $1 " "$dir"/job.* || { echo "# broke off:"; tail -n 3 "$dir"/job.* | sed 's/^/# /'; return 1; }
}
# report N WHAT: the line that every fault test ends with
report() {
	echo "# $1 $2, $(cat "$dir"/job.* | grep -c violation) violations, 95 % bound of the failure rate 3/$1 =" \
		"$(awk -v n="$1" 'BEGIN { printf "%.2g", (n > 0 ? 3 / n : 1) }')"
}
