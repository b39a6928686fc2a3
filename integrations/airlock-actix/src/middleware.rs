//! The middleware, and what it can be told.

use std::future::{Ready, ready};
use std::rc::Rc;
use std::sync::Arc;

use actix_web::body::MessageBody;
use actix_web::dev::{ResponseHead, Service, ServiceRequest, ServiceResponse, Transform};
use actix_web::{Error, HttpRequest, HttpResponse};
use airlock_core::executor::Executor;
use airlock_core::lifecycle::{Lifecycle, Outcome};
use airlock_core::policy::Policy;
use airlock_core::{Airlock, FlushError, ScopeBuilder};

use crate::body::ScopeBody;
use crate::service::ScopeService;
use crate::settings::{Ends, Settings};

/// Opens a scope around each request: it flushes when the response's status is below 400, and
/// discards otherwise, on an error of an inner middleware, on a panic, and when the client has gone
/// before the response.
///
/// Wrap the app with it, a scope of routes, or a resource; one within another is a nested scope,
/// which the outer one captures. Register it last, so that it is the outermost: then it sees the
/// status that the client will see.
///
/// Policies, executors and closures given here hold for all requests of a worker, and for all
/// workers if one middleware is cloned into the app's factory.
///
/// ```
/// use actix_web::{App, HttpResponse, test, web};
/// use airlock_actix::ScopeMiddleware;
///
/// #[airlock::effect]
/// fn send_confirmation(order: u64) {}
///
/// async fn checkout(order: web::Path<u64>) -> HttpResponse {
///     airlock::enqueue(send_confirmation(*order));
///     match *order {
///         0 => HttpResponse::NotFound().finish(), // nothing is sent
///         _ => HttpResponse::Ok().finish(),
///     }
/// }
///
/// # #[actix_web::main]
/// # async fn main() {
/// let recorder = airlock::executor::Recorder::new();
/// let app = App::new()
///     .route("/orders/{order}", web::post().to(checkout))
///     .wrap(ScopeMiddleware::new().executor(recorder.clone()));
/// let app = test::init_service(app).await;
/// for path in ["/orders/0", "/orders/7"] {
///     test::call_service(&app, test::TestRequest::post().uri(path).to_request()).await;
/// }
/// let sent = recorder.recorded::<SendConfirmation>();
/// assert_eq!((sent.len(), sent[0].order), (1, 7));
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "a middleware does nothing until an app is wrapped with it"]
pub struct ScopeMiddleware {
    settings: Settings,
}

impl ScopeMiddleware {
    /// Scopes with the airlock's defaults, which end before the response is sent.
    pub fn new() -> Self {
        Self {
            settings: Settings::new(),
        }
    }

    /// Describes each request's scope: its name, failure mode, `emits` and all else that has no
    /// method here. It replaces what policy, executor and lifecycle were given before.
    pub fn scope(mut self, scope: ScopeBuilder) -> Self {
        self.settings.scope = scope;
        self
    }

    /// Adds a policy to each request's scope; see [`ScopeBuilder::policy`].
    pub fn policy(self, policy: impl Policy) -> Self {
        self.with_scope(|scope| scope.policy(policy))
    }

    /// Decides how the intents of a request are performed or handed over; see
    /// [`ScopeBuilder::executor`].
    pub fn executor(self, executor: impl Executor) -> Self {
        self.with_scope(|scope| scope.executor(executor))
    }

    /// Decides about flush and release; see [`ScopeBuilder::lifecycle`]. It is asked with the
    /// outcome that status and [`flush_when`](Self::flush_when) give.
    pub fn lifecycle(self, lifecycle: impl Lifecycle) -> Self {
        self.with_scope(|scope| scope.lifecycle(lifecycle))
    }

    /// Opens the scopes in this airlock instead of the installed one.
    ///
    /// What is around it, the scope of an outer middleware too, is out of reach: say it at the
    /// outermost.
    pub fn airlock(mut self, airlock: &Airlock) -> Self {
        self.settings.airlock = Some(airlock.clone());
        self
    }

    /// Ends the scope when there is a response, before it is sent. This is the default.
    ///
    /// A failed flush becomes the response, so the client never reads a success whose effects did
    /// not leave. The cost: the client waits for the flush, and a response that streams its body
    /// streams it outside of the scope, where an enqueue is an error.
    pub fn flush_before_response(mut self) -> Self {
        self.settings.ends = Ends::BeforeResponse;
        self
    }

    /// Ends the scope when the body of the response has ended or was dropped.
    ///
    /// The client does not wait for the flush, and what a streaming body enqueues belongs to the
    /// request. The status decides as ever; a body that ends with an error or a panic discards, one
    /// that is dropped because the client has gone does not. An error of an inner middleware and a
    /// panic end the scope at once, since there is no body.
    ///
    /// The costs: a failed flush comes too late for the client, so it is logged and goes to
    /// [`AirlockBuilder::on_stranded`](airlock_core::AirlockBuilder::on_stranded); the flush is a
    /// task of its own, which a graceful shutdown does not wait for; and each chunk of a body costs
    /// a switch of context.
    ///
    /// A middleware within another scope does this only if that scope waits for the body too, since
    /// it captures what this one holds; otherwise this one ends before the response.
    pub fn flush_after_response(mut self) -> Self {
        self.settings.ends = Ends::AfterResponse;
        self
    }

    /// Decides which requests count as a success, whose scope flushes, instead of those with a
    /// status below 400.
    ///
    /// The closure is given the head of the response, and the outcome that it would have without
    /// the closure. An error of an inner middleware ([`Outcome::Failure`]) and a panic
    /// ([`Outcome::Panic`]) have no response. It is not asked when the client has gone before the
    /// response: that scope always discards.
    ///
    /// ```
    /// use actix_web::http::StatusCode;
    /// use airlock_actix::ScopeMiddleware;
    /// use airlock::lifecycle::Outcome;
    ///
    /// // A conflict is answered with 409, and what it has caused shall happen all the same.
    /// let middleware = ScopeMiddleware::new().flush_when(|response, outcome| {
    ///     outcome == Outcome::Success || response.is_some_and(|r| r.status == StatusCode::CONFLICT)
    /// });
    /// # drop(middleware);
    /// ```
    pub fn flush_when(
        mut self,
        flushes: impl Fn(Option<&ResponseHead>, Outcome) -> bool + Send + Sync + 'static,
    ) -> Self {
        self.settings.flush_when = Some(Arc::new(flushes));
        self
    }

    /// Makes the response in place of one whose flush before the response has failed.
    ///
    /// Unless set, it is [`server_error`](crate::server_error): the error is logged and goes to
    /// `on_stranded`, and the client gets a status of 500 with a `problem+json` that tells nothing.
    /// A closure given here owns the error, and the intents in it.
    ///
    /// ```
    /// use actix_web::HttpResponse;
    /// use airlock_actix::ScopeMiddleware;
    ///
    /// let middleware = ScopeMiddleware::new().on_flush_error(|error, request| {
    ///     eprintln!("{}: {}", request.path(), error.report());
    ///     error.strand();
    ///     HttpResponse::ServiceUnavailable().insert_header(("retry-after", "30")).finish()
    /// });
    /// # drop(middleware);
    /// ```
    pub fn on_flush_error(
        mut self,
        answer: impl Fn(FlushError, &HttpRequest) -> HttpResponse + Send + Sync + 'static,
    ) -> Self {
        self.settings.on_flush_error = Some(Arc::new(answer));
        self
    }

    fn with_scope(mut self, change: impl FnOnce(ScopeBuilder) -> ScopeBuilder) -> Self {
        self.settings.scope = change(self.settings.scope);
        self
    }
}

impl Default for ScopeMiddleware {
    fn default() -> Self {
        Self::new()
    }
}

impl<S, B> Transform<S, ServiceRequest> for ScopeMiddleware
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    B: MessageBody,
{
    type Response = ServiceResponse<ScopeBody<B>>;
    type Error = Error;
    type Transform = ScopeService<S>;
    type InitError = ();
    type Future = Ready<Result<ScopeService<S>, ()>>;

    fn new_transform(&self, service: S) -> Self::Future {
        let settings = Rc::new(self.settings.clone());
        ready(Ok(ScopeService { service, settings }))
    }
}
