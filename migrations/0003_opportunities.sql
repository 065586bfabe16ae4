-- Opportunities, their development plans, the products they are about, and the sums that forecasts read
-- (domain-spec.md §3.1, §3.2, §3.7, D7–D9). Money is INTEGER ten-thousandths of the company's currency unit; dates are
-- TEXT YYYY-MM-DD in the company's zone.

-- Products -----------------------------------------------------------------------------------------------------------

-- The catalogue: filled by imports and by the sales feed, looked up by everybody else.
CREATE TABLE product (
  id          INTEGER PRIMARY KEY,
  name        TEXT NOT NULL,
  model       TEXT NOT NULL DEFAULT '',
  batch       TEXT NOT NULL DEFAULT '',
  unit        TEXT NOT NULL DEFAULT '',
  price       INTEGER,                                 -- NULL: unknown
  memo        TEXT NOT NULL DEFAULT '',
  active      INTEGER NOT NULL DEFAULT 1,
  external_id TEXT NOT NULL DEFAULT '',
  created_at  INTEGER NOT NULL,
  created_by  INTEGER NOT NULL,
  deleted_at  INTEGER,
  revision    INTEGER NOT NULL DEFAULT 1,
  updated_at  INTEGER NOT NULL,
  -- Derived.
  name_norm   TEXT NOT NULL DEFAULT '',                -- name, model and batch: what makes a product the same
  name_key    TEXT NOT NULL DEFAULT '',
  search      TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE UNIQUE INDEX product_unique ON product (name_norm) WHERE deleted_at IS NULL;
CREATE UNIQUE INDEX product_external ON product (external_id) WHERE deleted_at IS NULL AND external_id <> '';
CREATE INDEX product_bin_external ON product (external_id) WHERE deleted_at IS NOT NULL AND external_id <> '';
CREATE INDEX product_by_name ON product (name_key, id) WHERE deleted_at IS NULL;      -- ListProducts

-- Opportunities ------------------------------------------------------------------------------------------------------

CREATE TABLE opportunity (
  id                INTEGER PRIMARY KEY,
  customer_name     TEXT NOT NULL,
  customer_id       INTEGER REFERENCES customer (id),  -- linked when recorded (D8), or made or linked when won
  title             TEXT NOT NULL DEFAULT '',
  source            TEXT NOT NULL DEFAULT '',
  linkman           TEXT NOT NULL DEFAULT '',
  tel               TEXT NOT NULL DEFAULT '',
  description       TEXT NOT NULL DEFAULT '',
  success_rate      INTEGER CHECK (success_rate BETWEEN 0 AND 100),
  product_id        INTEGER REFERENCES product (id),
  expected_amount   INTEGER CHECK (expected_amount > 0),                   -- NULL: unknown
  expected_close_at TEXT,                              -- a date
  lead_source_id    INTEGER REFERENCES dictionary_item (id),
  stage_id          INTEGER REFERENCES dictionary_item (id),
  status            INTEGER NOT NULL DEFAULT 1 CHECK (status IN (1, 2, 3, 4)),  -- 未指派 已指派 开发成功 开发失败
  assignee_id       INTEGER REFERENCES user (id),
  assigned_at       INTEGER,
  closed_at         INTEGER,
  close_reason_id   INTEGER REFERENCES dictionary_item (id),
  close_text        TEXT NOT NULL DEFAULT '',
  memo              TEXT NOT NULL DEFAULT '',          -- what an import could not place, e.g. a former assignee
  external_id       TEXT NOT NULL DEFAULT '',
  created_at        INTEGER NOT NULL,
  created_by        INTEGER NOT NULL REFERENCES user (id),
  deleted_at        INTEGER,
  revision          INTEGER NOT NULL DEFAULT 1,
  updated_at        INTEGER NOT NULL,
  -- Derived, never audited (opportunities/store.rs `derive`).
  name_norm         TEXT NOT NULL DEFAULT '',
  name_key          TEXT NOT NULL DEFAULT '',
  owner_id          INTEGER NOT NULL DEFAULT 0,        -- assignee; while unassigned the creator
  open              INTEGER NOT NULL DEFAULT 1,        -- 1: 未指派 or 已指派
  missing           INTEGER NOT NULL DEFAULT 0,
  amount_rank       INTEGER NOT NULL DEFAULT 0,        -- expected amount, 0 if unknown
  rate_rank         INTEGER NOT NULL DEFAULT -1,
  close_rank        TEXT NOT NULL DEFAULT '9999-12-31',-- expected close date, the sentinel if none
  next_step_at      TEXT NOT NULL DEFAULT '9999-12-31',-- earliest planned step without result, while 已指派
  due_rank          TEXT NOT NULL DEFAULT '9999-12-31',-- the earlier of next_step_at and close_rank
  steps             INTEGER NOT NULL DEFAULT 0,
  steps_done        INTEGER NOT NULL DEFAULT 0,
  progress_at       INTEGER NOT NULL DEFAULT 0,        -- last assignment, step added or result recorded
  sum_key           TEXT NOT NULL DEFAULT ''           -- what counts it in the sums below, '' if nothing does
) STRICT;
CREATE UNIQUE INDEX opportunity_external ON opportunity (external_id) WHERE deleted_at IS NULL AND external_id <> '';
CREATE INDEX opportunity_bin_external ON opportunity (external_id) WHERE deleted_at IS NOT NULL AND external_id <> '';
-- O1 looks for another open one of this name (D8).
CREATE INDEX opportunity_of_name ON opportunity (name_norm) WHERE deleted_at IS NULL AND open = 1;
CREATE INDEX opportunity_of_customer ON opportunity (customer_id, created_at, id) WHERE customer_id IS NOT NULL;
-- Sort keys, live records. Where a state is asked for it comes first: its equation is what the engine picks an index by.
CREATE INDEX opportunity_by_created ON opportunity (created_at, id) WHERE deleted_at IS NULL;
CREATE INDEX opportunity_by_updated ON opportunity (updated_at, id) WHERE deleted_at IS NULL;
CREATE INDEX opportunity_by_name ON opportunity (name_key, id) WHERE deleted_at IS NULL;
CREATE INDEX opportunity_by_close ON opportunity (close_rank, id) WHERE deleted_at IS NULL;
CREATE INDEX opportunity_by_amount ON opportunity (amount_rank, id) WHERE deleted_at IS NULL;
CREATE INDEX opportunity_by_rate ON opportunity (rate_rank, id) WHERE deleted_at IS NULL;
CREATE INDEX opportunity_by_step ON opportunity (next_step_at, id) WHERE deleted_at IS NULL;
-- Views: by state, by owner, by stage (the board), stagnating.
CREATE INDEX opportunity_by_status ON opportunity (status, created_at, id) WHERE deleted_at IS NULL;
CREATE INDEX opportunity_closed ON opportunity (status, closed_at, id) WHERE deleted_at IS NULL AND open = 0;
CREATE INDEX opportunity_of_owner ON opportunity (owner_id, status, created_at, id) WHERE deleted_at IS NULL;
CREATE INDEX opportunity_owner_created ON opportunity (owner_id, created_at, id) WHERE deleted_at IS NULL;
CREATE INDEX opportunity_due ON opportunity (status, due_rank, id) WHERE deleted_at IS NULL AND status = 2;
CREATE INDEX opportunity_owner_due ON opportunity (owner_id, status, due_rank, id) WHERE deleted_at IS NULL AND status = 2;
CREATE INDEX opportunity_stagnating ON opportunity (status, progress_at, id) WHERE deleted_at IS NULL AND status = 2;
CREATE INDEX opportunity_owner_progress ON opportunity (owner_id, status, progress_at, id)
  WHERE deleted_at IS NULL AND status = 2;
CREATE INDEX opportunity_owner_closed ON opportunity (owner_id, status, closed_at, id)
  WHERE deleted_at IS NULL AND open = 0;
CREATE INDEX opportunity_incomplete ON opportunity (created_at, id) WHERE deleted_at IS NULL AND missing <> 0;
CREATE INDEX opportunity_deleted ON opportunity (deleted_at, id) WHERE deleted_at IS NOT NULL;
CREATE INDEX opportunity_of_product ON opportunity (product_id, id) WHERE product_id IS NOT NULL;

-- Figures kept, not recomputed: open and closed opportunities by owner and state, once by stage (the board, the counts
-- of the views) and once by month (the forecast), each with few rows to read. Amounts are sums of stored amounts;
-- `weighted` is Σ amount × success rate; `unknown` are those of `count` without amount.
CREATE TABLE opportunity_stage_sum (
  status   INTEGER NOT NULL,
  owner_id INTEGER NOT NULL,
  stage_id INTEGER NOT NULL,                           -- 0: none
  count    INTEGER NOT NULL,
  amount   INTEGER NOT NULL,
  weighted INTEGER NOT NULL,
  unknown  INTEGER NOT NULL,
  PRIMARY KEY (status, owner_id, stage_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE opportunity_month_sum (
  status   INTEGER NOT NULL,
  month    TEXT NOT NULL,                              -- YYYY-MM: expected to close while open, closed; '' if unknown
  owner_id INTEGER NOT NULL,
  count    INTEGER NOT NULL,
  amount   INTEGER NOT NULL,
  weighted INTEGER NOT NULL,
  unknown  INTEGER NOT NULL,
  PRIMARY KEY (status, month, owner_id)
) STRICT, WITHOUT ROWID;

-- Development plans (客户开发计划项) -----------------------------------------------------------------------------------

CREATE TABLE plan_step (
  id             INTEGER PRIMARY KEY,
  opportunity_id INTEGER NOT NULL REFERENCES opportunity (id),
  plan_date      TEXT NOT NULL,
  todo           TEXT NOT NULL,
  result         TEXT NOT NULL DEFAULT '',
  result_at      INTEGER,
  external_id    TEXT NOT NULL DEFAULT '',
  created_at     INTEGER NOT NULL,
  created_by     INTEGER NOT NULL REFERENCES user (id),
  deleted_at     INTEGER,
  revision       INTEGER NOT NULL DEFAULT 1,
  updated_at     INTEGER NOT NULL,
  -- Derived: whose step is open (the opportunity's assignee while it is 已指派 and the step has no result), else 0.
  due_owner_id   INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX plan_step_of_opportunity ON plan_step (opportunity_id, plan_date, id);
CREATE INDEX plan_step_due ON plan_step (plan_date, id) WHERE due_owner_id > 0;
CREATE INDEX plan_step_due_owner ON plan_step (due_owner_id, plan_date, id) WHERE due_owner_id > 0;
CREATE INDEX plan_step_bin ON plan_step (opportunity_id, id) WHERE deleted_at IS NOT NULL;

-- Search, as for customers (0002). Engine-specific: FTS5.
CREATE TABLE opportunity_search (
  opportunity_id INTEGER PRIMARY KEY REFERENCES opportunity (id),
  doc            TEXT NOT NULL
) STRICT;
CREATE VIRTUAL TABLE opportunity_gram USING fts5 (
  grams,
  content = '',
  detail = none,
  tokenize = "ascii tokenchars '^~=-'"
);
INSERT INTO opportunity_gram (opportunity_gram, rank) VALUES ('automerge', 0), ('usermerge', 8), ('crisismerge', 64);
