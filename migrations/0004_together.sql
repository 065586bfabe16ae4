-- Working together: what reaches a person (notices, followed records), views that are kept, presence is in memory.

-- Something that a person should know. Notices of one operation coalesce into one row ("Li assigned you 50").
CREATE TABLE notice (
  id           INTEGER PRIMARY KEY,
  user_id      INTEGER NOT NULL REFERENCES user (id),
  at           INTEGER NOT NULL,
  actor_id     INTEGER NOT NULL,                       -- 0: the system
  topic        TEXT NOT NULL,                          -- `assigned`, `withdrawn`, `changed`, ...: worded by the client
  kind         INTEGER NOT NULL,
  record_id    INTEGER NOT NULL,                       -- the first one
  label        TEXT NOT NULL,                          -- what the first record was called then
  count        INTEGER NOT NULL DEFAULT 0,             -- records that it tells of
  operation_id INTEGER NOT NULL,
  read_at      INTEGER,
  withdrawn_at INTEGER                                 -- all that it tells of was taken back
) STRICT;
CREATE INDEX notice_of_user ON notice (user_id, id);
CREATE INDEX notice_unread ON notice (user_id, id) WHERE read_at IS NULL AND withdrawn_at IS NULL;
CREATE INDEX notice_operation ON notice (operation_id, user_id, topic);
CREATE INDEX notice_age ON notice (at);

-- What a notice counts: an undo that keeps some of these withdraws it for the others alone.
CREATE TABLE notice_record (
  notice_id INTEGER NOT NULL REFERENCES notice (id) ON DELETE CASCADE,
  kind      INTEGER NOT NULL,
  record_id INTEGER NOT NULL,
  PRIMARY KEY (notice_id, kind, record_id)
) STRICT, WITHOUT ROWID;

-- Which records a person follows: their changes become notices.
CREATE TABLE follow (
  kind      INTEGER NOT NULL,
  record_id INTEGER NOT NULL,
  user_id   INTEGER NOT NULL REFERENCES user (id),
  at        INTEGER NOT NULL,
  PRIMARY KEY (kind, record_id, user_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX follow_of_user ON follow (user_id, at);

-- A list's filter and order under a name.
CREATE TABLE saved_view (
  id            INTEGER PRIMARY KEY,
  user_id       INTEGER NOT NULL REFERENCES user (id),
  department_id INTEGER REFERENCES department (id),    -- shared with this department and those below; NULL: mine alone
  kind          INTEGER NOT NULL,
  name          TEXT NOT NULL,
  filter        TEXT NOT NULL,                         -- in the words of the filter line, which every client reads
  base          INTEGER NOT NULL DEFAULT 0,            -- the shipped view that it narrows
  sort          INTEGER NOT NULL DEFAULT 0,
  descending    INTEGER NOT NULL DEFAULT 0,
  position      INTEGER NOT NULL,
  created_at    INTEGER NOT NULL,
  created_by    INTEGER NOT NULL REFERENCES user (id),
  deleted_at    INTEGER,
  revision      INTEGER NOT NULL DEFAULT 1,
  updated_at    INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX saved_view_name ON saved_view (user_id, kind, name) WHERE deleted_at IS NULL;
CREATE INDEX saved_view_shared ON saved_view (kind, department_id, position, id) WHERE deleted_at IS NULL;

-- A bulk action under way or done: which records it is about, how far it has come, and what was refused. Kept as long as
-- its request id, so that the same request goes on where it stopped.
CREATE TABLE bulk (
  id           INTEGER PRIMARY KEY,
  user_id      INTEGER NOT NULL REFERENCES user (id),
  at           INTEGER NOT NULL,
  operation_id INTEGER NOT NULL DEFAULT 0,             -- 0: nothing has changed so far
  ids          BLOB NOT NULL,                          -- 8 bytes each, little endian
  next         INTEGER NOT NULL DEFAULT 0,             -- ids before this one are dealt with
  done         INTEGER NOT NULL DEFAULT 0,
  unchanged    INTEGER NOT NULL DEFAULT 0,
  refused      INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX bulk_age ON bulk (at);

CREATE TABLE bulk_refusal (
  bulk_id   INTEGER NOT NULL REFERENCES bulk (id),
  position  INTEGER NOT NULL,
  record_id INTEGER NOT NULL,
  label     TEXT NOT NULL,
  reason    TEXT NOT NULL,
  detail    TEXT NOT NULL,
  owner     TEXT NOT NULL,
  who       TEXT NOT NULL,
  at        INTEGER NOT NULL,
  PRIMARY KEY (bulk_id, position)
) STRICT, WITHOUT ROWID;
