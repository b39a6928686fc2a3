//! The end of a scope whose durable intents are stored in a transaction first.

use std::fmt;

use crate::effect::BoxError;
use crate::executor::Batch;
use crate::flush::{self, Flush};
use crate::lifecycle::Outcome;
use crate::report::FlushReport;
use crate::scope::unattended::report_unhandled;
use crate::scope::{OwnedScope, Released};

/// A scope at the end of its work, of which the durable intents are about to be stored; made by
/// [`OwnedScope::record`].
///
/// The scope accepts nothing more. Its other intents are still in it, and no scope around it has captured them:
/// [`release`](Self::release) ends it, once it is known whether the transaction has been committed. Dropped
/// before, it ends as cancelled.
#[must_use = "a recording that is dropped discards the scope's intents"]
pub struct Recording {
    // `None` once they were released.
    parts: Option<(OwnedScope, Box<Flush>)>,
}

impl OwnedScope {
    /// Takes the durable intents out of the scope that its own [executor](crate::ScopeBuilder::executor) takes,
    /// to be stored together with the data that they belong to. Nobody captures them: only this scope's
    /// transaction can hold them. Every policy on their way out judges them, those of enclosing scopes too.
    ///
    /// For integrations with a database. The work must have succeeded.
    ///
    /// # Panics
    ///
    /// If the calling code is in the scope, through a handle, or in a closure that looks at a buffer.
    #[track_caller]
    pub fn record(mut self) -> Recording {
        flush::refuse_while_inspecting();
        self.close();
        assert!(
            !self.is_entered(),
            "the scope was ended by code that is in it: leave it first, then end it"
        );
        let flush = self.begin_recording();
        Recording {
            parts: Some((self, flush)),
        }
    }
}

impl Recording {
    /// The intents to be stored, in order, as one batch; `None` if there is none. See [`Batch::complete`].
    pub fn batch(&mut self) -> Option<Batch<'_>> {
        let (_, flush) = self.parts.as_mut()?;
        flush.pending_batch()
    }

    /// Fails what was to be stored: the transaction was rolled back.
    pub fn fail(&mut self, error: impl Into<BoxError>) {
        if let Some(mut batch) = self.batch() {
            batch.fail_rest(error);
        }
    }

    /// Whether something that was to be stored has failed.
    pub fn has_failed(&self) -> bool {
        let flush = self.parts.as_ref().map(|(_, flush)| flush);
        flush.is_some_and(|flush| flush.has_failed())
    }

    /// Ends the scope as [`OwnedScope::release`] does. What has not been settled is discarded.
    pub fn release(mut self, outcome: Outcome) -> Released {
        match self.parts.take() {
            Some((scope, recorded)) => Released::new(scope.release_after(*recorded, outcome)),
            None => unreachable!("it is released once"),
        }
    }

    /// Ends the scope without letting anything leave, *on failure* intents neither: nobody knows whether the
    /// transaction was committed.
    pub fn discard(mut self) -> FlushReport {
        let Some((scope, recorded)) = self.parts.take() else {
            unreachable!("it ends once")
        };
        let released = Released::new(scope.discard_after(*recorded));
        match released.dispatch() {
            Ok(report) => report,
            Err(error) => error.into_report(),
        }
    }
}

impl Drop for Recording {
    fn drop(&mut self) {
        if let Some((scope, recorded)) = self.parts.take() {
            let released = scope.release_after(*recorded, Outcome::Cancelled);
            report_unhandled(Released::new(released).dispatch());
        }
    }
}

impl fmt::Debug for Recording {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recording").finish_non_exhaustive()
    }
}
