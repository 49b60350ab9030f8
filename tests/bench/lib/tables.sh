# tables.sh - the tables of the benchmark: what makes each, how many MB and seconds that takes.
#
#   big        ROWS x 12 columns, integer key, about 245 bytes a row as COPY writes it
#   big_uuid   the same with a random uuid as key
#   next       big with another value in one column of every row
#   fifth      a fifth of big
#   tenth      a tenth of it
#   plain      a view over big
#   wide       a tenth of ROWS x 100 columns
#   doc        a tenth of ROWS with 4 KB of jsonb each
#   big5       5 x ROWS, as big (BENCH=long)
#   big20      20 x ROWS x 4 columns (BENCH=long)

twelve="md5(i::text)::uuid AS uid, 'user' || i || '@example.com' AS email,
	'First' || i % 1000 AS first_name, 'Last é ' || i % 5000 AS last_name, (i % 100000 / 100.0)::numeric(12,2) AS mrr,
	sqrt(i) AS score, timestamptz '2024-01-01' + i * interval '1 second' AS created_at,
	timestamptz '2025-01-01' + i * interval '1 second' AS updated_at, i % 2 = 0 AS active,
	CASE WHEN i % 3 > 0 THEN 'note \"' || i || '\" é and some more words to make it long' END AS note,
	jsonb_build_object('lang', 'en', 'news', i % 2 = 0, 'n', i) AS prefs"

table_sql() {
	case $1 in
	big) echo "CREATE TABLE big AS SELECT i::bigint AS id, $twelve FROM generate_series(1, $ROWS) i;
		ALTER TABLE big ADD PRIMARY KEY (id)" ;;
	big_uuid) echo "CREATE TABLE big_uuid AS SELECT i::bigint AS id, $twelve FROM generate_series(1, $ROWS) i;
		ALTER TABLE big_uuid ADD PRIMARY KEY (uid)" ;;
	next) echo "CREATE TABLE next AS SELECT id, uid, email, first_name, last_name, (mrr + 1)::numeric(12,2) AS mrr,
		score, created_at, updated_at, active, note, prefs FROM big; ALTER TABLE next ADD PRIMARY KEY (id)" ;;
	fifth) echo "CREATE TABLE fifth AS SELECT i::bigint AS id, $twelve FROM generate_series(1, $ROWS / 5) i;
		ALTER TABLE fifth ADD PRIMARY KEY (id)" ;;
	tenth) echo "CREATE TABLE tenth AS SELECT i::bigint AS id, $twelve FROM generate_series(1, $ROWS / 10) i;
		ALTER TABLE tenth ADD PRIMARY KEY (id)" ;;
	plain) echo "CREATE VIEW plain AS SELECT * FROM big" ;;
	wide) echo "CREATE TABLE wide AS SELECT i::bigint AS id,
		$(for c in $(seq 33); do
			printf "%s AS n%d, %s AS t%d, %s AS d%d%s" "i * $c" "$c" "'text ' || i % ${c}00" "$c" \
				"date '2024-01-01' + (i % $c)" "$c" "$([ "$c" = 33 ] || echo ,)"
		done) FROM generate_series(1, $ROWS / 10) i; ALTER TABLE wide ADD PRIMARY KEY (id)" ;;
	doc) echo "CREATE TABLE doc AS SELECT i::bigint AS id, jsonb_build_object('n', i, 'items',
			(SELECT jsonb_agg(jsonb_build_object('sku', md5((i * k)::text), 'n', k, 'ok', k % 2 = 0)) FROM generate_series(1, 60) k)) AS body
		FROM generate_series(1, $ROWS / 10) i; ALTER TABLE doc ADD PRIMARY KEY (id)" ;;
	big5) echo "CREATE TABLE big5 AS SELECT i::bigint AS id, $twelve FROM generate_series(1, $ROWS * 5) i;
		ALTER TABLE big5 ADD PRIMARY KEY (id)" ;;
	big20) echo "CREATE TABLE big20 AS SELECT i::bigint AS id, i % 1000 AS n, i % 7 AS m, 'user' || i % 100000 AS name
		FROM generate_series(1, $ROWS * 20) i; ALTER TABLE big20 ADD PRIMARY KEY (id)" ;;
	*)
		say "there is no table $1"
		return 1
		;;
	esac
}

# Per million rows: MB on the disk with its index and the log of making it; seconds.
table_cost() {
	case $1 in
	big | big_uuid | next) echo 620 9 ;;
	fifth) echo 130 2 ;;
	tenth) echo 65 1 ;;
	plain) echo 0 0 ;;
	wide) echo 220 6 ;;
	doc) echo 500 12 ;;
	big5) echo 3100 45 ;;
	big20) echo 4000 50 ;;
	*) echo 0 0 ;;
	esac
}
table_mb() { table_cost "$1" | awk -v r="$ROWS" '{ print int($1 * r / 1e6) + 1 }'; }
table_seconds() { table_cost "$1" | awk -v r="$ROWS" '{ print int($2 * r / 1e6 + 0.5) }'; }

# table_make NAME: with what it is made of; nothing when a kept server has it.
table_make() {
	local sql
	case $1 in next | plain) table_make big || return 1 ;; esac
	[ "$(psql -XqAt -c "SELECT coalesce(obj_description(to_regclass('$1')), '')")" != "made for $ROWS" ] || return 0
	say "making the table $1"
	sql=$(table_sql "$1") || return 1
	psql -Xq -v ON_ERROR_STOP=1 -c 'SET client_min_messages = error' \
		-c "DO 'BEGIN DROP $([ "$1" = plain ] && echo VIEW || echo TABLE) IF EXISTS $1 CASCADE; END'" \
		-c "$sql" -c "COMMENT ON $([ "$1" = plain ] && echo VIEW || echo TABLE) $1 IS 'made for $ROWS'" || return 1
	[ "$1" = plain ] || psql -Xq -c "VACUUM (ANALYZE) $1" || return 1
	psql -Xq -c CHECKPOINT
}
