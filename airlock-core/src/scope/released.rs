//! What a finished scope has released, and nobody has dispatched yet.

use crate::flush::Flush;
use crate::report::{FlushError, FlushReport};
use std::fmt;

/// What a scope has released at its end, judged and not yet dispatched; see
/// [`OpenScope::release`](crate::OpenScope::release).
///
/// Dropped, nothing of it is dispatched: the report says so, and the intents go to
/// [`AirlockBuilder::on_stranded`](crate::AirlockBuilder::on_stranded).
#[must_use = "what a scope has released is lost unless it is dispatched"]
pub struct Released {
    state: State,
}

enum State {
    /// Everything was dispatched where the scope ended.
    Dispatched(FlushReport),
    Left(Box<Flush>),
}

impl Released {
    pub(crate) fn new(flush: Box<Flush>) -> Self {
        Self {
            state: State::Left(flush),
        }
    }

    /// What is left of a flush that dispatched what need not be awaited.
    pub(crate) fn after(dispatched: Result<FlushReport, Box<Flush>>) -> Self {
        Self {
            state: match dispatched {
                Ok(report) => State::Dispatched(report),
                Err(flush) => State::Left(flush),
            },
        }
    }

    /// Whether nothing is left to dispatch: all was dispatched, captured, dropped or discarded, or the
    /// flush has failed already. Then [`dispatch`](Self::dispatch) returns the outcome, and there is
    /// nothing to await.
    pub fn is_settled(&self) -> bool {
        match &self.state {
            State::Dispatched(_) => true,
            State::Left(flush) => flush.is_settled(),
        }
    }

    /// Dispatches what need not be awaited, up to the first intent that has to be: the sync effects of
    /// the default executor.
    pub fn dispatch_ready(&mut self) {
        if let State::Left(flush) = &mut self.state {
            flush.dispatch_ready();
        }
    }

    /// Dispatches what is left; sync effects only.
    ///
    /// # Errors
    ///
    /// [`FlushError`] if an intent failed. It hands back the failed and the unreached intents.
    pub fn dispatch(self) -> Result<FlushReport, FlushError> {
        match self.state {
            State::Dispatched(report) => Ok(report),
            State::Left(mut flush) => {
                flush.dispatch();
                flush.conclude()
            }
        }
    }

    /// As [`dispatch`](Self::dispatch), for async effects too. Dropped half-way, it stops there, as
    /// [`OpenScope::flush_async`](crate::OpenScope::flush_async) does.
    ///
    /// # Errors
    ///
    /// [`FlushError`] if an intent failed. It hands back the failed and the unreached intents.
    pub async fn dispatch_async(self) -> Result<FlushReport, FlushError> {
        match self.state {
            State::Dispatched(report) => Ok(report),
            State::Left(mut flush) => {
                flush.dispatch_async().await;
                flush.conclude()
            }
        }
    }
}

impl fmt::Debug for Released {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Released")
            .field("settled", &self.is_settled())
            .finish_non_exhaustive()
    }
}
