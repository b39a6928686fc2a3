//! Effects that write to a log, an airlock that records how each scope ended, and calls of apps.

use std::sync::Arc;
use std::time::Duration;

use airlock::{Airlock, AirlockBuilder, FlushReport};
pub(crate) use airlock_test_support::Log;
use axum::Router;
use axum::body::Body;
use axum::http::{Request, Response, StatusCode};
use axum::routing::{MethodRouter, any};
use http_body_util::BodyExt;
use tokio::sync::{Notify, Semaphore, mpsc};
use tower::ServiceExt;

#[airlock::effect]
pub(crate) fn mail(#[resource] log: &Log, n: u32) {
    log.add(format!("mail {n}"));
}

#[airlock::effect]
pub(crate) async fn ship(#[resource] log: &Log, n: u32) {
    tokio::task::yield_now().await;
    log.add(format!("ship {n}"));
}

#[airlock::effect]
pub(crate) fn charge(n: u32) -> Result<(), String> {
    Err(format!("card {n} was declined"))
}

/// A gate at which an effect waits until the test opens it.
pub(crate) struct Gate {
    reached: Notify,
    opened: Semaphore,
}

impl Gate {
    /// Waits until an effect has reached the gate.
    pub(crate) async fn reached(&self) {
        hang_guard(self.reached.notified()).await;
    }

    pub(crate) fn open(&self) {
        self.opened.close();
    }
}

#[airlock::effect]
pub(crate) async fn gated(#[resource] gate: &Gate, #[resource] log: &Log) {
    gate.reached.notify_one();
    let opened = gate.opened.acquire().await;
    assert!(opened.is_err(), "it is closed when the gate opens");
    log.add("gated");
}

/// Returns a world with a gate among its resources.
pub(crate) fn gated_world() -> (World, Arc<Gate>) {
    let gate = Arc::new(Gate {
        reached: Notify::new(),
        opened: Semaphore::new(0),
    });
    let world = World::with(|builder| builder.resource(gate.clone()));
    (world, gate)
}

/// An airlock that records how its scopes ended.
pub(crate) struct World {
    pub(crate) airlock: Airlock,
    pub(crate) log: Log,
    /// The effects of each unhandled flush error.
    pub(crate) unhandled: Log,
    reports: mpsc::UnboundedReceiver<String>,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with(|builder| builder)
    }

    pub(crate) fn with(describe: impl FnOnce(AirlockBuilder) -> AirlockBuilder) -> Self {
        let (log, unhandled) = (Log::default(), Log::default());
        let (send, reports) = mpsc::unbounded_channel();
        let parked = unhandled.clone();
        let builder = Airlock::builder()
            .resource(log.clone())
            .on_report(move |report| {
                let _ = send.send(told(report)); // The test may be over.
            })
            .on_unhandled_error(move |error| {
                let intents = error.into_intents();
                let names = intents.iter().map(|intent| intent.effect().name());
                parked.add(names.collect::<Vec<_>>().join(","));
            })
            .skip_resource_check();
        Self {
            airlock: describe(builder).build().expect("it builds"),
            log,
            unhandled,
            reports,
        }
    }

    /// Waits for the next report: `request success: mail dispatched`.
    pub(crate) async fn ended(&mut self) -> String {
        let report = hang_guard(self.reports.recv()).await;
        report.expect("the airlock lives as long as the test")
    }

    /// Returns the reports of the scopes that have ended so far.
    pub(crate) fn ended_by_now(&mut self) -> Vec<String> {
        std::iter::from_fn(|| self.reports.try_recv().ok()).collect()
    }
}

fn told(report: &FlushReport) -> String {
    let entries = report.entries().iter();
    let fates: Vec<_> = entries
        .map(|entry| format!("{} {}", entry.effect().name(), entry.fate().word()))
        .collect();
    let name = report.name().unwrap_or("scope");
    format!("{name} {}: {}", report.outcome(), fates.join(", "))
}

/// Fails a test that hangs.
pub(crate) async fn hang_guard<F: Future>(work: F) -> F::Output {
    let waited = tokio::time::timeout(Duration::from_secs(60), work).await;
    waited.expect("nothing has happened for a minute")
}

/// Returns an app with this handler at `/`.
pub(crate) fn app<H, T>(handler: H) -> Router
where
    H: axum::handler::Handler<T, ()>,
    T: 'static,
{
    routes(any(handler))
}

pub(crate) fn routes(method: MethodRouter) -> Router {
    Router::new().route("/", method)
}

pub(crate) fn get(path: &str) -> Request<Body> {
    let request = Request::get(path).body(Body::empty());
    request.expect("it is a request")
}

/// Calls the app once, without a socket.
pub(crate) async fn call(app: Router) -> Response<Body> {
    let response = app.oneshot(get("/")).await;
    response.unwrap_or_else(|error| match error {})
}

pub(crate) async fn status(app: Router) -> StatusCode {
    call(app).await.status()
}

pub(crate) async fn text<B>(body: B) -> String
where
    B: http_body::Body,
    B::Error: std::fmt::Debug,
{
    let collected = body.collect().await.expect("the body is whole");
    String::from_utf8_lossy(&collected.to_bytes()).into_owned()
}
