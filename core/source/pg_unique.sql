-- Do an index and NOT NULL prove that columns $3 of $1.$2 are a key? Not for a table with children:
-- its index knows nothing of their rows (a partitioned table's does).
SELECT EXISTS (
    SELECT FROM pg_catalog.pg_class AS c
    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    JOIN pg_catalog.pg_index AS i ON i.indrelid = c.oid
    WHERE n.nspname = $1 AND c.relname = $2
      AND i.indisunique AND i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL
      AND NOT EXISTS (
          SELECT FROM pg_catalog.pg_attribute AS a
          WHERE a.attrelid = c.oid
            AND a.attnum = ANY ((i.indkey::pg_catalog.int2[])[0:i.indnkeyatts - 1])
            AND a.attname <> ALL ($3::pg_catalog.text[]))
      AND NOT EXISTS (
          SELECT FROM pg_catalog.pg_attribute AS a
          WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attnotnull
            AND a.attname = ANY ($3::pg_catalog.text[]))
      AND (c.relkind = 'p'
           OR NOT EXISTS (SELECT FROM pg_catalog.pg_inherits AS h WHERE h.inhparent = c.oid)));
