//! Imports: customers, contacts, interactions, products and opportunities with their plan steps from files
//! (`domain-spec.md` §5.9; fields §3.1–§3.5, §3.7, D1–D4, D7, D8).
//!
//! The client reads the file and sends rows of text; the server decides what each row means, with the same rules, stores
//! and rights as a change by hand.
//!
//! ```text
//! row of cells ─► record (read, cleaned, looked up) ─► step (create, update, skip, unchanged)
//!                                                        ├─ CheckRows: the rules are asked, nothing is written
//!                                                        └─ WriteRows: carried out, in a savepoint of its own
//! ```
//!
//! Always true:
//! - A row writes all of itself or nothing: customer, first contact and what is added for them share its savepoint. A faulty
//!   row stops only itself and is kept in `import_fault`; a failure of the engine stops the call and writes nothing.
//! - Every record goes through its own slice's store, so that rights, audit, outbox, search and figures follow.
//! - `next_row` moves in the transaction that writes the rows before it: a row is never written twice, whatever is sent
//!   again, and an interrupted import goes on where it stopped. All of an import is one operation, which undo takes back.
//! - Of what is to be left as it is, nothing changes and nothing is hung on it: a second record comes in with a record that
//!   exists only if an earlier row of the same import made that.
//! - Only the person who started an import can see it or go on with it, and not after it was undone.
//!
//! What a row names and nobody has yet ([`record::Missing`]: a dictionary value, a product, the account of an assignee) is
//! told by a look, and added where that was asked for and this person may: an account is disabled, without password and
//! role, and stays when the import is taken back.
//!
//! A [`pb::RowFault`](rolo_proto::v1::RowFault) names the field (`contact.` before a field of the second kind, empty for
//! the whole row), a reason of `errors.md` and what the reason needs: for `DUPLICATE` the record that is in the way, with
//! `deleted:` before it if that lies in the recycle bin; for `NOT_OWNER` the owner; for `FORBIDDEN` the right that is
//! missing; for `INVALID_STATE` the state; for a field fault its detail.

mod cells;
mod faults;
mod key;
mod lookups;
mod matching;
mod record;
mod rows;
pub mod rpc;
pub mod rules;
mod steps;
mod store;
mod writing;
