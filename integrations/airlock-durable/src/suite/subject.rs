//! The interface of an engine under test.

use std::sync::Arc;

use airlock_core::executor::Executor;
use airlock_core::{Airlock, BoxError, BoxFuture};
use uuid::Uuid;

use crate::{Capabilities, Envelope};

/// An engine with an empty store, to be tested by [`engine_suite!`](crate::engine_suite). It has [`Keys`](crate::Keys).
pub trait Subject: Send + Sync {
    /// Returns the engine's capabilities.
    fn capabilities(&self) -> Capabilities;

    /// Returns the executor that stores intents.
    fn executor(&self) -> Arc<dyn Executor>;

    /// Stores the intents that the closure enqueues, in one call.
    fn store<'a>(
        &'a self,
        enqueue: Box<dyn FnOnce() + Send + 'a>,
    ) -> BoxFuture<'a, Result<(), BoxError>>;

    /// Stores an envelope as another program would.
    fn store_envelope(&self, envelope: Envelope) -> BoxFuture<'_, Result<(), BoxError>>;

    /// Returns everything that is stored as text, so that tests can check what it must not contain.
    fn stored_text(&self) -> BoxFuture<'_, Result<String, BoxError>>;

    /// Starts a worker. The engine must detect a killed worker within a few seconds.
    fn work(&self, airlock: Airlock) -> BoxFuture<'_, Result<Box<dyn Worker>, BoxError>>;

    /// Returns the dead intents.
    fn dead(&self) -> BoxFuture<'_, Result<Vec<Dead>, BoxError>>;

    /// Returns the number of intents that are neither performed nor dead.
    fn unfinished(&self) -> BoxFuture<'_, Result<usize, BoxError>>;

    /// Makes hand-overs fail, as if the store could not be reached, until called with `false`.
    fn break_hand_over(&self, broken: bool) -> BoxFuture<'_, ()>;
}

/// A running worker.
pub trait Worker: Send {
    /// Stops taking envelopes, and cancels attempts that do not finish shortly.
    fn stop(self: Box<Self>) -> BoxFuture<'static, Result<(), BoxError>>;

    /// Disappears at once without contacting the store, like a killed process.
    fn kill(self: Box<Self>);
}

/// An intent that is not retried any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dead {
    /// Its id, if known.
    pub id: Option<Uuid>,
    /// The effect's id.
    pub effect: String,
    /// The reason.
    pub reason: String,
}
