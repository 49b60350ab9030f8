-- Tables and views with the oids $1, and what this role may do with them. $2: NULL, or the plan of a query
-- (EXPLAIN VERBOSE as JSON): then only the tables that it reads, and views, whose tables are their own
-- business. $3: the columns that are read, empty = any.
SELECT n.nspname, c.relname, c.relkind = 'v',
       pg_catalog.has_schema_privilege(n.oid, 'USAGE'),
       CASE WHEN pg_catalog.cardinality($3::text[]) = 0
            THEN CASE WHEN NOT pg_catalog.has_any_column_privilege(c.oid, 'SELECT')
                      THEN 'every column' END
            ELSE (SELECT string_agg(a.attname, ', ' ORDER BY a.attnum)
                  FROM pg_catalog.pg_attribute AS a
                  WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
                    AND a.attname = ANY ($3::text[])
                    AND NOT pg_catalog.has_column_privilege(c.oid, a.attnum, 'SELECT')) END,
       pg_catalog.has_table_privilege(c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE')
         OR pg_catalog.has_any_column_privilege(c.oid, 'INSERT, UPDATE'),
       c.relrowsecurity
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.oid = ANY ($1::oid[]) AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
  AND ($2::text IS NULL OR c.relkind = 'v'
       OR EXISTS (SELECT FROM pg_catalog.regexp_matches($2,
                      '"Relation Name": ("(?:[^"\\]|\\.)*"),\s+"Schema": ("(?:[^"\\]|\\.)*")', 'g') AS m
                  WHERE (m[1]::json #>> '{}') = c.relname::text
                    AND (m[2]::json #>> '{}') = n.nspname::text))
ORDER BY n.nspname, c.relname;
