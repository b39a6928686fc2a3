//! Layers within layers, and boundaries within them (R8).

use airlock::FlushError;
use airlock::lifecycle::ReleaseAll;
use airlock::policy::drop_all;
use airlock::tower::ScopeLayer;
use axum::http::StatusCode;
use axum::routing::get;
use tower::ServiceExt;

use crate::fixture::{World, app, get as get_request, mail, ship, status, text};

async fn mails() {
    airlock::enqueue(mail(1));
}

#[tokio::test]
async fn a_layer_within_another_is_captured_by_it() {
    let mut world = World::new();
    let app = app(mails).layer(ScopeLayer::new().name("route"));
    let app = app.layer(ScopeLayer::new().airlock(&world.airlock).name("all"));
    assert_eq!(status(app).await, 200);
    let expected = [
        "route success: mail captured",
        "all success: mail dispatched",
    ];
    assert_eq!(world.ended_by_now(), expected);
    assert_eq!(world.log.lines(), ["mail 1"]);
}

#[tokio::test]
async fn the_policy_of_a_route_holds_although_the_outer_layer_dispatches() {
    let mut world = World::new();
    let app = app(mails).layer(ScopeLayer::new().name("route").policy(drop_all()));
    let app = app.layer(ScopeLayer::new().airlock(&world.airlock).name("all"));
    assert_eq!(status(app).await, 200);
    let expected = ["route success: mail captured", "all success: mail dropped"];
    assert_eq!(world.ended_by_now(), expected);
}

#[tokio::test]
async fn a_layer_in_between_that_turns_success_into_failure_discards() {
    let mut world = World::new();
    let app = app(mails).layer(ScopeLayer::new().name("route"));
    let spoil =
        axum::middleware::map_response(async |_: axum::response::Response| StatusCode::BAD_GATEWAY);
    let app = app.layer(spoil);
    let app = app.layer(ScopeLayer::new().airlock(&world.airlock).name("all"));
    assert_eq!(status(app).await, 502);
    let expected = [
        "route success: mail captured",
        "all failure: mail discarded",
    ];
    assert_eq!(world.ended_by_now(), expected);
}

#[tokio::test]
async fn an_outer_layer_that_releases_lets_a_route_dispatch() {
    let mut world = World::new();
    let app = app(mails).layer(ScopeLayer::new().name("route"));
    let outer = ScopeLayer::new().airlock(&world.airlock).name("all");
    assert_eq!(status(app.layer(outer.lifecycle(ReleaseAll))).await, 200);
    let expected = ["route success: mail dispatched", "all success: "];
    assert_eq!(world.ended_by_now(), expected);
}

#[airlock::boundary]
async fn place(order: u32) -> Result<(), FlushError> {
    airlock::enqueue(ship(order));
    Ok(())
}

#[tokio::test]
async fn the_request_decides_once_for_all_boundaries_within() {
    let mut world = World::new();
    let handler = async || {
        for order in 1..=2 {
            if place(order).await.is_err() {
                return StatusCode::INTERNAL_SERVER_ERROR;
            }
        }
        StatusCode::CONFLICT
    };
    let app = app(handler).layer(ScopeLayer::new().airlock(&world.airlock));
    assert_eq!(status(app).await, 409);
    let expected = [
        "place success: ship captured",
        "place success: ship captured",
        "request failure: ship discarded, ship discarded",
    ];
    assert_eq!(world.ended_by_now(), expected);
}

#[tokio::test]
async fn what_is_added_to_a_router_after_the_layer_is_outside() {
    let world = World::new();
    let layer = ScopeLayer::new().airlock(&world.airlock);
    let within = async || airlock::current().is_some().to_string();
    let app = app(within).layer(layer).route("/later", get(within));
    let app = app.fallback(within);
    for (path, scoped) in [("/", "true"), ("/later", "false"), ("/nowhere", "false")] {
        let response = app.clone().oneshot(get_request(path)).await;
        let response = response.unwrap_or_else(|error| match error {});
        assert_eq!(text(response.into_body()).await, scoped, "{path}");
    }
}
