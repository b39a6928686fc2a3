//! Scopes that one future or stream owns.

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

/// An open scope that one future or stream owns, and enters for each of its steps.
///
/// For integrations that drive the work of a scope themselves, such as a web framework's. It can be sent to
/// another thread between two steps. Unlike an [`OpenScope`](crate::OpenScope) it is behind no lock until it
/// is used through a handle: [`handle`](Self::handle), [`current`](crate::current()), an async scope in it.
///
/// Guards that are held at the end of one step are in force again in the next.
///
/// It ends once. Dropped, it ends as cancelled: what is dropped with its future was not finished.
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

    /// No scope, until one is put in its place.
    #[inline]
    pub(super) fn none() -> Self {
        Self {
            carried: Carried::nothing(),
        }
    }

    /// Its id.
    pub fn id(&self) -> ScopeId {
        self.carried.scope()
    }

    /// The scope that captures what this one would dispatch, if there is one.
    pub fn parent(&mut self) -> Option<ScopeId> {
        Some(self.carried.frame()?.captor()?.head.id)
    }

    /// How many intents it holds.
    #[doc(hidden)]
    pub fn holds(&mut self) -> usize {
        self.carried.frame().map_or(0, |frame| frame.len())
    }

    /// Whether nobody has seen its origin, and nobody will: it holds no intents, nobody has asked for a handle to
    /// it, and nobody wants its report.
    #[doc(hidden)]
    pub fn is_unseen(&mut self) -> bool {
        let unseen = |frame: &mut Frame| {
            let is_reported = || frame.own_head().is_some_and(Head::is_reported);
            frame.shared().is_none() && frame.buffer.is_empty() && !is_reported()
        };
        self.carried.frame().is_none_or(unseen)
    }

    /// Runs one step in the scope. If it panics, the next one is in the scope all the same.
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

    /// Calls a closure in the scope that returns a future, which becomes the scope's work.
    ///
    /// # Panics
    ///
    /// If the closure does. The scope has ended with a panic then.
    #[inline]
    pub fn work<F: Future>(self, call: impl FnOnce() -> F) -> Work<F> {
        Work::calling(self, call)
    }

    /// A handle to the scope, for other tasks and threads.
    pub fn handle(&mut self) -> Scope {
        Scope::from_shared(context::handle_to(self.carried.frame()))
    }

    /// Whether it may wait for the body of a response, and notes that it may.
    #[doc(hidden)]
    pub fn may_wait(&mut self) -> Option<Waits> {
        Waits::may(self.carried.frame()?)
    }

    /// Whether a scope within this one waits for the body of its response, and has yet to be captured.
    #[doc(hidden)]
    pub fn is_awaited_within(&mut self) -> bool {
        let shared = self.carried.frame().and_then(|frame| frame.shared());
        shared.is_some_and(|shared| shared.waiting_within.load(Ordering::Relaxed) > 0)
    }

    /// Lets scopes within this one dispatch what they want when they end, from now on, instead of
    /// capturing it (R8). For work that goes on for long, as the body of a response does: each scope within
    /// it is then flushed on its own, and nothing piles up. Scopes around it have to agree; this one itself
    /// is captured as ever.
    ///
    /// Its policies judge all that the others dispatch. A lifecycle of its own, or of its airlock, decides as
    /// ever what is released.
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

    /// Lets the scope accept nothing more, so that what the destructors of unfinished work enqueue is
    /// refused. What scopes within it hold is still captured.
    pub fn close(&mut self) {
        self.carried.close();
    }

    /// Ends it as its lifecycle says about this outcome, up to the dispatch: the ancestors have captured
    /// what they hold, the policies have judged the rest.
    ///
    /// By code that is in the scope, through a handle, nothing is released: what it holds has failed.
    pub fn release(self, outcome: Outcome) -> Released {
        Released::new(match self.leave_first() {
            Ok(scope) => flush::release(scope.ends(), outcome),
            Err(refused) => refused,
        })
    }

    /// As [`release`](Self::release), and dispatches in order, up to the first intent that has to be awaited
    /// or handed over. Returns what is left then, if there is something.
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
    /// [`FlushError`] if an intent failed, and nothing is left to dispatch; and if the code that calls it
    /// is in the scope, through a handle. It hands back the failed and the unreached intents.
    #[inline]
    pub fn end(self, outcome: Outcome) -> Result<Option<Released>, FlushError> {
        let left = match self.leave_first() {
            Ok(scope) => flush::end_ready(scope.ends(), outcome)?,
            Err(refused) => return refused.conclude().map(|_| None),
        };
        Ok(left.map(Released::new))
    }

    /// A scope cannot end by code that is in it, through a handle (R7). Nor while a closure looks at a buffer:
    /// that panics, and dropping the scope ends it.
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

    /// Whether the running code is in it, through a handle.
    pub(super) fn is_entered(&mut self) -> bool {
        let shared = self.carried.frame().and_then(|frame| frame.shared());
        shared.is_some_and(context::is_entered)
    }

    /// Takes what is recorded out of it.
    pub(super) fn begin_recording(&mut self) -> Box<Flush> {
        match self.carried.frame() {
            Some(frame) => flush::record(frame),
            None => unreachable!("it is open until it ends"),
        }
    }

    /// Ends it after its durable intents were recorded.
    pub(super) fn release_after(self, recorded: Flush, outcome: Outcome) -> Box<Flush> {
        Flush::after_recording(self.ends(), recorded, outcome, None)
    }

    /// As `release_after`, and nothing leaves.
    pub(super) fn discard_after(self, recorded: Flush) -> Box<Flush> {
        let ending = Some(Ending::Discard);
        Flush::after_recording(self.ends(), recorded, Outcome::Failure, ending)
    }

    /// As a scope that is ended by hand.
    pub(crate) fn into_open(mut self) -> OpenScope {
        let shared = context::handle_to(self.carried.frame());
        self.forget();
        OpenScope::new(shared)
    }

    /// Leaves the scope, which is published, to somebody else.
    fn forget(&mut self) {
        if let Some(frame) = self.carried.take() {
            context::recycle(frame);
        }
    }

    /// The scope, to be flushed.
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

/// Ends a scope because nobody else has.
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
