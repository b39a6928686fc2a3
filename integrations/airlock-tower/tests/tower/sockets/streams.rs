//! Bodies that are streamed over a socket.

use airlock::tower::ScopeLayer;
use airlock::try_enqueue;
use axum::body::{Body, Bytes};
use axum::response::sse::{Event, Sse};
use futures_util::StreamExt;
use futures_util::stream;
use http_body_util::BodyExt;

use super::{http1, http2, serve};
use crate::fixture::{World, app, gated, gated_world, get, hang_guard, mail, text};

type Chunk = Result<Bytes, std::io::Error>;

/// Streams three events, each of which tries to enqueue a mail.
async fn events() -> Sse<impl futures_util::Stream<Item = Result<Event, std::io::Error>>> {
    airlock::enqueue(mail(0));
    Sse::new(stream::iter(1..=3).map(|n| {
        let data = match try_enqueue(mail(n)) {
            Ok(_) => "accepted",
            Err(_) => "refused",
        };
        Ok(Event::default().data(data))
    }))
}

#[tokio::test]
async fn before_the_response_server_sent_events_cannot_enqueue() {
    let mut world = World::new();
    let address = serve(app(events).layer(ScopeLayer::new().airlock(&world.airlock))).await;
    let response = http1(address)
        .await
        .send_request(get("/"))
        .await
        .expect("answered");
    let body = text(response.into_body()).await;
    assert_eq!(body, "data: refused\n\n".repeat(3));
    assert_eq!(world.ended().await, "request success: mail dispatched");
}

#[tokio::test]
async fn after_the_response_what_server_sent_events_enqueue_leaves_at_their_end() {
    let mut world = World::new();
    let layer = ScopeLayer::new().airlock(&world.airlock).after_response();
    let address = serve(app(events).layer(layer)).await;
    let response = http1(address)
        .await
        .send_request(get("/"))
        .await
        .expect("answered");
    let body = text(response.into_body()).await;
    assert_eq!(body, "data: accepted\n\n".repeat(3));
    world.ended().await;
    assert_eq!(world.log.lines(), ["mail 0", "mail 1", "mail 2", "mail 3"]);
}

#[tokio::test]
async fn after_the_response_the_client_has_it_whole_while_the_effects_still_run() {
    let (mut world, gate) = gated_world();
    let handler = async || {
        airlock::enqueue(gated());
        "whole"
    };
    let layer = ScopeLayer::new().airlock(&world.airlock).after_response();
    let address = serve(app(handler).layer(layer)).await;
    let response = http1(address)
        .await
        .send_request(get("/"))
        .await
        .expect("answered");
    assert_eq!(hang_guard(text(response.into_body())).await, "whole");
    gate.reached().await;
    assert!(world.log.lines().is_empty());
    gate.open();
    assert_eq!(world.ended().await, "request success: gated dispatched");
}

#[tokio::test]
async fn before_the_response_the_client_waits_for_the_effects() {
    let (mut world, gate) = gated_world();
    let handler = async || {
        airlock::enqueue(gated());
        "whole"
    };
    let address = serve(app(handler).layer(ScopeLayer::new().airlock(&world.airlock))).await;
    let mut client = http1(address).await;
    let response = tokio::spawn(client.send_request(get("/")));
    gate.reached().await;
    // Meanwhile another request is served.
    let other = http1(address).await.send_request(get("/elsewhere")).await;
    assert_eq!(other.expect("answered").status(), 404);
    assert_eq!(world.ended().await, "request failure: ");
    assert!(!response.is_finished());
    gate.open();
    let response = hang_guard(response)
        .await
        .expect("no panic")
        .expect("answered");
    assert_eq!(world.ended_by_now(), ["request success: gated dispatched"]);
    assert_eq!(text(response.into_body()).await, "whole");
}

/// Returns a body that sends one chunk and then hangs.
async fn endless() -> Body {
    let first = stream::iter([()]).map(|()| {
        airlock::enqueue(mail(1));
        Chunk::Ok(Bytes::from("first"))
    });
    Body::from_stream(first.chain(stream::pending()))
}

#[tokio::test]
async fn after_the_response_a_client_that_leaves_a_stream_releases_the_scope() {
    let mut world = World::new();
    let layer = ScopeLayer::new().airlock(&world.airlock).after_response();
    let address = serve(app(endless).layer(layer)).await;
    let mut client = http1(address).await;
    let response = client.send_request(get("/")).await.expect("answered");
    let mut body = response.into_body();
    body.frame().await.expect("one").expect("whole");
    assert!(world.ended_by_now().is_empty());
    drop((body, client)); // Closes the connection.
    assert_eq!(world.ended().await, "request success: mail dispatched");
}

#[tokio::test]
async fn after_the_response_a_reset_of_an_http2_stream_releases_the_scope() {
    let mut world = World::new();
    let layer = ScopeLayer::new().airlock(&world.airlock).after_response();
    let address = serve(app(endless).layer(layer)).await;
    let mut client = http2(address).await;
    let response = client.send_request(get("/")).await.expect("answered");
    let mut body = response.into_body();
    body.frame().await.expect("one").expect("whole");
    drop(body); // Resets the stream; the connection stays.
    assert_eq!(world.ended().await, "request success: mail dispatched");
    assert!(!client.is_closed());
}
