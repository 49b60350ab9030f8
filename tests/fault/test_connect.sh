#!/bin/bash
# test_connect.sh - neighbours that are not what the settings say: nobody of that name, nobody at home, no
# TLS where TLS was meant, certificates that are self-signed, expired, of somebody else, TLS that is too
# old. Each is told in words, ends in good time, loses nothing and keeps what was planned.
# shellcheck source=tests/lib/cli.sh
. "$(dirname "$0")/../lib/cli.sh"

start_source
start_receiver
make_workspace
sql "CREATE TABLE people AS SELECT i AS id, 'p' || i || '@example.com' AS email FROM generate_series(1, 50) i"
profile people '"userId": "id", "traits.email": "email"'
sync_of people

# ---- certificates ------------------------------------------------------------------------------------

key=(-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes)
openssl req -x509 "${key[@]}" -keyout ca.key -out ca.pem -subj /CN=test-ca -days 2 2>openssl.log
openssl req -x509 "${key[@]}" -keyout self.key -out self.pem -subj /CN=localhost -days 2 \
	-addext subjectAltName=DNS:localhost,IP:127.0.0.1 2>openssl.log
certificate() { # certificate NAME DAYS SUBJECTS
	openssl req "${key[@]}" -keyout "$1.key" -out "$1.csr" -subj "/CN=$1" 2>openssl.log
	openssl x509 -req -in "$1.csr" -CA ca.pem -CAkey ca.key -CAcreateserial -days "$2" -out "$1.pem" \
		-extfile <(echo "subjectAltName=$3") 2>openssl.log
}
certificate good 2 DNS:localhost,IP:127.0.0.1
certificate old -1 DNS:localhost,IP:127.0.0.1
certificate other 2 DNS:other.example.com

# tls_server CERTIFICATE [OPTION...]: $tls_port; it never answers a request
tls_server() {
	local name=$1
	shift
	rm -f stdin
	mkfifo stdin
	openssl s_server -accept 127.0.0.1:0 -cert "$name.pem" -key "$name.key" "$@" \
		<>stdin >server.log 2>&1 &
	tls=$!
	started+=("$tls")
	for ((i = 0; i < 100; i++)); do
		tls_port=$(sed -n 's/^ACCEPT .*:\([0-9]*\)$/\1/p' server.log 2>/dev/null || true)
		[ -z "$tls_port" ] || return 0
		sleep 0.05
	done
	cat server.log
	return 1
}
end_tls() {
	kill "$tls"
	wait "$tls" 2>/dev/null || true
}
# to ADDRESS [MORE]: where the destination is now
to() {
	put connections/rudder.json <<-END
	{"type": "rudderstack", "url": "$1", "write_key": "env:CLI_KEY", "timeout": "2s"${2:+, $2}}
	END
}
# stops WORDS: the run ends in good time with 3 and these words, and nothing is given up on
stops() {
	local start=$SECONDS
	sl run people
	[ "$rc" = 3 ] && said "$1" && [ $((SECONDS - start)) -le 8 ] && [ "$(state 'SELECT count(*) FROM dead')" = 0 ]
}
# down WORDS: a look says so
down() { has 3 "$1" check --online; }

to "https://sluice.invalid"
ok "a name that nobody knows stops the run" stops "resolve"
to "http://127.0.0.1:1"
ok "nobody at home" down "onnect"
to "https://127.0.0.1:$port"
# what OpenSSL says of it depends on who closes first
ok "TLS to a port that speaks none" down "SSL"
tls_server self
to "https://localhost:$tls_port"
ok "a certificate that signed itself stops the run" stops "self-signed certificate"
end_tls
tls_server good
to "https://localhost:$tls_port"
ok "a certificate of nobody we know stops the run" stops "unable to get local issuer"
end_tls
tls_server old
to "https://localhost:$tls_port" '"ca_file": "'"$dir"'/ca.pem"'
ok "one that has expired stops the run" stops "certificate has expired"
end_tls
tls_server other
to "https://localhost:$tls_port" '"ca_file": "'"$dir"'/ca.pem"'
ok "one of somebody else stops the run" stops "no alternative certificate subject name matches"
end_tls
tls_server good -tls1 -cipher ALL:@SECLEVEL=0
to "https://localhost:$tls_port" '"ca_file": "'"$dir"'/ca.pem"'
ok "TLS of 1999 is not spoken" down "protocol version"
end_tls
to "https://localhost:$tls_port" '"ca_file": "no-such-file.pem"'
ok "a file of certificates that is not there is a mistake of the settings" has 2 "no-such-file.pem" check --online

# A server with the right certificate: our receiver.
rm -f port
"$SLUICE" receive --port 0 --port-file port --database tls.db --tls-cert good.pem --tls-key good.key -q >receiver.log 2>&1 &
started+=("$!")
wait_file port
to "https://localhost:$(cat port)" '"ca_file": "'"$dir"'/ca.pem", "gzip": "on"'
ok "with the right one, in a file of our own, the rows go" ends 0 run people
ok "all of them, and what was planned before" [ "$(state 'SELECT sum(acked) FROM run')" = 50 ]
ok "the receiver unpacked and kept them" [ "$(sqlite3 tls.db 'SELECT count(*) FROM users')" = 50 ]
done_testing
