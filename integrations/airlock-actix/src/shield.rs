//! Requests that outlive their client.

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

/// A [`ScopeMiddleware`] whose requests run to their end although their client has gone; made by
/// [`ScopeMiddleware::shield`].
#[derive(Clone, Debug)]
#[must_use = "a middleware does nothing until an app is wrapped with it"]
pub struct ShieldMiddleware(ScopeMiddleware);

impl ScopeMiddleware {
    /// Runs each request on a task of its own on its worker, to its end, although its client has
    /// gone: what the handler commits and what then leaves stay together. Say this last.
    ///
    /// Without it a handler is dropped at whatever await it has reached when an HTTP/1 connection
    /// breaks. With it handlers are not cancelled any more: bound their time by a timeout *within*
    /// this middleware. It costs a spawn for each request. A handler that still reads the request's
    /// body gets an error from it. A graceful stop of the server does not know of these tasks: see
    /// [`ShieldMiddleware::shutdown`].
    ///
    /// Let it be the outermost scope. One around it would capture what this one holds, and ends when
    /// the client leaves: what leaves afterwards fails and goes to
    /// [`on_unhandled_error`](airlock_core::AirlockBuilder::on_unhandled_error). Each request that comes in so is
    /// logged as an error.
    ///
    /// # Panics
    ///
    /// The service's `call`, outside of actix-web's runtime; and its future, when its runtime shuts
    /// down before the request has finished.
    pub fn shield(self) -> ShieldMiddleware {
        ShieldMiddleware(self)
    }
}

impl ShieldMiddleware {
    /// The flushes of these middlewares that nobody waits for; see [`ScopeMiddleware::tasks`].
    pub fn tasks(&self) -> TaskTracker {
        self.0.tasks()
    }

    /// The requests under way, with or without their client. A worker ends with its last connection,
    /// and cancels those that run without one, so let the server end by its
    /// [`shutdown`](Self::shutdown).
    pub fn requests(&self) -> TaskTracker {
        self.0.settings().shutdown.requests().clone()
    }

    /// The way to the end of a server with this middleware; see [`ScopeMiddleware::shutdown`].
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

/// Runs the futures of a [`ScopeService`] on tasks; what [`ShieldMiddleware`] makes of the service
/// that it wraps.
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
