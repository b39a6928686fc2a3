//! The response body that holds its request's scope until it has been sent.

use std::fmt;
use std::panic::resume_unwind;
use std::pin::Pin;
use std::task::{Context, Poll};

use airlock_http::HeldScope;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

pin_project! {
    /// The body of a response whose request flushes [after the response](crate::AfterResponse).
    ///
    /// It is polled within the request's scope, which ends once:
    ///
    /// - with the response's outcome, at the end of the body or when the server drops the body. A server
    ///   drops it after the last byte, and at once for `HEAD`, 204, 304 and upgrades.
    /// - as a failure, when the body returns an error.
    /// - as a panic, when the body panics or is dropped while its thread unwinds.
    pub struct ScopeBody<B> {
        #[pin]
        inner: Option<B>,
        scope: Option<HeldScope>,
    }

    impl<B> PinnedDrop for ScopeBody<B> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            if let Some(mut scope) = this.scope.take() {
                scope.run(|| this.inner.set(None));
            }
        }
    }
}

impl<B> ScopeBody<B> {
    /// Creates a body with the scope that it ends.
    pub(crate) fn new(inner: B, scope: Option<HeldScope>) -> Self {
        Self {
            inner: Some(inner),
            scope,
        }
    }
}

/// A body without a scope, for a response that is made outside of the layer, such as by a timeout.
impl<B: Default> Default for ScopeBody<B> {
    fn default() -> Self {
        Self::new(B::default(), None)
    }
}

impl<B: Body> Body for ScopeBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let mut this = self.project();
        let Some(inner) = this.inner.as_mut().as_pin_mut() else {
            return Poll::Ready(None);
        };
        let Some(scope) = this.scope else {
            return inner.poll_frame(cx);
        };
        let (polled, ends_as) = scope.poll(|| inner.poll_frame(cx));
        if let Some(outcome) = ends_as
            && let Some(mut scope) = this.scope.take()
        {
            scope.run(|| this.inner.set(None));
            scope.end_as(outcome);
        }
        polled.unwrap_or_else(|panic| resume_unwind(panic))
    }

    fn is_end_stream(&self) -> bool {
        self.inner.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        let none = || SizeHint::with_exact(0);
        self.inner.as_ref().map_or_else(none, Body::size_hint)
    }
}

impl<B> fmt::Debug for ScopeBody<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScopeBody")
            .field("scope", &self.scope)
            .finish_non_exhaustive()
    }
}
