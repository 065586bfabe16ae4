-- The spine: people and their rights, the kernel's books (audit, outbox, idempotency, numbers), the dictionary,
-- customers, contacts and interactions. Times are Unix milliseconds UTC; `revision` rises by one with every change;
-- `deleted_at` is the recycle bin.

CREATE TABLE setting (
  name  TEXT NOT NULL PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- People -------------------------------------------------------------------------------------------------------------

CREATE TABLE department (
  id        INTEGER PRIMARY KEY,
  parent_id INTEGER REFERENCES department (id),
  name      TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX department_name ON department (COALESCE(parent_id, 0), name);

-- Every department with each of its ancestors, itself included: "department and below" is one look-up.
CREATE TABLE department_above (
  department_id INTEGER NOT NULL REFERENCES department (id),
  ancestor_id   INTEGER NOT NULL REFERENCES department (id),
  PRIMARY KEY (ancestor_id, department_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE user (
  id            INTEGER PRIMARY KEY,
  name          TEXT NOT NULL,             -- the account
  name_fold     TEXT NOT NULL,             -- for sign-in and uniqueness; never used again by another person
  display_name  TEXT NOT NULL DEFAULT '',
  search        TEXT NOT NULL DEFAULT '',  -- folded names and their pinyin, for pickers
  name_key      TEXT NOT NULL,             -- sorts by pinyin
  email         TEXT NOT NULL DEFAULT '',
  phone         TEXT NOT NULL DEFAULT '',
  code          TEXT,                      -- salesperson code
  department_id INTEGER NOT NULL REFERENCES department (id),
  superior_id   INTEGER REFERENCES user (id),
  active        INTEGER NOT NULL DEFAULT 1,
  password      TEXT NOT NULL,             -- argon2id, PHC string
  must_change   INTEGER NOT NULL DEFAULT 0,
  created_at    INTEGER NOT NULL,
  revision      INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE UNIQUE INDEX user_name ON user (name_fold);
CREATE UNIQUE INDEX user_code ON user (code) WHERE code IS NOT NULL;
CREATE INDEX user_by_key ON user (name_key, id);                      -- ListUsers

CREATE TABLE role (
  id   INTEGER PRIMARY KEY,
  code TEXT NOT NULL UNIQUE,
  zh   TEXT NOT NULL UNIQUE,
  en   TEXT NOT NULL
) STRICT;

CREATE TABLE role_permission (
  role_id    INTEGER NOT NULL REFERENCES role (id),
  permission TEXT NOT NULL,
  scope      INTEGER NOT NULL CHECK (scope IN (1, 2, 3)),             -- own, department and below, all
  PRIMARY KEY (role_id, permission)
) STRICT, WITHOUT ROWID;

CREATE TABLE user_role (
  user_id INTEGER NOT NULL REFERENCES user (id),
  role_id INTEGER NOT NULL REFERENCES role (id),
  PRIMARY KEY (user_id, role_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE session (
  id         INTEGER PRIMARY KEY,
  token_hash BLOB NOT NULL UNIQUE,         -- SHA-256 of the token
  user_id    INTEGER NOT NULL REFERENCES user (id),
  client     TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  seen_at    INTEGER NOT NULL,
  ended_at   INTEGER
) STRICT;
CREATE INDEX session_open ON session (user_id) WHERE ended_at IS NULL;

-- The kernel's books -------------------------------------------------------------------------------------------------

-- One call, one bulk action or one import.
CREATE TABLE operation (
  id         INTEGER PRIMARY KEY,
  user_id    INTEGER NOT NULL,             -- 0: the host
  at         INTEGER NOT NULL,
  method     TEXT NOT NULL,
  reversible INTEGER NOT NULL DEFAULT 0,
  level      INTEGER NOT NULL DEFAULT 0,   -- 0 done, 1 an undo, 2 the undo of an undo (redo), and so on
  undoes     INTEGER REFERENCES operation (id),
  undone_by  INTEGER REFERENCES operation (id),
  passed     INTEGER NOT NULL DEFAULT 0    -- nothing of it could be taken back: the next undo goes on to the one before
) STRICT;
CREATE INDEX operation_reversible ON operation (user_id, id) WHERE reversible = 1;
CREATE INDEX operation_undoes ON operation (undoes) WHERE undoes IS NOT NULL;

-- The audit log. `changes` is a JSON object: column -> [before, after]; `hash` chains it to the row before (audit.rs).
CREATE TABLE audit (
  sequence     INTEGER PRIMARY KEY,
  operation_id INTEGER NOT NULL,
  user_id      INTEGER NOT NULL,
  session_id   INTEGER NOT NULL,
  at           INTEGER NOT NULL,
  verb         TEXT NOT NULL,
  kind         INTEGER NOT NULL,
  record_id    INTEGER NOT NULL,
  revision     INTEGER NOT NULL,
  parent_id    INTEGER NOT NULL,           -- the customer whose timeline shows it, 0 if none
  changes      TEXT NOT NULL,
  salt         BLOB NOT NULL,
  hash         BLOB NOT NULL
) STRICT;
CREATE INDEX audit_operation ON audit (operation_id, sequence);
-- The number first: a kind alone is no way to look for anything.
CREATE INDEX audit_record ON audit (record_id, kind, sequence);
CREATE INDEX audit_timeline ON audit (parent_id, at, sequence) WHERE parent_id > 0;   -- ListTimeline

-- What changed, in order, for everything that follows changes.
CREATE TABLE outbox (
  sequence     INTEGER PRIMARY KEY,
  kind         INTEGER NOT NULL,
  record_id    INTEGER NOT NULL,
  revision     INTEGER NOT NULL,
  parent_id    INTEGER NOT NULL,           -- the record it hangs on: a customer, an opportunity; 0 if none
  owner_before INTEGER NOT NULL,           -- 0: nobody
  owner_after  INTEGER NOT NULL,
  also_owner   INTEGER NOT NULL,           -- a second person whose record it is, e.g. an interaction's author
  deleted      INTEGER NOT NULL
) STRICT;
-- Tells nothing to nobody: from here on there is a newest sequence, and 0 is none.
INSERT INTO outbox VALUES (1, 0, 0, 0, 0, 0, 0, 0, 0);

CREATE TABLE idempotency (
  user_id      INTEGER NOT NULL,
  method       TEXT NOT NULL,
  request_id   TEXT NOT NULL,
  request_hash BLOB NOT NULL,
  at           INTEGER NOT NULL,
  kind         INTEGER NOT NULL,
  record_id    INTEGER NOT NULL,
  revision     INTEGER NOT NULL,
  operation_id INTEGER NOT NULL,
  PRIMARY KEY (user_id, request_id, method)
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotency_age ON idempotency (at);

-- Daily counters: `KH261102` -> 17.
CREATE TABLE number_counter (
  prefix TEXT NOT NULL PRIMARY KEY,
  last   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Dictionary ---------------------------------------------------------------------------------------------------------

CREATE TABLE dictionary_item (
  id         INTEGER PRIMARY KEY,
  type       TEXT NOT NULL,
  value      TEXT NOT NULL,
  zh         TEXT NOT NULL,
  en         TEXT NOT NULL DEFAULT '',
  position   INTEGER NOT NULL,
  active     INTEGER NOT NULL DEFAULT 1,
  editable   INTEGER NOT NULL DEFAULT 1,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  deleted_at INTEGER,
  revision   INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE UNIQUE INDEX dictionary_value ON dictionary_item (type, value) WHERE deleted_at IS NULL;
CREATE UNIQUE INDEX dictionary_zh ON dictionary_item (type, zh) WHERE deleted_at IS NULL;
CREATE UNIQUE INDEX dictionary_en ON dictionary_item (type, en) WHERE deleted_at IS NULL AND en <> '';
CREATE INDEX dictionary_order ON dictionary_item (type, position, id);          -- ListItems

-- Customers ----------------------------------------------------------------------------------------------------------

CREATE TABLE customer (
  id                INTEGER PRIMARY KEY,
  no                TEXT NOT NULL UNIQUE,
  name              TEXT NOT NULL,
  party             INTEGER NOT NULL DEFAULT 1 CHECK (party IN (1, 2)),
  region_id         INTEGER REFERENCES dictionary_item (id),
  manager_id        INTEGER REFERENCES user (id),
  level_id          INTEGER REFERENCES dictionary_item (id),
  classification_id INTEGER REFERENCES dictionary_item (id),
  satisfaction      INTEGER CHECK (satisfaction BETWEEN 1 AND 5),
  credit            INTEGER CHECK (credit BETWEEN 1 AND 5),
  address           TEXT NOT NULL DEFAULT '',
  zip               TEXT NOT NULL DEFAULT '',
  tel               TEXT NOT NULL DEFAULT '',
  fax               TEXT NOT NULL DEFAULT '',
  website           TEXT NOT NULL DEFAULT '',
  licence_no        TEXT NOT NULL DEFAULT '',
  legal_person      TEXT NOT NULL DEFAULT '',
  capital           INTEGER,                        -- 万元
  turnover          INTEGER,                        -- 万元
  bank              TEXT NOT NULL DEFAULT '',
  bank_account      TEXT NOT NULL DEFAULT '',
  local_tax_no      TEXT NOT NULL DEFAULT '',
  national_tax_no   TEXT NOT NULL DEFAULT '',
  usc_code          TEXT NOT NULL DEFAULT '',
  external_id       TEXT NOT NULL DEFAULT '',
  tags              TEXT NOT NULL DEFAULT '',
  status            INTEGER NOT NULL DEFAULT 1 CHECK (status IN (1, 2)),
  merged_into       INTEGER REFERENCES customer (id),  -- in the recycle bin because it was one and the same as this one
  former            TEXT,                              -- number and name of each customer merged into it, a line each
  created_at        INTEGER NOT NULL,
  created_by        INTEGER NOT NULL REFERENCES user (id),
  deleted_at        INTEGER,
  revision          INTEGER NOT NULL DEFAULT 1,
  updated_at        INTEGER NOT NULL,
  -- Derived from the columns above and from other tables, never audited (customers/store.rs `derive`).
  name_norm         TEXT NOT NULL DEFAULT '',       -- compares names (D2)
  name_key          TEXT NOT NULL DEFAULT '',       -- sorts names (D6)
  missing           INTEGER NOT NULL DEFAULT 0,     -- bit set of required fields that are empty
  level_rank        INTEGER NOT NULL DEFAULT 0,     -- the level's place in the dictionary
  region_rank       INTEGER NOT NULL DEFAULT 0,
  satisfaction_rank INTEGER NOT NULL DEFAULT 0,     -- 0 = not specified
  credit_rank       INTEGER NOT NULL DEFAULT 0,
  last_contact_at   INTEGER NOT NULL DEFAULT 0,     -- newest interaction
  next_contact_at   INTEGER NOT NULL DEFAULT 0      -- earliest open next contact
) STRICT;
CREATE UNIQUE INDEX customer_name_unique ON customer (name_norm) WHERE deleted_at IS NULL AND party = 1;
CREATE INDEX customer_person ON customer (name_norm) WHERE party = 2;
CREATE UNIQUE INDEX customer_usc ON customer (usc_code) WHERE deleted_at IS NULL AND usc_code <> '';
CREATE UNIQUE INDEX customer_external ON customer (external_id) WHERE deleted_at IS NULL AND external_id <> '';
-- One index a sort key of ListCustomers, live records only; by number is by id.
CREATE INDEX customer_by_name ON customer (name_key, id) WHERE deleted_at IS NULL;
CREATE INDEX customer_by_created ON customer (created_at, id) WHERE deleted_at IS NULL;
CREATE INDEX customer_by_updated ON customer (updated_at, id) WHERE deleted_at IS NULL;
CREATE INDEX customer_by_contact ON customer (last_contact_at, id) WHERE deleted_at IS NULL;
CREATE INDEX customer_by_level ON customer (level_rank, id) WHERE deleted_at IS NULL;
CREATE INDEX customer_by_region ON customer (region_rank, id) WHERE deleted_at IS NULL;
CREATE INDEX customer_by_satisfaction ON customer (satisfaction_rank, id) WHERE deleted_at IS NULL;
CREATE INDEX customer_by_credit ON customer (credit_rank, id) WHERE deleted_at IS NULL;
-- Views.
CREATE INDEX customer_of_manager ON customer (manager_id, name_key, id) WHERE deleted_at IS NULL;
CREATE INDEX customer_incomplete ON customer (id) WHERE deleted_at IS NULL AND missing <> 0;
CREATE INDEX customer_lost ON customer (name_key, id) WHERE deleted_at IS NULL AND status = 2;
CREATE INDEX customer_deleted ON customer (deleted_at, id) WHERE deleted_at IS NOT NULL;
-- An import looks whether a row lies in the recycle bin.
CREATE INDEX customer_bin_name ON customer (name_norm) WHERE deleted_at IS NOT NULL AND party = 1;
CREATE INDEX customer_bin_external ON customer (external_id) WHERE deleted_at IS NOT NULL AND external_id <> '';

-- The phone numbers of customers, to warn of duplicates (D2).
CREATE TABLE customer_phone (
  phone       TEXT NOT NULL,
  customer_id INTEGER NOT NULL REFERENCES customer (id),
  PRIMARY KEY (phone, customer_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX customer_phone_of ON customer_phone (customer_id);   -- a change of the field, the filter by its digits

-- Contacts -----------------------------------------------------------------------------------------------------------

CREATE TABLE contact (
  id          INTEGER PRIMARY KEY,
  customer_id INTEGER NOT NULL REFERENCES customer (id),
  name        TEXT NOT NULL,
  sex         INTEGER NOT NULL DEFAULT 0 CHECK (sex IN (0, 1, 2)),
  position    TEXT NOT NULL DEFAULT '',
  office_tel  TEXT NOT NULL DEFAULT '',
  mobile      TEXT NOT NULL DEFAULT '',
  email       TEXT NOT NULL DEFAULT '',
  wechat      TEXT NOT NULL DEFAULT '',
  memo        TEXT NOT NULL DEFAULT '',
  external_id TEXT NOT NULL DEFAULT '',
  created_at  INTEGER NOT NULL,
  created_by  INTEGER NOT NULL REFERENCES user (id),
  deleted_at  INTEGER,
  revision    INTEGER NOT NULL DEFAULT 1,
  updated_at  INTEGER NOT NULL,
  -- Derived.
  name_key    TEXT NOT NULL DEFAULT '',
  search      TEXT NOT NULL DEFAULT '',               -- folded name, initials, pinyin, digits, e-mail
  missing     INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX contact_of_customer ON contact (customer_id, name_key, id) WHERE deleted_at IS NULL;
CREATE UNIQUE INDEX contact_external ON contact (external_id) WHERE deleted_at IS NULL AND external_id <> '';
CREATE INDEX contact_by_name ON contact (name_key, id) WHERE deleted_at IS NULL;
CREATE INDEX contact_by_updated ON contact (updated_at, id) WHERE deleted_at IS NULL;
CREATE INDEX contact_by_created ON contact (created_at, id) WHERE deleted_at IS NULL;
CREATE INDEX contact_deleted ON contact (deleted_at, id) WHERE deleted_at IS NOT NULL;
CREATE INDEX contact_bin ON contact (customer_id, id) WHERE deleted_at IS NOT NULL;
CREATE INDEX contact_bin_external ON contact (external_id) WHERE deleted_at IS NOT NULL AND external_id <> '';

-- Interactions -------------------------------------------------------------------------------------------------------

CREATE TABLE interaction (
  id              INTEGER PRIMARY KEY,
  customer_id     INTEGER NOT NULL REFERENCES customer (id),
  at              INTEGER NOT NULL,
  author_id       INTEGER NOT NULL REFERENCES user (id),
  contact_id      INTEGER REFERENCES contact (id),
  channel_id      INTEGER REFERENCES dictionary_item (id),
  place           TEXT NOT NULL DEFAULT '',
  title           TEXT NOT NULL,
  detail          TEXT NOT NULL DEFAULT '',
  memo            TEXT NOT NULL DEFAULT '',
  next_contact_at INTEGER,
  settled_at      INTEGER,                             -- the next contact was marked done
  external_id     TEXT NOT NULL DEFAULT '',
  created_at      INTEGER NOT NULL,
  created_by      INTEGER NOT NULL REFERENCES user (id),
  deleted_at      INTEGER,
  revision        INTEGER NOT NULL DEFAULT 1,
  updated_at      INTEGER NOT NULL,
  -- Derived: the next contact, if it is open and the newest of this customer and author; else 0 (D4).
  due_at          INTEGER NOT NULL DEFAULT 0,
  missing         INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX interaction_of_customer ON interaction (customer_id, at, id) WHERE deleted_at IS NULL;
CREATE INDEX interaction_by_at ON interaction (at, id) WHERE deleted_at IS NULL;
CREATE INDEX interaction_by_updated ON interaction (updated_at, id) WHERE deleted_at IS NULL;
CREATE INDEX interaction_of_author ON interaction (author_id, at, id) WHERE deleted_at IS NULL;
CREATE INDEX interaction_due ON interaction (due_at, id) WHERE due_at > 0;
CREATE INDEX interaction_due_author ON interaction (author_id, due_at, id) WHERE due_at > 0;
CREATE INDEX interaction_due_customer ON interaction (customer_id, due_at) WHERE due_at > 0;
CREATE UNIQUE INDEX interaction_external ON interaction (external_id) WHERE deleted_at IS NULL AND external_id <> '';
CREATE INDEX interaction_deleted ON interaction (deleted_at, id) WHERE deleted_at IS NOT NULL;
CREATE INDEX interaction_bin ON interaction (customer_id, at) WHERE deleted_at IS NOT NULL;
CREATE INDEX interaction_bin_external ON interaction (external_id) WHERE deleted_at IS NOT NULL AND external_id <> '';
CREATE INDEX interaction_of_contact ON interaction (contact_id) WHERE contact_id IS NOT NULL;

-- Imports ------------------------------------------------------------------------------------------------------------

CREATE TABLE import (
  id             INTEGER PRIMARY KEY,
  operation_id   INTEGER NOT NULL REFERENCES operation (id),
  user_id        INTEGER NOT NULL REFERENCES user (id),
  kind           INTEGER NOT NULL,
  file_name      TEXT NOT NULL,
  file_hash      BLOB NOT NULL,
  options        BLOB NOT NULL,                        -- ImportOptions, encoded
  next_row       INTEGER NOT NULL DEFAULT 0,
  created        INTEGER NOT NULL DEFAULT 0,
  updated        INTEGER NOT NULL DEFAULT 0,
  skipped        INTEGER NOT NULL DEFAULT 0,
  unchanged      INTEGER NOT NULL DEFAULT 0,
  refused        INTEGER NOT NULL DEFAULT 0,
  second_created INTEGER NOT NULL DEFAULT 0,
  started_at     INTEGER NOT NULL,
  finished_at    INTEGER
) STRICT;
CREATE INDEX import_open ON import (user_id, file_hash) WHERE finished_at IS NULL;
CREATE INDEX import_of_user ON import (user_id, operation_id);

CREATE TABLE import_fault (
  import_id INTEGER NOT NULL REFERENCES import (id),
  row       INTEGER NOT NULL,
  line      INTEGER NOT NULL,
  faults    BLOB NOT NULL,                             -- RowOutcome with its faults, encoded
  PRIMARY KEY (import_id, row)
) STRICT, WITHOUT ROWID;
