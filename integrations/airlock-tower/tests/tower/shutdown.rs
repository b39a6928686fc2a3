//! Shutdown of a server within a time limit.

use std::future::pending;
use std::io::{self, ErrorKind};
use std::time::Duration;

use airlock::tower::ScopeLayer;
use axum::http::{Request, Version};
use axum::response::Response;

use crate::fixture::{World, app, call, mail};

const LONG: Duration = Duration::from_secs(25);

async fn mails() {
    airlock::enqueue(mail(1));
}

fn connection(response: &Response) -> Option<&str> {
    response.headers().get("connection")?.to_str().ok()
}

#[tokio::test]
async fn responses_close_their_connections_once_the_shutdown_has_begun() {
    let world = World::new();
    let layer = ScopeLayer::new().airlock(&world.airlock);
    let shutdown = layer.shutdown();
    assert_eq!(
        connection(&call(app(mails).layer(layer.clone())).await),
        None
    );
    shutdown.begin();
    let response = call(app(mails).layer(layer.clone())).await;
    assert_eq!(connection(&response), Some("close"));
    let late = layer.after_response();
    let response = call(app(mails).layer(late)).await;
    assert_eq!(connection(&response), Some("close"));
}

#[tokio::test]
async fn responses_of_http_2_have_no_such_header() {
    use tower::ServiceExt;
    let world = World::new();
    let layer = ScopeLayer::new().airlock(&world.airlock);
    layer.shutdown().begin();
    let request = Request::get("/").version(Version::HTTP_2);
    let request = request.body(axum::body::Body::empty()).expect("a request");
    let response = app(mails).layer(layer).oneshot(request).await;
    assert_eq!(connection(&response.expect("infallible")), None);
}

#[tokio::test]
async fn an_upgrade_keeps_its_header() {
    async fn switches() -> axum::response::Response {
        let response = axum::http::Response::builder().status(101);
        let response = response.header("connection", "upgrade");
        response
            .body(axum::body::Body::empty())
            .expect("a response")
    }
    let world = World::new();
    let layer = ScopeLayer::new().airlock(&world.airlock);
    layer.shutdown().begin();
    let response = call(app(switches).layer(layer)).await;
    assert_eq!(connection(&response), Some("upgrade"));
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_begins_by_the_signal_and_waits_for_the_server_and_what_it_left() {
    let layer = ScopeLayer::new().shield();
    let (shutdown, requests) = (layer.shutdown(), layer.requests());
    let begun = shutdown.begun();
    let running = requests.token();
    let server = async {
        begun.await;
        tokio::spawn(async move {
            tokio::time::sleep(Duration::from_secs(7)).await;
            drop(running);
        });
        io::Result::Ok(())
    };
    let told = tokio::time::sleep(Duration::from_secs(100));
    let start = tokio::time::Instant::now();
    shutdown.run(server, told, LONG).await.expect("in time");
    assert_eq!(start.elapsed(), Duration::from_secs(107));
    assert!(shutdown.has_begun());
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_ends_within_its_bound() {
    let layer = ScopeLayer::new();
    let shutdown = layer.shutdown();
    let start = tokio::time::Instant::now();
    let ended = shutdown
        .run(pending::<io::Result<()>>(), async {}, LONG)
        .await;
    let error = ended.expect_err("the server hangs");
    assert_eq!(error.kind(), ErrorKind::TimedOut);
    assert_eq!(start.elapsed(), LONG);

    let running = layer.tasks().token();
    let ended = shutdown
        .run(async { io::Result::Ok(()) }, pending(), LONG)
        .await;
    let error = ended.expect_err("a flush hangs");
    let expected = "flushes had not ended within 25s: 0 shielded requests and 1 flushes are cancelled when the runtime ends";
    assert_eq!(error.to_string(), expected);
    assert_eq!(start.elapsed(), 2 * LONG);
    drop(running);
}

#[tokio::test]
async fn what_a_server_gives_by_itself_is_passed_on() {
    let shutdown = ScopeLayer::new().shutdown();
    let broken = async { Err(io::Error::other("no listener")) };
    let error = shutdown.run(broken, pending(), LONG).await;
    assert_eq!(
        error.expect_err("it is passed on").to_string(),
        "no listener"
    );
}
