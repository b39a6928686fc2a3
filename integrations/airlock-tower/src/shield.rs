//! Requests that outlive their client.

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

/// A [`ScopeLayer`] whose requests run to their end although their client has gone; made by
/// [`ScopeLayer::shield`].
#[derive(Debug)]
pub struct ShieldLayer<M>(ScopeLayer<M>);

impl<M> ScopeLayer<M> {
    /// Runs each request on a tokio task of its own, to its end, although its client has gone: what
    /// the handler commits and what then leaves stay together. Say this last.
    ///
    /// Without it a server drops the handler at whatever await it has reached when the connection
    /// breaks. With it handlers are not cancelled any more: bound their time by a timeout *within*
    /// this layer. It costs a spawn for each request; inner futures, responses and errors must be
    /// `Send`. A server that stops does not know of these tasks: see
    /// [`ShieldLayer::shutdown`].
    ///
    /// Let it be the outermost scope. One around it would capture what this one holds, and ends when
    /// the client leaves: what leaves afterwards fails and goes to
    /// [`on_unhandled_error`](airlock_core::AirlockBuilder::on_unhandled_error). Each request that comes in so is
    /// logged as an error.
    ///
    /// # Panics
    ///
    /// The service's `call`, outside of a tokio runtime; and its future, when its runtime shuts down
    /// before the request has finished.
    #[cfg_attr(docsrs, doc(cfg(feature = "tokio")))]
    pub fn shield(self) -> ShieldLayer<M> {
        ShieldLayer(self)
    }
}

impl<M> ShieldLayer<M> {
    /// The flushes of this layer's services that no client waits for; see [`ScopeLayer::tasks`].
    pub fn tasks(&self) -> TaskTracker {
        self.0.tasks()
    }

    /// The requests under way, with or without their client. A runtime that ends cancels those that
    /// run without one, so let the server end by its [`shutdown`](Self::shutdown).
    pub fn requests(&self) -> TaskTracker {
        self.0.settings.shutdown.requests().clone()
    }

    /// The way to the end of a server with this layer; see [`ScopeLayer::shutdown`].
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

/// Runs the futures of a [`ScopeService`] on tasks; made by [`ShieldLayer`].
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
