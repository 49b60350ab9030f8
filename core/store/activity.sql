-- activity.sql - the activity log, format 1.
CREATE TABLE line (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  at_us INTEGER NOT NULL,
  run INTEGER NOT NULL,
  level INTEGER NOT NULL,
  sync TEXT NOT NULL, part TEXT NOT NULL, text TEXT NOT NULL,
  block_no INTEGER NOT NULL, idx INTEGER NOT NULL,
  events INTEGER NOT NULL, status INTEGER NOT NULL, took_us INTEGER NOT NULL,
  answer TEXT NOT NULL
) STRICT;
CREATE INDEX line_run ON line (run, seq);
CREATE INDEX line_at ON line (at_us);
