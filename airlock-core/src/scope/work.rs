//! The work of an async scope: a future that carries its scope.

use std::any::Any;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;

use crate::context::{Bound, Closes, Frame};
use crate::flush::{self, Ends};
use crate::lifecycle::Outcome;

pin_project! {
    /// Work in a scope of its own, which it owns until both are handed over. Dropped before, the scope ends
    /// as cancelled.
    pub(super) struct Work<F> {
        #[pin]
        bound: Bound<F>,
        has_ended: bool,
    }

    impl<F> PinnedDrop for Work<F> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            if *this.has_ended {
                return;
            }
            this.bound.as_mut().drop_inner();
            if let Some(frame) = this.bound.take_frame()
                && let Err(error) = flush::finish(Ends::Frame(frame), Outcome::Cancelled)
            {
                error.strand();
            }
        }
    }
}

/// What work has come to, and its scope.
pub(super) struct Worked<T> {
    pub(super) ended: Result<T, Box<dyn Any + Send>>,
    pub(super) frame: Box<Frame>,
}

impl<F> Work<F> {
    #[inline]
    pub(super) fn new(frame: Box<Frame>, inner: F) -> Self {
        Self {
            bound: Bound::new(frame, Closes::Scope, inner),
            has_ended: false,
        }
    }

    /// Work whose scope is to be [opened](Self::open) at its first poll.
    #[inline]
    pub(super) fn unopened(inner: F) -> Self {
        Self {
            bound: Bound::unopened(inner),
            has_ended: false,
        }
    }

    #[inline]
    pub(super) fn open(self: Pin<&mut Self>, frame: Box<Frame>) {
        self.project().bound.open(frame);
    }
}

impl<F: Future> Future for Work<F> {
    type Output = Worked<F::Output>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        // The panic goes on as soon as the scope has ended, so nobody sees what it left half-done.
        let polled = catch_unwind(AssertUnwindSafe(|| this.bound.as_mut().poll(cx)));
        let ended = match polled {
            Ok(polled) => Ok(ready!(polled)),
            Err(panic) => {
                this.bound.as_mut().drop_inner();
                Err(panic)
            }
        };
        *this.has_ended = true;
        match this.bound.take_frame() {
            Some(frame) => Poll::Ready(Worked { ended, frame }),
            None => unreachable!("work owns its scope until it has ended"),
        }
    }
}
