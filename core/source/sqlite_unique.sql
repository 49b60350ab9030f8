-- The columns of each set that table ?1 keeps unique: the primary key as set -1 (a rowid has no index
-- of its own), then the unique indexes; NULL for an expression.
SELECT -1, name FROM pragma_table_xinfo(?1, 'main') WHERE pk > 0
UNION ALL
SELECT i.seq, c.name
FROM pragma_index_list(?1, 'main') AS i, pragma_index_xinfo(i.name, 'main') AS c
WHERE i."unique" AND NOT i.partial AND c.key
ORDER BY 1;
