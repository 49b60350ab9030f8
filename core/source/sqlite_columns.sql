-- Columns of table ?1: name, declared type, can it be NULL, is it part of the key. NULL can be in the
-- primary key of a plain table, unless it is the rowid, which has no index of its own.
WITH kind AS (
    SELECT wr OR strict AS tight FROM pragma_table_list WHERE schema = 'main' AND name = ?1 COLLATE NOCASE
), col AS (
    SELECT x.cid, x.name, x.type, x.pk, x.hidden,
           x."notnull"
           OR (x.pk > 0 AND (SELECT tight FROM kind))
           OR (x.pk > 0 AND upper(x.type) = 'INTEGER'
               AND NOT EXISTS (SELECT 1 FROM pragma_index_list(?1, 'main') WHERE origin = 'pk')
               AND (SELECT count(*) FROM pragma_table_xinfo(?1, 'main') WHERE pk > 0) = 1) AS full
    FROM pragma_table_xinfo(?1, 'main') AS x
), key AS (
    -- The primary key, else the narrowest unique index without NULLs.
    SELECT name FROM col WHERE pk > 0
    UNION ALL
    SELECT name FROM pragma_index_xinfo((
        SELECT i.name FROM pragma_index_list(?1, 'main') AS i
        WHERE i."unique" AND NOT i.partial
          AND NOT EXISTS (SELECT 1 FROM pragma_index_xinfo(i.name, 'main') AS c
                          LEFT JOIN col ON col.cid = c.cid
                          WHERE c.key AND NOT coalesce(col.full, 0))
        ORDER BY (SELECT count(*) FROM pragma_index_xinfo(i.name, 'main') WHERE key), i.seq DESC
        LIMIT 1), 'main')
    WHERE key AND NOT EXISTS (SELECT 1 FROM col WHERE pk > 0)
)
SELECT name, type, NOT full, name IN (SELECT name FROM key) FROM col WHERE hidden <> 1 ORDER BY cid;
