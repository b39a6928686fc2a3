//! Requests that run to completion after their client has disconnected.

use std::pin::{Pin, pin};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, Wake, Waker};

use airlock::tower::ScopeLayer;
use axum::http::StatusCode;
use tokio::sync::Semaphore;
use tower::ServiceExt;

use crate::fixture::{World, app, charge, get, hang_guard, mail, ship, status};
use airlock_test_support::errors_of;

/// Returns an app whose handler waits for the semaphore half-way.
fn gated(gate: &Arc<Semaphore>) -> axum::Router {
    let gate = gate.clone();
    app(async move || {
        airlock::enqueue(mail(1));
        drop(gate.acquire().await);
        airlock::enqueue(ship(2));
        StatusCode::OK
    })
}

#[tokio::test]
async fn a_shielded_request_ends_although_its_client_has_gone() {
    let mut world = World::new();
    let gate = Arc::new(Semaphore::new(0));
    let layer = ScopeLayer::new().airlock(&world.airlock).shield();
    let (requests, tasks) = (layer.requests(), layer.tasks());
    let mut call = Box::pin(gated(&gate).layer(layer).oneshot(get("/")));
    tokio::task::yield_now().await;
    assert!(poll(&mut call).is_pending());
    drop(call);
    assert_eq!((requests.running(), tasks.running()), (1, 0));
    gate.add_permits(1);
    assert_eq!(
        world.ended().await,
        "request success: mail dispatched, ship dispatched"
    );
    hang_guard(requests.drained()).await;
}

fn poll<F: Future>(future: &mut Pin<Box<F>>) -> Poll<F::Output> {
    let mut cx = Context::from_waker(Waker::noop());
    future.as_mut().poll(&mut cx)
}

#[tokio::test]
async fn a_shielded_request_that_keeps_its_client_is_answered() {
    let mut world = World::new();
    let gate = Arc::new(Semaphore::new(1));
    let layer = ScopeLayer::new().airlock(&world.airlock).shield();
    assert_eq!(status(gated(&gate).layer(layer)).await, 200);
    let expected = "request success: mail dispatched, ship dispatched";
    assert_eq!(world.ended_by_now(), [expected]);
}

#[tokio::test]
async fn a_failed_flush_of_a_shielded_request_is_a_500() {
    let world = World::new();
    let layer = ScopeLayer::new().airlock(&world.airlock).shield();
    let failing = async || airlock::enqueue(charge(1)).to_string();
    assert_eq!(status(app(failing).layer(layer)).await, 500);
    assert_eq!(world.unhandled.lines(), ["charge"]);
}

#[tokio::test]
async fn a_panic_of_a_shielded_request_reaches_its_caller() {
    let mut world = World::new();
    let layer = ScopeLayer::new().airlock(&world.airlock).shield();
    let panics = async || -> StatusCode {
        airlock::enqueue(mail(1));
        panic!("in the task")
    };
    let called = tokio::spawn(status(app(panics).layer(layer)));
    let panic = called.await.expect_err("it panics").into_panic();
    assert_eq!(panic.downcast_ref::<&str>(), Some(&"in the task"));
    assert_eq!(world.ended_by_now(), ["request panic: mail discarded"]);
}

#[tokio::test]
async fn a_shielded_request_flushes_after_a_response_that_nobody_took() {
    let mut world = World::new();
    let gate = Arc::new(Semaphore::new(0));
    let layer = ScopeLayer::new().airlock(&world.airlock);
    let layer = layer.after_response().shield();
    let mut call = Box::pin(gated(&gate).layer(layer).oneshot(get("/")));
    assert!(poll(&mut call).is_pending());
    drop(call);
    gate.add_permits(1);
    assert_eq!(
        world.ended().await,
        "request success: mail dispatched, ship dispatched"
    );
}

/// Records what it sees when it is first woken.
struct SeenAtWake<T, F> {
    look: F,
    seen: OnceLock<T>,
}

impl<T, F> Wake for SeenAtWake<T, F>
where
    T: Send + Sync + 'static,
    F: Fn() -> T + Send + Sync + 'static,
{
    fn wake(self: Arc<Self>) {
        self.seen.get_or_init(&self.look);
    }
}

#[tokio::test]
async fn a_request_that_has_ended_without_its_client_has_begun_its_flush() {
    let mut world = World::new();
    let gate = Arc::new(Semaphore::new(0));
    let layer = ScopeLayer::new().airlock(&world.airlock);
    let layer = layer.after_response().shield();
    let (requests, tasks) = (layer.requests(), layer.tasks());
    let mut call = Box::pin(gated(&gate).layer(layer).oneshot(get("/")));
    assert!(poll(&mut call).is_pending());
    drop(call);
    let woken = Arc::new(SeenAtWake {
        look: move || tasks.running(),
        seen: OnceLock::new(),
    });
    let waker = Waker::from(woken.clone());
    let mut drained = pin!(requests.drained());
    let polled = drained.as_mut().poll(&mut Context::from_waker(&waker));
    assert!(polled.is_pending());
    gate.add_permits(1);
    world.ended().await;
    assert_eq!(woken.seen.get(), Some(&1));
}

#[tokio::test]
async fn a_shield_within_another_scope_says_that_it_does_not_protect() {
    let world = World::new();
    let gate = Arc::new(Semaphore::new(1));
    let shielded = gated(&gate).layer(ScopeLayer::new().shield());
    let all = ScopeLayer::new().airlock(&world.airlock).name("all");
    let errors = errors_of(status(shielded.layer(all))).await;
    let [error] = &errors[..] else {
        panic!("one error: {errors:?}");
    };
    assert!(error.contains("name=\"all\""), "{error}");
    assert!(
        error.contains("`.shield()` belongs to the outermost"),
        "{error}"
    );
}

#[tokio::test]
async fn a_shield_that_depends_on_no_scope_says_nothing() {
    let world = World::new();
    let gate = Arc::new(Semaphore::new(2));
    let layer = ScopeLayer::new().airlock(&world.airlock).shield();
    let outermost = status(gated(&gate).layer(layer.clone()));
    assert!(errors_of(outermost).await.is_empty());
    // A layer with a separate airlock ignores the scope around it.
    let apart = status(gated(&gate).layer(layer).layer(ScopeLayer::new()));
    assert!(errors_of(apart).await.is_empty());
}

#[test]
fn a_runtime_that_shuts_down_cancels_shielded_requests_too() {
    let mut world = World::new();
    let gate = Arc::new(Semaphore::new(0));
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    let runtime = runtime.expect("it starts");
    let layer = ScopeLayer::new().airlock(&world.airlock).shield();
    let mut call = Box::pin(gated(&gate).layer(layer).oneshot(get("/")));
    runtime.block_on(async {
        assert!(poll(&mut call).is_pending());
        tokio::task::yield_now().await; // The task runs up to the gate.
    });
    drop(runtime);
    assert_eq!(world.ended_by_now(), ["request cancelled: mail discarded"]);
    let polled = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| poll(&mut call)));
    let panic = polled.expect_err("it cannot be answered");
    let message = panic.downcast_ref::<&str>().copied().unwrap_or_default();
    assert!(message.contains("the runtime was shut down"), "{message}");
}
