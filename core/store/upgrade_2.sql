-- upgrade_2.sql - format 1 becomes format 2: promises and cursors of runs, plans bound to their
-- confirmation, an audit whose lines are chained.
ALTER TABLE run ADD COLUMN promise TEXT NOT NULL DEFAULT '';
ALTER TABLE run ADD COLUMN null_cursors INTEGER NOT NULL DEFAULT 0;
ALTER TABLE run ADD COLUMN plan TEXT NOT NULL DEFAULT '';
ALTER TABLE run ADD COLUMN live INTEGER NOT NULL DEFAULT 0;
ALTER TABLE ack ADD COLUMN doubt INTEGER NOT NULL DEFAULT 0;
ALTER TABLE audit ADD COLUMN hash BLOB;
CREATE TABLE cursor (
  sync TEXT PRIMARY KEY,
  spec BLOB NOT NULL,
  low BLOB,
  next BLOB,
  next_open TEXT NOT NULL,
  next_xmax TEXT NOT NULL,
  next_run INTEGER NOT NULL
) STRICT;
