//! An engine as the suite sees it.

use std::sync::Arc;

use airlock_core::executor::Executor;
use airlock_core::{Airlock, BoxError, BoxFuture};
use uuid::Uuid;

use crate::{Capabilities, Envelope};

/// An engine with an empty store, to be tested by [`engine_suite!`](crate::engine_suite). It has
/// [`Keys`](crate::Keys).
pub trait Subject: Send + Sync {
    /// What the engine can do.
    fn capabilities(&self) -> Capabilities;

    /// The executor that stores.
    fn executor(&self) -> Arc<dyn Executor>;

    /// Stores what the closure enqueues, in one call.
    fn store<'a>(
        &'a self,
        enqueue: Box<dyn FnOnce() + Send + 'a>,
    ) -> BoxFuture<'a, Result<(), BoxError>>;

    /// Stores an envelope as another program would.
    fn store_envelope(&self, envelope: Envelope) -> BoxFuture<'_, Result<(), BoxError>>;

    /// Everything that is stored, as text, to look for what must not be in it.
    fn stored_text(&self) -> BoxFuture<'_, Result<String, BoxError>>;

    /// Starts a worker. One that is killed has to be noticed within a few seconds.
    fn work(&self, airlock: Airlock) -> BoxFuture<'_, Result<Box<dyn Worker>, BoxError>>;

    /// What is dead.
    fn dead(&self) -> BoxFuture<'_, Result<Vec<Dead>, BoxError>>;

    /// How many intents are neither performed nor dead.
    fn unfinished(&self) -> BoxFuture<'_, Result<usize, BoxError>>;

    /// Makes the next hand-over fail, as when the store cannot be reached, until it is called with `false`.
    fn break_hand_over(&self, broken: bool) -> BoxFuture<'_, ()>;
}

/// A worker that runs.
pub trait Worker: Send {
    /// Takes no more, and gives up what awaits for longer than a moment.
    fn stop(self: Box<Self>) -> BoxFuture<'static, Result<(), BoxError>>;

    /// Vanishes at once, without telling the store anything more, as a killed process does.
    fn kill(self: Box<Self>);
}

/// An intent that is not tried again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dead {
    /// Its id, if it is known.
    pub id: Option<Uuid>,
    /// The effect's id.
    pub effect: String,
    /// Why.
    pub reason: String,
}
