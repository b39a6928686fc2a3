//! Connections that are kept alive, multiplexed, broken or shut down.

use std::sync::Arc;

use airlock::tower::ScopeLayer;
use axum::Router;
use axum::extract::{Path, Request};
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn};
use axum::routing::get;
use tokio::net::TcpListener;
use tokio::sync::{Notify, Semaphore};

use super::{connect, http1, http2, serve};
use crate::fixture::{
    World, app, gated, gated_world, get as get_request, hang_guard, mail, ship, text,
};

/// Answers with the status in its path.
async fn answer(Path(code): Path<u16>) -> StatusCode {
    airlock::enqueue(mail(code.into()));
    tokio::task::yield_now().await;
    airlock::enqueue(ship(code.into()));
    StatusCode::from_u16(code).expect("a status")
}

fn answers() -> Router {
    Router::new().route("/{code}", get(answer))
}

#[tokio::test]
async fn each_request_of_a_connection_that_is_kept_alive_has_its_own_scope() {
    let mut world = World::new();
    let layer = ScopeLayer::new().airlock(&world.airlock);
    for layered in [
        answers().layer(layer.clone()),
        answers().layer(layer.after_response()),
    ] {
        let mut client = http1(serve(layered).await).await;
        for (code, fate) in [(200, "success"), (500, "failure"), (202, "success")] {
            let path = format!("/{code}");
            let response = client
                .send_request(get_request(&path))
                .await
                .expect("answered");
            assert_eq!(response.status(), code);
            text(response.into_body()).await;
            assert!(
                world
                    .ended()
                    .await
                    .starts_with(&format!("request {fate}: "))
            );
        }
    }
    let once = ["mail 200", "ship 200", "mail 202", "ship 202"];
    assert_eq!(world.log.lines(), [once, once].concat());
}

#[tokio::test]
async fn each_stream_of_an_http2_connection_has_its_own_scope() {
    let mut world = World::new();
    let layer = ScopeLayer::new().airlock(&world.airlock);
    let client = http2(serve(answers().layer(layer)).await).await;
    let codes: Vec<u16> = (200..=206).chain(400..=405).collect();
    let calls = codes.iter().map(|code| {
        let (mut client, path) = (client.clone(), format!("/{code}"));
        async move { client.send_request(get_request(&path)).await }
    });
    for (code, response) in codes
        .iter()
        .zip(futures_util::future::join_all(calls).await)
    {
        assert_eq!(response.expect("answered").status(), *code);
        world.ended().await;
    }
    let mut done = world.log.lines();
    done.sort();
    let expected: Vec<_> = ["mail", "ship"]
        .iter()
        .flat_map(|effect| (200..=206).map(move |code| format!("{effect} {code}")))
        .collect();
    assert_eq!(done, expected);
}

/// Returns an app whose handler signals that it has started and then waits for the semaphore.
fn waiting() -> (Router, Arc<Notify>, Arc<Semaphore>) {
    let (begun, gate) = (Arc::new(Notify::new()), Arc::new(Semaphore::new(0)));
    let (told, waits) = (begun.clone(), gate.clone());
    let handler = async move || {
        airlock::enqueue(mail(1));
        told.notify_one();
        drop(waits.acquire().await);
    };
    (app(handler), begun, gate)
}

#[tokio::test]
async fn a_client_that_closes_its_connection_cancels_the_request() {
    let mut world = World::new();
    let (app, begun, _gate) = waiting();
    let address = serve(app.layer(ScopeLayer::new().airlock(&world.airlock))).await;
    let mut stream = connect(address).await;
    tokio::io::AsyncWriteExt::write_all(&mut stream, b"GET / HTTP/1.1\r\nhost: here\r\n\r\n")
        .await
        .expect("sent");
    hang_guard(begun.notified()).await;
    drop(stream);
    assert_eq!(world.ended().await, "request cancelled: mail discarded");
}

#[tokio::test]
async fn a_client_that_resets_an_http2_stream_cancels_the_request() {
    let mut world = World::new();
    let (app, begun, _gate) = waiting();
    let address = serve(app.layer(ScopeLayer::new().airlock(&world.airlock))).await;
    let mut client = http2(address).await;
    let call = tokio::spawn(client.send_request(get_request("/")));
    hang_guard(begun.notified()).await;
    call.abort();
    assert_eq!(world.ended().await, "request cancelled: mail discarded");
}

/// Sends a notification when it is dropped.
struct Gone(Arc<Notify>);

impl Drop for Gone {
    fn drop(&mut self) {
        self.0.notify_one();
    }
}

#[tokio::test]
async fn a_shielded_request_outlives_its_connection() {
    let mut world = World::new();
    let (app, begun, gate) = waiting();
    let gone = Arc::new(Notify::new());
    let noticed = gone.clone();
    let app = app.layer(ScopeLayer::new().airlock(&world.airlock).shield());
    let app = app.layer(from_fn(move |request: Request, next: Next| {
        let gone = Gone(noticed.clone());
        async move {
            let _gone = gone;
            next.run(request).await
        }
    }));
    let mut client = http1(serve(app).await).await;
    let call = tokio::spawn(async move { client.send_request(get_request("/")).await });
    hang_guard(begun.notified()).await;
    call.abort();
    hang_guard(gone.notified()).await; // The server has dropped the request.
    assert!(world.ended_by_now().is_empty());
    gate.add_permits(1);
    assert_eq!(world.ended().await, "request success: mail dispatched");
}

#[tokio::test]
async fn a_panic_closes_its_connection_and_the_server_goes_on() {
    let mut world = World::new();
    let handler = async |Path(code): Path<u16>| {
        airlock::enqueue(mail(1));
        assert_ne!(code, 500, "on purpose");
    };
    let app = Router::new().route("/{code}", get(handler));
    let address = serve(app.layer(ScopeLayer::new().airlock(&world.airlock))).await;
    let broken = http1(address).await.send_request(get_request("/500")).await;
    assert!(broken.is_err());
    assert_eq!(world.ended().await, "request panic: mail discarded");
    let whole = http1(address).await.send_request(get_request("/200")).await;
    assert_eq!(whole.expect("answered").status(), 200);
    assert_eq!(world.ended().await, "request success: mail dispatched");
}

#[tokio::test]
async fn a_graceful_shutdown_loses_no_flush() {
    let (mut world, gate) = gated_world();
    let handler = async || airlock::enqueue(gated()).to_string();
    let layer = ScopeLayer::new().airlock(&world.airlock).after_response();
    let tasks = layer.tasks();
    let listener = TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a port is free");
    let address = listener.local_addr().expect("it is bound");
    let stop = Arc::new(Notify::new());
    let stopped = stop.clone();
    let server = tokio::spawn(async move {
        axum::serve(listener, app(handler).layer(layer))
            .with_graceful_shutdown(async move { stopped.notified().await })
            .await
    });
    let mut client = http1(address).await;
    let response = client
        .send_request(get_request("/"))
        .await
        .expect("answered");
    text(response.into_body()).await;
    stop.notify_one();
    drop(client);
    hang_guard(server)
        .await
        .expect("no panic")
        .expect("it ends");
    gate.reached().await;
    assert_eq!(tasks.running(), 1);
    assert!(
        world.ended_by_now().is_empty(),
        "the server has ended first"
    );
    gate.open();
    hang_guard(tasks.drained()).await;
    let expected = ["request success: gated dispatched"];
    assert_eq!(world.ended_by_now(), expected);
}
