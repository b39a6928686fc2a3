//! Forwarding of envelopes from the engine that recorded them to the engine that performs them.

use std::fmt::Debug;

use airlock_core::{BoxError, BoxFuture, Receipt};

use crate::{Capabilities, Envelope};

/// An engine that another engine forwards to: the other one is the outbox, this one has the workers.
pub trait Forward: Debug + Send + Sync + 'static {
    /// Returns the engine's capabilities. They are checked when an intent that will be forwarded is enqueued.
    fn capabilities(&self) -> Capabilities;

    /// Stores an envelope, and returns its receipt. The same envelope may be forwarded again: the engine recognises it
    /// by its id. `unique_key` is the result of [`unique_key`](crate::unique_key) for its intent.
    ///
    /// # Errors
    ///
    /// Returns an error if it is unknown whether the envelope is stored, or if it could not be stored now and a retry
    /// may succeed.
    fn forward<'a>(
        &'a self,
        envelope: &'a Envelope,
        unique_key: Option<String>,
    ) -> BoxFuture<'a, Result<Receipt, BoxError>>;
}
