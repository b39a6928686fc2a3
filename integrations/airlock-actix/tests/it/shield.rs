//! Requests that run to completion after their client has disconnected.

use std::pin::pin;
use std::rc::Rc;
use std::sync::{Arc, Mutex};
use std::task::{Context, Wake, Waker};

use actix_web::dev::{Service, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::rt::System;
use actix_web::test::{call_service, init_service};
use actix_web::{App, Error, HttpResponse, web};
use airlock::scope::TaskTracker;
use airlock_actix::{ScopeMiddleware, ShieldMiddleware};
use tokio::sync::Semaphore;

use crate::fixture::{World, fail, get, mail, panic_of, pause, poll, ship};
use airlock_test_support::errors_of;

type Gate = Rc<Semaphore>;

/// Returns an app whose handler waits at a gate half-way.
async fn gated(
    middleware: ShieldMiddleware,
    gate: &Gate,
) -> impl Service<actix_http::Request, Response = ServiceResponse<impl Sized>, Error = Error> {
    let gate = gate.clone();
    let handler = move || {
        let gate = gate.clone();
        async move {
            airlock::enqueue(mail(1));
            drop(gate.acquire().await);
            airlock::enqueue(ship(2));
            HttpResponse::Ok().finish()
        }
    };
    let app = App::new().route("/", web::get().to(handler));
    init_service(app.wrap(middleware)).await
}

#[actix_web::test]
async fn a_shielded_request_ends_although_its_client_has_gone() {
    for after in [false, true] {
        let mut world = World::new();
        let gate = Gate::new(Semaphore::new(0));
        let middleware = match after {
            true => world.middleware().after_response().shield(),
            false => world.middleware().shield(),
        };
        let (requests, tasks) = (middleware.requests(), middleware.tasks());
        let app = gated(middleware, &gate).await;
        let mut call = Box::pin(app.call(get("/")));
        pause().await;
        assert!(poll(call.as_mut()).is_none());
        drop(call);
        assert_eq!((requests.running(), tasks.running()), (1, 0));
        gate.add_permits(1);
        requests.drained().await;
        tasks.drained().await;
        assert_eq!(
            world.reports(),
            ["success: mail dispatched, ship dispatched"]
        );
    }
}

/// Records the number of running flushes when it is woken.
struct AtWake {
    flushes: TaskTracker,
    seen: Mutex<Option<usize>>,
}

impl Wake for AtWake {
    fn wake(self: Arc<Self>) {
        *self.seen.lock().expect("no panic") = Some(self.flushes.running());
    }
}

#[actix_web::test]
async fn a_request_without_its_client_runs_until_its_flush_after_the_response_has_begun() {
    let world = World::new();
    let gate = Gate::new(Semaphore::new(0));
    let middleware = world.middleware().after_response().shield();
    let (requests, flushes) = (middleware.requests(), middleware.tasks());
    let app = gated(middleware, &gate).await;
    drop(app.call(get("/")));
    let seen = Arc::new(AtWake {
        flushes,
        seen: Mutex::default(),
    });
    let mut drained = pin!(requests.drained());
    let waker = Waker::from(seen.clone());
    let polled = drained.as_mut().poll(&mut Context::from_waker(&waker));
    assert!(polled.is_pending());
    gate.add_permits(1);
    requests.drained().await;
    assert_eq!(*seen.seen.lock().expect("no panic"), Some(1));
}

#[actix_web::test]
async fn a_shielded_request_that_keeps_its_client_is_answered() {
    let mut world = World::new();
    let gate = Gate::new(Semaphore::new(1));
    let app = gated(world.middleware().shield(), &gate).await;
    let response = app.call(get("/")).await.expect("it is answered");
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(
        world.reports(),
        ["success: mail dispatched, ship dispatched"]
    );
}

#[actix_web::test]
async fn a_failed_flush_of_a_shielded_request_is_a_500() {
    async fn fails() -> &'static str {
        airlock::enqueue(fail(1));
        "done"
    }
    let world = World::new();
    let app = App::new().route("/", web::get().to(fails));
    let app = init_service(app.wrap(world.middleware().shield())).await;
    let status = call_service(&app, get("/")).await.status();
    assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(world.unhandled(), 1);
}

#[actix_web::test]
async fn a_panic_of_a_shielded_request_reaches_its_caller() {
    async fn explode() -> HttpResponse {
        airlock::enqueue(mail(1));
        panic!("in the task")
    }
    let mut world = World::new();
    let app = App::new().route("/", web::get().to(explode));
    let app = init_service(app.wrap(world.middleware().shield())).await;
    let message = panic_of(async move {
        call_service(&app, get("/")).await;
    });
    assert_eq!(message.await, "in the task");
    assert_eq!(world.reports(), ["panic: mail discarded"]);
}

#[actix_web::test]
async fn a_shield_within_another_scope_says_that_it_does_not_protect() {
    let world = World::new();
    let gate = Gate::new(Semaphore::new(1));
    let app = gated(ScopeMiddleware::new().shield(), &gate).await;
    let all = world.airlock.scope().name("all");
    let call = all.run_infallible_async(async |_| app.call(get("/")).await.is_ok());
    let errors = errors_of(call).await;
    let [error] = &errors[..] else {
        panic!("one error: {errors:?}");
    };
    assert!(error.contains("name=\"all\""), "{error}");
    assert!(
        error.contains("`.shield()` belongs to the outermost"),
        "{error}"
    );
}

#[actix_web::test]
async fn a_shield_within_another_scope_reports_when_the_client_has_gone() {
    let mut world = World::new();
    let gate = Gate::new(Semaphore::new(0));
    let shield = ScopeMiddleware::new().shield();
    let requests = shield.requests();
    let app = gated(shield, &gate).await;
    let all = world.airlock.scope().name("all");
    let mut call = Box::pin(all.run_infallible_async(async |_| app.call(get("/")).await.is_ok()));
    assert!(poll(call.as_mut()).is_none());
    drop(call);
    gate.add_permits(1);
    requests.drained().await;
    assert_eq!(
        world.reports(),
        ["cancelled:", "success: mail failed, ship failed"]
    );
    assert_eq!(world.unhandled(), 2);
}

#[actix_web::test]
async fn a_shield_that_depends_on_no_scope_says_nothing() {
    let world = World::new();
    let gate = Gate::new(Semaphore::new(2));
    let app = gated(world.middleware().shield(), &gate).await;
    assert!(errors_of(app.call(get("/"))).await.is_empty());
    // A middleware with a separate airlock ignores the scope around it.
    let around = airlock::scope().run_infallible_async(async |_| app.call(get("/")).await.is_ok());
    assert!(errors_of(around).await.is_empty());
}

#[test]
fn a_runtime_that_shuts_down_cancels_shielded_requests_too() {
    let mut world = World::new();
    let gate = Gate::new(Semaphore::new(0));
    let runtime = System::new();
    let app = runtime.block_on(gated(world.middleware().shield(), &gate));
    let mut made = None;
    runtime.block_on(async {
        made = Some(Box::pin(app.call(get("/"))));
        pause().await; // The task runs up to the gate.
    });
    let mut call = made.expect("it was made");
    drop(runtime);
    assert_eq!(world.reports(), ["cancelled: mail discarded"]);
    let polled = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| poll(call.as_mut())));
    let panic = polled.err().expect("it cannot be answered");
    let message = panic.downcast_ref::<&str>().copied().unwrap_or_default();
    assert!(message.contains("the runtime was shut down"), "{message}");
}
