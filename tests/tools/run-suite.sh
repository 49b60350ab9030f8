#!/bin/bash
# run-suite.sh - run test programs, count their TAP lines, print one sum.
#   run-suite.sh NAME PROGRAM...   each is a cmocka program or a script that prints TAP
#   run-suite.sh --sum FILE        the sum over the suites that were noted in FILE
# A program also fails when it ends with an error, runs longer than TEST_TIMEOUT seconds (300), or
# runs no test or fewer than it announced. AT_ONCE programs (1) run at the same time, what they say
# keeps their order. SUMS names the file that each suite adds its sum to.
set -euo pipefail

if [ "$1" = --sum ]; then
	read -r passed failed < <(cat "$2" 2>/dev/null | awk '{ p += $1; f += $2 } END { print p + 0, f + 0 }')
	echo "$passed passed, $failed failed"
	[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
	exit
fi

suite=$1
shift
LONG=10 # seconds from which on a program's time is told
export CMOCKA_MESSAGE_OUTPUT=TAP
export ASAN_OPTIONS=${ASAN_OPTIONS:-abort_on_error=0:detect_stack_use_after_return=1}
export UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1}
export TSAN_OPTIONS=${TSAN_OPTIONS:-halt_on_error=0:second_deadlock_stack=1}

# ThreadSanitizer of older compilers cannot live with the address layout of newer kernels.
fixed=()
if [ "${VARIANT:-}" = tsan ] && setarch -R true 2>/dev/null; then
	fixed=(setarch -R)
fi

work=$(mktemp -d)
# When it is broken off the programs that run go, too: timeout hands the signal on.
finish() {
	local job
	for job in $(jobs -p); do
		# shellcheck disable=SC2046
		kill $(cat "/proc/$job/task/$job/children" 2>/dev/null) "$job" 2>/dev/null || true
	done
	rm -rf "$work"
}
trap finish EXIT
trap 'exit 130' INT TERM

# run N PROGRAM: what it says in $work/N.out; its exit code and seconds in $work/N.end, once it has ended
run() {
	local rc=0 begin=$EPOCHSECONDS
	timeout -k 10 "${TEST_TIMEOUT:-300}" "${fixed[@]}" "$2" >"$work/$1.out" 2>&1 </dev/null || rc=$?
	echo "$rc $((EPOCHSECONDS - begin))" >"$work/$1.new"
	mv "$work/$1.new" "$work/$1.end"
}

programs=("$@")
begun=0 running=0
# until_ended N: begins programs in their order, AT_ONCE at a time, until the Nth has ended
until_ended() {
	while [ ! -e "$work/$1.end" ]; do
		while [ "$running" -lt "${AT_ONCE:-1}" ] && [ "$begun" -lt "${#programs[@]}" ]; do
			run "$begun" "${programs[begun]}" &
			begun=$((begun + 1)) running=$((running + 1))
		done
		wait -n || true
		running=$((running - 1))
	done
}

passed=0 failed=0 skipped=0
for n in "${!programs[@]}"; do
	program=${programs[n]} out=$work/$n.out
	until_ended "$n"
	read -r rc seconds <"$work/$n.end"
	read -r p f s plan < <(awk '
		/^(not )?ok [0-9]+ (.*)?# [Ss][Kk][Ii][Pp]/ { s++; next }
		/^ok [0-9]/ { p++ }
		/^not ok [0-9]/ { f++ }
		/^1\.\.[0-9]+/ { plan += substr($1, 4) }
		END { print p + 0, f + 0, s + 0, plan + 0 }' "$out")
	why=
	if [ "$rc" = 124 ] || [ "$rc" = 137 ]; then
		why="still running after ${TEST_TIMEOUT:-300} s"
	elif [ $((p + f + s)) -lt "$plan" ]; then
		why="stopped after $((p + f + s)) of $plan tests, exit code $rc"
	elif [ $((p + f + s)) = 0 ]; then
		why="ran no test, exit code $rc"
	elif [ "$rc" != 0 ] && [ "$f" = 0 ]; then
		why="exit code $rc"
	fi
	[ -z "$why" ] || f=$((f + 1))
	# What a test of faults counted: "# 100 network faults, 0 violations; 95 % bound 3.0e-02".
	name=${program##*/}
	[ "$seconds" -lt $LONG ] || name="$name ($seconds s)"
	counted=$(grep -a '^# .*95 % bound' "$out" || true)
	if [ -n "$counted" ]; then
		sed "s|^#|  $name:|" <<<"$counted"
	elif [ "$seconds" -ge $LONG ]; then
		echo "  $name"
	fi
	if [ "$f" -gt 0 ]; then
		grep -av '^ok ' "$out" | sed 's/^/    /' || true
		echo "  FAIL $program${why:+: $why}"
	fi
	passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
done
if [ "$skipped" -gt 0 ]; then
	echo "$suite: $passed passed, $failed failed, $skipped skipped"
else
	echo "$suite: $passed passed, $failed failed"
fi
[ -z "${SUMS:-}" ] || echo "$passed $failed $suite" >>"$SUMS"
[ "$failed" = 0 ]
