//! HTTP/2 over loopback sockets.

use actix_web::web::{Bytes, ServiceConfig};
use actix_web::{HttpResponse, web};
use h2::client::SendRequest;
use tokio::net::TcpStream;
use tokio::sync::{Semaphore, mpsc};

use crate::fixture::{World, mail};
use crate::server::Server;

async fn connect(server: &Server) -> SendRequest<Bytes> {
    let stream = TcpStream::connect(server.address)
        .await
        .expect("the server listens");
    let (requests, connection) = h2::client::handshake(stream)
        .await
        .expect("it speaks HTTP/2");
    actix_web::rt::spawn(connection);
    requests
}

fn ask(requests: &mut SendRequest<Bytes>, method: &str, path: &str) -> h2::client::ResponseFuture {
    let uri = format!("http://test{path}");
    let request = http_02::Request::builder().method(method).uri(uri);
    let request = request.body(()).expect("it is a request");
    requests.send_request(request, true).expect("it is sent").0
}

async fn read(response: h2::client::ResponseFuture) -> (u16, String) {
    let (head, mut body) = response.await.expect("it is answered").into_parts();
    let mut text = String::new();
    while let Some(chunk) = body.data().await {
        text += std::str::from_utf8(&chunk.expect("it arrives")).expect("it is text");
    }
    (head.status.as_u16(), text)
}

async fn answer(n: web::Path<u16>) -> HttpResponse {
    airlock::enqueue(mail(u32::from(*n)));
    crate::fixture::pause().await;
    let mut response = HttpResponse::build(n.into_inner().try_into().expect("it is a status"));
    response.body("a body")
}

/// Enqueues, signals that it has started, and waits until the gate opens.
async fn wait(gate: web::Data<(mpsc::UnboundedSender<()>, Semaphore)>) -> &'static str {
    airlock::enqueue(mail(1));
    gate.0.send(()).expect("the test listens");
    let _open = gate.1.acquire().await;
    "answered"
}

#[actix_web::test]
async fn streams_of_one_connection_have_a_scope_each() {
    for after in [false, true] {
        let mut world = World::new();
        let middleware = match after {
            true => world.middleware().after_response(),
            false => world.middleware(),
        };
        let routes = |config: &mut ServiceConfig| {
            config.route("/{n}", web::to(answer));
        };
        let server = Server::start(middleware, routes);
        let mut requests = connect(&server).await;
        let answers = [
            ("GET", "/200"),
            ("GET", "/404"),
            ("HEAD", "/201"),
            ("HEAD", "/500"),
        ]
        .map(|(method, path)| ask(&mut requests, method, path));
        let mut read_all = Vec::new();
        for answer in answers {
            read_all.push(read(answer).await);
        }
        let expected = [(200, "a body"), (404, "a body"), (201, ""), (500, "")];
        assert_eq!(
            read_all,
            expected.map(|(status, body)| (status, body.to_owned()))
        );
        let mut reports = Vec::new();
        for _ in 0..4 {
            reports.push(world.report().await);
        }
        reports.sort();
        assert_eq!(
            reports,
            [
                "failure: mail discarded",
                "failure: mail discarded",
                "success: mail dispatched",
                "success: mail dispatched",
            ]
        );
        let mut done = world.log.lines();
        done.sort();
        assert_eq!(done, ["mail 200", "mail 201"]);
        drop(requests); // Closes the connection, or the server would wait for it.
        server.stop().await;
    }
}

#[actix_web::test]
async fn a_client_that_goes_does_not_stop_its_handlers() {
    let mut world = World::new();
    let (send, mut started) = mpsc::unbounded_channel::<()>();
    let gate = web::Data::new((send, Semaphore::new(0)));
    let data = gate.clone();
    let routes = |config: &mut ServiceConfig| {
        config.app_data(data).route("/", web::get().to(wait));
    };
    let server = Server::start(world.middleware(), routes);
    let stream = TcpStream::connect(server.address);
    let stream = stream.await.expect("the server listens");
    let handshake = h2::client::handshake(stream);
    let (mut requests, connection) = handshake.await.expect("it speaks HTTP/2");
    let connection = actix_web::rt::spawn(connection);
    let answers = [(); 2].map(|()| ask(&mut requests, "GET", "/"));
    for _ in &answers {
        started.recv().await.expect("the handler runs");
    }
    connection.abort();
    gate.1.add_permits(2);
    for _ in &answers {
        assert_eq!(world.report().await, "success: mail dispatched");
    }
    server.stop().await;
}
