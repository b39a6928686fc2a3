//! The course of a request, for integrations with web frameworks: its work in a scope, then the scope's
//! end by the response, before it is sent or after.
//!
//! Programs do not use this crate. `airlock-tower` and `airlock-actix` stand on it: each says as an
//! [`Exchange`] what its framework's requests and responses are. [`ScopeFuture`] drives one request;
//! [`HeldScope`] is the scope that a response's body holds.

mod check;
mod exchange;
mod exclusive;
mod future;
mod held;
mod problem;
#[cfg(feature = "tokio")]
mod shield;
#[cfg(feature = "tokio")]
mod shutdown;
mod spawn;
mod status;

pub use self::check::{Check, METHOD, MissingScopes, check_each};
pub use self::exchange::Exchange;
pub use self::future::ScopeFuture;
pub use self::held::{HeldScope, Polled};
pub use self::problem::{PROBLEM_BODY, PROBLEM_TYPE};
#[cfg(feature = "tokio")]
pub use self::shield::{ShieldFuture, Shielded, counted, log_if_within};
#[cfg(feature = "tokio")]
pub use self::shutdown::{Shutdown, deadline, ended_or_told};
pub use self::spawn::Spawn;
pub use self::status::outcome_of;
