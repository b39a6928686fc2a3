//! What every engine of durable effects needs, for authors of integrations: the envelope in which an intent is stored,
//! the worker's side that performs it, what an engine can do, and sealing of redacted arguments.
//!
//! Programs use an engine: `airlock::river`.

mod capabilities;
mod envelope;
mod seal;
#[cfg(feature = "suite")]
pub mod suite;
mod worker;

pub use self::capabilities::{Capabilities, Dedupe};
pub use self::envelope::{About, Envelope, EnvelopeError, VERSION};
pub use self::seal::{Keys, SealError, first_redacted};
pub use self::worker::{
    DEFAULT_RETRY, DEFAULT_TIMEOUT, Performer, Verdict, log, retry_of, timeout_of,
};
