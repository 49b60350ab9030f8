-- The schema in which the user's search_path finds table or view $1. This runs with that path, where
-- a name of ours could be someone else's.
SELECT n.nspname
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
WHERE c.oid OPERATOR(pg_catalog.=)
      pg_catalog.to_regclass(pg_catalog.quote_ident($1))::pg_catalog.oid;
