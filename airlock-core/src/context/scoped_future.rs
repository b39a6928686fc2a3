//! Futures that carry their context.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context as TaskContext, Poll};

use pin_project_lite::pin_project;

use crate::context::carried::Carried;
use crate::context::entered::Context;

pin_project! {
    /// A future that is polled and dropped in its own context.
    ///
    /// Guards that are held at the end of one poll are active again in the next. A guard held across an await
    /// stays with its future instead of leaking into the next task on the thread.
    #[must_use = "futures do nothing unless awaited"]
    pub struct ScopedFuture<F> {
        #[pin]
        inner: Option<F>,
        carried: Carried,
    }

    impl<F> PinnedDrop for ScopedFuture<F> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            if this.inner.is_some() {
                // In the context, so that destructors find the same scope as the polls did.
                this.carried.run(|| this.inner.set(None));
            }
        }
    }
}

impl<F> ScopedFuture<F> {
    /// Binds a future to a context that outlives it.
    pub(crate) fn new(context: Context, inner: F) -> Self {
        Self {
            inner: Some(inner),
            carried: Carried::new(context.frame()),
        }
    }
}

impl<F: Future> Future for ScopedFuture<F> {
    type Output = F::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<Self::Output> {
        let this = self.project();
        this.carried.poll(this.inner, cx)
    }
}

impl<F> fmt::Debug for ScopedFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScopedFuture").finish_non_exhaustive()
    }
}
