//! Shutting an actix-web server down within a bound.

use std::future::Future;
use std::io;
use std::pin::pin;
use std::time::Duration;

use actix_web::dev::{Server, ServerHandle};
use airlock_http::{deadline, ended_or_told};
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
    /// [ignore signals](actix_web::HttpServer::disable_signals), or it ends by itself, and give it a
    /// [timeout](actix_web::HttpServer::shutdown_timeout) of its own that is some seconds shorter than the
    /// bound, of 30 seconds unless said: it is what cancels requests that hang.
    ///
    /// # Errors
    ///
    /// The server's own, and [`io::ErrorKind::TimedOut`] if something had not ended in time. What flushes
    /// had not dispatched goes to
    /// [`AirlockBuilder::on_unhandled_error`](airlock_core::AirlockBuilder::on_unhandled_error) when their runtime ends,
    /// as at the end of `main`.
    pub async fn run(
        &self,
        server: Server,
        signal: impl Future<Output = ()>,
        within: Duration,
    ) -> io::Result<()> {
        let handle = server.handle();
        // Not spawned: dropped with this, it stops its workers.
        let mut server = pin!(server);
        let served = ended_or_told(server.as_mut(), signal).await;
        self.0.begin();
        let until = deadline(within);
        let served = match served {
            Some(ended) => ended,
            None => {
                // It has to be driven to be told anything.
                let ending = pin!(self.end(&handle, until));
                let ended = match ended_or_told(server.as_mut(), ending).await {
                    Some(ended) => Ok(ended),
                    None => timeout_at(until, server).await,
                };
                match ended {
                    Ok(ended) => ended,
                    Err(_) => return Err(self.0.unfinished("the server", within)),
                }
            }
        };
        // Also behind a server that has failed.
        let finished = self.0.finish(until, within).await;
        served.and(finished)
    }

    /// Tells the server to end. It does so when its connections have.
    async fn end(&self, server: &ServerHandle, until: Instant) {
        server.pause().await;
        // A worker ends with its last connection, and cancels the requests that run without one.
        let _ = timeout_at(until, self.0.requests().drained()).await;
        drop(server.stop(true)); // It is sent at once; the server's own future tells when it has ended.
    }
}
