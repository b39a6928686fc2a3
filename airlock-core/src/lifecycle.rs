//! Lifecycles: whether a finished scope flushes, and what it lets its descendants release.

use std::fmt;
use std::sync::Arc;

use crate::intent::Intent;

/// How the work in a scope ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize),
    serde(rename_all = "snake_case")
)]
#[non_exhaustive]
pub enum Outcome {
    /// It returned, and not an `Err`.
    Success,
    /// It returned an `Err`, or was discarded by hand.
    Failure,
    /// It panicked.
    Panic,
    /// Its future was dropped, or its guard was dropped without a flush.
    Cancelled,
}

impl Outcome {
    /// The outcome that a result stands for.
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

/// What a scope does when its work has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize),
    serde(rename_all = "snake_case")
)]
pub enum Ending {
    /// Flushes. Intents marked *on failure* leave only if the work failed.
    Flush,
    /// Flushes the intents marked *on failure* or *always*, and discards the rest.
    FlushOnFailure,
    /// Discards every intent.
    Discard,
}

/// What an ancestor lets a finished scope do with one of its intents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Release {
    /// The ancestor captures the intent into its own buffer.
    Hold,
    /// The finished scope may dispatch it, if the ancestors further out agree. The ancestor gives
    /// up its judgement of it.
    Release,
}

/// Decides whether a finished scope flushes, and what it lets its descendants release.
///
/// ```
/// use airlock_core::lifecycle::{Ending, Lifecycle, Outcome, Release};
/// use airlock_core::Intent;
///
/// /// Lets urgent intents of nested scopes go at once.
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
    /// Decides what the scope does now. After [`Outcome::Cancelled`] [`Ending::Flush`] counts as
    /// [`Ending::FlushOnFailure`]: what a dropped future leaves behind is not what its work wanted.
    ///
    /// If it panics, the scope ends as [`FlushOnSuccess`] would end it, and the panic is logged.
    fn end(&self, outcome: Outcome) -> Ending {
        match outcome {
            Outcome::Success => Ending::Flush,
            _ => Ending::FlushOnFailure,
        }
    }

    /// Decides about one intent that a descendant scope wants to dispatch.
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

/// Flushes on success; holds everything that descendants want to dispatch. What scopes have unless
/// they are given another.
#[derive(Clone, Copy, Debug, Default)]
pub struct FlushOnSuccess;

impl Lifecycle for FlushOnSuccess {}

/// Flushes whatever the outcome, except when the future was dropped.
#[derive(Clone, Copy, Debug, Default)]
pub struct AlwaysFlush;

impl Lifecycle for AlwaysFlush {
    fn end(&self, _: Outcome) -> Ending {
        Ending::Flush
    }
}

/// Discards whatever the outcome, *on failure* and *always* intents too: a dry run.
#[derive(Clone, Copy, Debug, Default)]
pub struct NeverFlush;

impl Lifecycle for NeverFlush {
    fn end(&self, _: Outcome) -> Ending {
        Ending::Discard
    }
}

/// Lets nested scopes dispatch what they want when they finish: they are independent.
#[derive(Clone, Copy, Debug, Default)]
pub struct ReleaseAll;

impl Lifecycle for ReleaseAll {
    fn release(&self, _: &Intent) -> Release {
        Release::Release
    }
}

/// Lets nested scopes dispatch the intents that a closure accepts, and holds the others.
pub fn release_if<F>(accepts: F) -> ReleaseIf<F>
where
    F: Fn(&Intent) -> bool + Send + Sync + 'static,
{
    ReleaseIf(accepts)
}

/// The lifecycle that [`release_if`] makes.
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
