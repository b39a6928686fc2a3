//! One request through axum's router with our layer and two effects, less the bare one that does the
//! same directly.

use std::convert::Infallible;

use airlock::tower::{Moment, ScopeLayer};
use axum::body::{Body, Bytes, HttpBody};
use axum::extract::Request;
use axum::routing::get;
use axum::{BoxError, Router};
use tower::{Service, ServiceExt};

use crate::harness::{Budget, Measured, race_in_pairs};
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

/// The app with our layer.
pub(super) fn layered() -> Router {
    under(ScopeLayer::new())
}

/// The app with a layer. `with_state` builds it once, as `axum::serve` does, and not for each request.
pub(super) fn under<M>(layer: ScopeLayer<M>) -> Router
where
    M: Moment<Body, Body: HttpBody<Data = Bytes, Error: Into<BoxError>> + Send + 'static>,
    M: Send + Sync + 'static,
{
    let app = Router::new().route("/", get(ours));
    app.layer(layer).with_state(())
}

/// The app without it.
pub(super) fn plain() -> Router {
    Router::new().route("/", get(bare)).with_state(())
}

/// Asks the app so many times, without a socket.
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
    let (mut layered, mut plain) = (layered(), plain());
    let (ours, peer, _) = race_in_pairs(
        || runtime.block_on(answer(&mut layered)),
        || runtime.block_on(answer(&mut plain)),
    );
    let times = (ours / REQUESTS as f64, peer / REQUESTS as f64);
    let mut measured = Measured::ratio("axum_layer_ns", times, "ns per request");
    measured.value = times.0 - times.1;
    Ok(vec![measured.budget(Budget::AtMost(250.0))])
}
