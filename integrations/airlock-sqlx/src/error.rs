//! Why a transaction failed.

use std::fmt;

use airlock_core::{FlushError, Intent};
use uuid::Uuid;

/// Why a transaction or its effects failed. The error type of its work is made from it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TransactionError {
    /// The transaction could not begin. Nothing has run.
    #[error("the transaction could not begin")]
    Begin(#[source] sqlx::Error),
    /// Durable intents could not be stored. The transaction was rolled back, and the error hands the intents
    /// back.
    #[error("the transaction was rolled back, since its durable intents could not be stored")]
    NotStored(#[source] FlushError),
    /// The commit failed. The transaction was rolled back, and no effect has left.
    #[error("the transaction was rolled back, since its commit failed")]
    Commit(#[source] sqlx::Error),
    /// The connection broke during the commit: the data and the intents are there, or neither is. Nothing else
    /// has left. Look for one of the ids, or for the data, before the work is repeated.
    #[error("nobody knows whether the transaction was committed{}", list(.intents))]
    Unknown {
        /// The durable intents that are stored if it was.
        intents: Vec<Recorded>,
        /// How the connection broke.
        source: sqlx::Error,
    },
    /// The transaction of a request was still in use when its response was ready, in a task that the handler had left
    /// behind. It was rolled back.
    #[error(
        "the transaction of a request is still in use after its handler, so it is not committed"
    )]
    Held,
    /// The transaction was committed, and its durable intents are stored; an effect that left after it failed.
    /// The work must not be repeated.
    #[error("the transaction was committed, and an effect failed after it")]
    Flush(#[from] FlushError),
}

/// A durable intent that may have been stored.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Recorded {
    /// The id of its effect.
    pub effect: &'static str,
    /// Its id.
    pub id: Uuid,
}

impl Recorded {
    pub(crate) fn from_intent(intent: &Intent) -> Self {
        Self {
            effect: intent.effect().id(),
            id: intent.uuid(),
        }
    }
}

impl fmt::Display for Recorded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.effect, self.id)
    }
}

fn list(intents: &[Recorded]) -> String {
    if intents.is_empty() {
        return String::new();
    }
    let ids: Vec<_> = intents.iter().map(ToString::to_string).collect();
    format!(": look for {}", ids.join(", "))
}
