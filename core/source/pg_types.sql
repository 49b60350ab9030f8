-- For each type in $1 with its modifier in $2: its name for people, and the type below all domains,
-- with the schema that its operators are in.
WITH RECURSIVE wanted AS (
    SELECT w.oid, w.mod, w.place
    FROM ROWS FROM (pg_catalog.unnest($1::pg_catalog.oid[]),
                    pg_catalog.unnest($2::pg_catalog.int4[]))
        WITH ORDINALITY AS w (oid, mod, place)
), base AS (
    SELECT w.place, t.oid, t.typtype, t.typbasetype
    FROM wanted AS w
    JOIN pg_catalog.pg_type AS t ON t.oid = w.oid
    UNION ALL
    SELECT b.place, t.oid, t.typtype, t.typbasetype
    FROM base AS b
    JOIN pg_catalog.pg_type AS t ON t.oid = b.typbasetype
    WHERE b.typtype = 'd'
)
SELECT pg_catalog.format_type(w.oid, w.mod), t.oid, t.typtype, t.typcategory, t.typname,
       pg_catalog.quote_ident(n.nspname)
FROM wanted AS w
JOIN base AS b ON b.place = w.place AND b.typtype <> 'd'
JOIN pg_catalog.pg_type AS t ON t.oid = b.oid
JOIN pg_catalog.pg_namespace AS n ON n.oid = t.typnamespace
ORDER BY w.place;
