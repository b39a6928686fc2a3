//! Ends a scope whose durable intents are first stored in a transaction.

use std::fmt;

use crate::effect::BoxError;
use crate::executor::Batch;
use crate::flush::{self, Flush};
use crate::lifecycle::Outcome;
use crate::report::FlushReport;
use crate::scope::unattended::report_unhandled;
use crate::scope::{OwnedScope, Released};

/// A scope at the end of its work, with the durable intents that are about to be stored; made by
/// [`OwnedScope::record`].
///
/// The scope accepts no more intents. Its other intents are still in it, and no enclosing scope has
/// captured them. Call [`release`](Self::release) to end it, once it is known whether the
/// transaction was committed. If it is dropped before, it ends as cancelled.
#[must_use = "a recording that is dropped discards the scope's intents"]
pub struct Recording {
    // `None` once the scope has ended.
    parts: Option<(OwnedScope, Box<Flush>)>,
}

impl OwnedScope {
    /// Takes the durable intents out of the scope that its own
    /// [executor](crate::ScopeBuilder::executor) takes, to be stored in one transaction with the
    /// data they belong to.
    ///
    /// Enclosing scopes do not capture these intents, since only this scope's transaction can store
    /// them. Every policy on their way out judges them, including those of enclosing scopes.
    /// Intents marked *on failure* stay in the scope.
    ///
    /// For integrations with a database. Call it only if the work has succeeded.
    ///
    /// # Panics
    ///
    /// If the calling code is in the scope, through a handle, or in the closure of
    /// [`Scope::inspect`](crate::Scope::inspect).
    #[track_caller]
    pub fn record(mut self) -> Recording {
        flush::refuse_while_inspecting();
        self.close();
        assert!(
            !self.is_entered(),
            "the scope was ended by code that runs in it: leave the scope first, then end it"
        );
        let flush = self.begin_recording();
        Recording {
            parts: Some((self, flush)),
        }
    }
}

impl Recording {
    /// Returns the intents to be stored, in order, as one batch, or `None` if there are none. See
    /// [`Batch::complete`].
    pub fn batch(&mut self) -> Option<Batch<'_>> {
        let (_, flush) = self.parts.as_mut()?;
        flush.pending_batch()
    }

    /// Fails the intents that were to be stored, because the transaction was rolled back.
    pub fn fail(&mut self, error: impl Into<BoxError>) {
        if let Some(mut batch) = self.batch() {
            batch.fail_rest(error);
        }
    }

    /// Returns `true` if an intent that was to be stored has failed.
    pub fn has_failed(&self) -> bool {
        let flush = self.parts.as_ref().map(|(_, flush)| flush);
        flush.is_some_and(|flush| flush.has_failed())
    }

    /// Ends the scope as [`OwnedScope::release`] does.
    ///
    /// Intents of the batch that are still pending are not stored. If another one has failed, they
    /// count as not reached. Otherwise they are discarded after a success. After any other outcome
    /// they return to the scope, and those marked *always* can still leave.
    pub fn release(mut self, outcome: Outcome) -> Released {
        match self.parts.take() {
            Some((scope, recorded)) => Released::new(scope.release_after(*recorded, outcome)),
            None => unreachable!("it is released once"),
        }
    }

    /// Ends the scope and discards all its intents, *on failure* ones included. For a transaction
    /// of which it is unknown whether it was committed.
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
