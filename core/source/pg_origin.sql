-- Which server this is, and which life of it: the time line changes when a standby takes over or a
-- backup is restored. Not for standbys.
SELECT system_identifier::pg_catalog.text OPERATOR(pg_catalog.||) '/' OPERATOR(pg_catalog.||)
       pg_catalog."left"(pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_lsn()), 8)
FROM pg_catalog.pg_control_system();
