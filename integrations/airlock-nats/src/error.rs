//! What can be wrong when JetStream is set up.

use airlock_core::BoxError;

/// Why a [`Nats`](crate::Nats) could not be built.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// JetStream cannot store a durable effect of this program.
    #[error(transparent)]
    Effects(#[from] airlock_durable::BuildError),
    /// The name cannot stand in subjects.
    #[error(
        "`{name}` cannot be the name of a stream: use letters, digits, `-` and `_`, such as `shop`"
    )]
    Name {
        /// The name.
        name: String,
    },
    /// There are no partitions.
    #[error("intents with an ordering key need at least one partition")]
    NoPartitions,
}

/// Why streams or a worker could not be set up, or a worker has stopped.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WorkerError {
    /// There is no such stream.
    #[error(
        "there is no stream `{stream}`: call `ensure_stream`, or create it with what `stream_settings` gives"
    )]
    NoStream {
        /// Its name.
        stream: String,
    },
    /// What the server said, or that it could not be reached.
    #[error("{doing} failed")]
    Server {
        /// What was asked of it.
        doing: String,
        /// What it said.
        source: BoxError,
    },
    /// A queue's name cannot stand in subjects.
    #[error("`{queue}` cannot be a queue of JetStream: use letters, digits, `-` and `_`")]
    Queue {
        /// The queue.
        queue: String,
    },
}

impl WorkerError {
    pub(crate) fn server(doing: impl Into<String>, source: impl Into<BoxError>) -> Self {
        Self::Server {
            doing: doing.into(),
            source: source.into(),
        }
    }
}
