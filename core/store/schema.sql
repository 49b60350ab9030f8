-- schema.sql - the state of a workspace, format 2 (application_id and user_version are set by db.c; what
-- changed since an older format is in upgrade_*.sql, and added columns stand last).
-- Whatever exists once per row of a table lives in packed arrays (codec.c, part.c): per row SQLite
-- costs ten times as much as per block. Big columns stand last, so that the small ones before them
-- are read without walking through their pages.

CREATE TABLE meta (
  k TEXT PRIMARY KEY,
  v BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- Blocks before (fold_run, fold_no) are folded into the parts of generation gen; blocks of runs
-- before epoch_run belong to an older epoch and say nothing about the present destination.
CREATE TABLE sync (
  name      TEXT PRIMARY KEY,
  identity  BLOB NOT NULL,
  epoch     INTEGER NOT NULL,
  epoch_run INTEGER NOT NULL,
  rows      INTEGER NOT NULL,
  baseline  INTEGER NOT NULL,
  gen       INTEGER NOT NULL,
  fold_run  INTEGER NOT NULL,
  fold_no   INTEGER NOT NULL
) STRICT;

CREATE TABLE run (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  sync TEXT NOT NULL, kind TEXT NOT NULL, by TEXT NOT NULL,
  state INTEGER NOT NULL, epoch INTEGER NOT NULL, blocks INTEGER NOT NULL DEFAULT 0,
  planned_all INTEGER NOT NULL, removes_held INTEGER NOT NULL,
  started_us INTEGER NOT NULL, planned_us INTEGER NOT NULL, ended_us INTEGER NOT NULL,
  rows_read INTEGER NOT NULL, same INTEGER NOT NULL, still_dead INTEGER NOT NULL, skipped INTEGER NOT NULL,
  requests INTEGER NOT NULL, retries INTEGER NOT NULL, bytes_sent INTEGER NOT NULL,
  error TEXT NOT NULL, details TEXT NOT NULL,
  -- kept by the writes of blocks and verdicts, in their transaction
  adds INTEGER NOT NULL DEFAULT 0, updates INTEGER NOT NULL DEFAULT 0, removes INTEGER NOT NULL DEFAULT 0,
  acked INTEGER NOT NULL DEFAULT 0, dead INTEGER NOT NULL DEFAULT 0,
  superseded INTEGER NOT NULL DEFAULT 0, cancelled INTEGER NOT NULL DEFAULT 0,
  promise TEXT NOT NULL DEFAULT '',
  null_cursors INTEGER NOT NULL DEFAULT 0,
  plan TEXT NOT NULL DEFAULT '',
  live INTEGER NOT NULL DEFAULT 0, -- acknowledged rows when it was planned
  since_us INTEGER NOT NULL DEFAULT 0, -- held or paused since then; 0 = it is not
  waited_us INTEGER NOT NULL DEFAULT 0 -- so long before
) STRICT;
CREATE INDEX run_sync ON run (sync, id);

-- body is NULL once it was erased while the digests still wait for the fold.
CREATE TABLE block (
  run INTEGER NOT NULL REFERENCES run (id),
  no INTEGER NOT NULL,
  sync TEXT NOT NULL,
  at_us INTEGER NOT NULL,
  n INTEGER NOT NULL,
  rows_read INTEGER NOT NULL,
  body_len INTEGER NOT NULL,
  keys_len INTEGER NOT NULL,
  meta BLOB NOT NULL,
  digests BLOB NOT NULL,
  keys BLOB NOT NULL,
  body BLOB
) STRICT;
CREATE UNIQUE INDEX block_no ON block (run, no);
CREATE INDEX block_sync ON block (sync, run, no);

-- Apart from block, since SQLite rewrites a whole row on any update.
CREATE TABLE ack (
  run INTEGER NOT NULL,
  no INTEGER NOT NULL,
  pending INTEGER NOT NULL, acked INTEGER NOT NULL, dead INTEGER NOT NULL,
  superseded INTEGER NOT NULL, cancelled INTEGER NOT NULL,
  verdicts BLOB NOT NULL,
  doubt INTEGER NOT NULL DEFAULT 0, -- not acknowledged, but the destination may have them
  PRIMARY KEY (run, no)
) STRICT, WITHOUT ROWID;

-- The snapshot, sorted by key, some thousand entries a part. form: see tight.h.
CREATE TABLE part (
  sync TEXT NOT NULL,
  gen INTEGER NOT NULL,
  first BLOB NOT NULL,
  n INTEGER NOT NULL,
  keys_len INTEGER NOT NULL,
  form INTEGER NOT NULL,
  entries BLOB NOT NULL,
  keys BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX part_first ON part (sync, gen, first, n);

CREATE TABLE dead (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  run INTEGER NOT NULL, block_no INTEGER NOT NULL, idx INTEGER NOT NULL,
  sync TEXT NOT NULL,
  key BLOB NOT NULL, row BLOB NOT NULL, version INTEGER NOT NULL, op INTEGER NOT NULL,
  status INTEGER NOT NULL, tries INTEGER NOT NULL, at_us INTEGER NOT NULL,
  reason TEXT NOT NULL, detail BLOB NOT NULL,
  resolution TEXT, resolved_us INTEGER NOT NULL,
  key_text BLOB NOT NULL, body BLOB NOT NULL,
  dest INTEGER NOT NULL DEFAULT 0 -- what the destination was set to, see struct sl_dead
) STRICT;
CREATE UNIQUE INDEX dead_event ON dead (run, block_no, idx);
CREATE INDEX dead_sync ON dead (sync, id);
CREATE INDEX dead_open ON dead (sync, key) WHERE resolution IS NULL;

CREATE TABLE audit (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  at_us INTEGER NOT NULL,
  who TEXT NOT NULL, action TEXT NOT NULL, object TEXT NOT NULL, detail TEXT NOT NULL,
  hash BLOB
) STRICT;

-- Where the reads of a sync with a cursor start (low; NULL = at the beginning), and where they will
-- start once the transactions that were open then (open, xmax) are over (next). spec: a digest of what
-- that is true for. run 0: the place; any other: what it will be when this run has settled.
CREATE TABLE cursor (
  sync TEXT NOT NULL,
  run INTEGER NOT NULL,
  spec BLOB NOT NULL,
  low TEXT,
  next TEXT,
  open TEXT NOT NULL,
  xmax INTEGER NOT NULL,
  at_us INTEGER NOT NULL,
  origin TEXT NOT NULL,
  dest INTEGER NOT NULL,
  PRIMARY KEY (sync, run)
) STRICT, WITHOUT ROWID;
