//! Middlewares within middlewares, and within other scopes (R8).

use actix_web::body::{MessageBody, to_bytes};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::middleware::{Next, from_fn};
use actix_web::test::{call_service, init_service};
use actix_web::{App, Error, HttpResponse, web};
use airlock::FlushError;
use airlock::executor::Recorder;
use airlock::lifecycle::ReleaseAll;
use airlock::policy::drop_all;
use airlock_actix::ScopeMiddleware;

use crate::fixture::{Mail, World, enqueues, forbids, get, mail, ship};

async fn answer() -> &'static str {
    airlock::enqueue(mail(1));
    airlock::enqueue(ship(2));
    "done"
}

fn inner() -> ScopeMiddleware {
    ScopeMiddleware::new().name("inner")
}

#[actix_web::test]
async fn a_middleware_of_a_resource_or_a_scope_is_captured_by_the_apps() {
    let mut world = World::new();
    let resource = web::resource("/orders")
        .wrap(inner())
        .route(web::get().to(answer));
    let api = web::scope("/api").wrap(inner()).service(resource);
    let app = init_service(App::new().service(api).wrap(world.middleware())).await;
    call_service(&app, get("/api/orders")).await;
    assert_eq!(
        world.reports(),
        [
            "success: mail captured, ship captured",
            "success: mail captured, ship captured",
            "success: mail dispatched, ship dispatched",
        ]
    );
    assert_eq!(world.log.lines(), ["mail 1", "ship 2"]);
}

#[actix_web::test]
async fn the_outermost_decides_by_the_status_that_it_sees() {
    let mut world = World::new();
    let app = App::new().route("/", web::get().to(answer)).wrap(inner());
    let app = init_service(app.wrap(from_fn(forbids)).wrap(world.middleware())).await;
    call_service(&app, get("/")).await;
    assert_eq!(
        world.reports(),
        [
            "success: mail captured, ship captured",
            "failure: mail discarded, ship discarded",
        ]
    );
}

#[actix_web::test]
async fn an_inner_one_that_discards_touches_nothing_of_the_outer_ones() {
    let mut world = World::new();
    let app = App::new().route("/", web::get().to(answer));
    let app = app
        .wrap(inner().flush_when(|_, _| false))
        .wrap(from_fn(enqueues));
    let app = init_service(app.wrap(world.middleware())).await;
    call_service(&app, get("/")).await;
    assert_eq!(
        world.reports(),
        [
            "failure: mail discarded, ship discarded",
            "success: mail dispatched"
        ]
    );
    assert_eq!(world.log.lines(), ["mail 0"]);
}

#[actix_web::test]
async fn policies_and_executors_of_inner_ones_survive_capture() {
    let mut world = World::new();
    let recorder = Recorder::new();
    let orders = web::resource("/orders").wrap(inner().policy(drop_all()));
    let jobs = web::resource("/jobs").wrap(inner().executor(recorder.clone()));
    let app = App::new()
        .service(orders.route(web::get().to(answer)))
        .service(jobs.route(web::get().to(answer)));
    let app = init_service(app.wrap(world.middleware())).await;
    call_service(&app, get("/orders")).await;
    assert_eq!(world.reports()[1], "success: mail dropped, ship dropped");
    call_service(&app, get("/jobs")).await;
    assert_eq!(
        world.reports()[1],
        "success: mail dispatched, ship dispatched"
    );
    assert_eq!(recorder.enqueued::<Mail>().len(), 1);
    assert!(world.log.lines().is_empty());
}

#[actix_web::test]
async fn an_outer_one_that_releases_lets_the_inner_one_dispatch() {
    let mut world = World::new();
    let app = App::new().route("/", web::get().to(answer)).wrap(inner());
    let app = init_service(app.wrap(world.middleware().lifecycle(ReleaseAll))).await;
    call_service(&app, get("/")).await;
    assert_eq!(
        world.reports(),
        ["success: mail dispatched, ship dispatched", "success:"]
    );
}

#[actix_web::test]
async fn an_inner_one_ends_before_the_response_if_the_outer_one_does() {
    let mut world = World::new();
    let app = App::new().route("/", web::get().to(answer));
    let app = app.wrap(inner().after_response());
    let app = init_service(app.wrap(world.middleware())).await;
    let response = call_service(&app, get("/")).await;
    assert_eq!(
        world.reports(),
        [
            "success: mail captured, ship captured",
            "success: mail dispatched, ship dispatched",
        ]
    );
    drop(response);
    assert!(world.reports().is_empty());
}

#[actix_web::test]
async fn an_inner_one_waits_for_the_body_if_the_outer_one_does() {
    for read in [true, false] {
        let mut world = World::new();
        let app = App::new().route("/", web::get().to(answer));
        let app = app.wrap(inner().policy(drop_all()).after_response());
        let app = init_service(app.wrap(world.middleware().after_response())).await;
        let response = call_service(&app, get("/")).await;
        assert!(world.reports().is_empty());
        if read {
            to_bytes(response.into_body()).await.expect("it ends");
        } else {
            drop(response);
        }
        assert_eq!(
            world.report().await,
            "success: mail captured, ship captured"
        );
        assert_eq!(world.report().await, "success: mail dropped, ship dropped");
    }
}

/// A middleware that turns the response into a failure but keeps its body.
async fn breaks<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let mut response = next.call(request).await?;
    *response.response_mut().status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
    Ok(response)
}

#[actix_web::test]
async fn an_outer_one_that_fails_discards_what_the_body_held_for_it() {
    for read in [true, false] {
        let mut world = World::new();
        let outer = world.middleware().after_response();
        let tasks = outer.tasks();
        let app = App::new().route("/", web::get().to(answer));
        let app = app.wrap(inner().after_response());
        let app = init_service(app.wrap(from_fn(breaks)).wrap(outer)).await;
        let response = call_service(&app, get("/")).await;
        assert!(world.reports().is_empty());
        if read {
            to_bytes(response.into_body()).await.expect("it ends");
        } else {
            drop(response);
        }
        assert_eq!(
            world.reports(),
            [
                "success: mail captured, ship captured",
                "failure: mail discarded, ship discarded",
            ]
        );
        assert_eq!((world.unhandled(), tasks.failed()), (0, 0));
    }
}

#[actix_web::test]
async fn an_outer_one_waits_for_any_within_it_that_waits() {
    let mut world = World::new();
    let app = App::new().route("/", web::get().to(answer));
    let refuses = || inner().after_response().flush_when(|_, _| false);
    let app = app.wrap(refuses()).wrap(from_fn(enqueues));
    let app = app.wrap(inner().after_response()).wrap(refuses());
    let app = init_service(app.wrap(world.middleware().after_response())).await;
    let response = call_service(&app, get("/")).await;
    assert_eq!(world.reports(), ["failure: mail discarded, ship discarded"]);
    drop(response);
    assert_eq!(
        world.reports(),
        [
            "success: mail captured",
            "failure: mail discarded",
            "success:",
        ]
    );
    assert_eq!(world.unhandled(), 0);
}

#[actix_web::test]
async fn an_outer_one_that_fails_after_an_inner_one_has_ended_does_not_wait() {
    let mut world = World::new();
    let app = App::new().route("/", web::get().to(answer));
    let app = app.wrap(inner().after_response()).wrap(from_fn(forbids));
    let app = init_service(app.wrap(world.middleware().after_response())).await;
    let response = call_service(&app, get("/")).await;
    assert_eq!(
        world.reports(),
        [
            "success: mail captured, ship captured",
            "failure: mail discarded, ship discarded",
        ]
    );
    drop(response);
    assert!(world.reports().is_empty());
}

#[actix_web::test]
async fn an_inner_one_before_the_response_within_one_that_waits_is_captured_at_the_response() {
    let mut world = World::new();
    let app = App::new().route("/", web::get().to(answer)).wrap(inner());
    let app = init_service(app.wrap(world.middleware().after_response())).await;
    let response = call_service(&app, get("/")).await;
    assert_eq!(world.reports(), ["success: mail captured, ship captured"]);
    to_bytes(response.into_body()).await.expect("it ends");
    assert_eq!(
        world.report().await,
        "success: mail dispatched, ship dispatched"
    );
}

#[actix_web::test]
async fn within_any_other_scope_it_is_captured_at_the_response() {
    let mut world = World::new();
    let app = App::new().route("/", web::get().to(answer));
    let app = init_service(app.wrap(ScopeMiddleware::new().after_response())).await;
    let ended = world.airlock.scope().run_infallible_async(async |scope| {
        let response = call_service(&app, get("/")).await;
        assert_eq!(scope.count::<Mail>(), 1);
        response
    });
    let ended = ended.await.expect("it succeeds");
    assert_eq!(ended.report.dispatched().count(), 2);
    drop(ended.value);
    assert_eq!(
        world.reports(),
        [
            "success: mail captured, ship captured",
            "success: mail dispatched, ship dispatched",
        ]
    );
}

#[actix_web::test]
async fn a_boundary_on_the_handler_is_captured_and_the_status_decides() {
    #[airlock::boundary]
    async fn charge(status: u16) -> Result<u16, FlushError> {
        airlock::enqueue(mail(1));
        Ok(status)
    }
    async fn handler(status: web::Path<u16>) -> HttpResponse {
        let status = charge(*status).await.expect("it succeeds");
        HttpResponse::build(status.try_into().expect("it is a status")).finish()
    }
    let mut world = World::new();
    let app = App::new().route("/{status}", web::get().to(handler));
    let app = init_service(app.wrap(world.middleware())).await;
    call_service(&app, get("/200")).await;
    assert_eq!(
        world.reports(),
        ["success: mail captured", "success: mail dispatched"]
    );
    call_service(&app, get("/404")).await;
    assert_eq!(
        world.reports(),
        ["success: mail captured", "failure: mail discarded"]
    );
}

#[actix_web::test]
async fn an_airlock_given_to_an_inner_one_takes_it_out_of_the_outer_ones_reach() {
    let (mut outer, mut own) = (World::new(), World::new());
    let app = App::new().route("/", web::get().to(answer));
    let app = app.wrap(inner().airlock(&own.airlock));
    let app = init_service(app.wrap(outer.middleware())).await;
    call_service(&app, get("/")).await;
    assert_eq!(own.reports(), ["success: mail dispatched, ship dispatched"]);
    assert_eq!(outer.reports(), ["success:"]);
}
