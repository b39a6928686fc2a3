//! Shutting an actix-web server down within a bound.

use std::future::Future;
use std::io;
use std::pin::pin;
use std::time::Duration;

use actix_web::dev::{Server, ServerHandle};
use actix_web::rt;
use airlock_http::ended_or_told;
use tokio::time::{Instant, timeout_at};

/// A server's way to its end; see [`ScopeMiddleware::shutdown`](crate::ScopeMiddleware::shutdown).
///
/// Clones are the same. From its beginning on, the middleware's responses close their connections, or
/// clients that keep theirs alive would bring more requests for ever.
#[derive(Clone, Debug)]
pub struct Shutdown(airlock_http::Shutdown);

impl Shutdown {
    pub(crate) fn new(shutdown: airlock_http::Shutdown) -> Self {
        Self(shutdown)
    }

    /// Runs a server until `signal`, then lets it end within this time: it stops accepting, finishes
    /// its requests, those on tasks of their own first, and then their flushes. Let the server
    /// [ignore signals](actix_web::HttpServer::disable_signals), or it ends by itself, and give it the
    /// same bound as its own [timeout](actix_web::HttpServer::shutdown_timeout), of 30 seconds unless said:
    /// it is what cancels requests that hang.
    ///
    /// # Errors
    ///
    /// The server's own, and [`io::ErrorKind::TimedOut`] if something had not ended in time. What flushes
    /// had not dispatched goes to
    /// [`AirlockBuilder::on_stranded`](airlock_core::AirlockBuilder::on_stranded) when their runtime ends,
    /// as at the end of `main`.
    pub async fn run(
        &self,
        server: Server,
        signal: impl Future<Output = ()>,
        within: Duration,
    ) -> io::Result<()> {
        let handle = server.handle();
        let mut server = pin!(rt::spawn(server));
        let served = ended_or_told(server.as_mut(), signal).await;
        self.0.begin();
        let until = Instant::now() + within;
        if let Some(ended) = served {
            ended.map_err(io::Error::other)??;
        } else {
            let ending = async {
                self.end(&handle).await;
                server.await
            };
            match timeout_at(until, ending).await {
                Ok(ended) => ended.map_err(io::Error::other)??,
                Err(_) => return Err(self.0.unfinished("the server", within)),
            }
        }
        self.0.finish(until, within).await
    }

    async fn end(&self, server: &ServerHandle) {
        server.pause().await;
        // A worker ends with its last connection, and cancels the requests that run without one.
        self.0.requests().drained().await;
        server.stop(true).await;
    }
}
