//! The rules of the design, through the public API. Each has at least one test named after it.

mod by_hand;
mod cancellation;
mod cascades;
#[cfg(feature = "serde")]
mod durable;
mod effects;
mod emits;
mod executors;
pub(crate) mod fixture;
mod flushing;
mod holes;
mod holes_random;
mod intents;
mod isolation;
mod options;
mod origins;
mod panics;
mod paths;
mod policies;
mod properties;
mod release_within;
mod released;
mod scopes;
