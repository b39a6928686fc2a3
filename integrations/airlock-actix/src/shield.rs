//! Requests that outlive their client.

use std::fmt;
use std::future::{Future, Ready, ready};
use std::panic::resume_unwind;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use actix_web::Error;
use actix_web::body::MessageBody;
use actix_web::dev::{Service, ServiceRequest, ServiceResponse, Transform, forward_ready};
use actix_web::rt::task::{JoinError, JoinHandle};
use airlock_core::Backlog;
use tracing::Instrument;

use crate::body::ScopeBody;
use crate::middleware::ScopeMiddleware;
use crate::service::ScopeService;

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
    /// this middleware. A task inherits nothing, so let it be the outermost scope. It costs a spawn
    /// for each request. A handler that still reads the request's body gets an error from it.
    /// A shutdown that waits for the [`backlog`](Self::backlog) waits for shielded requests too.
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
    /// What these middlewares still do without a client; see [`ScopeMiddleware::backlog`].
    pub fn backlog(&self) -> Backlog {
        self.0.backlog()
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
            backlog: self.backlog(),
        }))
    }
}

/// Runs the futures of a [`ScopeService`] on tasks; what [`ShieldMiddleware`] makes of the service
/// that it wraps.
#[derive(Clone, Debug)]
pub struct ShieldService<S> {
    inner: ScopeService<S>,
    backlog: Backlog,
}

impl<S, B> Service<ServiceRequest> for ShieldService<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    S::Future: 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<ScopeBody<B>>;
    type Error = Error;
    type Future = ShieldFuture<B>;

    forward_ready!(inner);

    fn call(&self, request: ServiceRequest) -> Self::Future {
        let request = self.inner.call(request);
        let running = self.backlog.run();
        let task = async move {
            let _running = running;
            request.await
        };
        ShieldFuture(actix_web::rt::spawn(task.in_current_span()))
    }
}

/// The future of a [`ShieldService`]. Dropping it does not stop the request.
#[must_use = "futures do nothing unless awaited"]
pub struct ShieldFuture<B>(JoinHandle<Result<ServiceResponse<ScopeBody<B>>, Error>>);

impl<B> Future for ShieldFuture<B> {
    type Output = Result<ServiceResponse<ScopeBody<B>>, Error>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match ready!(Pin::new(&mut self.0).poll(cx)) {
            Ok(ended) => Poll::Ready(ended),
            Err(error) => match JoinError::try_into_panic(error) {
                Ok(panic) => resume_unwind(panic),
                Err(_) => panic!("the runtime was shut down before the request had finished"),
            },
        }
    }
}

impl<B> fmt::Debug for ShieldFuture<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ShieldFuture").finish_non_exhaustive()
    }
}
