//! The request's scope as an extractor.

use airlock::tower::{NoRequestScope, RequestScope, ScopeLayer};
use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use tower::ServiceExt;

use crate::fixture::{World, app, call, get, mail, status};
use airlock_test_support::errors_of;

#[tokio::test]
async fn a_handler_extracts_the_scope_of_its_request() {
    let mut world = World::new();
    let handler = async |RequestScope(scope): RequestScope| {
        assert_eq!(scope.name(), Some("request"));
        let task = tokio::spawn(scope.bind(async { airlock::enqueue(mail(1)) }));
        task.await.expect("it does not panic");
        assert_eq!(scope.len(), 1);
    };
    let app = app(handler).layer(ScopeLayer::new().airlock(&world.airlock));
    assert_eq!(status(app).await, 200);
    assert_eq!(world.ended_by_now(), ["request success: mail dispatched"]);
}

#[tokio::test]
async fn without_a_layer_the_extractor_answers_a_problem_and_logs_what_to_do() {
    let handler = async |_: RequestScope| "never";
    let mut response = None;
    let errors = errors_of(async { response = Some(call(app(handler)).await) }).await;
    let response = response.expect("it was called");
    assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
    let content_type = &response.headers()["content-type"];
    assert_eq!(content_type, "application/problem+json");
    let [error] = &errors[..] else {
        panic!("one error: {errors:?}");
    };
    assert!(error.contains("route=\"/\""), "{error}");
    assert!(error.contains("add `ScopeLayer`"), "{error}");
    let (mut parts, _) = get("/").into_parts();
    let rejected = RequestScope::from_request_parts(&mut parts, &()).await;
    assert_eq!(rejected.err(), Some(NoRequestScope));
}

#[tokio::test]
async fn a_scope_in_the_extensions_reaches_a_handler_on_another_task() {
    let mut world = World::new();
    let handler = async |RequestScope(scope): RequestScope| {
        assert!(airlock::current().is_none(), "a task inherits nothing");
        scope.enter(|| airlock::enqueue(mail(1)));
    };
    let inner = app(handler);
    let moved = tower::service_fn(move |request| {
        let task = tokio::spawn(inner.clone().oneshot(request));
        async { task.await.expect("it does not panic") }
    });
    let layer = ScopeLayer::new().airlock(&world.airlock).share_scope();
    let app = axum::Router::new().fallback_service(moved).layer(layer);
    assert_eq!(call(app).await.status(), 200);
    assert_eq!(world.ended_by_now(), ["request success: mail dispatched"]);
}

#[tokio::test]
async fn of_two_layers_the_inner_ones_scope_is_extracted() {
    let world = World::new();
    let handler = async |RequestScope(scope): RequestScope| {
        assert_eq!(scope.name(), Some("route"));
        assert_eq!(
            scope.parent().as_ref().and_then(|scope| scope.name()),
            Some("all")
        );
    };
    let app = app(handler).layer(ScopeLayer::new().name("route"));
    let all = ScopeLayer::new().airlock(&world.airlock).name("all");
    assert_eq!(status(app.clone().layer(all.clone())).await, 200);
    assert_eq!(status(app.layer(all.share_scope())).await, 200);
}
