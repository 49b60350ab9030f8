-- What this role may do beside reading, and what of the server matters to a sync.
SELECT current_user,
       coalesce(r.rolsuper, false),
       concat_ws(', ', CASE WHEN r.rolcreaterole THEN 'CREATEROLE' END,
                 CASE WHEN r.rolcreatedb THEN 'CREATEDB' END,
                 CASE WHEN r.rolreplication THEN 'REPLICATION' END,
                 CASE WHEN r.rolbypassrls THEN 'BYPASSRLS' END),
       (SELECT string_agg(g.rolname, ', ' ORDER BY g.rolname) FROM pg_catalog.pg_roles AS g
        WHERE g.rolname IN ('pg_read_server_files', 'pg_write_server_files', 'pg_write_all_data',
                            'pg_execute_server_program', 'pg_signal_backend')
          AND NOT coalesce(r.rolsuper, false) AND pg_catalog.pg_has_role(g.oid, 'USAGE')),
       pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE'),
       pg_catalog.pg_is_in_recovery(),
       pg_catalog.current_setting('max_prepared_transactions')::integer,
       (SELECT count(*) FROM pg_catalog.pg_prepared_xacts),
       (extract(epoch FROM pg_catalog.clock_timestamp()) * 1000000)::bigint,
       (SELECT s.reset_val FROM pg_catalog.pg_settings AS s
        WHERE s.name = 'default_transaction_read_only')
FROM (SELECT) AS one
LEFT JOIN pg_catalog.pg_roles AS r ON r.rolname = current_user;
