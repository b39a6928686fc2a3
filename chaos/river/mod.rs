//! Effects on River alone. What is checked:
//!
//! - every committed order was shipped and invoiced at least once (else *lost*);
//! - nothing was done for an order that was not committed (else a *ghost*);
//! - every committed order was booked exactly once, since the effect writes in the transaction that completes it.

mod check;
mod effects;
mod roles;

pub(crate) use self::check::{count, set_up, unfinished};
pub(crate) use self::roles::{ROLES, play};
