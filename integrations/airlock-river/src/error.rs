//! What can be wrong with a worker.

/// Why a worker could not start, or has stopped.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WorkerError {
    /// What River said.
    #[error("River's client failed")]
    River(#[from] riverqueue::Error),
    /// A worker that only forwards has no queue.
    #[error(
        "there is nothing for a forwarder: say `forward_queue` or `forward_all`; effects that are forwarded by `forward_effect` share their queue with others, and a `worker` forwards them"
    )]
    NothingToForward,
}
