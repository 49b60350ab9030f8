-- Who we are to the server, and whether this role could write if sluice ever did.
SELECT pg_catalog.current_database(), current_user, pg_catalog.pg_is_in_recovery(),
       coalesce((SELECT r.rolsuper FROM pg_catalog.pg_roles AS r
                 WHERE r.rolname = current_user), false),
       EXISTS (
           SELECT FROM pg_catalog.pg_class AS c
           JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
           WHERE c.relkind IN ('r', 'p') AND n.nspname NOT IN ('pg_catalog', 'information_schema')
             AND pg_catalog.has_schema_privilege(n.oid, 'USAGE')
             AND pg_catalog.has_table_privilege(c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE'));
