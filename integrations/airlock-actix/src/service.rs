//! The service that opens the scopes.

use std::fmt;
use std::rc::Rc;

use actix_web::Error;
use actix_web::body::MessageBody;
use actix_web::dev::{Service, ServiceRequest, ServiceResponse, forward_ready};

use airlock_http::ScopeFuture;

use crate::body::ScopeBody;
use crate::exchange::ActixExchange;
use crate::origin::Routes;
use crate::settings::{Opened, Settings};

/// A service that opens a scope around each request of another service; created by
/// [`ScopeMiddleware`](crate::ScopeMiddleware).
#[derive(Clone)]
pub struct ScopeService<S> {
    service: S,
    settings: Rc<Settings>,
    routes: Rc<Routes>,
}

impl<S> ScopeService<S> {
    pub(crate) fn new(service: S, settings: Rc<Settings>) -> Self {
        Self {
            service,
            settings,
            routes: Rc::default(),
        }
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }
}

impl<S, B> Service<ServiceRequest> for ScopeService<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    B: MessageBody,
{
    type Response = ServiceResponse<ScopeBody<B>>;
    type Error = Error;
    type Future = ScopeFuture<S::Future, ActixExchange<B>, Error>;

    forward_ready!(service);

    fn call(&self, request: ServiceRequest) -> Self::Future {
        let Opened {
            scope,
            origin,
            waits,
        } = self.settings.open(request.request(), &self.routes);
        let exchange = ActixExchange::new(self.settings.clone(), origin);
        // An inner service may enqueue in `call`, before its future is first polled.
        ScopeFuture::new(scope.work(|| self.service.call(request)), waits, exchange)
    }
}

impl<S> fmt::Debug for ScopeService<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScopeService")
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}
