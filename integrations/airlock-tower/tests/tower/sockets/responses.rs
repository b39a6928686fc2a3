//! Special responses: without a body, before the final one, and upgrades.

use airlock::tower::ScopeLayer;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{Message, WebSocketUpgrade};
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode};
use axum::response::Response;
use axum::routing::{any, get};
use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_tungstenite::tungstenite;

use super::{connect, http1, serve};
use crate::fixture::{World, app, get as get_request, hang_guard, mail, routes, text};

async fn both(world: &World, app: axum::Router) -> [std::net::SocketAddr; 2] {
    let layer = ScopeLayer::new().airlock(&world.airlock);
    let before = serve(app.clone().layer(layer.clone())).await;
    [before, serve(app.layer(layer.after_response())).await]
}

#[tokio::test]
async fn head_flushes_although_no_body_is_sent() {
    let mut world = World::new();
    let handler = async || {
        airlock::enqueue(mail(1));
        "a body that HEAD does not get"
    };
    for address in both(&world, routes(get(handler))).await {
        let mut request = get_request("/");
        *request.method_mut() = Method::HEAD;
        let response = http1(address)
            .await
            .send_request(request)
            .await
            .expect("answered");
        assert_eq!(response.headers()["content-length"], "29");
        assert_eq!(text(response.into_body()).await, "");
        assert_eq!(world.ended().await, "request success: mail dispatched");
    }
}

#[tokio::test]
async fn statuses_without_a_body_flush() {
    let mut world = World::new();
    let handler = async |request: Request| {
        airlock::enqueue(mail(1));
        match request.uri().query() {
            Some("204") => StatusCode::NO_CONTENT,
            _ => StatusCode::NOT_MODIFIED,
        }
    };
    for address in both(&world, app(handler)).await {
        let mut client = http1(address).await;
        for (query, code) in [("/?204", 204), ("/?304", 304)] {
            let response = client
                .send_request(get_request(query))
                .await
                .expect("answered");
            assert_eq!(response.status(), code);
            assert_eq!(text(response.into_body()).await, "");
            assert_eq!(world.ended().await, "request success: mail dispatched");
        }
    }
}

#[tokio::test]
async fn an_informational_response_ends_nothing() {
    let mut world = World::new();
    let handler = async |body: String| {
        airlock::enqueue(mail(1));
        body
    };
    for address in both(&world, app(handler)).await {
        let mut stream = connect(address).await;
        let head = "POST / HTTP/1.1\r\nhost: here\r\ncontent-length: 5\r\nexpect: 100-continue\r\nconnection: close\r\n\r\n";
        stream.write_all(head.as_bytes()).await.expect("sent");
        let mut interim = [0; 25];
        hang_guard(stream.read_exact(&mut interim))
            .await
            .expect("told to go on");
        assert_eq!(&interim, b"HTTP/1.1 100 Continue\r\n\r\n");
        assert!(
            world.ended_by_now().is_empty(),
            "the handler waits for the body"
        );
        stream.write_all(b"hello").await.expect("sent");
        let mut rest = String::new();
        hang_guard(stream.read_to_string(&mut rest))
            .await
            .expect("answered");
        assert!(rest.starts_with("HTTP/1.1 200 OK\r\n"), "{rest}");
        assert_eq!(world.ended().await, "request success: mail dispatched");
        assert!(world.ended_by_now().is_empty(), "once");
    }
}

/// Answers with an upgrade. Each message has its own scope.
async fn chat(State(airlock): State<airlock::Airlock>, upgrade: WebSocketUpgrade) -> Response {
    airlock::enqueue(mail(0));
    upgrade.on_upgrade(async move |mut socket| {
        while let Some(Ok(Message::Text(text))) = socket.recv().await {
            let refused = airlock::try_enqueue(mail(1)).is_err();
            let scope = airlock.scope().name("message");
            let ended = scope
                .run_infallible_async(async |_| airlock::enqueue(mail(2)))
                .await;
            let answer = format!("{text} {refused} {}", ended.is_ok());
            if socket.send(Message::text(answer)).await.is_err() {
                return;
            }
        }
    })
}

#[tokio::test]
async fn an_upgrade_flushes_with_its_101_and_the_socket_opens_its_own_scopes() {
    let mut world = World::new();
    let router = routes(any(chat).with_state(world.airlock.clone()));
    for address in both(&world, router).await {
        let stream = connect(address).await;
        let client = tokio_tungstenite::client_async(format!("ws://{address}/"), stream);
        let (mut socket, response) = client.await.expect("upgraded");
        assert_eq!(response.status(), 101);
        assert_eq!(world.ended().await, "request success: mail dispatched");
        let hello = tungstenite::Message::text("hello");
        socket.send(hello).await.expect("sent");
        let answer = hang_guard(socket.next())
            .await
            .expect("one")
            .expect("a message");
        assert_eq!(answer.to_text().expect("text"), "hello true true");
        assert_eq!(world.ended().await, "message success: mail dispatched");
        socket.close(None).await.expect("closed");
        assert!(world.ended_by_now().is_empty());
    }
}

#[tokio::test]
async fn a_failed_upgrade_discards() {
    let mut world = World::new();
    let handler = async |upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>| {
        airlock::enqueue(mail(1));
        assert!(upgrade.is_err());
        StatusCode::UPGRADE_REQUIRED
    };
    let address = serve(app(handler).layer(ScopeLayer::new().airlock(&world.airlock))).await;
    let response = http1(address).await.send_request(get_request("/")).await;
    assert_eq!(response.expect("answered").status(), 426);
    assert_eq!(world.ended().await, "request failure: mail discarded");
}
