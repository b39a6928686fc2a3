//! Effects that write to a log, an airlock that records its reports, and calls of apps.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};

use actix_http::Request;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::test::TestRequest;
use actix_web::{Error, HttpResponse, error};
use airlock::{Airlock, Intent};
use airlock_actix::ScopeMiddleware;
pub(crate) use airlock_test_support::Log;
use tokio::sync::mpsc;

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
pub(crate) fn fail(#[resource] log: &Log, n: u32) -> Result<(), String> {
    log.add(format!("fail {n}"));
    Err(format!("no luck with the secret {n}"))
}

/// Never ends.
#[airlock::effect]
pub(crate) async fn hang(#[resource] log: &Log, n: u32) {
    log.add(format!("hang {n}"));
    std::future::pending::<()>().await;
}

/// An airlock, with a record of its reports and unhandled intents.
pub(crate) struct World {
    pub(crate) airlock: Airlock,
    pub(crate) log: Log,
    reports: mpsc::UnboundedReceiver<String>,
    unhandled: Arc<Mutex<Vec<Intent>>>,
}

impl World {
    pub(crate) fn new() -> Self {
        let log = Log::default();
        let (heard, reports) = mpsc::unbounded_channel();
        let unhandled = Arc::new(Mutex::new(Vec::new()));
        let airlock = Airlock::builder()
            .resource(log.clone())
            .skip_resource_check() // One effect, in another test, needs more.
            .on_report(move |report| {
                let entries = report.entries().iter();
                let fates = entries
                    .map(|entry| format!(" {} {}", entry.effect().name(), entry.fate().word()));
                let fates = fates.collect::<Vec<_>>().join(",");
                let _ = heard.send(format!("{}:{fates}", report.outcome()));
            })
            .on_unhandled_error({
                let unhandled = unhandled.clone();
                move |error| {
                    unhandled
                        .lock()
                        .expect("no panic")
                        .extend(error.into_intents());
                }
            })
            .build()
            .expect("it builds");
        Self {
            airlock,
            log,
            reports,
            unhandled,
        }
    }

    /// Returns a middleware in this airlock.
    pub(crate) fn middleware(&self) -> ScopeMiddleware {
        ScopeMiddleware::new().airlock(&self.airlock)
    }

    /// Waits for the next report: the outcome of a scope and the fates of its intents.
    pub(crate) async fn report(&mut self) -> String {
        self.reports.recv().await.expect("the airlock is there")
    }

    /// Returns the reports received so far.
    pub(crate) fn reports(&mut self) -> Vec<String> {
        std::iter::from_fn(|| self.reports.try_recv().ok()).collect()
    }

    /// Returns the number of intents that were passed to `on_unhandled_error`.
    pub(crate) fn unhandled(&self) -> usize {
        self.unhandled.lock().expect("no panic").len()
    }
}

/// A middleware that enqueues.
pub(crate) async fn enqueues<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    airlock::enqueue(mail(0));
    next.call(request).await
}

/// A middleware that returns an error after the inner service has answered. Panics for the path `/panic`.
pub(crate) async fn refuses<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    airlock::enqueue(mail(0));
    assert!(request.path() != "/panic", "boom");
    next.call(request).await?;
    Err(error::ErrorForbidden("no"))
}

/// A middleware that answers with a failure after the inner service has answered.
pub(crate) async fn forbids<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse, Error> {
    let response = next.call(request).await?;
    Ok(response.into_response(HttpResponse::Forbidden().finish()))
}

/// Returns a GET request for this path.
pub(crate) fn get(path: &str) -> Request {
    TestRequest::get().uri(path).to_request()
}

/// Returns pending once, so that it is ready at the second poll.
pub(crate) async fn pause() {
    tokio::task::yield_now().await;
}

/// Polls a future once, then drops it.
pub(crate) fn poll_once<F: Future>(future: F) -> Option<F::Output> {
    let mut future = Box::pin(future);
    poll(future.as_mut())
}

pub(crate) fn poll<F: Future>(future: Pin<&mut F>) -> Option<F::Output> {
    let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
    match future.poll(&mut cx) {
        std::task::Poll::Ready(value) => Some(value),
        std::task::Poll::Pending => None,
    }
}

/// Returns the message of the panic with which this future ends.
pub(crate) async fn panic_of(future: impl Future<Output = ()> + 'static) -> String {
    let panic = actix_web::rt::spawn(future).await.expect_err("it panics");
    let panic = panic.into_panic();
    let message = panic.downcast_ref::<&str>().map(ToString::to_string);
    message.unwrap_or_else(|| "another panic".to_owned())
}
