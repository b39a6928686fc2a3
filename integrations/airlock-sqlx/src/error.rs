//! The errors of transactions.

use std::fmt;

use airlock_core::{FlushError, Intent};
use uuid::Uuid;

/// Why a transaction or its effects failed. The error type of the work must implement `From<TransactionError>`.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TransactionError {
    /// The transaction could not begin. No work has run.
    #[error("the transaction could not begin")]
    Begin(#[source] sqlx::Error),
    /// Durable intents could not be stored. The transaction was rolled back, and the error contains the intents.
    #[error("the transaction was rolled back, since its durable intents could not be stored")]
    NotStored(#[source] FlushError),
    /// The commit failed. The transaction was rolled back, and only intents marked *on failure* or *always* were
    /// released.
    #[error("the transaction was rolled back, since its commit failed")]
    Commit(#[source] sqlx::Error),
    /// The connection broke during the commit: either both the data and the intents are stored, or neither is. Nothing
    /// else was released. Look for one of the ids, or for the data, before repeating the work.
    #[error("it is unknown whether the transaction was committed{}", list(.intents))]
    Unknown {
        /// The durable intents that are stored if the commit happened.
        intents: Vec<Recorded>,
        /// The error of the connection.
        source: sqlx::Error,
    },
    /// The transaction of a request was still in use when its response was ready, by a task that the handler had
    /// spawned. It is not committed, and is rolled back when the task drops it.
    #[error(
        "the transaction of a request is still in use after its handler, so it is not committed"
    )]
    Held,
    /// The transaction was committed and its durable intents are stored, but an effect failed that was released after
    /// the commit. Do not repeat the work.
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
