//! One request and its response, in the types of actix-web.

use std::fmt;
use std::marker::PhantomData;
use std::rc::Rc;

use actix_web::dev::ServiceResponse;
use actix_web::http::{ConnectionType, StatusCode};
use airlock_core::lifecycle::Outcome;
use airlock_core::{FlushError, TaskTracker};
use airlock_http::{Exchange, HeldScope};

use crate::body::ScopeBody;
use crate::origin::RequestOrigin;
use crate::settings::Settings;

/// The state of a request's middleware that the driver of the request needs.
#[doc(hidden)]
pub struct ActixExchange<B> {
    settings: Rc<Settings>,
    /// `None` if the request inherits the origin of a scope around it.
    origin: Option<RequestOrigin>,
    body: PhantomData<fn(B)>,
}

impl<B> ActixExchange<B> {
    pub(crate) fn new(settings: Rc<Settings>, origin: Option<RequestOrigin>) -> Self {
        Self {
            settings,
            origin,
            body: PhantomData,
        }
    }

    /// Closes the connection after the response, if the server is shutting down.
    #[inline]
    fn close<T>(&self, mut response: ServiceResponse<T>) -> ServiceResponse<T> {
        let head = response.response_mut().head_mut();
        if self.settings.shutdown.has_begun() && head.status != StatusCode::SWITCHING_PROTOCOLS {
            head.set_connection_type(ConnectionType::Close);
        }
        response
    }
}

impl<B> Exchange for ActixExchange<B> {
    type Inner = ServiceResponse<B>;
    type Outer = ServiceResponse<ScopeBody<B>>;

    fn judge(&mut self, response: &mut Self::Inner) -> Outcome {
        self.settings.outcome(response)
    }

    fn pass(&self, response: Self::Inner) -> Self::Outer {
        self.close(response.map_body(|_, body| ScopeBody::plain(body)))
    }

    fn hold(&self, response: Self::Inner, scope: HeldScope) -> Self::Outer {
        let scope = scope.on(self.settings.spawn());
        self.close(response.map_body(|_, body| ScopeBody::held(body, scope)))
    }

    fn fail(&self, response: Self::Inner, error: FlushError) -> Self::Outer {
        let answer = self.settings.answer(error, response.request());
        self.close(response.into_response(answer.map_body(|_, body| ScopeBody::answer(body))))
    }

    fn answered(&mut self, response: &Self::Inner) {
        if let Some(origin) = &self.origin {
            origin.resolve(response.request());
        }
    }

    fn tasks(&self) -> &TaskTracker {
        self.settings.shutdown.flushes()
    }
}

impl<B> Drop for ActixExchange<B> {
    fn drop(&mut self) {
        if let Some(origin) = self.origin.take() {
            origin.recycle();
        }
    }
}

impl<B> fmt::Debug for ActixExchange<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ActixExchange").finish_non_exhaustive()
    }
}
