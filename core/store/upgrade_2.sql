-- upgrade_2.sql - format 1 becomes format 2: promises and cursors of runs, plans bound to their
-- confirmation, an audit whose lines are chained, parts that say how they are written.
ALTER TABLE run ADD COLUMN promise TEXT NOT NULL DEFAULT '';
ALTER TABLE run ADD COLUMN null_cursors INTEGER NOT NULL DEFAULT 0;
ALTER TABLE run ADD COLUMN plan TEXT NOT NULL DEFAULT '';
ALTER TABLE run ADD COLUMN live INTEGER NOT NULL DEFAULT 0;
ALTER TABLE run ADD COLUMN since_us INTEGER NOT NULL DEFAULT 0;
ALTER TABLE run ADD COLUMN waited_us INTEGER NOT NULL DEFAULT 0;
ALTER TABLE dead ADD COLUMN dest INTEGER NOT NULL DEFAULT 0;
ALTER TABLE ack ADD COLUMN doubt INTEGER NOT NULL DEFAULT 0;
ALTER TABLE audit ADD COLUMN hash BLOB;
DROP INDEX part_first;
ALTER TABLE part RENAME TO part_1;
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
INSERT INTO part SELECT sync, gen, first, n, keys_len, 0, entries, keys FROM part_1;
DROP TABLE part_1;
CREATE UNIQUE INDEX part_first ON part (sync, gen, first, n);
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
