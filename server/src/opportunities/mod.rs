//! Sales opportunities (销售机会) and development plans (客户开发计划): `domain-spec.md` §3.1, §3.2, §4.1, §4.2, D7–D9.
//!
//! Always true: an opportunity belongs to its assignee, and while nobody is assigned to its creator; it is assigned only
//! from 未指派, so that of several who assign at once one wins; won and lost ones do not change; what is derived (state
//! of the plan, sort keys, sums by owner, state, stage and month) is kept by [`derive`] alone, in the transaction that
//! changes an opportunity or one of its steps.

pub mod assignees;
pub mod counts;
pub mod derive;
pub mod history;
pub mod list;
pub mod moves;
pub mod plan;
pub mod priors;
pub mod read;
pub mod rpc;
pub mod rules;
mod shown;
pub mod store;
pub mod sums;
pub mod totals;
