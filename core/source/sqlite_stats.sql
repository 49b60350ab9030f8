-- Rows per table as of the last ANALYZE: the first number of an index's statistics.
SELECT tbl, max(CAST(stat AS INTEGER)) FROM main.sqlite_stat1 GROUP BY tbl;
