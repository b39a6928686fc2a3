//! The errors of workers.

/// Why a worker could not start, or has stopped.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WorkerError {
    /// River's client failed.
    #[error("River's client failed")]
    River(#[from] riverqueue::Error),
    /// The forwarder has no queue, because neither `forward_queue` nor `forward_all` was called.
    #[error(
        "the forwarder has no queue: call `forward_queue` or `forward_all`; the effects of `forward_effect` share their queue with others, so a `worker` forwards them"
    )]
    NothingToForward,
}
