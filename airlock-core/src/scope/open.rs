//! Scopes that are open, and how they end.

use std::fmt;
use std::ops::Deref;
use std::panic::Location;
use std::sync::Arc;
use std::thread;

use crate::context::{self, Around, GuardEntry, Shared};
use crate::flush::{self, Ends};
use crate::intent::Intent;
use crate::lifecycle::{Ending, Outcome};
use crate::report::{FlushError, FlushReport};
use crate::scope::{Scope, unattended};

/// A scope that is open and that nobody has entered.
///
/// It ends once: [`flush`](Self::flush) and [`discard`](Self::discard) take it, and it cannot be
/// taken while [`enter`](Scope::enter) borrows it. Dropped, it is discarded.
///
/// ```
/// # use airlock_core as airlock;
/// let scope = airlock::scope().open();
/// scope.enter(|| assert!(airlock::current().is_some()));
/// let report = scope.flush()?;
/// assert!(report.is_empty());
/// # Ok::<(), airlock::FlushError>(())
/// ```
///
/// Flushing while it is entered does not compile:
///
/// ```compile_fail
/// # use airlock_core as airlock;
/// let scope = airlock::scope().open();
/// scope.enter(|| scope.flush());
/// ```
#[must_use = "an open scope that is dropped discards its intents"]
pub struct OpenScope {
    scope: Scope,
    ended: bool,
}

impl OpenScope {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self {
            scope: Scope::from_shared(shared),
            ended: false,
        }
    }

    fn ends(&self) -> Ends<'_> {
        Ends::Shared(self.scope.shared())
    }

    /// A scope cannot end by code that is in it, through a cloned handle (R7). Nor while a closure looks at a
    /// buffer: that panics, and dropping the scope ends it.
    fn begin_end(&mut self) -> Result<(), FlushError> {
        flush::refuse_while_inspecting();
        self.ended = true;
        match context::is_entered(self.scope.shared()) {
            true => flush::refused(self.scope.shared()).conclude().map(drop),
            false => Ok(()),
        }
    }

    /// The places around code in the scope.
    pub(crate) fn around(&self) -> &Around {
        &self.scope.shared().head.around
    }

    /// Asks the ancestors, judges, and dispatches what is left; sync effects only.
    ///
    /// # Errors
    ///
    /// [`FlushError`] if an intent failed, and if the code that calls it is in the scope, through a
    /// clone of its handle. It hands back the failed and the unreached intents.
    pub fn flush(mut self) -> Result<FlushReport, FlushError> {
        self.begin_end()?;
        flush::finish_as(self.ends(), Outcome::Success, Ending::Flush)
    }

    /// As [`flush`](Self::flush), for async effects too.
    ///
    /// Dropped half-way, it stops there: what was dispatched stays dispatched, the intent under way
    /// counts as failed, the rest is not reached. The report says so to
    /// [`AirlockBuilder::on_report`](crate::AirlockBuilder::on_report), and the intents go to
    /// [`AirlockBuilder::on_unhandled_error`](crate::AirlockBuilder::on_unhandled_error).
    ///
    /// # Errors
    ///
    /// [`FlushError`] if an intent failed. It hands back the failed and the unreached intents.
    pub async fn flush_async(mut self) -> Result<FlushReport, FlushError> {
        self.begin_end()?;
        flush::finish_async_as(self.ends(), Outcome::Success, Ending::Flush).await
    }

    /// Drops every intent, and reports them.
    ///
    /// # Panics
    ///
    /// If the code that calls it is in the scope, through a clone of its handle.
    #[track_caller]
    pub fn discard(mut self) -> FlushReport {
        assert!(
            !context::is_entered(self.scope.shared()),
            "the scope was discarded by code that is in it: leave it first, then discard it"
        );
        flush::refuse_while_inspecting();
        self.ended = true;
        match flush::finish_as(self.ends(), Outcome::Failure, Ending::Discard) {
            Ok(report) => report,
            Err(error) => error.into_report(),
        }
    }

    /// Ends it as its lifecycle says about this outcome; sync effects only. For integrations that
    /// drive the work themselves; [`ScopeBuilder::run`](crate::ScopeBuilder::run) does all of it.
    ///
    /// Inside another scope, what the lifecycle would flush is captured as R8 says.
    ///
    /// # Errors
    ///
    /// [`FlushError`] if an intent failed. It hands back the failed and the unreached intents. If
    /// nobody can be given it, [`FlushError::report_unhandled`] takes it.
    pub fn finish(mut self, outcome: Outcome) -> Result<FlushReport, FlushError> {
        self.begin_end()?;
        flush::finish(self.ends(), outcome)
    }

    /// As [`finish`](Self::finish), for async effects too. Dropped half-way, it stops as
    /// [`flush_async`](Self::flush_async) does.
    ///
    /// # Errors
    ///
    /// As [`finish`](Self::finish).
    pub async fn finish_async(mut self, outcome: Outcome) -> Result<FlushReport, FlushError> {
        self.begin_end()?;
        flush::finish_async(self.ends(), outcome).await
    }

    /// Ends it and gives what it holds: nothing is dispatched, captured or reported.
    pub(crate) fn into_intents(mut self) -> Vec<Intent> {
        self.ended = true;
        let intents = self.take_intents();
        self.scope.shared().end();
        intents
    }

    /// The scope, to be ended by whoever takes it.
    pub(crate) fn into_shared(mut self) -> Arc<Shared> {
        self.ended = true;
        self.scope.shared().clone()
    }

    /// Puts an intent into the buffer without asking anybody.
    pub(crate) fn hold(&self, intent: Intent) {
        self.scope.shared().state().accept(intent);
    }
}

impl Deref for OpenScope {
    type Target = Scope;

    fn deref(&self) -> &Scope {
        &self.scope
    }
}

impl Drop for OpenScope {
    fn drop(&mut self) {
        if !self.ended {
            self.abandon();
        }
    }
}

impl OpenScope {
    /// Ends it because nobody else has.
    #[cold]
    fn abandon(&self) {
        // Unwinding through a guard is a panic of the body.
        let outcome = if thread::panicking() {
            Outcome::Panic
        } else {
            Outcome::Cancelled
        };
        unattended::abandon(self.scope.shared(), outcome);
    }
}

impl fmt::Debug for OpenScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("OpenScope").field(&self.scope).finish()
    }
}

/// A scope entered on this thread until the guard ends.
///
/// It discards unless it is flushed, and is out of force from the moment it ends, wherever other guards
/// are. Held across an await inside a scoped future it stays with that future: concurrent branches of the
/// future (`join!`, `select!`) enqueue into it too, and a warning names its line. In a future that no
/// scope encloses it stays behind on the thread, and takes whatever runs next there. Use
/// [`ScopeBuilder::run_async`](crate::ScopeBuilder::run_async) for async code.
///
/// ```
/// # use airlock_core as airlock;
/// let scope = airlock::scope().enter();
/// assert!(airlock::current().is_some());
/// scope.flush()?;
/// assert!(airlock::current().is_none());
/// # Ok::<(), airlock::FlushError>(())
/// ```
///
/// It stays on its thread:
///
/// ```compile_fail,E0277
/// # use airlock_core as airlock;
/// let guard = airlock::scope().enter();
/// std::thread::spawn(move || guard.discard());
/// ```
#[must_use = "a guard that is dropped at once leaves its scope at once and discards it"]
pub struct ScopeGuard {
    // Left before the scope ends.
    entered: Option<GuardEntry>,
    scope: OpenScope,
}

impl ScopeGuard {
    pub(crate) fn new(scope: OpenScope, at_home: bool, at: &'static Location<'static>) -> Self {
        let shared = scope.scope.shared().clone();
        Self {
            entered: Some(GuardEntry::scope(shared, at_home, at)),
            scope,
        }
    }

    /// Leaves the scope and keeps it open, to flush or discard it later.
    pub fn exit(mut self) -> OpenScope {
        self.entered = None;
        self.scope
    }

    /// Leaves the scope and flushes it; sync effects only.
    ///
    /// # Errors
    ///
    /// As [`OpenScope::flush`].
    pub fn flush(self) -> Result<FlushReport, FlushError> {
        self.exit().flush()
    }

    /// Leaves the scope and discards it.
    pub fn discard(self) -> FlushReport {
        self.exit().discard()
    }
}

impl Deref for ScopeGuard {
    type Target = Scope;

    fn deref(&self) -> &Scope {
        &self.scope
    }
}

impl fmt::Debug for ScopeGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ScopeGuard").field(&*self.scope).finish()
    }
}
