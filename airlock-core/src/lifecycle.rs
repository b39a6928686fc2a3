//! Lifecycles, which decide whether a finished scope flushes, and what it lets nested scopes
//! release.

use std::fmt;
use std::sync::Arc;

use crate::intent::Intent;

/// The way in which the work in a scope ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize),
    serde(rename_all = "snake_case")
)]
#[non_exhaustive]
pub enum Outcome {
    /// The work returned a value other than an `Err`.
    Success,
    /// The work returned an `Err`, or its scope was discarded by hand.
    Failure,
    /// The work panicked.
    Panic,
    /// The work's future was dropped, or its guard was dropped without a flush.
    Cancelled,
}

impl Outcome {
    /// Returns `Success` for `Ok`, and `Failure` for `Err`.
    pub fn from_result<T, E>(result: &Result<T, E>) -> Self {
        if result.is_ok() {
            Outcome::Success
        } else {
            Outcome::Failure
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Outcome::Success => "success",
            Outcome::Failure => "failure",
            Outcome::Panic => "panic",
            Outcome::Cancelled => "cancelled",
        })
    }
}

/// The decision of a lifecycle about a scope whose work has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize),
    serde(rename_all = "snake_case")
)]
pub enum Ending {
    /// The scope flushes. Intents marked *on failure* leave only if the work failed.
    Flush,
    /// The scope flushes the intents marked *on failure* or *always*, and discards the rest.
    FlushOnFailure,
    /// The scope discards every intent.
    Discard,
}

/// The decision of an ancestor about one intent of a finished scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Release {
    /// The ancestor captures the intent into its own buffer.
    Hold,
    /// The finished scope may dispatch the intent, if the ancestors further out agree. The policies
    /// of this ancestor then do not judge the intent.
    Release,
}

/// A rule that decides whether a finished scope flushes, and what it lets nested scopes release.
///
/// ```
/// use airlock_core::lifecycle::{Ending, Lifecycle, Outcome, Release};
/// use airlock_core::Intent;
///
/// /// Lets nested scopes dispatch urgent intents when they end.
/// struct Urgent;
///
/// impl Lifecycle for Urgent {
///     fn release(&self, intent: &Intent) -> Release {
///         if intent.priority() > Some(0) { Release::Release } else { Release::Hold }
///     }
/// }
/// assert_eq!(Urgent.end(Outcome::Success), Ending::Flush);
/// assert_eq!(Urgent.end(Outcome::Failure), Ending::FlushOnFailure);
/// ```
pub trait Lifecycle: Send + Sync + 'static {
    /// Decides what the scope does when its work has ended.
    ///
    /// After [`Outcome::Cancelled`], [`Ending::Flush`] counts as [`Ending::FlushOnFailure`], since
    /// a dropped future has not finished its work.
    ///
    /// If it panics, the scope ends as under [`FlushOnSuccess`], and the panic is logged.
    fn end(&self, outcome: Outcome) -> Ending {
        match outcome {
            Outcome::Success => Ending::Flush,
            _ => Ending::FlushOnFailure,
        }
    }

    /// Decides whether a nested scope may dispatch one of its intents.
    ///
    /// If it panics, the scope holds the intent.
    fn release(&self, intent: &Intent) -> Release {
        let _ = intent;
        Release::Hold
    }
}

impl<L: Lifecycle + ?Sized> Lifecycle for Arc<L> {
    fn end(&self, outcome: Outcome) -> Ending {
        (**self).end(outcome)
    }

    fn release(&self, intent: &Intent) -> Release {
        (**self).release(intent)
    }
}

/// The default lifecycle: flushes on success, and holds everything that nested scopes want to
/// dispatch.
#[derive(Clone, Copy, Debug, Default)]
pub struct FlushOnSuccess;

impl Lifecycle for FlushOnSuccess {}

/// A lifecycle that flushes whatever the outcome, except if the future was dropped.
#[derive(Clone, Copy, Debug, Default)]
pub struct AlwaysFlush;

impl Lifecycle for AlwaysFlush {
    fn end(&self, _: Outcome) -> Ending {
        Ending::Flush
    }
}

/// A lifecycle that discards whatever the outcome, including intents marked *on failure* or
/// *always*: a dry run.
#[derive(Clone, Copy, Debug, Default)]
pub struct NeverFlush;

impl Lifecycle for NeverFlush {
    fn end(&self, _: Outcome) -> Ending {
        Ending::Discard
    }
}

/// A lifecycle that lets nested scopes dispatch their intents when they end, independently of this
/// scope.
#[derive(Clone, Copy, Debug, Default)]
pub struct ReleaseAll;

impl Lifecycle for ReleaseAll {
    fn release(&self, _: &Intent) -> Release {
        Release::Release
    }
}

/// Returns a lifecycle that lets nested scopes dispatch the intents that a closure accepts, and
/// holds the others.
pub fn release_if<F>(accepts: F) -> ReleaseIf<F>
where
    F: Fn(&Intent) -> bool + Send + Sync + 'static,
{
    ReleaseIf(accepts)
}

/// A lifecycle that releases the intents that a closure accepts; made by [`release_if`].
#[derive(Clone, Copy)]
pub struct ReleaseIf<F>(F);

impl<F> fmt::Debug for ReleaseIf<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ReleaseIf")
    }
}

impl<F: Fn(&Intent) -> bool + Send + Sync + 'static> Lifecycle for ReleaseIf<F> {
    fn release(&self, intent: &Intent) -> Release {
        if (self.0)(intent) {
            Release::Release
        } else {
            Release::Hold
        }
    }
}
