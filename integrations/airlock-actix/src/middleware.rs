//! The middleware and its configuration.

use std::future::{Ready, ready};
use std::rc::Rc;
use std::sync::Arc;

use actix_web::body::MessageBody;
use actix_web::dev::{ResponseHead, Service, ServiceRequest, ServiceResponse, Transform};
use actix_web::{Error, HttpRequest, HttpResponse};
use airlock_core::__private::suggest_where_no_scope_is;
use airlock_core::executor::Executor;
use airlock_core::lifecycle::{Lifecycle, Outcome};
use airlock_core::policy::Policy;
use airlock_core::{Airlock, FlushError, ScopeBuilder, TaskTracker};
use tokio::runtime::Handle;

use crate::body::ScopeBody;
use crate::check;
use crate::service::ScopeService;
use crate::settings::{Ends, Settings};
use crate::shutdown::Shutdown;

/// A middleware that opens a scope around each request. The scope flushes when the response's status is below
/// 400. It discards its intents otherwise, on an error of an inner middleware, on a panic, and when the
/// client disconnects before the response.
///
/// Wrap the app, a scope of routes, or a resource with it. A middleware within another one opens a nested
/// scope, which the outer scope captures. Register it last, so that it is outermost and sees the status that
/// the client will see.
///
/// All requests of a worker share its policies, executors and closures. All workers share them if one
/// middleware is cloned into the app's factory.
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
///         0 => HttpResponse::NotFound().finish(), // Nothing is sent.
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
/// let sent = recorder.enqueued::<SendConfirmation>();
/// assert_eq!((sent.len(), sent[0].order), (1, 7));
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "a middleware does nothing until an app is wrapped with it"]
pub struct ScopeMiddleware {
    settings: Settings,
}

impl ScopeMiddleware {
    /// Creates a middleware with the defaults of the installed airlock, whose scopes end before the response
    /// is sent.
    pub fn new() -> Self {
        Self {
            settings: Settings::new(),
        }
    }

    /// Names the scopes in reports and logs. The default is `request`.
    pub fn name(self, name: &'static str) -> Self {
        self.with_scope(|scope| scope.name(name))
    }

    /// Adds a policy to each request's scope; see [`ScopeBuilder::policy`].
    pub fn policy(self, policy: impl Policy) -> Self {
        self.with_scope(|scope| scope.policy(policy))
    }

    /// Chooses a policy for each request. It is consulted after those of [`policy`](Self::policy) and of
    /// earlier calls. An `Option` that is `None` allows everything; a `Box<dyn Policy>` can hold one of
    /// several types. Each request gets a new policy, so a [`limit`](airlock_core::policy::limit) counts
    /// within that request only.
    ///
    /// If the closure panics, the panic propagates, as a handler's does.
    ///
    /// ```
    /// use airlock::policy::drop_all;
    /// use airlock_actix::ScopeMiddleware;
    ///
    /// // A dry run: with `curl -H "dry-run: yes"`, intents are reported and not dispatched.
    /// let middleware = ScopeMiddleware::new().policy_for(|request| {
    ///     request.headers().contains_key("dry-run").then(drop_all)
    /// });
    /// # drop(middleware);
    /// ```
    pub fn policy_for<P: Policy>(
        mut self,
        choose: impl Fn(&HttpRequest) -> P + Send + Sync + 'static,
    ) -> Self {
        let before = self.settings.policy_for.take();
        let choose = move |request: &HttpRequest| -> Arc<dyn Policy> {
            match &before {
                None => Arc::new(choose(request)),
                Some(before) => Arc::new((before(request), choose(request))),
            }
        };
        self.settings.policy_for = Some(Arc::new(choose));
        self
    }

    /// Sets the executor, which performs or hands over the intents of a request; see
    /// [`ScopeBuilder::executor`].
    pub fn executor(self, executor: impl Executor) -> Self {
        self.with_scope(|scope| scope.executor(executor))
    }

    /// Sets the lifecycle; see [`ScopeBuilder::lifecycle`]. It decides whether a request's scope flushes with
    /// its outcome, and what scopes within it may release at once.
    pub fn lifecycle(self, lifecycle: impl Lifecycle) -> Self {
        self.with_scope(|scope| scope.lifecycle(lifecycle))
    }

    /// Opens the scopes in this airlock instead of the installed one.
    ///
    /// Requests then ignore the scopes around the middleware, including those of outer middlewares, so set it
    /// on the outermost one only.
    pub fn airlock(self, airlock: &Airlock) -> Self {
        let mut this = self.with_scope(|scope| scope.airlock(airlock));
        this.settings.has_airlock = true;
        this
    }

    /// Ends the scope of a successful request after the body of its response has ended or was dropped,
    /// instead of before the response is sent.
    ///
    /// *Before the response* is the default. A failed flush becomes the response, so no client reads a
    /// success whose effects were not dispatched. The cost: the client waits for the flush. A body that
    /// streams does so outside of the scope, where an enqueue is an error.
    ///
    /// *After the response*, the client does not wait for async effects and hand-overs. Intents that the body
    /// enqueues while it streams belong to the request, and leave when the body ends. For a stream, open a
    /// scope for each item, which is flushed at its own end in both modes. A body that ends with an error or
    /// a panic discards its intents; a body that is dropped because the client disconnected does not.
    ///
    /// The costs of *after the response*:
    ///
    /// - A failed flush comes too late for the client. It is logged, counted by [`TaskTracker::failed`], and
    ///   passed to [`AirlockBuilder::on_unhandled_error`](airlock_core::AirlockBuilder::on_unhandled_error).
    /// - Effects and hand-overs that have to be awaited run on a tokio task, which a
    ///   [`shutdown`](Self::shutdown) waits for.
    /// - Each chunk of a body costs an entry into the scope.
    /// - Sync effects of the default executor run on the worker where the body ends, up to the first intent
    ///   that has to be awaited. That may be before the response is written, so keep them short, or make an
    ///   effect that blocks async.
    ///
    /// A request that does not succeed ends at once: with a status of 400 or more, an error of an inner
    /// middleware, or a panic. Within another scope, which captures what this one holds, a middleware waits
    /// for the body only if the outer scope belongs to a middleware that waits, too. Otherwise its scope ends
    /// with the response. A failed middleware also waits for the body while one
    /// within it does: it has to capture the inner scope's intents before it discards them.
    ///
    /// The tasks run on the tokio runtime in which this method is called. So call it before the server is
    /// created, not in the factory of its apps. The factory is called on workers, which end with the server,
    /// along with their tasks. If this is called outside of tokio, the tasks run on the runtime of the
    /// request and end with it.
    pub fn after_response(mut self) -> Self {
        self.settings.ends = Ends::AfterResponse;
        self.settings.runtime = Handle::try_current().ok();
        self
    }

    /// Decides by the response's head whether the request succeeded. `outcome` is derived from the status
    /// alone: a failure from 400 on. The lifecycle then decides as usual.
    ///
    /// Not called on an error of an inner middleware or a panic, which are failures, nor when the client
    /// disconnects. If `succeeded` panics, the panic is logged as an error and the status alone decides, so
    /// the client still gets its response.
    ///
    /// ```
    /// use actix_web::http::StatusCode;
    /// use airlock_actix::ScopeMiddleware;
    /// use airlock::lifecycle::Outcome;
    ///
    /// // A conflict is answered with 409, and its intents are dispatched all the same.
    /// let middleware = ScopeMiddleware::new().flush_when(|head, outcome| {
    ///     outcome == Outcome::Success || head.status == StatusCode::CONFLICT
    /// });
    /// # drop(middleware);
    /// ```
    pub fn flush_when(
        mut self,
        succeeded: impl Fn(&ResponseHead, Outcome) -> bool + Send + Sync + 'static,
    ) -> Self {
        let succeeded =
            move |_: &HttpRequest, head: &ResponseHead, outcome| succeeded(head, outcome);
        self.settings.flush_when = Some(Arc::new(succeeded));
        self
    }

    /// Like [`flush_when`](Self::flush_when), which it replaces, for a rule that depends on the request.
    /// `choose` gets the request when it has been answered, and returns the rule for its response.
    ///
    /// ```
    /// use airlock_actix::ScopeMiddleware;
    /// use airlock::lifecycle::Outcome;
    ///
    /// // Read-only requests discard their intents.
    /// let middleware = ScopeMiddleware::new().flush_when_for(|request| {
    ///     let asks = request.method().is_safe();
    ///     move |_, outcome| outcome == Outcome::Success && !asks
    /// });
    /// # drop(middleware);
    /// ```
    pub fn flush_when_for<J>(
        mut self,
        choose: impl Fn(&HttpRequest) -> J + Send + Sync + 'static,
    ) -> Self
    where
        J: FnOnce(&ResponseHead, Outcome) -> bool,
    {
        let succeeded = move |request: &HttpRequest, head: &ResponseHead, outcome| {
            choose(request)(head, outcome)
        };
        self.settings.flush_when = Some(Arc::new(succeeded));
        self
    }

    /// Sets the response to a request whose flush before the response has failed.
    ///
    /// The default is [`problem`](fn@crate::problem): the error goes to `on_unhandled_error`, and the client
    /// gets a [`Problem`](crate::Problem). A closure owns the error and the intents in it. If it does not
    /// [take](FlushError::into_intents) them, they are reported as [unhandled](FlushError::report_unhandled).
    /// If the closure panics, the panic is logged as an error, and the client gets a `Problem`.
    ///
    /// ```
    /// use actix_web::HttpResponse;
    /// use airlock_actix::ScopeMiddleware;
    ///
    /// let middleware = ScopeMiddleware::new().on_flush_error(|error, request| {
    ///     eprintln!("{}: {}", request.path(), error.report());
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

    /// Returns the tracker of these middlewares. It tracks the flushes that no client waits for, and counts
    /// all failed flushes. All workers share it if one middleware is cloned into the app's factory.
    pub fn tasks(&self) -> TaskTracker {
        self.settings.shutdown.flushes().clone()
    }

    /// Returns a handle to shut down a server with this middleware. Within a time limit, the server finishes
    /// its requests, including [shielded](Self::shield) ones, and the flushes that no client waits for.
    ///
    /// ```no_run
    /// use std::time::Duration;
    /// use actix_web::{App, HttpServer};
    /// use airlock_actix::ScopeMiddleware;
    ///
    /// # async fn told_to_stop() {}
    /// # #[actix_web::main]
    /// # async fn main() -> std::io::Result<()> {
    /// let middleware = ScopeMiddleware::new().after_response();
    /// let shutdown = middleware.shutdown();
    /// let server = HttpServer::new(move || App::new().wrap(middleware.clone()));
    /// let server = server.disable_signals().shutdown_timeout(20).bind(("127.0.0.1", 8080))?.run();
    /// shutdown.run(server, told_to_stop(), Duration::from_secs(25)).await
    /// # }
    /// ```
    pub fn shutdown(&self) -> Shutdown {
        Shutdown::new(self.settings.shutdown.clone())
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    pub(crate) fn around<S>(&self, service: S) -> ScopeService<S> {
        suggest_where_no_scope_is(check::REMEDY);
        ScopeService::new(service, Rc::new(self.settings.clone()))
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
        ready(Ok(self.around(service)))
    }
}
