# pg.sh - a private PostgreSQL server for a script; the shell twin of pg.c. Source it, do not run it.
#
#	. tests/lib/pg.sh
#	dir=$(mktemp -d); trap 'pg_stop; rm -rf "$dir"' EXIT
#	pg_start "$dir"            # Unix socket in $dir only
#	pg_start "$dir" 54321      # and 127.0.0.1:54321, where user postgres needs $PG_PASSWORD
#	psql -c 'SELECT 1'         # PGHOST, PGPORT and PGUSER are exported
#
# DIR must be short (a socket's path has room for 107 bytes) and reachable for the server's user.
# pg_start fails with a message and status 1; a directory that was used before is started again.
# PG_SETTINGS may hold more options of the server: "-c jit=off -c work_mem=64MB".
# Started by root the server runs as `postgres` or `nobody`; its log is DIR/log.

PG_PASSWORD=${PG_PASSWORD:-test-only-c0ffee}

pg_bindir() {
	_b=$(pg_config --bindir 2>/dev/null)
	if [ ! -x "$_b/initdb" ]; then
		for _b in /usr/lib/postgresql/*/bin; do :; done
	fi
	[ -x "$_b/initdb" ] || { echo "no initdb found; install the package postgresql" >&2; return 1; }
	echo "$_b"
}

pg_user() {
	if id -u postgres >/dev/null 2>&1; then echo postgres; else echo nobody; fi
}

# Runs a command as the server's user.
pg_as() {
	if [ "$(id -u)" = 0 ]; then
		setpriv --reuid="$(pg_user)" --regid="$(id -g "$(pg_user)")" --clear-groups -- "$@"
	else
		"$@"
	fi
}

pg_start() {
	PG_DIR=$1
	_port=${2:-}
	_bin=$(pg_bindir) || return 1
	mkdir -p "$PG_DIR" || return 1
	[ "$(id -u)" != 0 ] || chown "$(pg_user)" "$PG_DIR" || return 1
	if [ ! -f "$PG_DIR/data/PG_VERSION" ]; then
		(umask 077 && echo "$PG_PASSWORD" >"$PG_DIR/pw") || return 1
		[ "$(id -u)" != 0 ] || chown "$(pg_user)" "$PG_DIR/pw" || return 1
		(cd "$PG_DIR" && pg_as "$_bin/initdb" -D "$PG_DIR/data" -U postgres -N --encoding=UTF8 \
			--locale=C.UTF-8 --auth-local=trust --auth-host=scram-sha-256 \
			--pwfile="$PG_DIR/pw") >"$PG_DIR/initdb.log" 2>&1 || {
			cat "$PG_DIR/initdb.log" >&2
			return 1
		}
		rm -f "$PG_DIR/pw"
	fi
	_listen=
	[ -z "$_port" ] || _listen=127.0.0.1
	export PGHOST="$PG_DIR" PGPORT="${_port:-5432}" PGUSER=postgres
	(cd "$PG_DIR" && pg_as "$_bin/pg_ctl" -D "$PG_DIR/data" -l "$PG_DIR/log" -w -t 60 -o \
		"-F ${PG_SETTINGS:-} -c unix_socket_directories='$PG_DIR' -c listen_addresses='$_listen' -c port=$PGPORT" \
		start) >/dev/null || {
		cat "$PG_DIR/log" >&2
		return 1
	}
}

# Stops the server that pg_start started. Does nothing when there is none.
pg_stop() {
	[ -n "${PG_DIR:-}" ] && [ -f "$PG_DIR/data/postmaster.pid" ] || return 0
	_pid=$(head -n 1 "$PG_DIR/data/postmaster.pid")
	kill -QUIT "$_pid" 2>/dev/null || return 0
	_i=0
	while kill -0 "$_pid" 2>/dev/null && [ $_i -lt 200 ]; do
		sleep 0.05
		_i=$((_i + 1))
	done
}
