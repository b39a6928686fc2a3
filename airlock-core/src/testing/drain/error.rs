//! Why a drain did not end well.

use std::error::Error;
use std::fmt;
use std::panic::Location;
use std::time::Duration;

use crate::executor::Delivery;
use crate::intent::{Failure, Fate};
use crate::testing::drain::performed::{Drained, Performed};
use crate::testing::drain::stop::Stop;

/// Why [`Captured::drain`](crate::testing::Captured::drain) did not end well. `Display` names the effect
/// that failed first, with its reason in full, so it has no source besides. `Debug` prints the whole table too,
/// for `expect` and for tests that return it.
#[non_exhaustive]
pub enum DrainError {
    /// Effects failed; the others were performed.
    Failed {
        /// What was done.
        drained: Box<Drained>,
    },
    /// Effects cause effects without end.
    Endless {
        /// The limit that was reached, and the effects of the chain, the first cause first.
        chain: String,
        /// What was done until then.
        drained: Box<Drained>,
    },
    /// Nothing is due any more, and the predicate of
    /// [`drain_until`](crate::testing::Captured::drain_until) never held.
    NeverHeld {
        /// The line that called `drain_until`.
        location: &'static Location<'static>,
        /// What was done.
        drained: Box<Drained>,
    },
}

/// A cascade without an end.
pub(super) struct Endless(String);

impl Endless {
    /// More was performed than may be, and `next` is due.
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

    /// An entry says that a chain was too deep.
    pub(super) fn too_deep(entry: &Performed) -> Option<Self> {
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
    /// The result of a drain, given the predicate that never held, if there is one.
    pub(super) fn new(
        endless: Option<Endless>,
        never_held: Option<&'static Location<'static>>,
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
        Ok(drained)
    }

    /// What was done nevertheless.
    pub fn drained(&self) -> &Drained {
        match self {
            Self::Failed { drained }
            | Self::Endless { drained, .. }
            | Self::NeverHeld { drained, .. } => drained,
        }
    }

    /// Why the first intent failed.
    pub fn failure(&self) -> Option<&Failure> {
        match self.drained().failed().next()?.fate() {
            Fate::Failed(failure) => Some(failure),
            _ => None,
        }
    }

    /// Names the first effect that failed, and why.
    fn fmt_failed(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("effects failed that were drained")?;
        let mut failed = self.drained().failed();
        if let Some(first) = failed.next() {
            let (id, at) = (first.entry().effect().id(), first.entry().location());
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
