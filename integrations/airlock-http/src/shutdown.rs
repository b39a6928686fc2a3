//! Graceful shutdown of a server within a time limit.

use std::fmt;
use std::future::{Future, IntoFuture, poll_fn};
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;
use std::time::Duration;

use airlock_core::TaskTracker;
use tokio::sync::Notify;
use tokio::time::{Instant, timeout_at};

/// A handle to shut a server down gracefully. The server stops accepting, closes the connections that are
/// kept alive, and finishes its requests and their flushes within a time limit.
///
/// A layer hands it out; clones share their state. Once the shutdown has begun, the layer's HTTP/1 responses
/// carry `Connection: close`. Otherwise clients that keep their connection alive could send requests forever.
#[derive(Clone)]
pub struct Shutdown(Arc<Inner>);

struct Inner {
    begun: AtomicBool,
    beginning: Notify,
    requests: TaskTracker,
    flushes: TaskTracker,
}

impl Shutdown {
    /// Creates the shutdown of a layer, with the trackers of its shielded requests and of its flushes that no
    /// client waits for.
    #[doc(hidden)]
    pub fn new(requests: TaskTracker, flushes: TaskTracker) -> Self {
        Self(Arc::new(Inner {
            begun: AtomicBool::new(false),
            beginning: Notify::new(),
            requests,
            flushes,
        }))
    }

    /// Returns the tracker of the shielded requests in progress.
    pub fn requests(&self) -> &TaskTracker {
        &self.0.requests
    }

    /// Returns the tracker of the flushes that no client waits for.
    pub fn flushes(&self) -> &TaskTracker {
        &self.0.flushes
    }

    /// Begins the shutdown.
    pub fn begin(&self) {
        self.0.begun.store(true, Ordering::Release);
        self.0.beginning.notify_waiters();
    }

    /// Returns whether the shutdown has begun.
    #[inline]
    pub fn has_begun(&self) -> bool {
        self.0.begun.load(Ordering::Acquire)
    }

    /// Waits until the shutdown begins. Pass it to the server's own graceful shutdown.
    pub fn begun(&self) -> impl Future<Output = ()> + Send + 'static {
        let this = self.clone();
        async move {
            let beginning = this.0.beginning.notified();
            let mut beginning = pin!(beginning);
            // Registered before the check, so that a beginning in between is not missed.
            beginning.as_mut().enable();
            if !this.has_begun() {
                beginning.await;
            }
        }
    }

    /// Runs a server until `signal`, then shuts it down within this time limit. The server ends first; it has
    /// to listen to [`begun`](Self::begun). Then shielded requests end, then flushes.
    ///
    /// # Errors
    ///
    /// The server's own error, or [`io::ErrorKind::TimedOut`] if something has not ended in time. What is
    /// left is cancelled when the runtime ends, as at the end of `main`: requests discard their intents, and
    /// intents that flushes have not dispatched go to
    /// [`AirlockBuilder::on_unhandled_error`](airlock_core::AirlockBuilder::on_unhandled_error).
    pub async fn run<S>(
        &self,
        server: S,
        signal: impl Future<Output = ()>,
        within: Duration,
    ) -> io::Result<()>
    where
        S: IntoFuture<Output = io::Result<()>>,
    {
        let mut server = pin!(server.into_future());
        let served = ended_or_told(server.as_mut(), signal).await;
        self.begin();
        let until = deadline(within);
        let served = match served {
            Some(ended) => ended,
            None => match timeout_at(until, server).await {
                Ok(ended) => ended,
                Err(_) => return Err(self.unfinished("the server", within)),
            },
        };
        // Also after a server that has failed.
        let finished = self.finish(until, within).await;
        served.and(finished)
    }

    /// Waits for the shielded requests and the flushes, which the server does not track.
    ///
    /// # Errors
    ///
    /// [`io::ErrorKind::TimedOut`], like [`run`](Self::run).
    #[doc(hidden)]
    pub async fn finish(&self, until: Instant, within: Duration) -> io::Result<()> {
        if timeout_at(until, self.0.requests.drained()).await.is_err() {
            return Err(self.unfinished("requests", within));
        }
        if timeout_at(until, self.0.flushes.drained()).await.is_err() {
            return Err(self.unfinished("flushes", within));
        }
        Ok(())
    }

    /// Returns the error of a shutdown that took too long.
    #[doc(hidden)]
    pub fn unfinished(&self, what: &str, within: Duration) -> io::Error {
        let (requests, flushes) = (self.0.requests.running(), self.0.flushes.running());
        let message = format!(
            "{what} had not ended within {within:?}: {requests} shielded requests and {flushes} flushes are cancelled when the runtime ends"
        );
        io::Error::new(io::ErrorKind::TimedOut, message)
    }
}

/// Returns the deadline of a shutdown that begins now.
pub fn deadline(within: Duration) -> Instant {
    const FAR: Duration = Duration::from_secs(60 * 60 * 24 * 365);
    let now = Instant::now();
    now.checked_add(within).unwrap_or_else(|| now + FAR)
}

/// Returns the output of the future, or `None` if the signal comes first.
pub async fn ended_or_told<F: Future>(
    mut future: Pin<&mut F>,
    signal: impl Future<Output = ()>,
) -> Option<F::Output> {
    let mut signal = pin!(signal);
    poll_fn(|cx| match future.as_mut().poll(cx) {
        Poll::Ready(ended) => Poll::Ready(Some(ended)),
        Poll::Pending => signal.as_mut().poll(cx).map(|()| None),
    })
    .await
}

impl fmt::Debug for Shutdown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shutdown")
            .field("begun", &self.has_begun())
            .field("requests", &self.0.requests)
            .field("flushes", &self.0.flushes)
            .finish()
    }
}
