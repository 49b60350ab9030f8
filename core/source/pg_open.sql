-- The transactions that are open, as words "3/17=4242", and whether this session's own is among them:
-- where it is not, the others cannot be believed. Runs outside of our transaction too, so every name
-- is written in full.
SELECT pg_catalog.pg_is_in_recovery(),
       coalesce(pg_catalog.bool_or(l.pid OPERATOR(pg_catalog.=) pg_catalog.pg_backend_pid()), false),
       coalesce(pg_catalog.string_agg(
           l.virtualtransaction OPERATOR(pg_catalog.||) '='
               OPERATOR(pg_catalog.||) l.pid::pg_catalog.text, ' ')
           FILTER (WHERE l.pid OPERATOR(pg_catalog.<>) pg_catalog.pg_backend_pid()), '')
FROM pg_catalog.pg_locks AS l
WHERE l.locktype OPERATOR(pg_catalog.=) 'virtualxid';
