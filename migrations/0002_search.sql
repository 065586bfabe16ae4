-- The search index of customers (db/search.rs). Engine-specific: FTS5.

-- What a customer is found by, folded: name, number, external id, contacts, phones, a line each. It decides whether a
-- candidate really matches, and whether a change touches the index at all; always looked up by its key.
CREATE TABLE customer_search (
  customer_id INTEGER PRIMARY KEY REFERENCES customer (id),
  doc         TEXT NOT NULL
) STRICT;

-- Grams of the above, cut in Rust (db/search/grams.rs), as lists of customer ids: serves every search. No positions and
-- no text are kept. Signs tell kinds of grams apart, so they are part of a gram. A change adds and deletes the grams it
-- touches; `contentless_delete` would keep a list of the dead beside the index, where every search must look.
CREATE VIRTUAL TABLE customer_gram USING fts5 (
  grams,
  content = '',
  detail = none,
  tokenize = "ascii tokenchars '^~=-'"
);
-- Each batch of writes leaves a small segment of its own. The writer merges them when nobody waits (db/search.rs `tend`),
-- eight at a time, which costs half as much as four; the engine itself only when there are far too many.
INSERT INTO customer_gram (customer_gram, rank) VALUES ('automerge', 0), ('usermerge', 8), ('crisismerge', 64);
