//! The service that opens the scopes.

use std::sync::Arc;
use std::task::{Context, Poll};

use http::{Request, Response};
use tower_service::Service;

use airlock_http::ScopeFuture;

use crate::exchange::HttpExchange;
use crate::settings::{Chosen, Settings};
use crate::timing::{BeforeResponse, FlushTiming};

/// A service that opens a scope around each request of another service; created by
/// [`ScopeLayer`](crate::ScopeLayer).
///
/// It is `Clone`, `Send`, `Sync` and `Unpin` if the inner service is.
#[derive(Debug)]
pub struct ScopeService<S, M = BeforeResponse> {
    inner: S,
    /// Shared by all requests, so each request only increments one reference count.
    shared: Arc<(Settings, M)>,
}

impl<S: Clone, M> Clone for ScopeService<S, M> {
    fn clone(&self) -> Self {
        Self {
            inner: self.inner.clone(),
            shared: self.shared.clone(),
        }
    }
}

impl<S, M> ScopeService<S, M> {
    pub(crate) fn new(inner: S, settings: Settings, timing: M) -> Self {
        Self {
            inner,
            shared: Arc::new((settings, timing)),
        }
    }

    /// Returns a reference to the inner service.
    pub fn get_ref(&self) -> &S {
        &self.inner
    }

    /// Returns a mutable reference to the inner service.
    pub fn get_mut(&mut self) -> &mut S {
        &mut self.inner
    }

    /// Returns the inner service.
    pub fn into_inner(self) -> S {
        self.inner
    }
}

impl<S, M, I, O> Service<Request<I>> for ScopeService<S, M>
where
    S: Service<Request<I>, Response = Response<O>>,
    M: FlushTiming<O>,
{
    type Response = Response<M::Body>;
    type Error = S::Error;
    type Future = ScopeFuture<S::Future, HttpExchange<M, O>, S::Error>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    #[inline]
    fn call(&mut self, mut request: Request<I>) -> Self::Future {
        let (settings, timing) = &*self.shared;
        let mut chosen = Chosen::default();
        if settings.chooses(&request) {
            (request, chosen) = settings.choose(request);
        }
        let mut scope = settings.open(&mut request, chosen.policy, chosen.checks);
        let waits = timing.waits(&mut scope);
        let closes = Settings::closes(&request);
        let exchange = HttpExchange::new(self.shared.clone(), closes, chosen.judge);
        // An inner service may enqueue in `call`, before its future is first polled.
        ScopeFuture::new(scope.work(|| self.inner.call(request)), waits, exchange)
    }
}
