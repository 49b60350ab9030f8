# limits.sh - what the machine must have for a benchmark, and in which words it is told when it has not.

free_mb() { df -Pm "$BENCH_DIR" | awk 'NR == 2 { print $4 }'; }
memory_mb() { awk '/^MemAvailable/ { print int($2 / 1024) }' /proc/meminfo; }

# limits_before MB: ends the benchmark when less than that is free on the disk, or too little memory or
# too few descriptors.
limits_before() {
	local hard
	[ "$(free_mb)" -gt "$1" ] ||
		stop "the disk: $1 MB are needed in $BENCH_DIR, $(free_mb) MB are free; BENCH_DIR=... takes another place"
	[ "$(memory_mb)" -gt 700 ] ||
		stop "the memory: 700 MB must be available for PostgreSQL and a run, there are $(memory_mb) MB"
	hard=$(ulimit -Hn)
	[ "$hard" = unlimited ] || [ "$hard" -ge 1024 ] ||
		stop "the descriptors: 1024 files must be open at once, the limit is $hard (ulimit -n)"
	ulimit -Sn 1024
}

# What may have stopped a case, when it is a limit.
limit_words() {
	if [ "$(free_mb)" -lt 100 ]; then
		echo "the disk of $BENCH_DIR is full, $(free_mb) MB are free"
	elif [ "$(memory_mb)" -lt 100 ]; then
		echo "no memory is left, $(memory_mb) MB are available"
	else
		echo "see above"
	fi
}

# A buffer cache that holds the tables where the machine can spare it; nothing that works beside the
# measurement, and one process a query, so that a ceiling means the same everywhere.
server_settings() {
	local mb=$(($(memory_mb) / 6))
	[ "$mb" -lt 2048 ] || mb=2048
	export PG_SETTINGS="-c shared_buffers=${mb}MB -c work_mem=64MB -c maintenance_work_mem=128MB -c jit=off \
-c autovacuum=off -c max_parallel_workers_per_gather=0 -c max_wal_size=8GB -c checkpoint_timeout=1h \
-c wal_level=minimal -c max_wal_senders=0 -c full_page_writes=off -c synchronous_commit=off"
}
