//! Shared parts for engines of durable effects, for authors of integrations: the envelope in which an intent is stored,
//! the worker's side that performs it, the capabilities of an engine, and sealing of redacted arguments.
//!
//! Programs use an engine instead, such as `airlock::river`.

mod build;
mod capabilities;
mod envelope;
mod forward;
mod key;
mod seal;
#[cfg(feature = "suite")]
pub mod suite;
mod worker;

pub use self::build::{BuildError, check_effects};
pub use self::capabilities::{Capabilities, Dedupe, is_plain_name, queue_fits};
pub use self::envelope::{About, Envelope, EnvelopeError, VERSION};
pub use self::forward::Forward;
pub use self::key::{derived_id, hex, unique_key};
pub use self::seal::{Keys, SealError, first_redacted};
pub use self::worker::{
    DEFAULT_RETRY, DEFAULT_TIMEOUT, Performer, Verdict, log, retry_of, timeout_of, unreadable,
};
