-- The transaction that everything runs in. Its first query takes the snapshot; from then on
-- SET TRANSACTION READ WRITE is refused, also when it is hidden in the user's SQL.
-- The settings end with the transaction: behind a pooler the session belongs to somebody else next.
-- First of all the search_path is looked at, because SQL models run with it; our own statements
-- find nothing but pg_catalog. A SQL_ASCII database may hold anything; asked for UTF-8 it would fail
-- at the first byte that is none, so its bytes are taken as they are.
BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
SELECT pg_catalog.current_setting('search_path'),
       pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true),
       pg_catalog.set_config('client_encoding',
           CASE pg_catalog.current_setting('server_encoding')
               WHEN 'SQL_ASCII' THEN 'SQL_ASCII' ELSE 'UTF8' END, true),
       pg_catalog.set_config('TimeZone', 'UTC', true),
       pg_catalog.set_config('DateStyle', 'ISO, YMD', true),
       pg_catalog.set_config('IntervalStyle', 'iso_8601', true),
       pg_catalog.set_config('extra_float_digits', '1', true),
       pg_catalog.set_config('bytea_output', 'hex', true),
       pg_catalog.set_config('xmloption', 'content', true),
       pg_catalog.set_config('standard_conforming_strings', 'on', true),
       pg_catalog.set_config('default_transaction_read_only', 'on', true),
       pg_catalog.set_config('lock_timeout', '5s', true),
       pg_catalog.set_config('idle_in_transaction_session_timeout', '60s', true),
       pg_catalog.set_config('jit', 'off', true),
       (SELECT pg_catalog.count(pg_catalog.set_config(name, '5s', true))
        FROM pg_catalog.pg_settings
        WHERE name OPERATOR(pg_catalog.=) 'client_connection_check_interval');
