//! Graceful shutdown of an actix-web server within a time limit.

use std::future::Future;
use std::io;
use std::pin::pin;
use std::time::Duration;

use actix_web::dev::{Server, ServerHandle};
use airlock_http::{deadline, ended_or_told};
use tokio::time::{Instant, timeout_at};

/// A handle to shut a server down gracefully; see
/// [`ScopeMiddleware::shutdown`](crate::ScopeMiddleware::shutdown).
///
/// Clones share their state. Once the shutdown has begun, the middleware's responses close their connections.
/// Otherwise clients that keep their connection alive could send requests forever.
#[derive(Clone, Debug)]
pub struct Shutdown(airlock_http::Shutdown);

impl Shutdown {
    pub(crate) fn new(shutdown: airlock_http::Shutdown) -> Self {
        Self(shutdown)
    }

    /// Runs a server until `signal`, then shuts it down within this time limit. It stops accepting and
    /// finishes its requests, those on separate tasks first, and then their flushes.
    ///
    /// Let the server [ignore signals](actix_web::HttpServer::disable_signals), or it ends by itself. Set its
    /// [timeout](actix_web::HttpServer::shutdown_timeout), which is 30 seconds by default, to some seconds
    /// less than `within`: it cancels requests that hang.
    ///
    /// # Errors
    ///
    /// The server's own error, or [`io::ErrorKind::TimedOut`] if something has not ended in time. Intents
    /// that flushes have not dispatched go to
    /// [`AirlockBuilder::on_unhandled_error`](airlock_core::AirlockBuilder::on_unhandled_error) when their
    /// runtime ends, as at the end of `main`.
    pub async fn run(
        &self,
        server: Server,
        signal: impl Future<Output = ()>,
        within: Duration,
    ) -> io::Result<()> {
        let handle = server.handle();
        // Not spawned, so dropping this future stops the workers.
        let mut server = pin!(server);
        let served = ended_or_told(server.as_mut(), signal).await;
        self.0.begin();
        let until = deadline(within);
        let served = match served {
            Some(ended) => ended,
            None => {
                // The server only reacts to commands while it is polled.
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
        // Also after a server that has failed.
        let finished = self.0.finish(until, within).await;
        served.and(finished)
    }

    /// Stops the server. It ends after its connections.
    async fn end(&self, server: &ServerHandle, until: Instant) {
        server.pause().await;
        // A worker ends with its last connection, and cancels the requests that run without one.
        let _ = timeout_at(until, self.0.requests().drained()).await;
        drop(server.stop(true)); // The command is sent at once; the server's future resolves at the end.
    }
}
