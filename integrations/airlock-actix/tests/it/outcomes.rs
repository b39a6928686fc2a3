//! All the ways in which a request can end, and the fates of its intents.

use std::cell::Cell;
use std::rc::Rc;

use actix_web::dev::Service as _;
use actix_web::http::StatusCode;
use actix_web::middleware::from_fn;
use actix_web::test::{call_service, init_service};
use actix_web::{App, Error, HttpResponse, error, web};
use airlock::prelude::*;

use crate::fixture::{World, enqueues, get, mail, panic_of, pause, poll, poll_once, refuses, ship};

/// Enqueues one sync and one async effect, and answers with the status in its path.
async fn answer(status: web::Path<u16>) -> HttpResponse {
    airlock::enqueue(mail(1));
    pause().await;
    airlock::enqueue(ship(2));
    HttpResponse::build(StatusCode::from_u16(*status).expect("it is a status")).finish()
}

#[actix_web::test]
async fn an_error_of_a_handler_ends_as_the_status_of_its_response() {
    async fn missing() -> Result<&'static str, Error> {
        airlock::enqueue(mail(1));
        Err(error::ErrorNotFound("none"))
    }
    let mut world = World::new();
    let app = App::new()
        .route("/", web::get().to(missing))
        .wrap(world.middleware());
    let response = call_service(&init_service(app).await, get("/")).await;
    assert_eq!(response.status(), StatusCode::NOT_FOUND);
    assert_eq!(world.reports(), ["failure: mail discarded"]);
}

/// An error that redirects the client.
#[derive(Debug)]
struct LogIn;

impl std::fmt::Display for LogIn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("log in first")
    }
}

impl actix_web::ResponseError for LogIn {
    fn status_code(&self) -> StatusCode {
        StatusCode::SEE_OTHER
    }
}

#[actix_web::test]
async fn an_error_that_redirects_flushes_and_a_boundary_on_its_handler_discards() {
    #[airlock::boundary(on_flush_error = |_| Err(LogIn))]
    async fn bounded() -> Result<&'static str, LogIn> {
        airlock::enqueue(mail(2));
        Err(LogIn)
    }
    async fn handler() -> Result<&'static str, LogIn> {
        airlock::enqueue(mail(1));
        bounded().await
    }
    let mut world = World::new();
    let app = App::new().route("/", web::get().to(handler));
    let app = init_service(app.wrap(world.middleware())).await;
    let response = call_service(&app, get("/")).await;
    assert_eq!(response.status(), StatusCode::SEE_OTHER);
    assert_eq!(
        world.reports(),
        ["failure: mail discarded", "success: mail dispatched"]
    );
    assert_eq!(world.log.lines(), ["mail 1"]);
}

#[actix_web::test]
async fn a_route_that_is_missing_discards() {
    let mut world = World::new();
    let app = App::new().wrap(from_fn(enqueues)).wrap(world.middleware());
    let response = call_service(&init_service(app).await, get("/nowhere")).await;
    assert_eq!(response.status(), StatusCode::NOT_FOUND);
    assert_eq!(world.reports(), ["failure: mail discarded"]);
}

#[actix_web::test]
async fn an_extractor_that_refuses_discards() {
    let mut world = World::new();
    let app = App::new()
        .route("/{status}", web::get().to(answer))
        .wrap(from_fn(enqueues))
        .wrap(world.middleware());
    let response = call_service(&init_service(app).await, get("/abc")).await;
    assert_eq!(response.status(), StatusCode::NOT_FOUND);
    assert_eq!(world.reports(), ["failure: mail discarded"]);
}

#[actix_web::test]
async fn an_error_of_an_inner_middleware_discards_and_passes() {
    let mut world = World::new();
    let app = App::new()
        .route("/{status}", web::get().to(answer))
        .wrap(from_fn(refuses))
        .wrap(world.middleware());
    let app = init_service(app).await;
    let error = app.call(get("/200")).await.expect_err("it passes");
    assert_eq!(
        error.as_response_error().status_code(),
        StatusCode::FORBIDDEN
    );
    assert_eq!(
        world.reports(),
        ["failure: mail discarded, mail discarded, ship discarded"]
    );
}

#[actix_web::test]
async fn a_panic_discards_awaits_what_is_marked_and_goes_on() {
    async fn explode() -> &'static str {
        airlock::enqueue(mail(1));
        airlock::enqueue(ship(2).on_failure());
        airlock::enqueue(ship(3).always());
        pause().await;
        panic!("boom");
    }
    let mut world = World::new();
    let app = App::new()
        .route("/", web::get().to(explode))
        .wrap(world.middleware());
    let app = init_service(app).await;
    let message = panic_of(async move {
        let _ = app.call(get("/")).await;
    });
    assert_eq!(message.await, "boom");
    assert_eq!(
        world.reports(),
        ["panic: mail discarded, ship dispatched, ship dispatched"]
    );
    assert_eq!(world.log.lines(), ["ship 2", "ship 3"]);
    assert!(airlock::current().is_none());
}

#[actix_web::test]
async fn a_panic_before_the_first_poll_discards() {
    let mut world = World::new();
    let app = App::new().route("/{status}", web::get().to(answer));
    let app = app.wrap_fn(|request, service| {
        airlock::enqueue(mail(1));
        assert!(request.path() != "/200", "boom");
        service.call(request)
    });
    let app = init_service(app.wrap(world.middleware())).await;
    let message = panic_of(async move {
        let _ = app.call(get("/200")).await;
    });
    assert_eq!(message.await, "boom");
    assert_eq!(world.reports(), ["panic: mail discarded"]);
    assert!(airlock::current().is_none());
}

#[actix_web::test]
async fn the_sync_part_of_a_call_is_in_the_scope() {
    let mut world = World::new();
    let app = App::new().route("/{status}", web::get().to(answer));
    let app = app.wrap_fn(|request, service| {
        airlock::enqueue(mail(0));
        service.call(request)
    });
    let app = init_service(app.wrap(world.middleware())).await;
    call_service(&app, get("/200")).await;
    assert_eq!(world.log.lines(), ["mail 0", "mail 1", "ship 2"]);
    assert_eq!(world.reports().len(), 1);
}

#[actix_web::test]
async fn a_client_that_has_gone_discards_and_destructors_cannot_enqueue() {
    struct Enqueues(Rc<Cell<bool>>);
    impl Drop for Enqueues {
        fn drop(&mut self) {
            self.0.set(airlock::try_enqueue(mail(2)).is_err());
        }
    }
    let refused = Rc::new(Cell::new(false));
    let handler = {
        let refused = refused.clone();
        move || {
            let held = Enqueues(refused.clone());
            async move {
                let _held = held;
                airlock::enqueue(mail(1));
                std::future::pending::<()>().await;
                "never"
            }
        }
    };
    let mut world = World::new();
    let app = App::new()
        .route("/", web::get().to(handler))
        .wrap(world.middleware());
    let app = init_service(app).await;
    assert!(poll_once(app.call(get("/"))).is_none());
    assert!(refused.get(), "the destructor ran and was refused");
    assert_eq!(world.reports(), ["cancelled: mail discarded"]);
    assert!(airlock::current().is_none());
}

#[actix_web::test]
async fn a_request_that_somebody_elses_panic_drops_is_cancelled() {
    for (polled, report) in [(true, "cancelled: mail discarded"), (false, "cancelled:")] {
        let mut world = World::new();
        let app = App::new().route("/", web::get().to(stay));
        let app = init_service(app.wrap(world.middleware())).await;
        let message = panic_of(async move {
            let mut call = Box::pin(app.call(get("/")));
            assert!(!polled || poll(call.as_mut()).is_none());
            panic!("somebody else's");
        });
        assert_eq!(message.await, "somebody else's");
        assert_eq!(world.reports(), [report]);
    }
}

async fn stay() -> &'static str {
    airlock::enqueue(mail(1));
    std::future::pending().await
}

#[actix_web::test]
async fn a_client_that_has_gone_before_the_first_poll_discards() {
    let mut world = World::new();
    let app = App::new().route("/{status}", web::get().to(answer));
    let app = app.wrap_fn(|request, service| {
        airlock::enqueue(mail(0));
        service.call(request)
    });
    let app = init_service(app.wrap(world.middleware())).await;
    drop(app.call(get("/200")));
    assert_eq!(world.reports(), ["cancelled: mail discarded"]);
}

#[actix_web::test]
async fn interleaved_requests_never_see_each_others_intents() {
    async fn handler(n: web::Path<u32>) -> String {
        for _ in 0..3 {
            airlock::enqueue(mail(*n));
            pause().await;
        }
        let scope = airlock::current().expect("there is one");
        let seen = scope.enqueued::<crate::fixture::Mail>();
        seen.iter().map(|mail| mail.n.to_string()).collect()
    }
    let mut world = World::new();
    let app = App::new()
        .route("/{n}", web::get().to(handler))
        .wrap(world.middleware());
    let app = init_service(app).await;
    let mut calls: Vec<_> = (1..=5)
        .map(|n| Box::pin(app.call(get(&format!("/{n}")))))
        .collect();
    let mut bodies = Vec::new();
    while !calls.is_empty() {
        calls.retain_mut(|call| {
            let Some(response) = poll(call.as_mut()) else {
                return true;
            };
            bodies.push(response.expect("it succeeds").into_body());
            false
        });
        assert!(airlock::current().is_none());
    }
    let mut seen = Vec::new();
    for body in bodies {
        seen.push(actix_web::body::to_bytes(body).await.expect("it ends"));
    }
    assert_eq!(seen, ["111", "222", "333", "444", "555"]);
    assert_eq!(world.reports().len(), 5);
}
