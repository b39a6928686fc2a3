//! Shared parts of the web integrations. They run a request in a scope and end the scope by the response,
//! before or after it is sent.
//!
//! Programs do not use this crate directly. `airlock-tower` and `airlock-actix` build on it: each implements
//! [`Exchange`] for the requests and responses of its framework. [`ScopeFuture`] drives one request;
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
