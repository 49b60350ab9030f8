-- The schemas of a database that are the users' own.
SELECT n.nspname,
       CASE WHEN pg_catalog.has_schema_privilege(n.oid, 'USAGE') THEN '' ELSE 'no permission' END
FROM pg_catalog.pg_namespace AS n
WHERE n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
  AND n.nspname NOT LIKE 'pg\_temp\_%'
  AND n.nspname NOT LIKE 'pg\_toast\_temp\_%'
ORDER BY n.nspname COLLATE "C";
