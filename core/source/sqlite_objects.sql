-- Tables and views of the file. A broken view must not break the list, so only tables are opened.
SELECT t.name,
       CASE t.type WHEN 'view' THEN 'view' ELSE 'table' END,
       CASE t.type WHEN 'table' THEN
           (SELECT 'pk ' || group_concat(name, ', ')
            FROM (SELECT name FROM pragma_table_xinfo(t.name, 'main') WHERE pk > 0 ORDER BY pk)) END
FROM pragma_table_list AS t
WHERE t.schema = 'main' AND t.type IN ('table', 'view', 'virtual')
  AND t.name NOT LIKE 'sqlite!_%' ESCAPE '!'
ORDER BY t.name;
