//! The testing kit: captures what a block of code enqueues, asserts on it, performs it, and compares it
//! with snapshots.
//!
//! It has no process-wide state, so tests may run in parallel threads of one process. The exception is
//! [`forbid_root_scopes`].

mod assertion_log;
mod assertions;
mod capture;
mod drain;
#[cfg(feature = "serde")]
mod golden;
mod in_order;
mod interruption;
mod message;
mod nearest;
mod numbers;
mod plain;
mod scope;
mod seen;
mod source;
mod suite;

#[doc(inline)]
pub use crate::__airlock_all_in_order as all_in_order;
#[doc(inline)]
pub use crate::__airlock_executor_suite as executor_suite;
#[cfg(feature = "serde")]
#[doc(inline)]
pub use crate::__airlock_golden as golden;

pub use self::assertions::Assertions;
pub use self::capture::{Captured, capture, capture_async};
pub use self::drain::{DrainEntry, DrainError, Drained, Left, Progress};
#[cfg(feature = "serde")]
#[doc(hidden)]
pub use self::golden::{__golden, __sample};
pub use self::in_order::{InOrder, Step};
pub use self::interruption::{
    EveryInterruption, EveryInterruptionAsync, Holds, every_interruption, every_interruption_async,
};
pub use self::plain::{Plain, PlainLine};
pub use self::scope::TestScope;
#[doc(hidden)]
pub use self::scope::{Strictness, Test};
pub use self::seen::{Enqueued, Seen};
pub use crate::scope::{ForbidRootScopes, forbid_root_scopes};

#[doc(hidden)]
pub use self::suite::__check;
pub use self::suite::{Promise, Subject, executor_promises};

pub(crate) use self::assertion_log::AssertionLog;
