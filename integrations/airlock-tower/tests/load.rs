//! Load test: 20,000 requests over 64 connections to axum, each in a separate scope. The effects of the
//! requests that succeed run exactly once each, in order, and no others run.
//!
//! An unshielded request whose client disconnects ends in one of three ways:
//!
//! - The server drops the handler at the await where it notices, and no effect runs.
//! - The server notices after the flush, and all effects have run.
//! - The server cuts short a flush that awaits, and the intents that were not reached are handed back.
//!
//! After the response, no flush is cut short. With a shield, all effects of a request that has reached its
//! handler run, however the client disconnects.

use std::sync::Arc;

use airlock::tower::ScopeLayer;
use airlock_test_traffic::{OnClose, Refused, Told, Traffic, stopped};
use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::get;
use tokio::net::TcpListener;
use tokio::sync::Notify;

type Answer = (StatusCode, String);

async fn handle(
    State(traffic): State<Arc<Traffic>>,
    Path(request): Path<u32>,
) -> Result<Answer, Answer> {
    let answer = |status| {
        let status = StatusCode::from_u16(status).expect("a status");
        (status, request.to_string())
    };
    let handled = traffic.handle(request).await;
    handled
        .map(answer)
        .map_err(|Refused| answer(Refused::STATUS))
}

async fn serve(told: Told) {
    let traffic = Traffic::new(OnClose::Stops, told);
    let app = Router::new()
        .route("/{request}", get(handle))
        .with_state(traffic.clone());
    let layer = ScopeLayer::new().airlock(&traffic.airlock);
    let shield = layer.clone().shield();
    let (requests, tasks) = (shield.requests(), shield.tasks());
    let app = match told {
        Told::BeforeResponse => app.layer(layer),
        Told::AfterResponse => app.layer(layer.after_response()),
        Told::Shield => app.layer(shield),
    };
    let listener = TcpListener::bind("127.0.0.1:0").await;
    let listener = listener.expect("a port is free");
    let address = listener.local_addr().expect("it is bound");
    let stop = Arc::new(Notify::new());
    let told = stop.clone();
    let server = tokio::spawn(async move {
        let server = axum::serve(listener, app);
        server
            .with_graceful_shutdown(async move { told.notified().await })
            .await
    });
    traffic.drive(address).await;
    stop.notify_one();
    let served = stopped(server).await.expect("no panic");
    served.expect("it ends");
    stopped(requests.drained()).await;
    stopped(tasks.drained()).await;
    traffic.verify();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn exactly_the_effects_of_the_requests_that_succeed_run_on_axum() {
    serve(Told::BeforeResponse).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn exactly_the_effects_of_the_requests_that_succeed_run_on_axum_after_the_response() {
    serve(Told::AfterResponse).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn exactly_the_effects_of_the_requests_that_succeed_run_on_axum_behind_a_shield() {
    serve(Told::Shield).await;
}
