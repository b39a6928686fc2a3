//! The origin of a request's intents (R4).

use airlock::tower::ScopeLayer;
use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::Request;
use axum::routing::{get, post};
use tower::{Layer, ServiceExt};

use crate::fixture::{Log, World};

const TRACE: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

/// Logs its origin, including the trace.
#[airlock::effect]
fn tell(#[resource] log: &Log) {
    let origin = airlock::current().and_then(|scope| scope.origin());
    log.add(origin.map_or_else(|| "none".to_owned(), |origin| format!("{origin:?}")));
}

async fn tells() {
    airlock::enqueue(tell());
}

async fn send(app: Router, request: axum::http::request::Builder) {
    let request = request.body(Body::empty()).expect("it is a request");
    let response = app.oneshot(request).await;
    assert!(response.is_ok_and(|response| response.status() == 200));
}

#[tokio::test]
async fn an_intent_carries_method_and_matched_route_of_its_request() {
    let world = World::new();
    let app = Router::new().route("/orders/{id}", post(tells));
    let app = Router::new().nest("/api", app);
    let app = app.layer(ScopeLayer::new().airlock(&world.airlock));
    send(app, Request::post("/api/orders/7")).await;
    assert_eq!(world.log.lines(), ["Origin(POST /api/orders/{id})"]);
}

#[tokio::test]
async fn a_trace_parent_is_kept() {
    let world = World::new();
    let app = Router::new().route("/", get(tells));
    let app = app.layer(ScopeLayer::new().airlock(&world.airlock));
    send(app, Request::get("/").header("traceparent", TRACE)).await;
    assert_eq!(world.log.lines(), [format!("Origin(GET /, {TRACE})")]);
}

#[tokio::test]
async fn a_trace_parent_that_is_none_is_not_kept() {
    let world = World::new();
    let app = Router::new().route("/", get(tells));
    let app = app.layer(ScopeLayer::new().airlock(&world.airlock));
    send(app, Request::get("/").header("traceparent", "<script>")).await;
    assert_eq!(world.log.lines(), ["Origin(GET /)"]);
}

#[tokio::test]
async fn outside_of_the_router_no_route_has_matched_and_no_path_is_shown() {
    let world = World::new();
    let app = Router::new().route("/users/{mail}", get(tells));
    let layered = ScopeLayer::new().airlock(&world.airlock).layer(app);
    let request = Request::get("/users/ada@example.org").body(Body::empty());
    let called = layered.oneshot(request.expect("it is a request"));
    assert_eq!(called.await.expect("it succeeds").status(), 200);
    assert_eq!(world.log.lines(), ["Origin(GET)"]);
}

#[tokio::test]
async fn a_route_can_be_told() {
    let world = World::new();
    let layer = ScopeLayer::new().airlock(&world.airlock);
    let layer = layer.route(|uri, _| Some(uri.path().to_owned().into()));
    let app = Router::new().fallback(tells).layer(layer);
    send(app, Request::post("/shop.Orders/Place")).await;
    assert_eq!(world.log.lines(), ["Origin(POST /shop.Orders/Place)"]);
}

#[tokio::test]
async fn a_layer_within_keeps_the_origin_unless_it_knows_the_route() {
    let world = World::new();
    let route = |route: &'static str| {
        let layer = ScopeLayer::new().airlock(&world.airlock);
        layer.route(move |_, _| Some(route.into()))
    };
    let inner = ScopeLayer::new().name("inner");
    // No router matches a route here.
    let knows_none = inner.layer(tower::service_fn(async |_: Request<Body>| {
        tells().await;
        Ok::<_, std::convert::Infallible>(axum::http::Response::new(Body::empty()))
    }));
    let given = route("/shop.Orders/Place").layer(knows_none);
    let request = Request::post("/shop.Orders/Place").header("traceparent", TRACE);
    let request = request.body(Body::empty()).expect("it is a request");
    given.oneshot(request).await.expect("it succeeds");
    let knows_one = Router::new().route("/{id}", get(tells)).layer(inner);
    send(knows_one.layer(route("elsewhere")), Request::get("/7")).await;
    let expected = [
        format!("Origin(POST /shop.Orders/Place, {TRACE})"),
        "Origin(GET /{id})".to_owned(),
    ];
    assert_eq!(world.log.lines(), expected);
}

#[tokio::test]
async fn the_origin_stands_in_the_report() {
    let (send_report, report) = std::sync::mpsc::channel();
    let world = World::with(|builder| {
        builder.on_report(move |report| {
            let line = report.to_string().lines().next().map(str::to_owned);
            send_report.send(line).expect("the test runs");
        })
    });
    let app = Router::new().route("/orders/{id}", post(tells));
    let app = app.layer(ScopeLayer::new().airlock(&world.airlock));
    send(app, Request::post("/orders/7")).await;
    let line = report.recv().expect("one").expect("a line");
    assert_eq!(line, "scope request (POST /orders/{id}), success: 1 intent");
}

#[airlock::boundary]
async fn nested() -> Result<(), airlock::FlushError> {
    airlock::enqueue(tell());
    Ok(())
}

#[tokio::test]
async fn boundaries_within_the_request_pass_it_on() {
    let world = World::new();
    let handler = async |State(twice): State<bool>| {
        nested().await.expect("captured");
        if twice {
            nested().await.expect("captured");
        }
    };
    let app = Router::new().route("/", get(handler)).with_state(true);
    let app = app.layer(ScopeLayer::new().airlock(&world.airlock));
    send(app, Request::get("/")).await;
    assert_eq!(world.log.lines(), ["Origin(GET /)", "Origin(GET /)"]);
}
