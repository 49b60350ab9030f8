#!/bin/bash
# tls.sh - the first full sync over TLS, bodies compressed by gzip
# tables: big
# seconds: 20
# disk: 700
. "$(dirname "$0")/../lib/world.sh"
. "$bench/lib/rounds.sh"

# A certificate for the receiver, which the run checks as any other.
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout "$dir/key.pem" -out "$dir/cert.pem" \
	-subj /CN=localhost -days 2 -addext subjectAltName=IP:127.0.0.1 2>"$dir/openssl.log" || broken "openssl: $(tail -n 1 "$dir/openssl.log")"
receiver --tls-cert "$dir/cert.pem" --tls-key "$dir/key.pem"
world "\"ca_file\": \"$dir/cert.pem\", \"gzip\": \"on\""
sync_of big '"table": "public.big"'
body() {
	copy big
	forget
	run big "$ROWS"
	note "first sync, TLS, gzip" "$ROWS"
}
rounds body
result "first sync, TLS, gzip" ">= 0.5"
