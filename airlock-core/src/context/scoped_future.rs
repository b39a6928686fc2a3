//! Futures with a context of their own.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context as TaskContext, Poll};

use pin_project_lite::pin_project;

use crate::context::carried::Carried;
use crate::context::entered::Context;

pin_project! {
    /// A future that is polled and dropped with a context of its own.
    ///
    /// Guards that are held at the end of one poll are in force again in the next: one that is held across
    /// an await stays with its future instead of leaking into whoever runs next.
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
                this.carried.run(|| this.inner.set(None));
            }
        }
    }
}

impl<F> ScopedFuture<F> {
    /// Binds a future to a context that lives on without it.
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
