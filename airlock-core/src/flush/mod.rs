//! Flushing: from a finished scope to the fate of each of its intents.
//!
//! A flush takes the buffer, asks the ancestors ([`release`]), judges ([`judge`]), coalesces
//! ([`coalesce`]), hands batches to executors ([`batch`], [`perform`]), and reports ([`report`]).

pub(crate) mod batch;
mod coalesce;
mod delivery;
mod error;
mod judge;
mod perform;
mod release;
mod report;
mod run;
#[cfg(feature = "serde")]
mod serialize;

pub use self::batch::Batch;
pub use self::delivery::Delivery;
pub use self::error::{Failure, FlushError};
pub use self::report::{CapturedBy, Dropped, Fate, FlushReport, ReportEntry};

pub(crate) use self::error::{guarded, panic_message};
pub(crate) use self::run::{Flush, end, end_async, ending};

/// What happens to the rest of a flush when one intent fails.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum FailureMode {
    /// It stops: what comes after is not reached, and handed back.
    #[default]
    Stop,
    /// It goes on with the next intent.
    CarryOn,
}
