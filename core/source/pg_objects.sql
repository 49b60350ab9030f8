-- What can be read in schema $1. Sizes and row counts are those of the statistics: asking for the
-- real ones would open every table and wait for its locks. A partitioned table adds its leaves up.
WITH RECURSIVE object AS (
    SELECT c.oid, c.relname, c.relkind
    FROM pg_catalog.pg_class AS c
    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    WHERE n.nspname = $1 AND c.relkind IN ('r', 'v', 'm', 'f', 'p') AND NOT c.relispartition
), leaf AS (
    SELECT oid AS root, oid, relkind FROM object
    UNION ALL
    SELECT l.root, c.oid, c.relkind
    FROM leaf AS l
    JOIN pg_catalog.pg_inherits AS i ON i.inhparent = l.oid
    JOIN pg_catalog.pg_class AS c ON c.oid = i.inhrelid
    WHERE l.relkind = 'p'
), size AS (
    SELECT l.root,
           sum(CASE WHEN c.reltuples >= 0 AND (c.relpages > 0 OR c.relkind = 'f')
                    THEN c.reltuples END) AS rows_est,
           sum((c.relpages + coalesce(t.relpages, 0))::pg_catalog.int8) AS pages
    FROM leaf AS l
    JOIN pg_catalog.pg_class AS c ON c.oid = l.oid
    LEFT JOIN pg_catalog.pg_class AS t ON t.oid = c.reltoastrelid
    WHERE l.relkind IN ('r', 'm', 'f')
    GROUP BY l.root
)
SELECT o.relname,
       CASE o.relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view'
                      WHEN 'f' THEN 'foreign table' ELSE 'table' END,
       coalesce(s.rows_est, -1)::pg_catalog.int8,
       CASE WHEN s.pages > 0
            THEN s.pages * pg_catalog.current_setting('block_size')::pg_catalog.int8 ELSE -1 END,
       CASE WHEN NOT pg_catalog.has_any_column_privilege(o.oid, 'SELECT') THEN 'no permission'
            ELSE coalesce((
                SELECT 'pk ' || pg_catalog.string_agg(a.attname, ', ' ORDER BY k.place)
                FROM pg_catalog.pg_index AS i
                CROSS JOIN LATERAL pg_catalog.unnest(i.indkey::pg_catalog.int2[])
                    WITH ORDINALITY AS k (attnum, place)
                JOIN pg_catalog.pg_attribute AS a
                    ON a.attrelid = i.indrelid AND a.attnum = k.attnum
                WHERE i.indrelid = o.oid AND i.indisprimary AND k.place <= i.indnkeyatts
                ), 'no primary key') END
FROM object AS o
LEFT JOIN size AS s ON s.root = o.oid
ORDER BY o.relname COLLATE "C";
