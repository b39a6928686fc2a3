//! Requests that continue after their client has disconnected.

use std::future::{Ready, ready};

use actix_web::Error;
use actix_web::body::MessageBody;
use actix_web::dev::{Service, ServiceRequest, ServiceResponse, Transform, forward_ready};
use airlock_core::TaskTracker;
use airlock_http::{ShieldFuture, counted, log_if_within};
use tracing::Instrument;

use crate::body::ScopeBody;
use crate::middleware::ScopeMiddleware;
use crate::service::ScopeService;
use crate::shutdown::Shutdown;

/// A [`ScopeMiddleware`] whose requests run to completion even if their client disconnects; created by
/// [`ScopeMiddleware::shield`].
#[derive(Clone, Debug)]
#[must_use = "a middleware does nothing until an app is wrapped with it"]
pub struct ShieldMiddleware(ScopeMiddleware);

impl ScopeMiddleware {
    /// Runs each request on a separate task on its worker, to completion even if its client disconnects. So
    /// what the handler commits and the effects that follow stay together. Call this last, after all settings.
    ///
    /// Without it, a handler is dropped at its current await when an HTTP/1 connection breaks. With it,
    /// handlers are no longer cancelled: limit their time by a timeout *within* this middleware. It costs a
    /// spawn per request. A handler that is still reading the request's body gets an error from it. A
    /// graceful stop of the server does not track these tasks: see [`ShieldMiddleware::shutdown`].
    ///
    /// Make it the outermost scope. An outer scope captures its intents, and ends when the client
    /// disconnects. Intents that are released later fail and go to
    /// [`on_unhandled_error`](airlock_core::AirlockBuilder::on_unhandled_error). Each request within an outer
    /// scope is logged as an error.
    ///
    /// # Panics
    ///
    /// The service's `call` panics outside of actix-web's runtime. Its future panics if its runtime shuts
    /// down before the request has finished.
    pub fn shield(self) -> ShieldMiddleware {
        ShieldMiddleware(self)
    }
}

impl ShieldMiddleware {
    /// Returns the tracker of the flushes that no client waits for; see [`ScopeMiddleware::tasks`].
    pub fn tasks(&self) -> TaskTracker {
        self.0.tasks()
    }

    /// Returns the tracker of the requests in progress, with or without their client. A worker ends with its
    /// last connection and cancels requests without one, so end the server by [`shutdown`](Self::shutdown).
    pub fn requests(&self) -> TaskTracker {
        self.0.settings().shutdown.requests().clone()
    }

    /// Returns a handle to shut down a server with this middleware; see [`ScopeMiddleware::shutdown`].
    pub fn shutdown(&self) -> Shutdown {
        self.0.shutdown()
    }
}

impl<S, B> Transform<S, ServiceRequest> for ShieldMiddleware
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    S::Future: 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<ScopeBody<B>>;
    type Error = Error;
    type Transform = ShieldService<S>;
    type InitError = ();
    type Future = Ready<Result<ShieldService<S>, ()>>;

    fn new_transform(&self, service: S) -> Self::Future {
        ready(Ok(ShieldService {
            inner: self.0.around(service),
        }))
    }
}

/// A service that runs the futures of a [`ScopeService`] on tasks; created by [`ShieldMiddleware`].
#[derive(Clone, Debug)]
pub struct ShieldService<S> {
    inner: ScopeService<S>,
}

impl<S, B> Service<ServiceRequest> for ShieldService<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    S::Future: 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<ScopeBody<B>>;
    type Error = Error;
    type Future = ShieldFuture<Result<ServiceResponse<ScopeBody<B>>, Error>>;

    forward_ready!(inner);

    fn call(&self, request: ServiceRequest) -> Self::Future {
        let settings = self.inner.settings();
        log_if_within(settings.around().as_ref(), "ScopeMiddleware");
        let running = settings.shutdown.requests().token();
        let request = counted(self.inner.call(request), running);
        ShieldFuture::new(actix_web::rt::spawn(request.in_current_span()))
    }
}
