-- What the receiver keeps. Written by the receiver alone; anyone may read it while it runs.

-- Every event once. Repeats of a message_id only count up deliveries.
CREATE TABLE IF NOT EXISTS events (
	seq          INTEGER PRIMARY KEY, -- order of arrival
	received_at  TEXT NOT NULL,
	message_id   TEXT NOT NULL UNIQUE, -- made up when the sender gave none
	type         TEXT NOT NULL,
	user_id      TEXT,
	anonymous_id TEXT,
	event        TEXT, -- name of the event, page or screen
	action       TEXT, -- records and rows
	key          TEXT, -- records and rows
	body         TEXT NOT NULL, -- JSON as it was sent
	deliveries   INTEGER NOT NULL DEFAULT 1,
	body_sha     TEXT NOT NULL -- SHA-256 without sentAt and receivedAt
) STRICT;

-- A message_id that came again with another body: two changes share an id, or one was rendered twice.
CREATE TABLE IF NOT EXISTS conflicts (
	seq        INTEGER PRIMARY KEY,
	at         TEXT NOT NULL,
	message_id TEXT NOT NULL,
	first_body TEXT NOT NULL,
	other_body TEXT NOT NULL
) STRICT;

-- What a destination would know of each user: traits of all identify events, the last one wins.
CREATE TABLE IF NOT EXISTS users (
	user_id    TEXT PRIMARY KEY,
	traits     TEXT NOT NULL, -- JSON
	identifies INTEGER NOT NULL,
	first_seen TEXT NOT NULL,
	last_seen  TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- What a destination would hold after all inserts, updates and deletes.
CREATE TABLE IF NOT EXISTS records (
	stream     TEXT NOT NULL, -- name of the hook, of the sync, or of the identifiers
	key        TEXT NOT NULL,
	fields     TEXT NOT NULL, -- JSON
	action     TEXT NOT NULL, -- the last one
	changes    INTEGER NOT NULL,
	first_seen TEXT NOT NULL,
	last_seen  TEXT NOT NULL,
	PRIMARY KEY (stream, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS requests (
	seq    INTEGER PRIMARY KEY,
	at     TEXT NOT NULL,
	method TEXT NOT NULL,
	path   TEXT NOT NULL,
	status INTEGER NOT NULL, -- 0: no answer was given
	bytes  INTEGER NOT NULL, -- of the body, as it came
	events INTEGER NOT NULL,
	note   TEXT -- why it was refused, or what went wrong on purpose
) STRICT;
