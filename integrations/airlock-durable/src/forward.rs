//! Handing an envelope on, from the engine that recorded it to the one that performs it.

use std::fmt::Debug;

use airlock_core::{BoxError, BoxFuture, Receipt};

use crate::{Capabilities, Envelope};

/// An engine that another one forwards to: the first is the outbox, this one has the workers.
pub trait Forward: Debug + Send + Sync + 'static {
    /// What the engine can do. Asked at the enqueue of what will be forwarded.
    fn capabilities(&self) -> Capabilities;

    /// Stores an envelope, and tells what became of it. The same envelope may come again: the engine recognises it by
    /// its id. `unique_key` is what [`unique_key`](crate::unique_key) gave for its intent.
    ///
    /// # Errors
    ///
    /// Why nobody knows whether it is stored, or why it is not now and may be later.
    fn forward<'a>(
        &'a self,
        envelope: &'a Envelope,
        unique_key: Option<String>,
    ) -> BoxFuture<'a, Result<Receipt, BoxError>>;
}
