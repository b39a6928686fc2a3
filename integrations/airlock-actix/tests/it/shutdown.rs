//! Shutdown of a server within a time limit.

use std::future::pending;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::time::Duration;

use actix_web::{App, HttpServer, rt, web};
use airlock_actix::ScopeMiddleware;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::{Semaphore, mpsc};

use crate::fixture::{World, mail};

const LONG: Duration = Duration::from_secs(60);

async fn mails() -> &'static str {
    airlock::enqueue(mail(1));
    "done"
}

/// Sends requests on connections that are kept alive, until the server no longer accepts. Reports each
/// complete answer.
async fn busy(address: SocketAddr, answered: mpsc::UnboundedSender<()>) {
    while let Ok(mut stream) = TcpStream::connect(address).await {
        loop {
            let request = b"GET / HTTP/1.1\r\nhost: test\r\n\r\n";
            if stream.write_all(request).await.is_err() {
                break;
            }
            let mut answer = Vec::new();
            while !answer.ends_with(b"done") {
                let read = stream.read_buf(&mut answer).await.unwrap_or_default();
                if read == 0 {
                    break;
                }
            }
            let answer = String::from_utf8_lossy(&answer);
            if answer.ends_with("done") {
                let _ = answered.send(());
            }
            if !answer.ends_with("done") || answer.contains("connection: close") {
                break;
            }
        }
    }
}

#[actix_web::test]
async fn clients_that_keep_their_connections_busy_do_not_hold_up_a_shutdown() {
    for shielded in [false, true] {
        let world = World::new();
        let middleware = world.middleware();
        let shutdown = middleware.shutdown();
        let app = move || {
            let app = App::new().route("/", web::get().to(mails));
            let shield = middleware.clone().shield();
            let shield = actix_web::middleware::Condition::new(shielded, shield);
            let plain = actix_web::middleware::Condition::new(!shielded, middleware.clone());
            app.wrap(shield).wrap(plain)
        };
        let server = HttpServer::new(app).workers(1).disable_signals();
        let server = server.bind(("127.0.0.1", 0)).expect("a port is free");
        let address = server.addrs()[0];
        let (tell, mut answers) = mpsc::unbounded_channel();
        let clients: Vec<_> = (0..8)
            .map(|_| rt::spawn(busy(address, tell.clone())))
            .collect();
        drop(tell);
        let mut answered = 0;
        let told = async {
            for _ in 0..200 {
                answers.recv().await.expect("the clients are busy");
            }
            answered = 200;
        };
        shutdown
            .run(server.run(), told, LONG)
            .await
            .expect("in time");
        for client in clients {
            client.await.expect("it does not panic");
        }
        while answers.recv().await.is_some() {
            answered += 1;
        }
        // Each answered request has sent its mail. A request whose connection was closed has not begun.
        assert_eq!(world.log.lines().len(), answered);
    }
}

#[actix_web::test]
async fn a_shutdown_ends_within_its_bound() {
    async fn hangs(reached: web::Data<Semaphore>) -> &'static str {
        airlock::enqueue(mail(1));
        reached.add_permits(1);
        pending().await
    }
    let world = World::new();
    let middleware = world.middleware();
    let shutdown = middleware.shutdown();
    let reached = web::Data::new(Semaphore::new(0));
    let app = {
        let reached = reached.clone();
        move || {
            let app = App::new().app_data(reached.clone());
            app.route("/", web::get().to(hangs))
                .wrap(middleware.clone())
        }
    };
    let server = HttpServer::new(app).workers(1).disable_signals();
    let server = server.bind(("127.0.0.1", 0)).expect("a port is free");
    let address = server.addrs()[0];
    let told = async {
        let client = rt::spawn(async move {
            let mut stream = TcpStream::connect(address).await.expect("it listens");
            let request = b"GET / HTTP/1.1\r\nhost: test\r\n\r\n";
            stream.write_all(request).await.expect("it is sent");
            stream.read_to_end(&mut Vec::new()).await
        });
        reached.acquire().await.expect("it is open").forget();
        drop(client);
    };
    let ended = shutdown.run(server.run(), told, Duration::ZERO).await;
    assert_eq!(ended.expect_err("it hangs").kind(), ErrorKind::TimedOut);
}

#[actix_web::test]
async fn clones_of_a_middleware_share_one_shutdown() {
    let middleware = ScopeMiddleware::new();
    let shield = middleware.clone().after_response().shield();
    let running = shield.requests().token();
    let server = HttpServer::new(App::new).workers(1).disable_signals();
    let server = server.bind(("127.0.0.1", 0)).expect("a port is free");
    let shutdown = middleware.shutdown();
    let ended = shutdown.run(server.run(), async {}, Duration::ZERO);
    assert_eq!(
        ended.await.expect_err("it waits").kind(),
        ErrorKind::TimedOut
    );
    drop(running);
}
