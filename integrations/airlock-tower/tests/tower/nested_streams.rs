//! Layers within layers, after the response: the scope of the body, and the order in which scopes end.

use airlock::lifecycle::{Outcome, ReleaseAll};
use airlock::policy::drop_all;
use airlock::prelude::*;
use airlock::tower::{AfterResponse, ScopeLayer};
use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn, map_response};
use axum::response::{IntoResponse, Response};
use tower::ServiceExt;

use crate::after_response::{after, streamed};
use crate::fixture::{World, app, call, get, mail, ship, status, text};

async fn streams() -> Body {
    airlock::enqueue(mail(0));
    Body::from_stream(streamed())
}

fn route() -> ScopeLayer<AfterResponse> {
    ScopeLayer::new().name("route").after_response()
}

#[tokio::test]
async fn the_body_runs_in_the_innermost_scope_which_ends_with_it() {
    let mut world = World::new();
    let app = app(streams).layer(route());
    let response = call(app.layer(after(&world).name("all"))).await;
    assert!(world.ended_by_now().is_empty());
    text(response.into_body()).await;
    let route = "route success: mail captured, mail captured, mail captured, mail captured";
    assert_eq!(world.ended().await, route);
    let all = "all success: mail dispatched, mail dispatched, mail dispatched, mail dispatched";
    assert_eq!(world.ended().await, all);
}

#[tokio::test]
async fn r10_the_policy_of_a_route_holds_for_its_body_too() {
    let mut world = World::new();
    let app = app(streams).layer(route().policy(drop_all()));
    let response = call(app.layer(after(&world).name("all"))).await;
    text(response.into_body()).await;
    world.ended().await;
    let all = "all success: mail dropped, mail dropped, mail dropped, mail dropped";
    assert_eq!(world.ended().await, all);
}

#[tokio::test]
async fn an_outer_layer_that_releases_lets_the_inner_one_dispatch_with_the_body() {
    let mut world = World::new();
    let app = app(streams).layer(route());
    let all = after(&world).name("all").lifecycle(ReleaseAll);
    text(call(app.layer(all)).await.into_body()).await;
    let route = "route success: mail dispatched, mail dispatched, mail dispatched, mail dispatched";
    assert_eq!(world.ended().await, route);
    assert_eq!(world.ended().await, "all success: ");
}

#[tokio::test]
async fn within_a_scope_that_ends_before_the_response_nothing_is_lost() {
    let mut world = World::new();
    let handler = async || airlock::enqueue(mail(0)).to_string();
    let route = ScopeLayer::new().name("route").after_response();
    let all = ScopeLayer::new().airlock(&world.airlock).name("all");
    assert_eq!(status(app(handler).layer(route).layer(all)).await, 200);
    let expected = [
        "route success: mail captured",
        "all success: mail dispatched",
    ];
    assert_eq!(world.ended_by_now(), expected);
    assert!(world.unhandled.lines().is_empty());
}

/// Turns a response into a failure but keeps its body.
async fn spoil(response: Response) -> Response {
    (StatusCode::BAD_GATEWAY, response.into_body()).into_response()
}

#[tokio::test]
async fn what_a_route_holds_is_discarded_when_the_response_becomes_a_failure_on_its_way() {
    let spoiled = |app: Router, all: ScopeLayer<AfterResponse>| {
        (app.layer(map_response(spoil)).layer(all), 502_u16)
    };
    let judged = |app: Router, all: ScopeLayer<AfterResponse>| {
        let all = all.flush_when(|_, outcome| outcome != Outcome::Success);
        (app.layer(all), 200)
    };
    for fails in [&spoiled as &dyn Fn(_, _) -> _, &judged] {
        let mut world = World::new();
        let all = after(&world).name("all");
        let tasks = all.tasks();
        let (app, status) = fails(app(streams).layer(route()), all);
        let response = call(app).await;
        assert_eq!(response.status().as_u16(), status);
        assert_eq!(text(response.into_body()).await, "1;2;3;");
        let route = "route success: mail captured, mail captured, mail captured, mail captured";
        assert_eq!(world.ended().await, route);
        let all = "all failure: mail discarded, mail discarded, mail discarded, mail discarded";
        assert_eq!(world.ended().await, all);
        assert!(world.unhandled.lines().is_empty());
        assert_eq!(tasks.failed(), 0);
    }
}

#[tokio::test]
async fn what_a_route_has_marked_leaves_when_the_response_becomes_a_failure_on_its_way() {
    let mut world = World::new();
    let handler = async || {
        airlock::enqueue(mail(1).always());
        airlock::enqueue(ship(2).on_failure());
    };
    let app = app(handler).layer(route()).layer(map_response(spoil));
    text(call(app.layer(after(&world).name("all"))).await.into_body()).await;
    let route = "route success: mail captured, ship captured";
    assert_eq!(world.ended().await, route);
    assert_eq!(
        world.ended().await,
        "all failure: mail dispatched, ship dispatched"
    );
}

#[tokio::test]
async fn a_response_that_is_replaced_ends_the_scope_of_its_body_first() {
    let mut world = World::new();
    let replace = map_response(async |_: Response| StatusCode::BAD_GATEWAY);
    let app = app(streams).layer(route()).layer(replace);
    let response = call(app.layer(after(&world).name("all"))).await;
    assert_eq!(response.status(), 502);
    let expected = [
        "route success: mail captured",
        "all failure: mail discarded",
    ];
    assert_eq!(world.ended_by_now(), expected, "nothing waits for a body");
}

#[tokio::test]
async fn a_client_that_leaves_while_a_response_is_held_back_discards_it() {
    let mut world = World::new();
    let holds_back = from_fn(async |request: Request, next: Next| {
        let response = next.run(request).await;
        std::future::pending::<()>().await;
        response
    });
    let app = app(streams).layer(route()).layer(holds_back);
    let mut call = Box::pin(app.layer(after(&world).name("all")).oneshot(get("/")));
    let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
    assert!(call.as_mut().poll(&mut cx).is_pending());
    drop(call);
    let expected = [
        "route success: mail captured",
        "all cancelled: mail discarded",
    ];
    assert_eq!(world.ended_by_now(), expected);
    assert!(world.unhandled.lines().is_empty());
}

#[tokio::test]
async fn a_service_that_the_handler_calls_ends_its_scope_with_the_body_that_is_passed_on() {
    let mut world = World::new();
    let service = app(streams).layer(route());
    let handler = async move || {
        let response = service.oneshot(get("/")).await;
        response.expect("axum never fails").into_body()
    };
    let response = call(app(handler).layer(after(&world).name("all"))).await;
    assert!(world.ended_by_now().is_empty());
    text(response.into_body()).await;
    let route = "route success: mail captured, mail captured, mail captured, mail captured";
    assert_eq!(world.ended().await, route);
    let all = "all success: mail dispatched, mail dispatched, mail dispatched, mail dispatched";
    assert_eq!(world.ended().await, all);
}
