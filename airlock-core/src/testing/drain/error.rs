//! Why a drain did not end well.

use std::error::Error;
use std::fmt;

use crate::executor::Delivery;
use crate::intent::{Failure, Fate};
use crate::testing::drain::performed::{Drained, Performed};

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
}

/// A cascade without an end.
pub(super) struct Endless(String);

impl Endless {
    /// More was performed than may be.
    pub(super) fn unsettled(limit: usize, next: &Delivery) -> Self {
        let id = next.effect().id();
        let chain = match next.intents().first().and_then(|intent| intent.cause()) {
            Some(cause) => format!("{cause} -> {id}"),
            None => id.to_owned(),
        };
        Self(format!(
            "{limit} intents were performed and more are due, such as {chain}; break the loop with `policy::no_reentry()`, raise `settle_limit`, or drain work that is endless on purpose with `drain_for` or `drain_until`"
        ))
    }

    /// An entry says that a chain was too deep.
    pub(super) fn too_deep(entry: &Performed) -> Option<Self> {
        match entry.fate() {
            Fate::Failed(failure) => match failure {
                Failure::TooDeep { .. } => Some(Self(failure.to_string())),
                _ => None,
            },
            _ => None,
        }
    }
}

impl DrainError {
    pub(super) fn of(endless: Option<Endless>, drained: Drained) -> Result<Drained, Self> {
        match endless {
            Some(Endless(chain)) => Err(Self::Endless {
                chain,
                drained: Box::new(drained),
            }),
            None if drained.failed().next().is_some() => Err(Self::Failed {
                drained: Box::new(drained),
            }),
            None => Ok(drained),
        }
    }

    /// What was done nevertheless.
    pub fn drained(&self) -> &Drained {
        match self {
            Self::Failed { drained } | Self::Endless { drained, .. } => drained,
        }
    }

    /// Why the first intent failed.
    pub fn failure(&self) -> Option<&Failure> {
        match self.drained().failed().next()?.fate() {
            Fate::Failed(failure) => Some(failure),
            _ => None,
        }
    }
}

impl fmt::Display for DrainError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Self::Endless { chain, .. } = self {
            return write!(f, "the drain does not settle: {chain}");
        }
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
            Some(Failure::NeedsAwait) => f.write_str(": async effects need `drain_async`"),
            Some(failure) => write!(f, ": {}", failure.in_full()),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for DrainError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}\n{}", self.drained())
    }
}

impl Error for DrainError {}
