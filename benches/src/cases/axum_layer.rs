//! The time of one request through axum's router with our layer and two effects, minus that of the
//! bare router, which does the same work directly.

use std::convert::Infallible;

use airlock::tower::{FlushTiming, ScopeLayer};
use axum::body::{Body, Bytes, HttpBody};
use axum::extract::Request;
use axum::routing::get;
use axum::{BoxError, Router};
use tower::util::MapRequestLayer;
use tower::{Service, ServiceExt};

use crate::harness::{Measured, race_in_pairs};
use crate::run::Places;
use crate::work::{act, record};

pub(super) const REQUESTS: usize = 100;

async fn ours() -> &'static str {
    airlock::enqueue(record(1, 7, 99));
    airlock::enqueue(record(2, 7, 99));
    "done"
}

async fn bare() -> &'static str {
    act(1, 7, 99);
    act(2, 7, 99);
    "done"
}

async fn nothing() -> &'static str {
    "done"
}

/// Returns the app with our layer.
pub(super) fn layered() -> Router {
    under(ScopeLayer::new())
}

/// Returns the app with our layer and no effects.
pub(super) fn without_effects() -> Router {
    let app = Router::new().route("/", get(nothing));
    app.layer(ScopeLayer::new()).with_state(())
}

/// Returns the app with a layer. `with_state` builds the router once, as `axum::serve` does,
/// instead of for each request.
pub(super) fn under<M>(layer: ScopeLayer<M>) -> Router
where
    M: FlushTiming<Body, Body: HttpBody<Data = Bytes, Error: Into<BoxError>> + Send + 'static>,
    M: Send + Sync + 'static,
{
    let app = Router::new().route("/", get(ours));
    app.layer(layer).with_state(())
}

/// Returns the app with a layer that does nothing. axum boxes and clones the service of any layer.
pub(super) fn idle() -> Router {
    let app = Router::new().route("/", get(bare));
    let layer = MapRequestLayer::new(std::convert::identity::<Request>);
    app.layer(layer).with_state(())
}

/// Returns the app without a layer.
pub(super) fn plain() -> Router {
    Router::new().route("/", get(bare)).with_state(())
}

/// Sends [`REQUESTS`] requests to the app, without a socket.
pub(super) async fn answer(router: &mut Router) {
    for _ in 0..REQUESTS {
        let request = Request::builder().uri("/").body(Body::empty());
        let request = request.unwrap_or_default();
        let service: &mut Router = ServiceExt::<Request>::ready(router)
            .await
            .unwrap_or_else(never);
        let response = service.call(request).await.unwrap_or_else(never);
        assert!(response.status().is_success());
    }
}

fn never<T>(error: Infallible) -> T {
    match error {}
}

pub(super) fn run(_: &Places) -> Result<Vec<Measured>, String> {
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    let runtime = runtime.map_err(|error| error.to_string())?;
    let (mut layered, mut idle, mut plain) = (layered(), idle(), plain());
    let (idle, bare, _) = race_in_pairs(
        || runtime.block_on(answer(&mut idle)),
        || runtime.block_on(answer(&mut plain)),
    );
    let idle = more("axum_idle_layer_ns", (idle, bare));
    let (ours, bare, _) = race_in_pairs(
        || runtime.block_on(answer(&mut layered)),
        || runtime.block_on(answer(&mut plain)),
    );
    let ours = more("axum_layer_ns", (ours, bare)).at_most_nanos(250.0);
    Ok(vec![idle, ours])
}

/// Measures the time that a layer adds to the bare app.
fn more(name: &str, (ours, peer): (f64, f64)) -> Measured {
    let times = (ours / REQUESTS as f64, peer / REQUESTS as f64);
    let mut measured = Measured::ratio(name, times, "ns per request");
    measured.value = times.0 - times.1;
    measured
}
