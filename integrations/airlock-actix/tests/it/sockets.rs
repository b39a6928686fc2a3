//! HTTP/1 over loopback sockets.

use std::future::ready;
use std::io;
use std::sync::{Arc, Mutex};

use actix_web::http::StatusCode;
use actix_web::web::{Bytes, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse, web};
use airlock_actix::ScopeMiddleware;
use futures_util::{StreamExt as _, stream};
use tokio::sync::{Semaphore, mpsc};

use crate::fixture::{World, mail, ship};
use crate::server::{Client, OnClose, Server};

/// Returns a middleware for each flush timing.
fn both(world: &World) -> [ScopeMiddleware; 2] {
    [world.middleware(), world.middleware().after_response()]
}

/// Answers with the status in its path, and with a body if the status allows one.
async fn answer(path: web::Path<(u16, u32)>) -> HttpResponse {
    let (status, n) = path.into_inner();
    airlock::enqueue(mail(n));
    crate::fixture::pause().await;
    airlock::enqueue(ship(n));
    let status = StatusCode::from_u16(status).expect("it is a status");
    let mut response = HttpResponse::build(status);
    match status.as_u16() {
        204 | 304 => response.finish(),
        _ => response.body(format!("number {n}")),
    }
}

fn routes(config: &mut ServiceConfig) {
    config
        .route("/{status}/{n}", web::get().to(answer))
        .route("/{status}/{n}", web::head().to(answer));
}

const DONE: &str = "success: mail dispatched, ship dispatched";
const DISCARDED: &str = "failure: mail discarded, ship discarded";

#[actix_web::test]
async fn requests_of_one_connection_have_a_scope_each() {
    for after in [false, true] {
        let mut world = World::new();
        let server = Server::start(both(&world)[usize::from(after)].clone(), routes);
        let mut client = server.connect().await;
        for (n, status) in [200, 404, 201, 500, 200].into_iter().enumerate() {
            let answer = client.get(&format!("/{status}/{n}")).await;
            assert_eq!(
                (answer.status, answer.body),
                (status, format!("number {n}"))
            );
            let report = if status < 400 { DONE } else { DISCARDED };
            assert_eq!(world.report().await, report);
        }
        assert_eq!(
            world.log.lines(),
            ["mail 0", "ship 0", "mail 2", "ship 2", "mail 4", "ship 4"]
        );
        server.stop().await;
    }
}

#[actix_web::test]
async fn requests_in_a_pipeline_have_a_scope_each() {
    for after in [false, true] {
        let mut world = World::new();
        let server = Server::start(both(&world)[usize::from(after)].clone(), routes);
        let mut client = server.connect().await;
        let ask = |path| format!("GET {path} HTTP/1.1\r\nhost: test\r\n\r\n");
        client
            .send(&[ask("/200/1"), ask("/400/2"), ask("/200/3")].concat())
            .await;
        for (status, n) in [(200, 1), (400, 2), (200, 3)] {
            let answer = client.answer().await;
            assert_eq!(
                (answer.status, answer.body),
                (status, format!("number {n}"))
            );
        }
        let mut reports = [
            world.report().await,
            world.report().await,
            world.report().await,
        ];
        reports.sort();
        assert_eq!(reports, [DISCARDED, DONE, DONE]);
        server.stop().await;
    }
}

#[actix_web::test]
async fn responses_without_a_body_flush_and_keep_the_connection() {
    for after in [false, true] {
        let mut world = World::new();
        let server = Server::start(both(&world)[usize::from(after)].clone(), routes);
        let mut client = server.connect().await;
        for (method, path, status) in [
            ("HEAD", "/200/1", 200),
            ("GET", "/304/2", 304),
            ("GET", "/204/3", 204),
            ("HEAD", "/304/4", 304),
        ] {
            client.ask(method, path).await;
            assert_eq!(client.head().await.status, status);
            assert_eq!(world.report().await, DONE, "{method} {path}");
        }
        client.ask("HEAD", "/404/5").await;
        assert_eq!(client.head().await.status, 404);
        assert_eq!(world.report().await, DISCARDED);
        assert_eq!(client.get("/200/6").await.body, "number 6");
        server.stop().await;
    }
}

/// The source of server-sent events. Each event enqueues a mail if a scope is open.
struct Events(Mutex<Option<mpsc::UnboundedReceiver<u32>>>);

async fn events(events: web::Data<Events>) -> HttpResponse {
    airlock::enqueue(mail(0));
    let numbers = events
        .0
        .lock()
        .expect("no panic")
        .take()
        .expect("one request");
    let numbers = stream::unfold(numbers, |mut numbers| async move {
        Some((numbers.recv().await?, numbers))
    });
    let events = numbers.map(|n| {
        let scope = airlock::try_enqueue(mail(n)).is_ok();
        Ok::<_, io::Error>(Bytes::from(format!("data: {n} {scope}\n\n")))
    });
    HttpResponse::Ok()
        .content_type("text/event-stream")
        .streaming(events)
}

fn event_routes() -> (
    mpsc::UnboundedSender<u32>,
    impl FnOnce(&mut ServiceConfig) + Clone + Send + 'static,
) {
    let (send, receive) = mpsc::unbounded_channel();
    let data = web::Data::new(Events(Mutex::new(Some(receive))));
    let routes = |config: &mut ServiceConfig| {
        config.app_data(data).route("/", web::get().to(events));
    };
    (send, routes)
}

#[actix_web::test]
async fn before_the_response_events_stream_after_the_flush_and_outside_the_scope() {
    let mut world = World::new();
    let (send, routes) = event_routes();
    let server = Server::start(world.middleware(), routes);
    let mut client = server.connect().await;
    client.ask("GET", "/").await;
    assert_eq!(client.head().await.status, 200);
    assert_eq!(world.report().await, "success: mail dispatched");
    for n in [1, 2] {
        send.send(n).expect("it streams");
        assert_eq!(client.chunk().await, Some(format!("data: {n} false\n\n")));
    }
    drop(send);
    assert_eq!(client.chunk().await, None);
    server.stop().await;
    assert!(world.reports().is_empty());
}

#[actix_web::test]
async fn after_the_response_events_belong_to_the_request_which_flushes_at_their_end() {
    let mut world = World::new();
    let (send, routes) = event_routes();
    let server = Server::start(world.middleware().after_response(), routes);
    let mut client = server.connect().await;
    client.ask("GET", "/").await;
    assert_eq!(client.head().await.status, 200);
    for n in [1, 2] {
        send.send(n).expect("it streams");
        assert_eq!(client.chunk().await, Some(format!("data: {n} true\n\n")));
        assert!(world.reports().is_empty());
    }
    drop(send);
    assert_eq!(client.chunk().await, None);
    assert_eq!(
        world.report().await,
        "success: mail dispatched, mail dispatched, mail dispatched"
    );
    server.stop().await;
}

#[actix_web::test]
async fn after_the_response_a_client_that_goes_within_the_body_releases_what_there_is() {
    let mut world = World::new();
    let (send, routes) = event_routes();
    let server = Server::start(world.middleware().after_response(), routes);
    let mut client = server.connect().await;
    client.ask("GET", "/").await;
    client.head().await;
    send.send(1).expect("it streams");
    client.chunk().await.expect("an event");
    drop(client);
    // The server notices the disconnect when it writes.
    let report = loop {
        let _ = send.send(2);
        tokio::select! {
            biased;
            report = world.report() => break report,
            () = tokio::task::yield_now() => {}
        }
    };
    assert!(
        report.starts_with("success: mail dispatched, mail dispatched"),
        "{report}"
    );
    server.stop().await;
}

/// Signals between a test and a handler.
struct Gate {
    started: mpsc::UnboundedSender<()>,
    open: Semaphore,
}

/// Enqueues, signals that it has started, and waits until the gate opens.
async fn wait(gate: web::Data<Gate>) -> &'static str {
    airlock::enqueue(mail(1));
    gate.started.send(()).expect("the test listens");
    let _open = gate.open.acquire().await;
    "answered"
}

/// Starts a server and a request, which waits at the gate.
async fn waiting(middleware: ScopeMiddleware, close: OnClose) -> (Server, Client, web::Data<Gate>) {
    let (started, mut has_started) = mpsc::unbounded_channel();
    let open = Semaphore::new(0);
    let gate = web::Data::new(Gate { started, open });
    let data = gate.clone();
    let routes = |config: &mut ServiceConfig| {
        config.app_data(data).route("/", web::get().to(wait));
    };
    let server = Server::start_with(middleware, close, routes);
    let mut client = server.connect().await;
    client.ask("GET", "/").await;
    has_started.recv().await.expect("the handler runs");
    (server, client, gate)
}

#[actix_web::test]
async fn a_client_that_closes_does_not_stop_the_handler_unless_the_server_says_so() {
    for after in [false, true] {
        let mut world = World::new();
        let middleware = both(&world)[usize::from(after)].clone();
        let (server, client, gate) = waiting(middleware.clone(), OnClose::RunsOn).await;
        drop(client);
        gate.open.add_permits(1);
        assert_eq!(world.report().await, "success: mail dispatched");
        server.stop().await;

        let (server, client, _gate) = waiting(middleware, OnClose::Stops).await;
        drop(client);
        assert_eq!(world.report().await, "cancelled: mail discarded");
        server.stop().await;
    }
}

#[actix_web::test]
async fn a_client_that_breaks_the_connection_before_the_response_discards() {
    for after in [false, true] {
        let mut world = World::new();
        let middleware = both(&world)[usize::from(after)].clone();
        let (server, client, _gate) = waiting(middleware, OnClose::RunsOn).await;
        client.reset();
        assert_eq!(world.report().await, "cancelled: mail discarded");
        server.stop().await;
    }
}

#[actix_web::test]
async fn a_shielded_handler_outlives_its_connection() {
    for after in [false, true] {
        for breaks in [false, true] {
            let mut world = World::new();
            let middleware = both(&world)[usize::from(after)].clone();
            let requests = middleware.clone().shield().requests();
            let (mut server, client, gate) = waiting(middleware, OnClose::Shielded).await;
            match breaks {
                true => client.reset(),
                false => drop(client),
            }
            server.has_given_up().await;
            assert_eq!((requests.running(), world.reports().len()), (1, 0));
            gate.open.add_permits(1);
            requests.drained().await;
            assert_eq!(world.report().await, "success: mail dispatched");
            server.stop().await;
        }
    }
}

#[actix_web::test]
async fn a_panic_closes_the_connection_discards_and_leaves_the_server_alive() {
    async fn explode() -> HttpResponse {
        airlock::enqueue(mail(1));
        crate::fixture::pause().await;
        panic!("boom")
    }
    for after in [false, true] {
        let mut world = World::new();
        let all = |config: &mut ServiceConfig| {
            config
                .route("/panic", web::get().to(explode))
                .configure(routes);
        };
        let server = Server::start(both(&world)[usize::from(after)].clone(), all);
        let mut client = server.connect().await;
        client.ask("GET", "/panic").await;
        assert_eq!(client.closed().await, 0);
        assert_eq!(world.report().await, "panic: mail discarded");
        assert_eq!(server.connect().await.get("/200/1").await.status, 200);
        assert_eq!(world.report().await, DONE);
        server.stop().await;
    }
}

/// Upgrades the connection and echoes what it reads until the client disconnects.
async fn echo(_: HttpRequest, payload: web::Payload) -> HttpResponse {
    airlock::enqueue(mail(1));
    let read = payload.take_while(|chunk| ready(chunk.is_ok()));
    let mut response = HttpResponse::SwitchingProtocols();
    response.upgrade("websocket").streaming(read)
}

#[actix_web::test]
async fn an_upgrade_is_a_success_whose_body_lasts_as_long_as_the_connection() {
    for after in [false, true] {
        let mut world = World::new();
        let routes = |config: &mut ServiceConfig| {
            config.route("/", web::get().to(echo));
        };
        let server = Server::start(both(&world)[usize::from(after)].clone(), routes);
        let mut client = server.connect().await;
        client
            .send(
                "GET / HTTP/1.1\r\nhost: test\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n",
            )
            .await;
        assert_eq!(client.head().await.status, 101);
        if !after {
            assert_eq!(world.report().await, "success: mail dispatched");
        }
        client.send("hello").await;
        assert_eq!(client.exactly(5).await, "hello");
        assert!(world.reports().is_empty());
        drop(client);
        if after {
            assert_eq!(world.report().await, "success: mail dispatched");
        }
        server.stop().await;
    }
}

#[actix_web::test]
async fn an_interim_response_is_none_and_ends_nothing() {
    async fn upload(body: Bytes) -> String {
        airlock::enqueue(mail(1));
        format!("{} bytes", body.len())
    }
    for after in [false, true] {
        let mut world = World::new();
        let routes = |config: &mut ServiceConfig| {
            config.route("/", web::post().to(upload));
        };
        let server = Server::start(both(&world)[usize::from(after)].clone(), routes);
        let mut client = server.connect().await;
        client
            .send("POST / HTTP/1.1\r\nhost: test\r\nexpect: 100-continue\r\ncontent-length: 5\r\n\r\n")
            .await;
        assert_eq!(client.head().await.status, 100);
        assert!(world.reports().is_empty());
        client.send("hello").await;
        assert_eq!(client.answer().await.body, "5 bytes");
        assert_eq!(world.report().await, "success: mail dispatched");
        server.stop().await;
    }
}

#[actix_web::test]
async fn a_shutdown_can_wait_for_what_leaves_after_the_response() {
    #[airlock::effect]
    async fn slow(#[resource] log: &crate::fixture::Log, #[resource] gate: &Semaphore) {
        let _open = gate.acquire().await;
        log.add("slow");
    }
    async fn handler() -> &'static str {
        airlock::enqueue(slow());
        "sent"
    }
    let gate = Arc::new(Semaphore::new(0));
    let log = crate::fixture::Log::default();
    let airlock = airlock::Airlock::builder()
        .resource(log.clone())
        .resource(gate.clone())
        .skip_resource_check() // Other effects of the program need more.
        .build()
        .expect("it builds");
    let middleware = ScopeMiddleware::new().airlock(&airlock).after_response();
    let tasks = middleware.tasks();
    let routes = |config: &mut ServiceConfig| {
        config.route("/", web::get().to(handler));
    };
    let server = Server::start(middleware, routes);
    let mut client = server.connect().await;
    assert_eq!(client.get("/").await.body, "sent");
    drop(client);
    server.stop().await; // The workers, and their runtimes, have ended.
    assert!(log.lines().is_empty());
    gate.add_permits(1);
    tasks.drained().await;
    assert_eq!(log.lines(), ["slow"]);
}
