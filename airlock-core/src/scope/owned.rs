//! Scopes that are owned by one future or stream.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll};

use crate::context::{self, Carried, Frame, Head, Mode, Spec};
use crate::flush::{self, Ends, Flush};
use crate::intent::ScopeId;
use crate::lifecycle::{Ending, Outcome};
use crate::report::FlushError;
use crate::scope::unattended::{self, report_unhandled};
use crate::scope::{OpenScope, Released, Scope, Waits, Work};

/// An open scope that is owned by one future or stream, which enters it for each of its steps.
///
/// For integrations that drive the work of a scope themselves, such as those of web frameworks. It
/// can be sent to another thread between two steps. Unlike an [`OpenScope`](crate::OpenScope), it
/// has no lock until it is used through a handle: [`handle`](Self::handle),
/// [`current`](crate::current()), or an async scope in it.
///
/// Guards that are held at the end of one step apply again in the next step.
///
/// It ends once. If it is dropped, it ends as cancelled, since its work was not finished.
///
/// ```
/// use airlock::lifecycle::Outcome;
///
/// #[airlock::effect]
/// fn notify_warehouse(order: u64) {}
///
/// let mut scope = airlock::scope().open_owned();
/// scope.run(|| airlock::enqueue(notify_warehouse(7)));
/// assert!(airlock::current().is_none());
/// scope.run(|| assert_eq!(airlock::current().map(|scope| scope.len()), Some(1)));
/// let released = scope.release(Outcome::Success);
/// assert_eq!(released.dispatch()?.len(), 1);
/// # Ok::<(), airlock::FlushError>(())
/// ```
#[must_use = "a scope that is dropped discards its intents"]
pub struct OwnedScope {
    carried: Carried,
}

impl OwnedScope {
    #[inline]
    pub(super) fn open(spec: &mut Spec) -> Self {
        Self::from_frame(context::open_for_future(spec))
    }

    #[inline]
    pub(super) fn from_frame(frame: Box<Frame>) -> Self {
        Self {
            carried: Carried::traced(frame),
        }
    }

    /// Returns a placeholder without a scope.
    #[inline]
    pub(super) fn none() -> Self {
        Self {
            carried: Carried::nothing(),
        }
    }

    /// Returns the scope's id.
    pub fn id(&self) -> ScopeId {
        self.carried.scope()
    }

    /// Returns the scope that captures what this one would dispatch, if there is one.
    pub fn parent(&mut self) -> Option<ScopeId> {
        Some(self.carried.frame()?.captor()?.head.id)
    }

    /// Returns the number of intents that the scope holds.
    #[doc(hidden)]
    pub fn holds(&mut self) -> usize {
        self.carried.frame().map_or(0, |frame| frame.len())
    }

    /// Returns `true` if no code has seen or will see the scope's origin: it holds no intents, has
    /// no handle, and its report goes to no hook.
    #[doc(hidden)]
    pub fn is_unseen(&mut self) -> bool {
        let unseen = |frame: &mut Frame| {
            let is_reported = || frame.own_head().is_some_and(Head::is_reported);
            frame.shared().is_none() && frame.buffer.is_empty() && !is_reported()
        };
        self.carried.frame().is_none_or(unseen)
    }

    /// Runs one step in the scope. If the step panics, the scope stays usable for the next one.
    #[inline]
    pub fn run<T>(&mut self, step: impl FnOnce() -> T) -> T {
        self.carried.run(step)
    }

    #[inline]
    pub(super) fn poll<F: Future>(
        &mut self,
        inner: Pin<&mut Option<F>>,
        cx: &mut Context<'_>,
    ) -> Poll<F::Output> {
        self.carried.poll(inner, cx)
    }

    /// Calls a closure in the scope. The future that it returns becomes the scope's work.
    ///
    /// # Panics
    ///
    /// If the closure panics. The scope has ended with [`Outcome::Panic`] then.
    #[inline]
    pub fn work<F: Future>(self, call: impl FnOnce() -> F) -> Work<F> {
        Work::calling(self, call)
    }

    /// Returns a handle to the scope, for other tasks and threads.
    pub fn handle(&mut self) -> Scope {
        Scope::from_shared(context::handle_to(self.carried.frame()))
    }

    /// Marks that the scope may wait for the body of a response, and returns a guard. `None` if it
    /// must not wait.
    #[doc(hidden)]
    pub fn may_wait(&mut self) -> Option<Waits> {
        Waits::may(self.carried.frame()?)
    }

    /// Returns `true` if a nested scope waits for the body of its response, and has not been
    /// captured yet.
    #[doc(hidden)]
    pub fn is_awaited_within(&mut self) -> bool {
        let shared = self.carried.frame().and_then(|frame| frame.shared());
        shared.is_some_and(|shared| shared.waiting_within.load(Ordering::Relaxed) > 0)
    }

    /// Makes nested scopes dispatch their intents when they end, from now on, instead of being
    /// captured (R8).
    ///
    /// For long-running work, such as the body of a response: each nested scope is flushed on its
    /// own, and no backlog builds up. Enclosing scopes must agree; they capture this scope itself
    /// as before.
    ///
    /// The policies of this scope still judge everything that nested scopes dispatch. A lifecycle
    /// of this scope, or of its airlock, still decides what is released.
    ///
    /// ```
    /// use airlock::lifecycle::Outcome;
    ///
    /// #[airlock::effect]
    /// fn count_download(part: u32) {}
    ///
    /// let mut body = airlock::scope().open_owned();
    /// body.release_within();
    /// for part in 0..3 {
    ///     let ended = body.run(|| airlock::scope().run_infallible(|_| {
    ///         airlock::enqueue(count_download(part));
    ///     }))?;
    ///     assert_eq!(ended.report.dispatched().count(), 1); // at once
    /// }
    /// body.end(Outcome::Success)?;
    /// # Ok::<(), airlock::FlushError>(())
    /// ```
    pub fn release_within(&mut self) {
        if let Some(frame) = self.carried.frame() {
            frame.release_within();
        }
    }

    /// Makes the scope refuse new intents, such as those from destructors of unfinished work. It
    /// still captures the intents of nested scopes.
    pub fn close(&mut self) {
        self.carried.close();
    }

    /// Ends the scope as its lifecycle decides for this outcome, up to the dispatch. Enclosing
    /// scopes have captured what they hold, and the policies have judged the rest.
    ///
    /// If the calling code is in the scope, through a handle, nothing is released, and the intents
    /// in its buffer fail.
    ///
    /// # Panics
    ///
    /// If it is called in the closure of [`Scope::inspect`].
    pub fn release(self, outcome: Outcome) -> Released {
        Released::new(match self.leave_first() {
            Ok(scope) => flush::release(scope.ends(), outcome),
            Err(refused) => refused,
        })
    }

    /// Like [`release`](Self::release), but also dispatches in order, up to the first intent that
    /// must be awaited or handed over. Returns the rest, if there is one.
    ///
    /// ```
    /// # use airlock_core as airlock;
    /// use airlock::lifecycle::Outcome;
    ///
    /// let scope = airlock::scope().open_owned();
    /// assert!(scope.end(Outcome::Success)?.is_none());
    /// # Ok::<(), airlock::FlushError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`FlushError`] if an intent failed and nothing is left to dispatch, or if the calling code
    /// is in the scope, through a handle. It hands back the failed and the unreached intents.
    ///
    /// # Panics
    ///
    /// If it is called in the closure of [`Scope::inspect`].
    #[inline]
    pub fn end(self, outcome: Outcome) -> Result<Option<Released>, FlushError> {
        let left = match self.leave_first() {
            Ok(scope) => flush::end_ready(scope.ends(), outcome)?,
            Err(refused) => return refused.conclude().map(|_| None),
        };
        Ok(left.map(Released::new))
    }

    /// Refuses if the calling code is in the scope, through a handle (R7). Panics while a closure
    /// inspects a buffer; the drop of the scope ends it then.
    #[inline]
    fn leave_first(mut self) -> Result<Self, Box<Flush>> {
        flush::refuse_while_inspecting();
        let shared = self.carried.frame().and_then(|frame| frame.shared());
        match shared.cloned() {
            Some(shared) if context::is_entered(&shared) => {
                self.forget();
                Err(flush::refused(&shared))
            }
            _ => Ok(self),
        }
    }

    /// Returns `true` if the calling code is in the scope, through a handle.
    pub(super) fn is_entered(&mut self) -> bool {
        let shared = self.carried.frame().and_then(|frame| frame.shared());
        shared.is_some_and(context::is_entered)
    }

    /// Takes the intents to be recorded out of the scope.
    pub(super) fn begin_recording(&mut self) -> Box<Flush> {
        match self.carried.frame() {
            Some(frame) => flush::record(frame),
            None => unreachable!("it is open until it ends"),
        }
    }

    /// Ends the scope after its durable intents were recorded.
    pub(super) fn release_after(self, recorded: Flush, outcome: Outcome) -> Box<Flush> {
        Flush::after_recording(self.ends(), recorded, outcome, None)
    }

    /// Like [`release_after`](Self::release_after), but discards every intent.
    pub(super) fn discard_after(self, recorded: Flush) -> Box<Flush> {
        let ending = Some(Ending::Discard);
        Flush::after_recording(self.ends(), recorded, Outcome::Failure, ending)
    }

    /// Turns it into a scope that is ended by hand.
    pub(crate) fn into_open(mut self) -> OpenScope {
        let shared = context::handle_to(self.carried.frame());
        self.forget();
        OpenScope::new(shared)
    }

    /// Drops the frame of a published scope without ending the scope.
    fn forget(&mut self) {
        if let Some(frame) = self.carried.take() {
            context::recycle(frame);
        }
    }

    /// Returns the scope, to be flushed.
    #[inline]
    pub(super) fn ends(mut self) -> Ends<'static> {
        match self.carried.take() {
            Some(frame) => Ends::Frame(frame),
            None => unreachable!("it is open until it ends"),
        }
    }
}

impl Drop for OwnedScope {
    #[inline]
    fn drop(&mut self) {
        if let Some(frame) = self.carried.take() {
            abandon(frame);
        }
    }
}

/// Ends a scope that was dropped.
#[cold]
fn abandon(mut frame: Box<Frame>) {
    if context::mode() == Mode::Inspecting {
        let shared = context::handle_to(Some(&mut frame));
        context::recycle(frame);
        unattended::abandon(&shared, Outcome::Cancelled);
    } else {
        report_unhandled(flush::end(Ends::Frame(frame), Outcome::Cancelled));
    }
}

impl fmt::Debug for OwnedScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OwnedScope")
            .field("id", &self.id())
            .finish_non_exhaustive()
    }
}
