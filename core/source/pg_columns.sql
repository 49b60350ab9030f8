-- Columns of $1.$2 in their order, and which of them are the key: the primary key, else the
-- narrowest unique index whose columns are all NOT NULL. One row with NULL when there are no columns.
SELECT a.attname, a.atttypid, a.atttypmod, a.attnotnull,
       coalesce(a.attnum = ANY (key.columns), false)
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_attribute AS a
    ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN LATERAL (
    SELECT (i.indkey::pg_catalog.int2[])[0:i.indnkeyatts - 1] AS columns
    FROM pg_catalog.pg_index AS i
    WHERE i.indrelid = c.oid AND i.indisunique AND i.indisvalid
      AND i.indpred IS NULL AND i.indexprs IS NULL
      AND NOT EXISTS (
          SELECT FROM pg_catalog.pg_attribute AS k
          WHERE k.attrelid = c.oid AND NOT k.attnotnull
            AND k.attnum = ANY ((i.indkey::pg_catalog.int2[])[0:i.indnkeyatts - 1]))
    ORDER BY i.indisprimary DESC, i.indnkeyatts, i.indexrelid
    LIMIT 1
) AS key ON true
WHERE n.nspname = $1 AND c.relname = $2 AND c.relkind IN ('r', 'v', 'm', 'f', 'p')
ORDER BY a.attnum;
