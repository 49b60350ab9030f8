-- upgrade_2.sql - format 1 becomes format 2: promises and cursors of runs, plans bound to their
-- confirmation, an audit whose lines are chained.
ALTER TABLE run ADD COLUMN promise TEXT NOT NULL DEFAULT '';
ALTER TABLE run ADD COLUMN null_cursors INTEGER NOT NULL DEFAULT 0;
ALTER TABLE run ADD COLUMN plan TEXT NOT NULL DEFAULT '';
ALTER TABLE run ADD COLUMN live INTEGER NOT NULL DEFAULT 0;
ALTER TABLE run ADD COLUMN since_us INTEGER NOT NULL DEFAULT 0;
ALTER TABLE run ADD COLUMN waited_us INTEGER NOT NULL DEFAULT 0;
ALTER TABLE ack ADD COLUMN doubt INTEGER NOT NULL DEFAULT 0;
ALTER TABLE audit ADD COLUMN hash BLOB;
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
  PRIMARY KEY (sync, run)
) STRICT, WITHOUT ROWID;
