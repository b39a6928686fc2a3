//! A server on a free port of the loopback interface, and a client that shows the bytes on the wire.

use std::net::SocketAddr;

use actix_web::dev::{ServerHandle, Service as _};
use actix_web::middleware::Condition;
use actix_web::web::ServiceConfig;
use actix_web::{App, HttpServer};
use airlock_actix::ScopeMiddleware;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::sync::mpsc;

/// A server of HTTP/1 and, for clients that start with it, HTTP/2.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    handle: ServerHandle,
    given_up: mpsc::UnboundedReceiver<()>,
}

/// Sends a message when it is dropped.
struct Tells(mpsc::UnboundedSender<()>);

impl Drop for Tells {
    fn drop(&mut self) {
        let _ = self.0.send(());
    }
}

/// The behaviour of a handler when its client closes the connection (HTTP/1 only).
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum OnClose {
    /// The client may only have closed its half of the connection. The default of actix-web.
    RunsOn,
    Stops,
    /// The server would stop the handler, but it is shielded.
    Shielded,
}

impl Server {
    pub(crate) fn start(
        middleware: ScopeMiddleware,
        routes: impl FnOnce(&mut ServiceConfig) + Clone + Send + 'static,
    ) -> Self {
        Self::start_with(middleware, OnClose::RunsOn, routes)
    }

    pub(crate) fn start_with(
        middleware: ScopeMiddleware,
        close: OnClose,
        routes: impl FnOnce(&mut ServiceConfig) + Clone + Send + 'static,
    ) -> Self {
        let (tell, given_up) = mpsc::unbounded_channel();
        let app = move || {
            let tell = tell.clone();
            let shield = close == OnClose::Shielded;
            let shielded = Condition::new(shield, middleware.clone().shield());
            let app = App::new().configure(routes.clone()).wrap(shielded);
            let app = app.wrap(Condition::new(!shield, middleware.clone()));
            app.wrap_fn(move |request, app| {
                let tells = Tells(tell.clone());
                let answer = app.call(request);
                async move {
                    let answer = answer.await;
                    std::mem::forget(tells);
                    answer
                }
            })
        };
        let server = HttpServer::new(app).workers(1).disable_signals();
        let server = server.h1_allow_half_closed(close == OnClose::RunsOn);
        let server = server
            .bind_auto_h2c(("127.0.0.1", 0))
            .expect("a port is free");
        let address = server.addrs()[0];
        let server = server.run();
        let handle = server.handle();
        actix_web::rt::spawn(server);
        Self {
            address,
            handle,
            given_up,
        }
    }

    /// Waits until the server drops a request that has no answer yet.
    pub(crate) async fn has_given_up(&mut self) {
        self.given_up.recv().await.expect("the server runs");
    }

    /// Stops the server after its connections have been served.
    pub(crate) async fn stop(self) {
        self.handle.stop(true).await;
    }

    pub(crate) async fn connect(&self) -> Client {
        let stream = TcpStream::connect(self.address)
            .await
            .expect("the server listens");
        Client(BufReader::new(stream))
    }
}

/// One connection.
pub(crate) struct Client(BufReader<TcpStream>);

/// The bytes of a response, as received.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Client {
    pub(crate) async fn send(&mut self, text: &str) {
        self.0.write_all(text.as_bytes()).await.expect("it is sent");
    }

    /// Sends a request without a body.
    pub(crate) async fn ask(&mut self, method: &str, path: &str) {
        self.send(&format!("{method} {path} HTTP/1.1\r\nhost: test\r\n\r\n"))
            .await;
    }

    pub(crate) async fn get(&mut self, path: &str) -> Answer {
        self.ask("GET", path).await;
        self.answer().await
    }

    /// Reads a complete answer.
    pub(crate) async fn answer(&mut self) -> Answer {
        let Answer { status, head, .. } = self.head().await;
        let mut body = String::new();
        if head.contains("transfer-encoding: chunked") {
            while let Some(chunk) = self.chunk().await {
                body += &chunk;
            }
        } else if let Some((_, rest)) = head.split_once("content-length: ") {
            let length = rest.lines().next().and_then(|length| length.parse().ok());
            body = self.exactly(length.expect("a number")).await;
        }
        Answer { status, head, body }
    }

    /// Reads up to the empty line.
    pub(crate) async fn head(&mut self) -> Answer {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            let read = self.0.read_line(&mut head).await.expect("it arrives");
            assert!(read > 0, "the connection ended within a head: {head:?}");
        }
        let status = head
            .split(' ')
            .nth(1)
            .and_then(|status| status.parse().ok());
        Answer {
            status: status.expect("it has a status"),
            head,
            body: String::new(),
        }
    }

    /// Reads one chunk; the last one is empty.
    pub(crate) async fn chunk(&mut self) -> Option<String> {
        let mut size = String::new();
        self.0.read_line(&mut size).await.expect("it arrives");
        let size = usize::from_str_radix(size.trim_end(), 16).expect("a size");
        let chunk = self.exactly(size + 2).await;
        (size > 0).then(|| chunk[..size].to_owned())
    }

    pub(crate) async fn exactly(&mut self, length: usize) -> String {
        let mut bytes = vec![0; length];
        self.0.read_exact(&mut bytes).await.expect("it arrives");
        String::from_utf8(bytes).expect("it is text")
    }

    /// Resets the connection instead of closing it.
    pub(crate) fn reset(self) {
        self.0.get_ref().set_zero_linger().expect("it is a socket");
    }

    /// Waits until the server has closed the connection, and returns the number of bytes that it sent before.
    pub(crate) async fn closed(&mut self) -> usize {
        let mut rest = Vec::new();
        // A reset counts as the end, too.
        let _ = self.0.read_to_end(&mut rest).await;
        rest.len()
    }
}
