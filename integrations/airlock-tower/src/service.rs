//! The service around another one.

use std::sync::Arc;
use std::task::{Context, Poll};

use http::{Request, Response};
use tower_service::Service;

use crate::future::ScopeFuture;
use crate::layer::Settings;
use crate::moment::{BeforeResponse, Moment};

/// Opens a scope around each request of another service; made by [`ScopeLayer`](crate::ScopeLayer).
///
/// It is `Clone`, `Send`, `Sync` and `Unpin` where the inner one is.
#[derive(Clone, Debug)]
pub struct ScopeService<S, M = BeforeResponse> {
    inner: S,
    settings: Arc<Settings>,
    moment: M,
}

impl<S, M> ScopeService<S, M> {
    pub(crate) fn new(inner: S, settings: Arc<Settings>, moment: M) -> Self {
        Self {
            inner,
            settings,
            moment,
        }
    }

    /// The service within.
    pub fn get_ref(&self) -> &S {
        &self.inner
    }

    /// The service within.
    pub fn get_mut(&mut self) -> &mut S {
        &mut self.inner
    }

    /// The service within.
    pub fn into_inner(self) -> S {
        self.inner
    }
}

impl<S, M, I, O> Service<Request<I>> for ScopeService<S, M>
where
    S: Service<Request<I>, Response = Response<O>>,
    M: Moment<O>,
{
    type Response = Response<M::Body>;
    type Error = S::Error;
    type Future = ScopeFuture<S::Future, M, M::Body, S::Error>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<I>) -> Self::Future {
        let mut scope = self.settings.open(&mut request);
        let waits = self.moment.waits(&mut scope, request.extensions_mut());
        // An inner service may enqueue here, before its future is first polled.
        let work = scope.work(|| self.inner.call(request));
        let (settings, moment) = (self.settings.clone(), self.moment.clone());
        ScopeFuture::new(waits, work, settings, moment)
    }
}
