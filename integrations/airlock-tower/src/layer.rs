//! The layer: what holds for every request.

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

/// Opens one scope per request around a service.
///
/// What the request enqueues leaves when the response's status is below 400. It is discarded when
/// the status is 400 or more, when the service gives an error or panics (the panic goes on), and
/// when the client has gone. Intents marked *on failure* or *always* leave then; with the client gone
/// only those that need no awaiting. A layer within another one is a nested scope: the outer one
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
/// # assert_eq!(recorder.recorded::<NotifyWarehouse>().len(), 1);
/// # }
/// ```
///
/// Without further ado the flush comes [before the response](BeforeResponse), and the client is told
/// when it fails; [after the response](AfterResponse) is the other choice.
#[derive(Debug)]
pub struct ScopeLayer<M = BeforeResponse> {
    pub(crate) settings: Arc<Settings>,
    timing: M,
}

/// What helps where no scope is open in a service with our layer.
pub(crate) const REMEDY: &str = "`ScopeLayer` covers the routes and the fallback that were added before it, so say `.layer(ScopeLayer::new())` last";

impl ScopeLayer {
    /// A layer that flushes before the response, in the installed airlock.
    pub fn new() -> Self {
        Self {
            settings: Arc::new(Settings::new()),
            timing: BeforeResponse(Arc::new(Problem)),
        }
    }
}

impl<R> ScopeLayer<BeforeResponse<R>> {
    /// Answers a failed flush with this response instead of [`Problem`]'s. The closure owns the
    /// error, with the intents that failed or were not reached. If it does not
    /// [take](FlushError::into_intents) them they are [unhandled](FlushError::report_unhandled). Method and route of
    /// the request are in `error.report().origin()`.
    ///
    /// If the closure panics, its panic goes on to the server as a handler's does, since the response of
    /// the handler tells of a success.
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
    /// All requests share the closure, on whatever thread they are:
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

    /// Flushes when the server has taken the whole response; see [`AfterResponse`]. A closure that was given to
    /// [`on_flush_error`](Self::on_flush_error) is dropped: no client is left to be told.
    ///
    /// Sync effects run at the end of the body, the rest on a tokio task. The client does not wait for that
    /// task, and is never told that an effect has failed. A process that ends loses what has not run,
    /// unless it ends by [`shutdown`](Self::shutdown).
    ///
    /// # Panics
    ///
    /// The service's future, when it is polled outside of a tokio runtime.
    #[cfg(feature = "tokio")]
    #[cfg_attr(docsrs, doc(cfg(feature = "tokio")))]
    pub fn after_response(self) -> ScopeLayer<AfterResponse> {
        self.after(Runs::There)
    }

    /// Tells what is missing.
    #[cfg(not(feature = "tokio"))]
    #[doc(hidden)]
    pub fn after_response(self) -> ScopeLayer<AfterResponse>
    where
        Self: RunsOnTokio,
    {
        RunsOnTokio::after(self)
    }

    /// As `after_response`, on whatever `spawn` puts the flush: it must be polled to its end.
    ///
    /// A flush that is dropped before, or that `spawn` loses by a panic, has failed: what was not
    /// dispatched goes to the airlock's `on_unhandled_error`. The panic is logged as an error.
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

/// Implemented by nothing: it makes the compiler say which feature is missing.
#[cfg(not(feature = "tokio"))]
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`after_response` needs the feature `tokio` of airlock",
    label = "flushes after the response run on tokio",
    note = "add `features = [\"tokio\"]`, or say where they run: `.after_response_with(|flush| ..)`"
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

    /// Runs requests in this airlock instead of the installed one. Scopes around the layer are out
    /// of reach then, so give it to the outermost layer only.
    pub fn airlock(self, airlock: &Airlock) -> Self {
        let mut this = self.scope(|scope| scope.airlock(airlock));
        Arc::make_mut(&mut this.settings).has_airlock = true;
        this
    }

    /// Names the scopes in reports and logs; `request` unless set.
    pub fn name(self, name: &'static str) -> Self {
        self.scope(|scope| scope.name(name))
    }

    /// Adds a policy; one that is there already is asked first. All requests share it, with what it
    /// remembers: [`limit`](airlock_core::policy::limit) counts over all of them.
    pub fn policy(self, policy: impl Policy) -> Self {
        self.scope(|scope| scope.policy(policy))
    }

    /// Chooses a policy for each request by its head; it is asked after those of [`policy`](Self::policy),
    /// and after one that is chosen already. An `Option` that is `None` allows everything, and a
    /// `Box<dyn Policy>` may be one of several. It is made anew for each request: a
    /// [`limit`](airlock_core::policy::limit) counts in that one alone.
    ///
    /// If the closure panics, its panic goes on to the server as a handler's does.
    ///
    /// ```
    /// use airlock::policy::drop_all;
    /// use airlock::tower::ScopeLayer;
    ///
    /// // What would happen? `curl -H "dry-run: yes"` shows it, and nothing leaves.
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

    /// Decides how what a request enqueues is performed or handed over. All requests share it.
    pub fn executor(self, executor: impl Executor) -> Self {
        self.scope(|scope| scope.executor(executor))
    }

    /// Decides whether a request's scope flushes under its outcome, and what scopes within it may
    /// release at once.
    pub fn lifecycle(self, lifecycle: impl Lifecycle) -> Self {
        self.scope(|scope| scope.lifecycle(lifecycle))
    }

    /// Decides by the response's head whether the request has succeeded. `outcome` is what its
    /// status alone says: a failure from 400 on. The lifecycle then decides as ever.
    ///
    /// It is not asked about an error of the service and a panic, which are failures, nor when the
    /// client has gone. If `succeeded` panics, the panic is logged as an error and the status alone
    /// decides, so that the client gets its response.
    ///
    /// ```
    /// # use airlock_tower::ScopeLayer;
    /// // gRPC: a call that has failed at once says so in the head of a 200.
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

    /// As [`flush_when`](Self::flush_when), which it replaces, for a rule that depends on the request:
    /// `choose` sees its head when it comes in, and gives the rule for its response.
    ///
    /// ```
    /// # use airlock_tower::ScopeLayer;
    /// use airlock::lifecycle::Outcome;
    ///
    /// // A question is answered, and nothing follows from it.
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

    /// Tells the route of a request for its [origin](airlock_core::Origin), which is shown as
    /// `POST /orders/{id}`. Not needed on axum (feature `axum`) where the layer stands inside of the
    /// router, as `Router::layer` puts it; elsewhere the method stands alone. Give a pattern, not the
    /// path: origins stand in logs. If `route` panics, the panic is logged as an error and the method
    /// stands alone.
    ///
    /// ```
    /// # use airlock_tower::ScopeLayer;
    /// // gRPC's paths are `/package.Service/Method`, for everybody the same.
    /// let layer = ScopeLayer::new().route(|uri, _| Some(uri.path().to_owned().into()));
    /// ```
    pub fn route(
        mut self,
        route: impl Fn(&Uri, &Extensions) -> Option<Cow<'static, str>> + Send + Sync + 'static,
    ) -> Self {
        Arc::make_mut(&mut self.settings).route = Some(Arc::new(route));
        self
    }

    /// Puts a [`RequestScope`](crate::RequestScope) into each request's extensions, for layers within that move the
    /// request to another task, which inherits nothing.
    pub fn share_scope(mut self) -> Self {
        Arc::make_mut(&mut self.settings).shares_scope = true;
        self
    }

    /// The flushes of this layer's services that no client waits for, and how many of all their
    /// flushes have failed.
    pub fn tasks(&self) -> TaskTracker {
        self.settings.tasks.clone()
    }

    /// The way to the end of a server with this layer: within a bound it finishes requests, also
    /// [shielded](Self::shield) ones, and flushes that no client waits for.
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
