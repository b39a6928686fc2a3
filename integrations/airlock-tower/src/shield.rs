//! Requests that continue after their client has disconnected.

use std::sync::Arc;
use std::task::{Context, Poll};

use airlock_core::TaskTracker;
use airlock_http::{ShieldFuture, Shutdown, counted, log_if_within};
use tower_layer::Layer;
use tower_service::Service;
use tracing::Instrument;

use crate::layer::ScopeLayer;
use crate::service::ScopeService;
use crate::settings::Settings;

/// A [`ScopeLayer`] whose requests run to completion even if their client disconnects; created by
/// [`ScopeLayer::shield`].
#[derive(Debug)]
pub struct ShieldLayer<M>(ScopeLayer<M>);

impl<M> ScopeLayer<M> {
    /// Runs each request on a separate tokio task, to completion even if its client disconnects. So what the
    /// handler commits and the effects that follow stay together. Call this last, after all settings.
    ///
    /// Without it, a server drops the handler at its current await when the connection breaks. With it,
    /// handlers are no longer cancelled: limit their time by a timeout *within* this layer. It costs a spawn
    /// per request. Inner futures, responses and errors must be `Send`. A server that stops does not track
    /// these tasks: see [`ShieldLayer::shutdown`].
    ///
    /// Make it the outermost scope. An outer scope captures its intents, and ends when the client
    /// disconnects. Intents that are released later fail and go to
    /// [`on_unhandled_error`](airlock_core::AirlockBuilder::on_unhandled_error). Each request within an outer
    /// scope is logged as an error.
    ///
    /// # Panics
    ///
    /// The service's `call` panics outside of a tokio runtime. Its future panics if its runtime shuts down
    /// before the request has finished.
    #[cfg_attr(docsrs, doc(cfg(feature = "tokio")))]
    pub fn shield(self) -> ShieldLayer<M> {
        ShieldLayer(self)
    }
}

impl<M> ShieldLayer<M> {
    /// Returns the tracker of this layer's flushes that no client waits for; see [`ScopeLayer::tasks`].
    pub fn tasks(&self) -> TaskTracker {
        self.0.tasks()
    }

    /// Returns the tracker of the requests in progress, with or without their client. A runtime that ends
    /// cancels those without one, so end the server by [`shutdown`](Self::shutdown).
    pub fn requests(&self) -> TaskTracker {
        self.0.settings.shutdown.requests().clone()
    }

    /// Returns a handle to shut down a server with this layer; see [`ScopeLayer::shutdown`].
    pub fn shutdown(&self) -> Shutdown {
        self.0.shutdown()
    }
}

impl<M: Clone> Clone for ShieldLayer<M> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<S, M: Clone> Layer<S> for ShieldLayer<M> {
    type Service = ShieldService<ScopeService<S, M>>;

    fn layer(&self, inner: S) -> Self::Service {
        ShieldService {
            inner: self.0.layer(inner),
            settings: self.0.settings.clone(),
        }
    }
}

/// A service that runs the futures of a [`ScopeService`] on tasks; created by [`ShieldLayer`].
#[derive(Clone, Debug)]
pub struct ShieldService<S> {
    inner: S,
    settings: Arc<Settings>,
}

impl<S, R> Service<R> for ShieldService<S>
where
    S: Service<R>,
    S::Future: Send + 'static,
    S::Response: Send + 'static,
    S::Error: Send + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = ShieldFuture<Result<S::Response, S::Error>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: R) -> Self::Future {
        log_if_within(self.settings.around().as_ref(), "ScopeLayer");
        let request = self.inner.call(request);
        let request = counted(request, self.settings.shutdown.requests().token());
        ShieldFuture::new(tokio::spawn(request.in_current_span()))
    }
}
