//! A future that carries its scope.

use std::any::Any;
use std::fmt;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::thread;

use pin_project_lite::pin_project;

use crate::flush;
use crate::lifecycle::Outcome;
use crate::scope::OwnedScope;
use crate::scope::unattended::report_unhandled;

pin_project! {
    /// A future that runs in its own scope; made by [`OwnedScope::work`].
    ///
    /// It resolves to the future's output, or the payload of its panic, and to the scope, which the
    /// caller must end.
    ///
    /// If it is dropped before that, it drops the future first, so that what the future's
    /// destructors enqueue is refused. Then it ends the scope as cancelled.
    #[must_use = "futures do nothing unless awaited"]
    pub struct Work<F> {
        #[pin]
        inner: Option<F>,
        scope: OwnedScope,
    }

    impl<F> PinnedDrop for Work<F> {
        fn drop(this: Pin<&mut Self>) {
            this.drop_inner();
        }
    }
}

impl<F> Work<F> {
    #[inline]
    pub(super) fn new(scope: OwnedScope, inner: F) -> Self {
        Self {
            inner: Some(inner),
            scope,
        }
    }

    /// Calls a closure in the scope. The future that it returns is the work.
    #[inline]
    pub(super) fn calling(mut scope: OwnedScope, call: impl FnOnce() -> F) -> Self {
        // Unwind safe: the panic resumes as soon as the scope has ended.
        match catch_unwind(AssertUnwindSafe(|| scope.run(call))) {
            Ok(inner) => Self::new(scope, inner),
            Err(panic) => fail(scope, panic),
        }
    }

    /// Sets the scope of work that was made with [`OwnedScope::none`].
    #[inline]
    pub(super) fn open(self: Pin<&mut Self>, scope: OwnedScope) {
        *self.project().scope = scope;
    }

    fn drop_inner(self: Pin<&mut Self>) {
        let mut this = self.project();
        if this.inner.is_some() {
            // Closed first, so that what the future's destructors enqueue is refused.
            this.scope.close();
            this.scope.run(|| this.inner.set(None));
        }
    }
}

#[cold]
fn fail(scope: OwnedScope, panic: Box<dyn Any + Send>) -> ! {
    report_unhandled(flush::end(scope.ends(), Outcome::Panic));
    resume_unwind(panic)
}

impl<F: Future> Work<F> {
    /// Polls the future until it completes. The caller then [takes](Self::take_scope) the scope.
    #[doc(hidden)]
    #[inline]
    pub fn poll_ended(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<thread::Result<F::Output>> {
        let this = self.as_mut().project();
        assert!(
            this.inner.is_some(),
            "a future was polled after it had finished"
        );
        // Unwind safe: the panic resumes as soon as the scope has ended.
        let polled = catch_unwind(AssertUnwindSafe(|| this.scope.poll(this.inner, cx)));
        match polled {
            Ok(polled) => polled.map(Ok),
            Err(panic) => {
                self.drop_inner();
                Poll::Ready(Err(panic))
            }
        }
    }

    /// Takes the scope of completed work.
    #[doc(hidden)]
    #[inline]
    pub fn take_scope(self: Pin<&mut Self>) -> OwnedScope {
        std::mem::replace(self.project().scope, OwnedScope::none())
    }
}

impl<F: Future> Future for Work<F> {
    type Output = (thread::Result<F::Output>, OwnedScope);

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let ended = ready!(self.as_mut().poll_ended(cx));
        Poll::Ready((ended, self.take_scope()))
    }
}

impl<F> fmt::Debug for Work<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Work").finish_non_exhaustive()
    }
}
