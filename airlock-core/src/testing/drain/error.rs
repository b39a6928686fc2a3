//! The error of a drain.

use std::error::Error;
use std::fmt;
use std::panic::Location;
use std::time::Duration;

use crate::effect::EffectDescriptor;
use crate::executor::Delivery;
use crate::intent::{Failure, Fate};
use crate::testing::drain::UnusedStub;
use crate::testing::drain::drained::Drained;
use crate::testing::drain::entry::DrainEntry;
use crate::testing::drain::stop::Stop;

/// The error of [`Captured::drain`](crate::testing::Captured::drain). `Display` names the first effect that
/// failed, with its full reason, so there is no `source`. `Debug` also prints the whole table, for `expect`
/// and for tests that return the error.
#[non_exhaustive]
pub enum DrainError {
    /// Effects failed; the failures did not stop the drain.
    Failed {
        /// The result of the drain.
        drained: Box<Drained>,
    },
    /// A cascade does not end.
    Endless {
        /// The limit that was reached, and the effects of the chain, starting with the first cause.
        chain: String,
        /// The result up to the limit.
        drained: Box<Drained>,
    },
    /// A stub replaced no body, although everything was performed.
    UnusedStub {
        /// The effect that the stub is for.
        effect: &'static EffectDescriptor,
        /// The location that set the stub.
        location: &'static Location<'static>,
        /// The result of the drain.
        drained: Box<Drained>,
    },
    /// Nothing is due any more, and the predicate of
    /// [`drain_until`](crate::testing::Captured::drain_until) never held.
    NeverHeld {
        /// The location that called `drain_until`.
        location: &'static Location<'static>,
        /// The result of the drain.
        drained: Box<Drained>,
    },
}

/// The message about an endless cascade.
pub(super) struct Endless(String);

impl Endless {
    /// Describes a drain that reached the performance limit while `next` is due.
    pub(super) fn new(performed: usize, next: &Delivery, at: Duration, stop: &impl Stop) -> Self {
        let id = next.effect().id();
        let next = next.intents().first();
        let detached = next.and_then(|intent| intent.detached_from());
        let chain = match (next.and_then(|intent| intent.cause()), detached) {
            (Some(cause), _) => format!("{cause} -> {id}"),
            (None, Some(from)) => format!("{id}, detached from {from}"),
            (None, None) => id.to_owned(),
        };
        let advice = match (stop.horizon(), stop.must_hold()) {
            (Some(horizon), _) => format!(
                ", at {at:?} of {horizon:?}; give endless work a delay, raise `performance_limit`, or drain for a shorter time"
            ),
            (_, Some(location)) => format!(
                ", and the predicate of `drain_until` at {location} has not held; correct it, or raise `performance_limit`"
            ),
            (None, None) if detached.is_some() => {
                "; drain work that is endless on purpose with `drain_for` or `drain_until`, or raise `performance_limit`".to_owned()
            }
            (None, None) => "; break the loop with `policy::no_reentry()`, raise `performance_limit`, or, if it is endless on purpose, enqueue it `.detached()` and drain it with `drain_for` or `drain_until`".to_owned(),
        };
        Self(format!(
            "{performed} intents were performed and more are due, such as {chain}{advice}"
        ))
    }

    /// Returns the message for an entry that failed because its chain was too deep.
    pub(super) fn too_deep(entry: &DrainEntry) -> Option<Self> {
        match entry.fate() {
            Fate::Failed(failure) => match failure {
                Failure::TooDeep { .. } => Some(Self(format!(
                    "{failure}; `drain_for` and `drain_until` drain what is detached"
                ))),
                _ => None,
            },
            _ => None,
        }
    }
}

impl DrainError {
    /// Returns the result of a drain, given the location of a predicate that never held and a stub that was
    /// not used, if there are any.
    pub(super) fn new(
        endless: Option<Endless>,
        never_held: Option<&'static Location<'static>>,
        unused: Option<UnusedStub>,
        drained: Drained,
    ) -> Result<Drained, Self> {
        if let Some(Endless(chain)) = endless {
            return Err(Self::Endless {
                chain,
                drained: Box::new(drained),
            });
        }
        if let Some(location) = never_held {
            return Err(Self::NeverHeld {
                location,
                drained: Box::new(drained),
            });
        }
        if drained.failed().next().is_some() {
            return Err(Self::Failed {
                drained: Box::new(drained),
            });
        }
        if let Some((effect, location)) = unused {
            return Err(Self::UnusedStub {
                effect,
                location,
                drained: Box::new(drained),
            });
        }
        Ok(drained)
    }

    /// Returns what was drained in spite of the error.
    pub fn drained(&self) -> &Drained {
        match self {
            Self::Failed { drained }
            | Self::Endless { drained, .. }
            | Self::UnusedStub { drained, .. }
            | Self::NeverHeld { drained, .. } => drained,
        }
    }

    /// Returns the failure of the first intent that failed.
    pub fn failure(&self) -> Option<&Failure> {
        match self.drained().failed().next()?.fate() {
            Fate::Failed(failure) => Some(failure),
            _ => None,
        }
    }

    /// Writes the first effect that failed, and its reason.
    fn fmt_failed(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("drained effects failed")?;
        let mut failed = self.drained().failed();
        if let Some(first) = failed.next() {
            let (id, at) = (first.effect().id(), first.location());
            write!(f, ": `{id}` (enqueued at {at})")?;
        }
        match failed.count() {
            0 => {}
            more => write!(f, ", and {more} more")?,
        }
        match self.failure() {
            Some(Failure::NeedsAwait) => {
                let asyncs = match self {
                    Self::NeverHeld { .. } => "drain_until_async",
                    _ => "drain_async",
                };
                write!(f, ": async effects need `{asyncs}`")
            }
            Some(failure) => write!(f, ": {}", failure.in_full()),
            None => Ok(()),
        }
    }
}

impl fmt::Display for DrainError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Endless { chain, .. } => write!(f, "the drain does not finish: {chain}"),
            Self::Failed { .. } => self.fmt_failed(f),
            Self::UnusedStub {
                effect, location, ..
            } => write!(
                f,
                "the stub of `{}` at {location} was not used, since no intent of it was due: remove it, or check what the block enqueues",
                effect.id()
            ),
            Self::NeverHeld { location, drained } => {
                write!(
                    f,
                    "nothing is due any more, and the predicate of `drain_until` at {location} never held"
                )?;
                if drained.failed().next().is_none() {
                    return Ok(());
                }
                f.write_str("; ")?;
                self.fmt_failed(f)
            }
        }
    }
}

impl fmt::Debug for DrainError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}\n{}", self.drained())
    }
}

impl Error for DrainError {}
