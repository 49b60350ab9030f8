#!/bin/sh
# demo.sh - a sample warehouse (PostgreSQL), a local receiver, a workspace that joins them, and sluice
# opened on it. Everything lives in build/demo; what was started is stopped at the end.
#
#   demo.sh                  open the program; Ctrl-C or its end stops the servers
#   demo.sh --prepare-only   start the servers, print where they are, leave them running
#   demo.sh --change         let a day pass in the warehouse: some customers change, come and leave
#   demo.sh --stop           stop what --prepare-only left running
#   demo.sh --reset          stop it and begin anew the next time
#   demo.sh --warehouse-only as --prepare-only, without the receiver
#
# SLUICE is the program (build/sluice), DEMO the folder to work in (build/demo).
set -u
top=$(cd "$(dirname "$0")/../.." && pwd)
DEMO=${DEMO:-$top/build/demo}
SLUICE=${SLUICE:-$top/build/sluice}
# shellcheck source=tests/lib/pg.sh
. "$top/tests/lib/pg.sh"

say() { printf 'demo: %s\n' "$*"; }
die() {
	printf 'demo: %s\n' "$*" >&2
	exit 1
}

# ---- the warehouse -------------------------------------------------------------------------------

# The server's user (not root) has to reach its folder, and the path of a socket may have 107 bytes.
# A checkout below /root or in a deep folder allows neither: then the data lives below /tmp.
choose_pg_dir() {
	[ ! -f "$DEMO/pg-dir" ] || {
		pg_dir=$(cat "$DEMO/pg-dir")
		[ -d "$pg_dir" ] && return 0
	}
	pg_dir=$DEMO/pg
	if [ ${#pg_dir} -gt 85 ] || ! pg_as test -x "$DEMO" 2>/dev/null; then
		pg_dir=$(mktemp -d "${TMPDIR:-/tmp}/sluice-demo-XXXXXX") || die "cannot make a folder in ${TMPDIR:-/tmp}"
		chmod 755 "$pg_dir"
	fi
	printf '%s\n' "$pg_dir" >"$DEMO/pg-dir"
}

# Is the pid in this file that of a living process with this word in its command line? A pid may have
# been given to another program since.
alive() {
	[ -f "$1" ] && _p=$(head -n 1 "$1") && [ -n "$_p" ] && kill -0 "$_p" 2>/dev/null &&
		tr '\0' ' ' <"/proc/$_p/cmdline" 2>/dev/null | grep -q "$2"
}

start_warehouse() {
	choose_pg_dir
	if alive "$pg_dir/data/postmaster.pid" "$pg_dir"; then
		PG_DIR=$pg_dir
		export PGHOST="$pg_dir" PGPORT=5432 PGUSER=postgres
	else
		say "starting PostgreSQL in $pg_dir"
		pg_start "$pg_dir" || die "PostgreSQL did not start, see above"
		ours_pg=1
	fi
	_bin=$(pg_bindir) || exit 1
	export PGOPTIONS='--client-min-messages=warning' PGDATABASE=postgres
	_sum=$(cksum <"$top/tests/tools/demo.sql")
	_have=$(psql -XAtq -c "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = 'shop'") ||
		die "the warehouse does not answer, see $pg_dir/log"
	[ "$_have" != "$_sum" ] || return 0
	say "filling the warehouse: 5,000 customers, 20,000 orders, 30,000 events"
	psql -Xq -v ON_ERROR_STOP=1 -c 'DROP DATABASE IF EXISTS shop WITH (FORCE)' -c 'CREATE DATABASE shop' &&
		psql -Xq -v ON_ERROR_STOP=1 -1 -d shop -f "$top/tests/tools/demo.sql" &&
		psql -Xq -v ON_ERROR_STOP=1 -c "COMMENT ON DATABASE shop IS '$_sum'" ||
		die "the warehouse could not be filled, see above"
}

# ---- the receiver --------------------------------------------------------------------------------

make_write_key() {
	[ -s "$DEMO/write-key" ] && return 0
	(umask 077 && od -An -N16 -tx1 /dev/urandom | tr -d ' \n' >"$DEMO/write-key") ||
		die "cannot write $DEMO/write-key"
}

# The port of the last time is asked for first, so that addresses stay the same.
start_receiver() {
	if alive "$DEMO/receiver.pid" receive; then
		url=http://127.0.0.1:$(cat "$DEMO/receiver.port")
		return 0
	fi
	make_write_key
	for _try in $(cat "$DEMO/receiver.port" 2>/dev/null) 0; do
		run_receiver "$_try" && return 0
	done
	cat "$DEMO/receiver.log" >&2
	die "the receiver did not start, see above"
}

run_receiver() {
	rm -f "$DEMO/receiver.port"
	# A session of its own: suspending or closing the terminal is nothing to the receiver.
	setsid "$SLUICE" receive --port "$1" --port-file "$DEMO/receiver.port" \
		--database "$DEMO/receiver.db" --write-key "file:$DEMO/write-key" \
		</dev/null >"$DEMO/receiver.log" 2>&1 &
	_pid=$!
	_i=0
	while [ $_i -lt 100 ] && kill -0 $_pid 2>/dev/null; do
		if [ -s "$DEMO/receiver.port" ]; then
			printf '%s\n' "$_pid" >"$DEMO/receiver.pid"
			url=http://127.0.0.1:$(cat "$DEMO/receiver.port")
			ours_receiver=1
			return 0
		fi
		sleep 0.05
		_i=$((_i + 1))
	done
	kill $_pid 2>/dev/null
	return 1
}

stop_receiver() {
	alive "$DEMO/receiver.pid" receive || return 0
	_pid=$(cat "$DEMO/receiver.pid")
	kill "$_pid"
	_i=0
	while kill -0 "$_pid" 2>/dev/null && [ $_i -lt 100 ]; do
		sleep 0.05
		_i=$((_i + 1))
	done
	rm -f "$DEMO/receiver.pid"
}

# ---- the workspace -------------------------------------------------------------------------------

# $1 is written from standard input unless it is there: what a person changed stays.
keep_or_write() {
	if [ -f "$work/$1" ]; then
		cat >/dev/null
		return 0
	fi
	(umask 077 && cat >"$work/$1") || die "cannot write $work/$1"
}

# These two depend on where the servers are now.
write_connections() {
	_host=$(printf '%s' "$pg_dir" | sed 's/["\\]/\\&/g')
	keep_or_write connections/warehouse.json <<END
{
  "type": "postgres",
  "host": "$_host",
  "database": "shop",
  "user": "reader"
}
END
	keep_or_write connections/rudder.json <<END
{
  "type": "rudderstack",
  "url": "$url",
  "write_key": "file:../write-key"
}
END
	sed -i "s|\"url\": \"http://127.0.0.1:[0-9]*\"|\"url\": \"$url\"|" "$work/connections/rudder.json"
	keep_or_write connections/receiver.json <<'END'
{
  "type": "sqlite",
  "path": "../receiver.db"
}
END
}

write_profiles() {
	keep_or_write profiles/customers.json <<'END'
{
  "event": "identify",
  "nulls": "send",
  "map": {
    "userId": "uuid",
    "traits.email": "email | trim | lower",
    "traits.name": "'{first_name} {last_name}'",
    "traits.firstName": "first_name",
    "traits.lastName": "last_name",
    "traits.plan": "plan",
    "traits.mrr": "mrr",
    "traits.address.country": "country | default 'unknown'",
    "traits.language": "prefs.lang",
    "traits.tags": "tags",
    "traits.birthday": "birthday",
    "traits.marketingConsent": "marketing_consent",
    "traits.createdAt": "created_at | iso"
  }
}
END
	keep_or_write profiles/orders.json <<'END'
{
  "event": "track",
  "nulls": "omit",
  "map": {
    "userId": "customer_uuid",
    "event": "'Order Completed'",
    "timestamp": "placed_at | iso",
    "properties.order_id": "id",
    "properties.revenue": "total",
    "properties.currency": "currency",
    "properties.products": "items"
  }
}
END
	keep_or_write profiles/customer-360.json <<'END'
{
  "event": "record",
  "map": {
    "identifiers.customer_id": "customer_id",
    "fields.email": "email",
    "fields.name": "name",
    "fields.plan": "plan",
    "fields.orders": "orders",
    "fields.ltv": "ltv",
    "fields.last_order_at": "last_order_at | iso"
  }
}
END
}

write_syncs() {
	keep_or_write syncs/customers-to-rudder.json <<'END'
{
  "source": "warehouse",
  "table": "shop.customers",
  "key": ["id"],
  "profile": "customers",
  "destination": "rudder",
  "mode": "upsert"
}
END
	keep_or_write syncs/orders-to-rudder.json <<'END'
{
  "source": "warehouse",
  "sql": [
    "SELECT o.id, c.uuid AS customer_uuid, o.total, o.currency, o.items, o.placed_at",
    "FROM shop.orders AS o JOIN shop.customers AS c ON c.id = o.customer_id",
    "WHERE o.status IN ('paid', 'shipped')"
  ],
  "key": ["id"],
  "profile": "orders",
  "destination": "rudder",
  "mode": "append"
}
END
	keep_or_write syncs/customer-360-mirror.json <<'END'
{
  "source": "warehouse",
  "table": "analytics.customer_360",
  "key": ["customer_id"],
  "profile": "customer-360",
  "destination": "rudder",
  "mode": "mirror"
}
END
}

write_workspace() {
	work=$DEMO/workspace
	mkdir -p "$work/connections" "$work/profiles" "$work/syncs" || die "cannot make $work"
	write_connections
	write_profiles
	write_syncs
}

# ---- what is asked for ---------------------------------------------------------------------------

prepare() {
	[ -x "$SLUICE" ] || die "$SLUICE is not built; run make"
	command -v psql >/dev/null || die "psql is missing; install the package postgresql (make deps does)"
	mkdir -p "$DEMO" || die "cannot make $DEMO"
	start_warehouse
	[ "$1" = warehouse ] || {
		start_receiver
		write_workspace
	}
}

stop_all() {
	stop_receiver
	[ ! -f "$DEMO/pg-dir" ] || PG_DIR=$(cat "$DEMO/pg-dir")
	[ -z "${PG_DIR:-}" ] || ! alive "$PG_DIR/data/postmaster.pid" "$PG_DIR" || pg_stop
}

# Only what this run started: the servers of --prepare-only stay.
stop_ours() {
	[ -z "$ours_receiver" ] || stop_receiver
	[ -z "$ours_pg" ] || pg_stop
	ours_receiver='' ours_pg=''
}

ours_receiver='' ours_pg=''
case ${1:-} in
'')
	trap stop_ours EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM HUP
	prepare all
	"$SLUICE" -w "$DEMO/workspace"
	;;
--prepare-only | --warehouse-only)
	trap stop_ours EXIT
	trap 'exit 130' INT TERM HUP
	if [ "$1" = --warehouse-only ]; then prepare warehouse; else prepare all; fi
	trap - EXIT
	say "warehouse: psql -h $pg_dir -U reader shop"
	[ "$1" = --warehouse-only ] || {
		say "receiver:  $url, database $DEMO/receiver.db"
		say "workspace: $SLUICE -w $DEMO/workspace"
	}
	say "stop them: $0 --stop"
	;;
--change)
	[ -f "$DEMO/pg-dir" ] || die "there is no demo yet; run $0 --prepare-only"
	psql -XAtq -h "$(cat "$DEMO/pg-dir")" -U postgres -d shop -c 'SELECT shop.a_day_passes()' ||
		die "the warehouse is not running; run $0 --prepare-only"
	;;
--stop)
	stop_all
	;;
--reset)
	stop_all
	case ${PG_DIR:-} in
	"$DEMO/pg" | */sluice-demo-??????) rm -rf "$PG_DIR" ;;
	esac
	rm -rf "$DEMO/workspace" "$DEMO/write-key" "$DEMO/pg-dir" "$DEMO"/receiver.*
	rmdir "$DEMO" 2>/dev/null || true
	;;
*)
	sed -n '/^#   demo.sh/s/^# *//p' "$0" >&2
	exit 2
	;;
esac
