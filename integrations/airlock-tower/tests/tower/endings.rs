//! How a request can end, and what that does to its intents: without sockets.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use airlock::prelude::*;
use airlock::tower::ScopeLayer;
use axum::http::{Request, Response, StatusCode};
use tower::{Layer, Service, ServiceExt, service_fn};

use crate::fixture::{World, app, call, charge, get, mail, ship, status, text};

fn statuses() -> impl Iterator<Item = (StatusCode, bool)> {
    [
        200, 201, 204, 301, 304, 399, 400, 404, 409, 422, 499, 500, 503,
    ]
    .map(|code| (StatusCode::from_u16(code).expect("a status"), code < 400))
    .into_iter()
}

#[tokio::test]
async fn a_status_below_400_flushes_and_any_other_discards() {
    for (code, flushes) in statuses() {
        let mut world = World::new();
        let handler = async move || {
            airlock::enqueue(mail(1));
            tokio::task::yield_now().await;
            airlock::enqueue(ship(2));
            code
        };
        let app = app(handler).layer(ScopeLayer::new().airlock(&world.airlock));
        assert_eq!(status(app).await, code);
        let expected = if flushes {
            "request success: mail dispatched, ship dispatched"
        } else {
            "request failure: mail discarded, ship discarded"
        };
        assert_eq!(world.ended_by_now(), [expected], "{code}");
    }
}

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
async fn an_error_of_the_service_discards_and_is_passed_on() {
    let mut world = World::new();
    let service = service_fn(async |_: Request<()>| {
        airlock::enqueue(mail(1));
        Err::<Response<String>, _>("broken")
    });
    let layer = ScopeLayer::new().airlock(&world.airlock);
    let given = layer.layer(service).oneshot(Request::new(())).await;
    assert_eq!(given.expect_err("it fails"), "broken");
    assert_eq!(world.ended_by_now(), ["request failure: mail discarded"]);
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

/// Does its work in `call`, not in its future.
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

/// Enqueues when it is dropped, and tells whether that was refused.
struct EnqueuesOnDrop(Arc<std::sync::Mutex<Option<bool>>>);

impl Drop for EnqueuesOnDrop {
    fn drop(&mut self) {
        let refused = airlock::try_enqueue(mail(9)).is_err();
        *self.0.lock().expect("no panic") = Some(refused);
    }
}

/// Polls once what will not finish, and drops it.
fn abandon(work: impl Future) {
    let mut work = pin!(work);
    let mut cx = Context::from_waker(Waker::noop());
    assert!(work.as_mut().poll(&mut cx).is_pending());
}

#[tokio::test]
async fn a_request_whose_future_is_dropped_discards() {
    let mut world = World::new();
    let handler = async || {
        airlock::enqueue(mail(1));
        std::future::pending::<()>().await;
    };
    let app = app(handler).layer(ScopeLayer::new().airlock(&world.airlock));
    abandon(app.oneshot(get("/")));
    assert_eq!(world.ended_by_now(), ["request cancelled: mail discarded"]);
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
async fn a_client_that_leaves_during_the_flush_stops_it_there() {
    let mut world = World::new();
    let handler = async || {
        airlock::enqueue(mail(1));
        airlock::enqueue(ship(2));
        airlock::enqueue(mail(3));
    };
    let app = app(handler).layer(ScopeLayer::new().airlock(&world.airlock));
    abandon(app.oneshot(get("/"))); // `ship` yields once.
    let expected = "request success: mail dispatched, ship failed, mail not reached";
    assert_eq!(world.ended_by_now(), [expected]);
    assert_eq!(world.stranded.lines(), ["ship,mail"]);
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
    let backlog = layer.backlog();
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
    assert_eq!(world.stranded.lines(), ["charge,mail"], "nothing vanishes");
    assert_eq!(backlog.failed(), 1);
}

#[tokio::test]
async fn a_failed_flush_of_a_failed_request_leaves_its_response_alone() {
    let world = World::new();
    let handler = async || {
        airlock::enqueue(charge(1).on_failure());
        StatusCode::CONFLICT
    };
    let app = app(handler).layer(ScopeLayer::new().airlock(&world.airlock));
    assert_eq!(status(app).await, StatusCode::CONFLICT);
    assert_eq!(world.stranded.lines(), ["charge"]);
}

#[tokio::test]
async fn a_request_that_enqueues_nothing_ends_its_scope_too() {
    let mut world = World::new();
    let app = app(async || "hello").layer(ScopeLayer::new().airlock(&world.airlock));
    assert_eq!(text(call(app).await.into_body()).await, "hello");
    assert_eq!(world.ended_by_now(), ["request success: "]);
}

/// Is never ready.
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
