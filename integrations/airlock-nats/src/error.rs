//! Errors when setting up JetStream.

use airlock_core::BoxError;

/// Why a [`Nats`](crate::Nats) could not be built.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// JetStream cannot store a durable effect of this program.
    #[error(transparent)]
    Effects(#[from] airlock_durable::BuildError),
    /// The stream's name contains characters that subjects cannot contain.
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

/// Why streams or a worker could not be set up.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WorkerError {
    /// The stream does not exist.
    #[error(
        "there is no stream `{stream}`: call `ensure_stream`, or create it with the settings from `stream_settings`"
    )]
    NoStream {
        /// The stream's name.
        stream: String,
    },
    /// The server returned an error or could not be reached.
    #[error("{doing} failed")]
    Server {
        /// The operation that failed.
        doing: String,
        /// The error of the operation.
        source: BoxError,
    },
    /// The queue's name contains characters that subjects cannot contain.
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
