//! Products (产品): the catalogue that opportunities refer to (`domain-spec.md` §3.7, S01-02).
//!
//! Always true: name, model and batch together are unique among live products; everybody who may read reads all of them;
//! a product that is used is retired, not deleted.

pub mod rpc;
pub mod rules;
pub mod store;
