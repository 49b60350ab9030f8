-- The snapshot of this transaction, and what of other servers' times tells that one has taken over.
SELECT pg_catalog.txid_snapshot_xmin(pg_catalog.txid_current_snapshot()),
       pg_catalog.txid_snapshot_xmax(pg_catalog.txid_current_snapshot()),
       (SELECT pg_catalog.count(*) FROM pg_catalog.pg_prepared_xacts);
