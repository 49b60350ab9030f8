-- Names that a table or view that is not there may have been meant to be.
SELECT name FROM pragma_table_list WHERE schema = 'main' AND name NOT LIKE 'sqlite!_%' ESCAPE '!';
