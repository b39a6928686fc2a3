//! What a finished scope has released, and nobody has dispatched yet.

use std::fmt;

use crate::executor::{Batch, Executor};
use crate::flush::Flush;
use crate::report::{FlushError, FlushReport};

/// What a scope has released at its end, judged and not yet dispatched; see
/// [`OwnedScope::release`](crate::OwnedScope::release).
///
/// Dropped, nothing of it is dispatched: the report says so, and the intents go to
/// [`AirlockBuilder::on_unhandled_error`](crate::AirlockBuilder::on_unhandled_error).
#[must_use = "what a scope has released is lost unless it is dispatched"]
pub struct Released {
    flush: Box<Flush>,
}

impl Released {
    #[inline]
    pub(crate) fn new(flush: Box<Flush>) -> Self {
        Self { flush }
    }

    /// Whether nothing is left to dispatch: all was dispatched, captured, dropped or discarded, or the
    /// flush has failed already. Then [`dispatch`](Self::dispatch) returns the outcome, and there is
    /// nothing to await.
    pub fn is_finished(&self) -> bool {
        self.flush.is_finished()
    }

    /// The intents that this executor takes, as one batch ahead of all others; `None` if there are none, or if
    /// it has no [identity](Executor::identity). For an executor that stores them in a transaction: see
    /// [`Batch::complete`].
    pub fn batch_for(&mut self, executor: &dyn Executor) -> Option<Batch<'_>> {
        self.flush.batch_for(executor)
    }

    /// Dispatches what need not be awaited, up to the first intent that has to be: the sync effects of
    /// the default executor.
    pub fn dispatch_ready(&mut self) {
        self.flush.dispatch_ready();
    }

    /// Dispatches what is left; sync effects only.
    ///
    /// # Errors
    ///
    /// [`FlushError`] if an intent failed. It hands back the failed and the unreached intents.
    pub fn dispatch(mut self) -> Result<FlushReport, FlushError> {
        self.flush.dispatch();
        self.flush.conclude()
    }

    /// As [`dispatch`](Self::dispatch), for async effects too. Dropped half-way, it stops there, as
    /// [`OpenScope::flush_async`](crate::OpenScope::flush_async) does.
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
