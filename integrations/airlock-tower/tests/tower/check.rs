//! The check for routes without a scope.

use airlock::lifecycle::ReleaseAll;
use airlock::tower::{ScopeLayer, check_scopes};
use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use axum::routing::{any, get, post};
use tower::ServiceExt;

use crate::fixture::{World, mail};

async fn mails() -> StatusCode {
    airlock::enqueue(mail(1));
    StatusCode::OK
}

#[tokio::test]
async fn routes_and_fallbacks_that_were_added_after_the_layer_are_found() {
    let world = World::new();
    let inner = Router::new().route("/{id}", get(mails));
    let app = Router::new()
        .route("/", post(mails))
        .route("/all", any(mails))
        .nest("/orders", inner)
        .layer(ScopeLayer::new().airlock(&world.airlock))
        .route("/late", get(mails))
        .nest("/late", Router::new().route("/{id}", get(mails)))
        .fallback(mails);
    check_scopes(&app, ["/", "/all", "/orders/7"])
        .await
        .expect("each has a scope");
    let missing = check_scopes(&app, ["/", "/late", "/orders/7", "/late/7", "/nowhere"]).await;
    let missing = missing.expect_err("three have none");
    assert_eq!(missing.paths(), ["/late", "/late/7", "/nowhere"]);
    let told = missing.to_string();
    assert!(
        told.starts_with("no scope is opened for `/late`, `/late/7`, `/nowhere`: "),
        "{told}"
    );
    assert!(told.contains(".layer(ScopeLayer::new())` last"), "{told}");
    assert!(world.log.lines().is_empty(), "a check has no effects");
}

#[tokio::test]
async fn a_client_cannot_ask_for_a_check() {
    let world = World::new();
    let layer = ScopeLayer::new().airlock(&world.airlock);
    let app: Router = Router::new().route("/", any(mails)).layer(layer);
    let request = Request::builder().method("AIRLOCK-CHECK").uri("/");
    let request = request.body(Body::empty()).expect("a request");
    app.oneshot(request).await.expect("axum never fails");
    assert_eq!(
        world.log.lines(),
        ["mail 1"],
        "it is a request like any other"
    );
}

#[tokio::test]
async fn an_enqueue_outside_of_the_layer_is_told_the_likeliest_remedy_first() {
    drop(
        Router::<()>::new()
            .route("/", get(mails))
            .layer(ScopeLayer::new()),
    );
    let error = airlock::try_enqueue(mail(1)).expect_err("no scope is open");
    let told = error.to_string();
    let (_, remedy) = told
        .split_once("no scope is open here: ")
        .expect("it says so");
    assert!(
        remedy.starts_with("`ScopeLayer` covers the routes"),
        "{remedy}"
    );
}

/// A boundary, whose scope is within the layer's.
#[airlock::boundary(on_flush_error = log)]
async fn bounded() -> Result<(), airlock::FlushError> {
    airlock::enqueue(mail(1));
    Ok(())
}

#[tokio::test]
async fn a_check_has_no_effects_though_the_layer_releases() {
    let world = World::new();
    let handler = async || {
        bounded()
            .await
            .map_or(StatusCode::BAD_GATEWAY, |()| StatusCode::OK)
    };
    let layer = ScopeLayer::new()
        .airlock(&world.airlock)
        .lifecycle(ReleaseAll);
    let app: Router = Router::new().route("/", any(handler)).layer(layer);
    check_scopes(&app, ["/"]).await.expect("it has a scope");
    assert!(world.log.lines().is_empty());
}

#[tokio::test]
async fn what_is_no_path_is_missing() {
    let app: Router = Router::new().layer(ScopeLayer::new());
    let missing = check_scopes(&app, ["late", "http://elsewhere"]).await;
    let missing = missing.expect_err("neither is a path");
    assert_eq!(missing.paths(), ["late", "http://elsewhere"]);
}
