-- Blocks of table $1.$2, where it is one file whose rows can be asked for by their place (ctid): a table
-- or materialized view of PostgreSQL's own kind without children. And may this role hand a snapshot on?
SELECT pg_catalog.pg_relation_size(c.oid)
       / pg_catalog.current_setting('block_size')::pg_catalog.int8
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_am AS a ON a.oid = c.relam AND a.amname = 'heap'
WHERE n.nspname = $1 AND c.relname = $2 AND c.relkind IN ('r', 'm')
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_inherits AS h WHERE h.inhparent = c.oid)
  AND pg_catalog.has_function_privilege('pg_catalog.pg_export_snapshot()', 'EXECUTE')
  AND pg_catalog.has_function_privilege('pg_catalog.pg_postmaster_start_time()', 'EXECUTE');
