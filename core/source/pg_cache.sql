-- How many numbers a session takes at once from the sequence behind the column $3 of $1.$2: with more
-- than one, a later transaction of one session may get a smaller number than an earlier one of another.
SELECT pg_catalog.max(s.seqcache)
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND a.attname = $3
LEFT JOIN pg_catalog.pg_attrdef AS e ON e.adrelid = c.oid AND e.adnum = a.attnum
JOIN pg_catalog.pg_depend AS d
    ON (d.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass AND d.objid = e.oid
        AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass)
    OR (d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.deptype = 'i'
        AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
        AND d.refobjid = c.oid AND d.refobjsubid = a.attnum)
JOIN pg_catalog.pg_sequence AS s
    ON s.seqrelid = CASE d.deptype WHEN 'i' THEN d.objid ELSE d.refobjid END
WHERE n.nspname = $1 AND c.relname = $2;
