//! Futures with a context of their own.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use crate::context::{Node, swap};
use crate::scope::ScopeCore;

pin_project! {
    /// A future that is polled and dropped with a context of its own.
    ///
    /// What was current at the end of one poll is current again in the next: a guard that is held
    /// across an await stays with its future instead of leaking into whoever runs next.
    #[must_use = "futures do nothing unless awaited"]
    pub struct Bound<F> {
        #[pin]
        inner: Option<F>,
        context: Option<Arc<Node>>,
        owns: Owns,
    }

    impl<F> PinnedDrop for Bound<F> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            if this.inner.is_none() {
                return;
            }
            if let Owns::Scope(node) = &*this.owns
                && let Some(core) = node.core()
            {
                core.close();
            }
            let _swap = swap(this.context.take());
            this.inner.set(None);
        }
    }
}

/// Whether the scope ends with its future.
enum Owns {
    Nothing,
    Scope(Arc<Node>),
}

impl<F: Future> Bound<F> {
    /// Binds a future to a context that lives on without it.
    pub(crate) fn joining(context: Arc<Node>, inner: F) -> Self {
        Self {
            inner: Some(inner),
            context: Some(context),
            owns: Owns::Nothing,
        }
    }

    /// Binds a future to its own scope, which accepts nothing more once the future is dropped.
    pub(crate) fn owning(node: Arc<Node>, inner: F) -> Self {
        Self {
            inner: Some(inner),
            context: Some(node.clone()),
            owns: Owns::Scope(node),
        }
    }
}

impl<F: Future> Future for Bound<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let swap = swap(this.context.take());
        let Some(inner) = this.inner.as_mut().as_pin_mut() else {
            panic!("a future was polled after it had finished");
        };
        let span = match &*this.owns {
            Owns::Scope(node) => node.core().and_then(ScopeCore::enter_span),
            Owns::Nothing => None,
        };
        let poll = inner.poll(cx);
        drop(span);
        if poll.is_ready() {
            this.inner.set(None);
        }
        *this.context = swap.leave();
        poll
    }
}

impl<F> fmt::Debug for Bound<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bound")
            .field("context", &self.context)
            .finish_non_exhaustive()
    }
}
