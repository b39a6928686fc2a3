//! The layer and its configuration.

use std::borrow::Cow;
use std::sync::Arc;

use airlock_core::__private::suggest_where_no_scope_is;
use airlock_core::executor::Executor;
use airlock_core::lifecycle::{Lifecycle, Outcome};
use airlock_core::policy::Policy;
use airlock_core::{Airlock, BoxFuture, FlushError, ScopeBuilder, TaskTracker};
#[cfg(feature = "tokio")]
use airlock_http::Shutdown;
use airlock_http::Spawn;
use http::{Extensions, Response, Uri, request, response};
use tower_layer::Layer;

use crate::problem::Problem;
use crate::service::ScopeService;
use crate::settings::{FlushWhen, Judge, Settings};
use crate::timing::{AfterResponse, BeforeResponse, Runs};

/// A layer that opens one scope per request around a service.
///
/// The intents of a request are dispatched when the response's status is below 400. They are discarded when
/// the status is 400 or more, when the service returns an error or panics (the panic is resumed), and when
/// the client disconnects. Intents marked *on failure* or *always* are dispatched then; after a disconnect,
/// only those that need no awaiting. A layer within another one opens a nested scope: the outer scope
/// captures what it would dispatch.
///
/// ```
/// use airlock::tower::ScopeLayer;
/// use axum::http::StatusCode;
/// use axum::routing::post;
/// # use airlock::executor::Recorder;
/// # use tower::ServiceExt;
///
/// #[airlock::effect]
/// fn notify_warehouse(order: u64) {}
///
/// async fn checkout() -> StatusCode {
///     airlock::enqueue(notify_warehouse(7));
///     StatusCode::CREATED // with `StatusCode::CONFLICT` nobody would be notified
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// # let recorder = Recorder::new();
/// let layer = ScopeLayer::new();
/// # let layer = layer.executor(recorder.clone());
/// let app = axum::Router::new().route("/orders", post(checkout)).layer(layer);
/// # let request = axum::http::Request::post("/orders").body(axum::body::Body::empty()).unwrap();
/// # app.oneshot(request).await.unwrap();
/// # assert_eq!(recorder.enqueued::<NotifyWarehouse>().len(), 1);
/// # }
/// ```
///
/// By default it flushes [before the response](BeforeResponse), and a failed flush changes the response. The
/// alternative is to flush [after the response](AfterResponse).
#[derive(Debug)]
pub struct ScopeLayer<M = BeforeResponse> {
    pub(crate) settings: Arc<Settings>,
    timing: M,
}

/// The remedy that errors suggest when no scope is open in a service with this layer.
pub(crate) const REMEDY: &str = "`ScopeLayer` covers the routes and the fallback that were added before it, so call `.layer(ScopeLayer::new())` last";

impl ScopeLayer {
    /// Creates a layer that flushes before the response, in the installed airlock.
    pub fn new() -> Self {
        Self {
            settings: Arc::new(Settings::new()),
            timing: BeforeResponse(Arc::new(Problem)),
        }
    }
}

impl<R> ScopeLayer<BeforeResponse<R>> {
    /// Answers a failed flush with this response instead of [`Problem`]'s. The closure owns the error, with
    /// the intents that failed or were not reached. If it does not [take](FlushError::into_intents) them,
    /// they are reported as [unhandled](FlushError::report_unhandled). The method and route of the request
    /// are in `error.report().origin()`.
    ///
    /// If the closure panics, the panic propagates to the server, as a handler's does. The handler's response
    /// is not sent, since it reports a success.
    ///
    /// ```
    /// use airlock::tower::ScopeLayer;
    /// use axum::http::StatusCode;
    /// use axum::response::IntoResponse;
    ///
    /// let layer = ScopeLayer::new().on_flush_error(|_| {
    ///     (StatusCode::SERVICE_UNAVAILABLE, "try again later").into_response()
    /// });
    /// # let _: axum::Router = axum::Router::new().route("/", axum::routing::get(|| async {})).layer(layer);
    /// ```
    ///
    /// All requests share the closure, on any thread:
    ///
    /// ```compile_fail,E0277
    /// # use airlock::tower::ScopeLayer;
    /// # use axum::response::IntoResponse;
    /// let apology = std::rc::Rc::new("try again later".to_owned());
    /// let layer = ScopeLayer::new().on_flush_error(move |_| {
    ///     apology.to_string().into_response()
    /// });
    /// ```
    pub fn on_flush_error<B, F>(self, respond: F) -> ScopeLayer<BeforeResponse<F>>
    where
        F: Fn(FlushError) -> Response<B> + Send + Sync + 'static,
    {
        ScopeLayer {
            settings: self.settings,
            timing: BeforeResponse(Arc::new(respond)),
        }
    }

    /// Flushes after the server has taken the whole response; see [`AfterResponse`]. Drops a closure set by
    /// [`on_flush_error`](Self::on_flush_error), since no client is left to answer.
    ///
    /// Sync effects run at the end of the body, the rest on a tokio task. The client does not wait for that
    /// task and never learns that an effect failed. Effects that have not run are lost with the process,
    /// unless it ends by [`shutdown`](Self::shutdown).
    ///
    /// # Panics
    ///
    /// The service's future panics if it is polled outside of a tokio runtime.
    #[cfg(feature = "tokio")]
    #[cfg_attr(docsrs, doc(cfg(feature = "tokio")))]
    pub fn after_response(self) -> ScopeLayer<AfterResponse> {
        self.after(Runs::There)
    }

    /// Fails to compile, and names the missing feature.
    #[cfg(not(feature = "tokio"))]
    #[doc(hidden)]
    pub fn after_response(self) -> ScopeLayer<AfterResponse>
    where
        Self: RunsOnTokio,
    {
        RunsOnTokio::after(self)
    }

    /// Like `after_response`, but passes the flush to `spawn`, which must poll it to completion.
    ///
    /// A flush that is dropped earlier, or lost by a panic of `spawn`, counts as failed: intents that were
    /// not dispatched go to the airlock's `on_unhandled_error`. The panic is logged as an error.
    ///
    /// ```
    /// # use airlock_tower::ScopeLayer;
    /// let layer = ScopeLayer::new().after_response_with(|flush| {
    ///     std::thread::spawn(|| futures_executor_of_yours(flush));
    /// });
    /// # fn futures_executor_of_yours(_: airlock_core::BoxFuture<'static, ()>) {}
    /// ```
    pub fn after_response_with(
        self,
        spawn: impl Fn(BoxFuture<'static, ()>) + Send + Sync + 'static,
    ) -> ScopeLayer<AfterResponse> {
        self.after(Runs::On(Spawn::With(Arc::new(spawn))))
    }

    fn after(self, runs: Runs) -> ScopeLayer<AfterResponse> {
        ScopeLayer {
            settings: self.settings,
            timing: AfterResponse(runs),
        }
    }
}

/// A trait without implementations: the compiler error names the missing feature.
#[cfg(not(feature = "tokio"))]
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`after_response` needs the feature `tokio` of airlock",
    label = "flushes after the response run on tokio",
    note = "add `features = [\"tokio\"]`, or choose where they run: `.after_response_with(|flush| ..)`"
)]
pub trait RunsOnTokio {
    fn after(self) -> ScopeLayer<AfterResponse>;
}

impl<M> ScopeLayer<M> {
    fn scope(mut self, describe: impl FnOnce(ScopeBuilder) -> ScopeBuilder) -> Self {
        let settings = Arc::make_mut(&mut self.settings);
        settings.scope = describe(settings.scope.clone());
        self
    }

    /// Runs requests in this airlock instead of the installed one. Requests then ignore the scopes around the
    /// layer, so set it on the outermost layer only.
    pub fn airlock(self, airlock: &Airlock) -> Self {
        let mut this = self.scope(|scope| scope.airlock(airlock));
        Arc::make_mut(&mut this.settings).has_airlock = true;
        this
    }

    /// Names the scopes in reports and logs. The default is `request`.
    pub fn name(self, name: &'static str) -> Self {
        self.scope(|scope| scope.name(name))
    }

    /// Adds a policy, which is consulted after those added earlier. All requests share it and its state:
    /// [`limit`](airlock_core::policy::limit) counts over all of them.
    pub fn policy(self, policy: impl Policy) -> Self {
        self.scope(|scope| scope.policy(policy))
    }

    /// Chooses a policy for each request by its head. It is consulted after those of [`policy`](Self::policy)
    /// and of earlier calls. An `Option` that is `None` allows everything; a `Box<dyn Policy>` can hold one
    /// of several types. Each request gets a new policy, so a [`limit`](airlock_core::policy::limit) counts
    /// within that request only.
    ///
    /// If the closure panics, the panic propagates to the server, as a handler's does.
    ///
    /// ```
    /// use airlock::policy::drop_all;
    /// use airlock::tower::ScopeLayer;
    ///
    /// // A dry run: with `curl -H "dry-run: yes"`, intents are reported and not dispatched.
    /// let layer = ScopeLayer::new().policy_for(|request| {
    ///     request.headers.contains_key("dry-run").then(drop_all)
    /// });
    /// # let _: axum::Router = axum::Router::new().route("/", axum::routing::get(|| async {})).layer(layer);
    /// ```
    pub fn policy_for<P: Policy>(
        mut self,
        choose: impl Fn(&request::Parts) -> P + Send + Sync + 'static,
    ) -> Self {
        let settings = Arc::make_mut(&mut self.settings);
        let before = settings.policy_for.take();
        let choose = move |head: &request::Parts| -> Arc<dyn Policy> {
            match &before {
                None => Arc::new(choose(head)),
                Some(before) => Arc::new((before(head), choose(head))),
            }
        };
        settings.policy_for = Some(Arc::new(choose));
        self
    }

    /// Sets the executor, which performs or hands over the intents of a request. All requests share it.
    pub fn executor(self, executor: impl Executor) -> Self {
        self.scope(|scope| scope.executor(executor))
    }

    /// Sets the lifecycle. It decides whether a request's scope flushes with its outcome, and what scopes
    /// within it may release at once.
    pub fn lifecycle(self, lifecycle: impl Lifecycle) -> Self {
        self.scope(|scope| scope.lifecycle(lifecycle))
    }

    /// Decides by the response's head whether the request succeeded. `outcome` is derived from the status
    /// alone: a failure from 400 on. The lifecycle then decides as usual.
    ///
    /// Not called when the service returns an error or panics, which are failures, nor when the client
    /// disconnects. If `succeeded` panics, the panic is logged as an error and the status alone decides, so
    /// the client still gets its response.
    ///
    /// ```
    /// # use airlock_tower::ScopeLayer;
    /// // gRPC: a call that fails at once has the status 200, and a `grpc-status` in its head.
    /// let layer = ScopeLayer::new().flush_when(|head, outcome| {
    ///     let status = head.headers.get("grpc-status");
    ///     outcome == airlock::lifecycle::Outcome::Success && status.is_none_or(|status| status == "0")
    /// });
    /// ```
    pub fn flush_when(
        mut self,
        succeeded: impl Fn(&response::Parts, Outcome) -> bool + Send + Sync + 'static,
    ) -> Self {
        let succeeded = FlushWhen::Response(Arc::new(succeeded));
        Arc::make_mut(&mut self.settings).flush_when = Some(succeeded);
        self
    }

    /// Like [`flush_when`](Self::flush_when), which it replaces, for a rule that depends on the request.
    /// `choose` gets the request's head when the request arrives, and returns the rule for its response.
    ///
    /// ```
    /// # use airlock_tower::ScopeLayer;
    /// use airlock::lifecycle::Outcome;
    ///
    /// // Read-only requests discard their intents.
    /// let layer = ScopeLayer::new().flush_when_for(|request| {
    ///     let asks = request.method.is_safe();
    ///     move |_, outcome| outcome == Outcome::Success && !asks
    /// });
    /// ```
    pub fn flush_when_for<J>(
        mut self,
        choose: impl Fn(&request::Parts) -> J + Send + Sync + 'static,
    ) -> Self
    where
        J: FnOnce(&response::Parts, Outcome) -> bool + Send + 'static,
    {
        let choose = move |head: &request::Parts| -> Judge { Box::new(choose(head)) };
        let choose = FlushWhen::Request(Arc::new(choose));
        Arc::make_mut(&mut self.settings).flush_when = Some(choose);
        self
    }

    /// Sets the route of a request in its [origin](airlock_core::Origin). With a route, an origin is
    /// displayed as `POST /orders/{id}`. Not needed on axum (feature `axum`) if the layer is inside of the
    /// router, where `Router::layer` puts it. Elsewhere the origin contains only the method. Return a
    /// pattern, not the path: origins appear in logs. If `route` panics, the panic is logged as an error and
    /// the origin contains only the method.
    ///
    /// ```
    /// # use airlock_tower::ScopeLayer;
    /// // gRPC's paths are `/package.Service/Method`, and contain no user data.
    /// let layer = ScopeLayer::new().route(|uri, _| Some(uri.path().to_owned().into()));
    /// ```
    pub fn route(
        mut self,
        route: impl Fn(&Uri, &Extensions) -> Option<Cow<'static, str>> + Send + Sync + 'static,
    ) -> Self {
        Arc::make_mut(&mut self.settings).route = Some(Arc::new(route));
        self
    }

    /// Puts a [`RequestScope`](crate::RequestScope) into each request's extensions. Inner layers need it if
    /// they move the request to another task, which inherits no scope.
    pub fn share_scope(mut self) -> Self {
        Arc::make_mut(&mut self.settings).shares_scope = true;
        self
    }

    /// Returns the tracker of this layer's services. It tracks the flushes that no client waits for, and
    /// counts all failed flushes.
    pub fn tasks(&self) -> TaskTracker {
        self.settings.tasks.clone()
    }

    /// Returns a handle to shut down a server with this layer. Within a time limit, the server finishes its
    /// requests, including [shielded](Self::shield) ones, and the flushes that no client waits for.
    ///
    /// ```no_run
    /// use std::time::Duration;
    /// use airlock::tower::ScopeLayer;
    /// # use axum::{Router, routing::get};
    ///
    /// # async fn told_to_stop() {}
    /// # async fn serve(listener: tokio::net::TcpListener, app: Router) -> std::io::Result<()> {
    /// let layer = ScopeLayer::new().after_response();
    /// let shutdown = layer.shutdown();
    /// let server = axum::serve(listener, app.layer(layer)).with_graceful_shutdown(shutdown.begun());
    /// shutdown.run(server, told_to_stop(), Duration::from_secs(25)).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[cfg(feature = "tokio")]
    #[cfg_attr(docsrs, doc(cfg(feature = "tokio")))]
    pub fn shutdown(&self) -> Shutdown {
        self.settings.shutdown.clone()
    }
}

impl Default for ScopeLayer {
    fn default() -> Self {
        Self::new()
    }
}

impl<M: Clone> Clone for ScopeLayer<M> {
    fn clone(&self) -> Self {
        Self {
            settings: self.settings.clone(),
            timing: self.timing.clone(),
        }
    }
}

impl<S, M: Clone> Layer<S> for ScopeLayer<M> {
    type Service = ScopeService<S, M>;

    fn layer(&self, inner: S) -> ScopeService<S, M> {
        suggest_where_no_scope_is(REMEDY);
        ScopeService::new(inner, (*self.settings).clone(), self.timing.clone())
    }
}
