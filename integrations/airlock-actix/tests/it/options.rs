//! The settings of the middleware.

use actix_web::body::to_bytes;
use actix_web::dev::Service as _;
use actix_web::http::StatusCode;
use actix_web::middleware::from_fn;
use actix_web::test::{TestRequest, call_service, init_service};
use actix_web::{App, HttpResponse, web};
use airlock::EnqueueErrorKind;
use airlock::executor::Recorder;
use airlock::lifecycle::{AlwaysFlush, NeverFlush, Outcome};
use airlock::policy::drop_all;
use airlock::prelude::*;
use airlock_actix::{RequestScope, ScopeMiddleware};

use crate::fixture::{Mail, World, fail, get, mail, panic_of, refuses, ship};
use airlock_test_support::errors_of;

async fn succeed() -> &'static str {
    airlock::enqueue(mail(1));
    airlock::enqueue(ship(2));
    "done"
}

async fn refuse() -> HttpResponse {
    airlock::enqueue(mail(1));
    HttpResponse::Conflict().finish()
}

#[actix_web::test]
async fn policy_executor_and_lifecycle_can_be_given() {
    let recorder = Recorder::new();
    for (middleware, report) in [
        (
            ScopeMiddleware::new().policy(drop_all()),
            "success: mail dropped, ship dropped",
        ),
        (
            ScopeMiddleware::new().executor(recorder.clone()),
            "success: mail dispatched, ship dispatched",
        ),
        (
            ScopeMiddleware::new().lifecycle(NeverFlush),
            "success: mail discarded, ship discarded",
        ),
    ] {
        let mut world = World::new();
        let app = App::new().route("/", web::get().to(succeed));
        let app = app.wrap(middleware.airlock(&world.airlock));
        call_service(&init_service(app).await, get("/")).await;
        assert_eq!(world.reports(), [report]);
        assert!(world.log.lines().is_empty());
    }
    assert_eq!(recorder.enqueued::<Mail>().len(), 1);
}

#[actix_web::test]
async fn the_airlock_around_the_call_holds_where_none_is_given() {
    let world = World::new();
    let app = App::new()
        .route("/", web::get().to(succeed))
        .wrap(ScopeMiddleware::new());
    let app = init_service(app).await;
    world.airlock.bind(call_service(&app, get("/"))).await;
    assert_eq!(world.log.lines(), ["mail 1", "ship 2"]);
}

#[actix_web::test]
async fn a_request_scope_has_a_name_and_may_have_another() {
    async fn name(RequestScope(scope): RequestScope) -> String {
        scope.name().unwrap_or_default().to_owned()
    }
    for (middleware, name_of_scope) in [
        (ScopeMiddleware::new(), "request"),
        (ScopeMiddleware::new().name("api"), "api"),
    ] {
        let app = App::new().route("/", web::get().to(name)).wrap(middleware);
        let response = call_service(&init_service(app).await, get("/")).await;
        assert_eq!(
            to_bytes(response.into_body()).await.expect("it ends"),
            name_of_scope
        );
    }
}

#[actix_web::test]
async fn flush_when_decides_about_responses() {
    let mut world = World::new();
    let middleware = world.middleware().flush_when(|head, outcome| {
        // The opposite of the default.
        match head.status {
            StatusCode::CONFLICT => assert_eq!(outcome, Outcome::Failure),
            _ => assert_eq!(outcome, Outcome::Success),
        }
        head.status == StatusCode::CONFLICT
    });
    let app = App::new()
        .route("/refuse", web::get().to(refuse))
        .route("/", web::get().to(succeed));
    let app = init_service(app.wrap(middleware)).await;
    assert_eq!(
        call_service(&app, get("/refuse")).await.status(),
        StatusCode::CONFLICT
    );
    assert_eq!(world.reports(), ["success: mail dispatched"]);
    assert_eq!(call_service(&app, get("/")).await.status(), StatusCode::OK);
    assert_eq!(world.reports(), ["failure: mail discarded, ship discarded"]);
}

#[actix_web::test]
async fn flush_when_for_decides_by_the_request_too() {
    let mut world = World::new();
    let middleware = world.middleware().flush_when_for(|request| {
        let rehearses = request.headers().contains_key("rehearse");
        move |head, outcome| !rehearses && head.status == 200 && outcome == Outcome::Success
    });
    let app = App::new().route("/", web::get().to(succeed));
    let app = init_service(app.wrap(middleware)).await;
    call_service(&app, get("/")).await;
    let dispatched = "success: mail dispatched, ship dispatched";
    assert_eq!(world.reports(), [dispatched]);
    let rehearsal = TestRequest::get().insert_header(("rehearse", "yes"));
    let response = call_service(&app, rehearsal.to_request()).await;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(world.reports(), ["failure: mail discarded, ship discarded"]);
}

#[actix_web::test]
async fn a_panic_of_flush_when_leaves_the_response_and_the_status_decides() {
    let mut world = World::new();
    let middleware = world.middleware();
    let middleware = middleware.flush_when(|_, _| panic!("no rule for that"));
    let app = App::new()
        .route("/refuse", web::get().to(refuse))
        .route("/", web::get().to(succeed));
    let app = init_service(app.wrap(middleware)).await;
    let told = errors_of(async {
        let response = call_service(&app, get("/")).await;
        assert_eq!(response.status(), StatusCode::OK);
        let reports = world.reports();
        assert_eq!(reports, ["success: mail dispatched, ship dispatched"]);
        let response = call_service(&app, get("/refuse")).await;
        assert_eq!(response.status(), StatusCode::CONFLICT);
        assert_eq!(world.reports(), ["failure: mail discarded"]);
    });
    let expected = r#" message=user code panicked what="flush_when" message="no rule for that""#;
    assert_eq!(told.await, [expected, expected]);
}

#[actix_web::test]
async fn a_panic_of_on_flush_error_is_answered_with_a_problem() {
    let mut world = World::new();
    let middleware = world.middleware();
    let middleware = middleware.on_flush_error(|_, _| panic!("no words"));
    let tasks = middleware.tasks();
    let app = App::new().route("/", web::get().to(cannot_flush));
    let app = init_service(app.wrap(middleware)).await;
    let told = errors_of(async {
        let response = call_service(&app, get("/")).await;
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert!(!response.headers().contains_key("x-secret"));
    });
    let expected = r#" message=user code panicked what="on_flush_error" message="no words""#;
    let told = told.await;
    assert!(told.iter().any(|line| line == expected), "{told:#?}");
    let expected = "success: mail dispatched, fail failed, ship not reached";
    assert_eq!(world.reports(), [expected]);
    assert_eq!(tasks.failed(), 1);
    assert_eq!(world.unhandled(), 2);
}

#[actix_web::test]
async fn what_on_flush_error_does_not_take_is_reported_as_unhandled() {
    let world = World::new();
    let middleware = world.middleware();
    let middleware = middleware.on_flush_error(|_, _| HttpResponse::ServiceUnavailable().finish());
    let app = App::new().route("/", web::get().to(cannot_flush));
    let app = init_service(app.wrap(middleware)).await;
    let response = call_service(&app, get("/")).await;
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(world.unhandled(), 2);
}

#[actix_web::test]
async fn one_failure_is_logged_once_with_its_cause() {
    let world = World::new();
    let app = App::new().route("/", web::get().to(cannot_flush));
    let app = init_service(app.wrap(world.middleware())).await;
    let logged = errors_of(async {
        let response = call_service(&app, get("/")).await;
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
    });
    let logged = logged.await;
    let [line] = &logged[..] else {
        panic!("one event: {logged:#?}");
    };
    assert!(
        line.contains("effect failed") && line.contains("no luck with the secret"),
        "{line}"
    );
}

#[actix_web::test]
async fn flush_when_is_not_asked_about_errors_and_panics_and_the_lifecycle_is() {
    let mut world = World::new();
    let middleware = world.middleware().lifecycle(AlwaysFlush);
    let middleware = middleware.flush_when(|_, _| unreachable!("there is no response"));
    let app = App::new()
        .route("/", web::get().to(refuse))
        .wrap(from_fn(refuses));
    let app = init_service(app.wrap(middleware)).await;
    assert!(app.call(get("/")).await.is_err());
    assert_eq!(
        world.reports(),
        ["failure: mail dispatched, mail dispatched"]
    );
    let message = panic_of(async move {
        let _ = app.call(get("/panic")).await;
    });
    assert_eq!(message.await, "boom");
    assert_eq!(world.reports(), ["panic: mail dispatched"]);
}

async fn cannot_flush() -> HttpResponse {
    airlock::enqueue(mail(1));
    airlock::enqueue(fail(42));
    airlock::enqueue(ship(3));
    HttpResponse::Created()
        .insert_header(("x-secret", "42"))
        .body("the secret is 42")
}

#[actix_web::test]
async fn a_failed_flush_becomes_a_problem_that_tells_nothing_and_is_reported_as_unhandled() {
    let mut world = World::new();
    let app = App::new()
        .route("/", web::get().to(cannot_flush))
        .wrap(world.middleware());
    let response = call_service(&init_service(app).await, get("/")).await;
    assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
    let content_type = response.headers().get("content-type");
    assert_eq!(
        content_type.expect("it is there"),
        "application/problem+json"
    );
    assert!(!response.headers().contains_key("x-secret"));
    let body = to_bytes(response.into_body()).await.expect("it ends");
    assert_eq!(
        body,
        r#"{"type":"about:blank","title":"Internal Server Error","status":500}"#
    );
    assert_eq!(
        world.reports(),
        ["success: mail dispatched, fail failed, ship not reached"]
    );
    assert_eq!(world.unhandled(), 2);
}

#[actix_web::test]
async fn on_flush_error_makes_the_response_and_owns_the_error() {
    let world = World::new();
    let middleware = world.middleware().on_flush_error(|error, request| {
        let path = request.path().to_owned();
        let returned = error.into_intents().len();
        HttpResponse::ServiceUnavailable().body(format!("{path}: {returned}"))
    });
    let app = App::new()
        .route("/order", web::get().to(cannot_flush))
        .wrap(middleware);
    let response = call_service(&init_service(app).await, get("/order")).await;
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(
        to_bytes(response.into_body()).await.expect("it ends"),
        "/order: 2"
    );
    assert_eq!(world.unhandled(), 0);
}

#[actix_web::test]
async fn a_flush_that_fails_after_a_failed_response_leaves_the_response_and_is_reported_as_unhandled()
 {
    async fn handler() -> HttpResponse {
        airlock::enqueue(fail(1).on_failure());
        HttpResponse::NotFound().body("no such order")
    }
    let world = World::new();
    let middleware = world
        .middleware()
        .on_flush_error(|_, _| unreachable!("nobody asks"));
    let app = App::new()
        .route("/", web::get().to(handler))
        .wrap(middleware);
    let response = call_service(&init_service(app).await, get("/")).await;
    assert_eq!(response.status(), StatusCode::NOT_FOUND);
    assert_eq!(
        to_bytes(response.into_body()).await.expect("it ends"),
        "no such order"
    );
    assert_eq!(world.unhandled(), 1);
}

#[actix_web::test]
async fn the_extractor_gives_the_requests_scope_which_can_be_handed_over() {
    async fn handler(RequestScope(scope): RequestScope) -> String {
        airlock::enqueue(mail(1));
        let spawned = actix_web::rt::spawn(scope.bind(async { airlock::enqueue(mail(2)) }));
        spawned.await.expect("no panic");
        scope.len().to_string()
    }
    let world = World::new();
    let app = App::new()
        .route("/", web::get().to(handler))
        .wrap(world.middleware());
    let response = call_service(&init_service(app).await, get("/")).await;
    assert_eq!(to_bytes(response.into_body()).await.expect("it ends"), "2");
    assert_eq!(world.log.lines(), ["mail 1", "mail 2"]);
}

#[actix_web::test]
async fn the_extractor_of_an_app_without_the_middleware_answers_500_and_tells_nothing() {
    async fn handler(_: RequestScope) -> &'static str {
        "never"
    }
    let app = init_service(App::new().route("/", web::get().to(handler))).await;
    let response = call_service(&app, get("/")).await;
    assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
    let error = response.response().error().expect("it is one");
    assert!(error.as_error::<airlock_actix::NoRequestScope>().is_some());
    let body = to_bytes(response.into_body()).await.expect("it ends");
    assert!(!String::from_utf8_lossy(&body).contains("scope"));
}

#[actix_web::test]
async fn without_the_middleware_a_handler_has_no_scope() {
    async fn handler() -> String {
        let refused = airlock::try_enqueue(mail(1)).expect_err("it is refused");
        matches!(refused.kind(), EnqueueErrorKind::NoScope).to_string()
    }
    let app = init_service(App::new().route("/", web::get().to(handler))).await;
    let response = call_service(&app, get("/")).await;
    assert_eq!(
        to_bytes(response.into_body()).await.expect("it ends"),
        "true"
    );
}

#[test]
fn one_middleware_can_be_cloned_into_every_worker() {
    fn shareable<T: Clone + Send + Sync + 'static>(_: &T) {}
    shareable(
        &ScopeMiddleware::new()
            .flush_when(|_, _| true)
            .policy(drop_all()),
    );
}

#[test]
fn the_inner_future_is_not_boxed() {
    type Response = actix_web::dev::ServiceResponse;
    type Large = std::future::Ready<(Result<Response, actix_web::Error>, [u8; 4096])>;
    type Exchange = airlock_actix::ActixExchange<()>;
    type Future = airlock_actix::ScopeFuture<Large, Exchange, actix_web::Error>;
    assert!(size_of::<Future>() > size_of::<Large>());
}

#[actix_web::test]
async fn a_policy_can_be_chosen_for_each_request() {
    async fn handler() -> &'static str {
        airlock::enqueue(mail(1));
        "done"
    }
    let mut world = World::new();
    let middleware = world.middleware();
    let middleware = middleware.policy_for(|request| {
        let is_dry = request.query_string() == "dry";
        is_dry.then(drop_all)
    });
    let app = App::new().route("/", web::get().to(handler));
    let app = init_service(app.wrap(middleware)).await;
    for (path, fate) in [
        ("/", "dispatched"),
        ("/?dry", "dropped"),
        ("/", "dispatched"),
    ] {
        call_service(&app, get(path)).await;
        assert_eq!(world.reports(), [format!("success: mail {fate}")]);
    }
}
