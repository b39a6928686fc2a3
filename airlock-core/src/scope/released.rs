//! Intents that a finished scope has released, before they are dispatched.

use std::fmt;

use crate::executor::{Batch, Executor};
use crate::flush::Flush;
use crate::report::{FlushError, FlushReport};

/// Intents that a finished scope has released: judged, but not dispatched yet. Made by
/// [`OwnedScope::release`](crate::OwnedScope::release).
///
/// End it with [`dispatch`](Self::dispatch) or [`discard`](Self::discard). If it is dropped, nothing
/// more is dispatched. The report shows the intents as not reached, and they go to
/// [`AirlockBuilder::on_unhandled_error`](crate::AirlockBuilder::on_unhandled_error).
#[must_use = "released intents are lost unless they are dispatched"]
pub struct Released {
    flush: Box<Flush>,
}

impl Released {
    #[inline]
    pub(crate) fn new(flush: Box<Flush>) -> Self {
        Self { flush }
    }

    /// Returns `true` if nothing is left to dispatch: every intent was dispatched, captured,
    /// dropped or discarded, or the flush has failed. Then [`dispatch`](Self::dispatch) returns the
    /// result without awaiting.
    pub fn is_finished(&self) -> bool {
        self.flush.is_finished()
    }

    /// Returns the intents that this executor takes as one batch, ahead of all others. `None` if
    /// there are none, or if the executor has no [identity](Executor::identity).
    ///
    /// For an executor that stores them in a transaction; see [`Batch::complete`].
    pub fn batch_for(&mut self, executor: &dyn Executor) -> Option<Batch<'_>> {
        self.flush.batch_for(executor)
    }

    /// Discards the intents that are not dispatched yet, for example because the transaction that
    /// they belong to was rolled back. Nothing is logged as an error, and the report shows the
    /// intents as discarded.
    ///
    /// # Errors
    ///
    /// [`FlushError`] if an intent had failed before.
    pub fn discard(mut self) -> Result<FlushReport, FlushError> {
        self.flush.discard();
        self.flush.conclude()
    }

    /// Dispatches the sync effects of the default executor in order, up to the first intent that
    /// must be awaited or handed over.
    pub fn dispatch_ready(&mut self) {
        self.flush.dispatch_ready();
    }

    /// Dispatches the rest; sync effects only.
    ///
    /// # Errors
    ///
    /// [`FlushError`] if an intent failed. It hands back the failed and the unreached intents.
    pub fn dispatch(mut self) -> Result<FlushReport, FlushError> {
        self.flush.dispatch();
        self.flush.conclude()
    }

    /// Like [`dispatch`](Self::dispatch), but awaits async effects. If the returned future is
    /// dropped, the flush stops, as in [`OpenScope::flush_async`](crate::OpenScope::flush_async).
    ///
    /// # Errors
    ///
    /// [`FlushError`] if an intent failed. It hands back the failed and the unreached intents.
    pub async fn dispatch_async(mut self) -> Result<FlushReport, FlushError> {
        self.flush.dispatch_async().await;
        self.flush.conclude()
    }
}

impl fmt::Debug for Released {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Released")
            .field("finished", &self.is_finished())
            .finish_non_exhaustive()
    }
}
