//! Requests without sockets. The `endings` table covers the ways in which they end.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use airlock::prelude::*;
use airlock::tower::ScopeLayer;
use axum::http::{Request, Response, StatusCode};
use tower::{Layer, Service, ServiceExt, service_fn};

use crate::fixture::{World, app, call, charge, get, mail, ship, text};

#[tokio::test]
async fn effects_are_performed_in_order_before_the_client_is_answered() {
    let world = World::new();
    let handler = async || {
        airlock::enqueue(ship(1));
        airlock::enqueue(mail(2));
    };
    let app = app(handler).layer(ScopeLayer::new().airlock(&world.airlock));
    let response = call(app).await;
    assert_eq!(world.log.lines(), ["ship 1", "mail 2"]);
    drop(response);
}

#[tokio::test]
async fn a_panic_ends_the_scope_as_a_panic_and_goes_on() {
    let mut world = World::new();
    let handler = async || {
        airlock::enqueue(mail(1));
        airlock::enqueue(ship(2).on_failure());
        tokio::task::yield_now().await;
        panic!("half-way");
    };
    #[allow(unreachable_code, reason = "a handler has to give something")]
    let handler = async move || -> StatusCode { handler().await };
    let app = app(handler).layer(ScopeLayer::new().airlock(&world.airlock));
    let ended = tokio::spawn(call(app)).await.expect_err("it panics");
    let panic = ended.into_panic();
    assert_eq!(panic.downcast_ref::<&str>(), Some(&"half-way"));
    let expected = "request panic: mail discarded, ship dispatched";
    assert_eq!(world.ended_by_now(), [expected]);
}

/// A service that works in `call`, not in its future.
#[derive(Clone)]
struct Eager(fn() -> StatusCode);

impl Service<Request<()>> for Eager {
    type Response = Response<String>;
    type Error = String;
    type Future = std::future::Ready<Result<Response<String>, String>>;
    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), String>> {
        Poll::Ready(Ok(()))
    }
    fn call(&mut self, _: Request<()>) -> Self::Future {
        let mut response = Response::new(String::new());
        *response.status_mut() = (self.0)();
        std::future::ready(Ok(response))
    }
}

#[tokio::test]
async fn the_sync_part_of_a_call_is_in_the_scope() {
    let mut world = World::new();
    let eager = Eager(|| {
        airlock::enqueue(mail(1));
        StatusCode::OK
    });
    let layer = ScopeLayer::new().airlock(&world.airlock);
    let response = layer.layer(eager).oneshot(Request::new(())).await;
    assert_eq!(response.expect("it succeeds").status(), 200);
    assert_eq!(world.ended_by_now(), ["request success: mail dispatched"]);
    assert!(airlock::current().is_none());
}

#[tokio::test]
async fn a_panic_in_the_sync_part_ends_the_scope_as_a_panic() {
    let mut world = World::new();
    let eager = Eager(|| {
        airlock::enqueue(mail(1));
        panic!("at once")
    });
    let layer = ScopeLayer::new().airlock(&world.airlock);
    let call = layer.layer(eager).oneshot(Request::new(()));
    tokio::spawn(call).await.expect_err("it panics");
    assert_eq!(world.ended_by_now(), ["request panic: mail discarded"]);
}

/// Enqueues when it is dropped, and records whether that was refused.
struct EnqueuesOnDrop(Arc<std::sync::Mutex<Option<bool>>>);

impl Drop for EnqueuesOnDrop {
    fn drop(&mut self) {
        let refused = airlock::try_enqueue(mail(9)).is_err();
        *self.0.lock().expect("no panic") = Some(refused);
    }
}

/// Polls a future once, asserts that it is pending, and drops it.
fn abandon(work: impl Future) {
    let mut work = pin!(work);
    let mut cx = Context::from_waker(Waker::noop());
    assert!(work.as_mut().poll(&mut cx).is_pending());
}

#[tokio::test]
async fn a_request_that_somebody_elses_panic_drops_is_cancelled() {
    let mut world = World::new();
    let handler = async || {
        airlock::enqueue(mail(1));
        std::future::pending::<()>().await;
    };
    let app = app(handler).layer(ScopeLayer::new().airlock(&world.airlock));
    let panics = tokio::spawn(async {
        let mut call = pin!(app.oneshot(get("/")));
        let mut cx = Context::from_waker(Waker::noop());
        assert!(call.as_mut().poll(&mut cx).is_pending());
        panic!("of a connection");
    });
    assert!(panics.await.is_err_and(|error| error.is_panic()));
    assert_eq!(world.ended_by_now(), ["request cancelled: mail discarded"]);
}

#[tokio::test]
async fn what_destructors_enqueue_while_a_request_is_dropped_is_refused() {
    let world = World::new();
    let refused = Arc::default();
    let on_drop = EnqueuesOnDrop(Arc::clone(&refused));
    let work = async move {
        let _on_drop = on_drop;
        std::future::pending::<Result<Response<String>, String>>().await
    };
    let mut work = Some(work);
    let service = service_fn(move |_: Request<()>| work.take().expect("called once"));
    let layer = ScopeLayer::new().airlock(&world.airlock);
    abandon(layer.layer(service).oneshot(Request::new(())));
    assert_eq!(*refused.lock().expect("no panic"), Some(true));
    assert!(world.log.lines().is_empty());
}

#[tokio::test]
async fn a_failed_flush_becomes_a_500_that_tells_no_internals() {
    let mut world = World::new();
    let handler = async || {
        airlock::enqueue(charge(1));
        airlock::enqueue(mail(2));
        "done"
    };
    let layer = ScopeLayer::new().airlock(&world.airlock);
    let tasks = layer.tasks();
    let response = call(app(handler).layer(layer)).await;
    assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(
        response.headers()["content-type"],
        "application/problem+json"
    );
    let body: serde_json::Value =
        serde_json::from_str(&text(response.into_body()).await).expect("it is JSON");
    let expected = serde_json::json!({
        "type": "about:blank", "title": "Internal Server Error", "status": 500,
    });
    assert_eq!(body, expected);
    let report = "request success: charge failed, mail not reached";
    assert_eq!(world.ended_by_now(), [report]);
    assert_eq!(world.unhandled.lines(), ["charge,mail"], "nothing vanishes");
    assert_eq!(tasks.failed(), 1);
}

/// A service that is never ready.
struct Busy;

impl Service<Request<()>> for Busy {
    type Response = Response<String>;
    type Error = String;
    type Future = std::future::Pending<Result<Response<String>, String>>;
    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), String>> {
        Poll::Pending
    }
    fn call(&mut self, _: Request<()>) -> Self::Future {
        panic!("it was not ready")
    }
}

#[test]
fn the_inner_service_is_asked_whether_it_is_ready() {
    let mut service = ScopeLayer::new().layer(Busy);
    let mut cx = Context::from_waker(Waker::noop());
    assert!(service.poll_ready(&mut cx).is_pending());
}
