//! Effects on River alone. The checks are:
//!
//! - every committed order was shipped and invoiced at least once (else it is *lost*);
//! - no effect was performed for an order that was not committed (else it is a *ghost*);
//! - every committed order was booked exactly once, because the effect writes in the transaction that completes it.

mod check;
mod effects;
mod roles;

pub(crate) use self::check::{count, set_up, unfinished};
pub(crate) use self::roles::{ROLES, play};
