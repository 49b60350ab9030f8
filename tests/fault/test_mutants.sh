#!/bin/bash
# test_mutants.sh - do the tests catch bugs? Each file in mutants/ is one deliberate bug: a text of one
# source file is replaced, the file is compiled and linked with the rest of this build, and the test that
# the mutant names must fail with it. A text that is not there exactly once, a mutant that does not compile
# and one that no test notices are failures; so is a test that fails without any bug.
# Run it by `make fault T=test_mutants`; ONLY=pattern picks some: ONLY='digest_*'.
#
#	bug: NULL counts as the empty text            what a person would say about it
#	like: F23                                     which real failure it stands for
#	file: core/diff/digest_row.c                  a source file, an SQL file or a header
#	object: core/diff/digest_row.c                what is compiled, where `file` is no source file
#	test: unit/test_diff null_is_not*             a test program, and which of its tests;
#	                                              or a script, which is given a program with the bug
#	--- old
#	the text that is there
#	--- new
#	what stands there instead; both parts may come several times
set -euo pipefail
export LC_ALL=C
cd "$(dirname "$0")/../.."
LIMIT=60 # seconds that one test may take

# ---- one mutant -----------------------------------------------------------------------------------

field() { sed -n "s/^$2: //p" "$1"; }
# swap FROM TO: in $text, where FROM must stand once
swap() {
	local rest=${text//"$1"/}
	if [ -z "$1" ] || [ $((${#text} - ${#rest})) != ${#1} ]; then
		echo "the old text is there $(((${#text} - ${#rest}) / (${#1} > 0 ? ${#1} : 1))) times"
		return 1
	fi
	text=${text/"$1"/"$2"}
}
# mutate MUTANT FILE: FILE with the bug on stdout
mutate() {
	local text line part='' old='' new=''
	text=$(cat "$2" && echo .) && text=${text%.}
	while IFS= read -r line; do
		case $line in
		"--- old")
			[ -z "$part" ] || swap "${old%$'\n'}" "${new%$'\n'}" >&2 || return 1
			part=old old='' new=''
			;;
		"--- new") part=new ;;
		*)
			[ "$part" != old ] || old+=$line$'\n'
			[ "$part" != new ] || new+=$line$'\n'
			;;
		esac
	done <"$1"
	swap "${old%$'\n'}" "${new%$'\n'}" >&2 || return 1
	printf %s "$text"
}

# build MUTANT DIR: the program that its test needs, DIR/program
build() {
	local file object test objects
	file=$(field "$1" file) object=$(field "$1" object) test=$(field "$1" test)
	mkdir -p "$2/${file%/*}"
	mutate "$1" "$file" >"$2/$file" || return 1
	case $file in
	*.sql) awk -f tests/tools/sql2c.awk "$2/$file" >"$2/${file%.sql}.inc" ;;
	*.c) object=$2/$file ;;
	esac
	# The mutant may do what a compiler warns of. Nobody debugs it: made the quick way, linked without symbols.
	# shellcheck disable=SC2086
	$COMPILE -w -O0 -g0 -U_FORTIFY_SOURCE -iquote "$2" -c -o "$2/mutant.o" "$object" || return 1
	objects="$B/tui/main.o"
	case $test in
	*.sh*) ;;
	*) objects="$B/tests/${test%% *}.o $(echo "$B"/tests/lib/*.o)" ;;
	esac
	# shellcheck disable=SC2086
	$LINK -Wl,-S -o "$2/program" "$2/mutant.o" $objects "$B/libtui.a" "$B/libcore.a" $LIBS
}

# run_test TEST PROGRAM OUT: does it pass? PROGRAM is the one to run, or for a script the sluice to use
run_test() {
	local program=$2 rc=0
	export TEST_ONLY=${1#"${1%% *}"}
	TEST_ONLY=${TEST_ONLY# }
	case $1 in *.sh*) program=tests/${1%% *} ;; esac
	SLUICE=$2 timeout -k 5 $LIMIT "$program" >"$3" 2>&1 </dev/null || rc=$?
	[ "$rc" = 0 ] && grep -q '^ok ' "$3" && ! grep -q '^not ok ' "$3"
}

# judge MUTANT: one TAP line without its number
judge() {
	local name dir bug begin=$EPOCHSECONDS
	name=$(basename "$1" .mutant) bug=$(field "$1" bug)
	dir=$work/$name
	mkdir -p "$dir"
	if ! build "$1" "$dir" >"$dir/build.log" 2>&1; then
		echo "not ok - $name: it cannot be made"
		head -n 5 "$dir/build.log" | sed 's/^/# /'
	elif run_test "$(field "$1" test)" "$dir/program" "$dir/out"; then
		echo "not ok - $name survived $(field "$1" test): $bug"
	else
		echo "ok - $name is caught: $bug ($((EPOCHSECONDS - begin)) s)"
	fi
	[ -n "${KEEP:-}" ] || rm -rf "$dir"
}

# sound TEST: it passes where there is no bug
sound() {
	local program=$SLUICE out begin=$EPOCHSECONDS
	out=$(mktemp "$work/out-XXXXXX")
	case $1 in *.sh*) ;; *) program=$B/tests/${1%% *} ;; esac
	if run_test "$1" "$program" "$out"; then
		echo "ok - without a bug $1 passes ($((EPOCHSECONDS - begin)) s)"
	else
		echo "not ok - without a bug $1 passes"
		grep -v '^ok ' "$out" | head -n 20 | sed 's/^/# /'
	fi
}

# Several at a time, see below.
if [ "${1:-}" = --judge ] || [ "${1:-}" = --sound ]; then
	"${1#--}" "$2" >"$(mktemp "$work/result-XXXXXX")"
	exit
fi

# ---- all of them ----------------------------------------------------------------------------------

: "${COMPILE:?run it by make fault T=test_mutants}" "${LINK:?}" "${LIBS:?}" "${B:?}" "${SLUICE:?}"
work=$(mktemp -d /tmp/sluice-mutants-XXXXXX)
trap 'rm -rf "$work"' EXIT
export work CMOCKA_MESSAGE_OUTPUT=TAP

# They wait for most of their time.
at_a_time() { xargs -d '\n' -r -n 1 -P "$((2 * $(nproc)))" "$0" "$1"; }
# shellcheck disable=SC2086
mutants=$(ls tests/fault/mutants/${ONLY:-*}.mutant)
for m in $mutants; do field "$m" test; done | sort -u | at_a_time --sound
at_a_time --judge <<<"$mutants"
cat "$work"/result-* | awk -v all="$(wc -l <<<"$mutants")" '
	/^(not )?ok - / { n++; caught += / is caught: /; sub(/ok - /, "ok " n " - ") }
	{ print }
	END { printf "# %d mutants, %d caught\n1..%d\n", all, caught, n }'
