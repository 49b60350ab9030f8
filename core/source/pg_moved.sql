-- Tables that this transaction has read, and that are not what its snapshot knows: made, renamed, emptied
-- or written anew since. Their rows are those of now or none, whatever the snapshot says: TRUNCATE, a table
-- that another one is renamed to, and most forms of ALTER TABLE are not bound to snapshots. The text of
-- a regclass is the name of now, the joined rows are as the snapshot has them; with our own search_path
-- the text names the schema.
SELECT l.relation::pg_catalog.regclass::pg_catalog.text
FROM pg_catalog.pg_locks AS l
LEFT JOIN pg_catalog.pg_class AS c ON c.oid = l.relation
LEFT JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE l.locktype = 'relation' AND l.pid = pg_catalog.pg_backend_pid()
  AND l.relation::pg_catalog.int8 >= 16384
  AND pg_catalog.pg_get_indexdef(l.relation) IS NULL
  AND (c.oid IS NULL
       OR l.relation::pg_catalog.regclass::pg_catalog.text
          <> pg_catalog.format('%I.%I', n.nspname, c.relname)
       OR (c.relkind IN ('r', 'm') AND c.relfilenode <> 0
           AND c.relfilenode IS DISTINCT FROM pg_catalog.pg_relation_filenode(c.oid)))
ORDER BY 1 LIMIT 1
