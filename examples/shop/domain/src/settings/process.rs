//! Process setup for every program of the shop: logging, and the stop signal.

use std::future::Future;
use std::io;

/// Writes logs to stderr, so that stdout contains only output for people and tests.
pub fn log() {
    tracing_subscriber::fmt()
        .with_writer(io::stderr)
        .with_target(true)
        .init();
}

/// Starts listening for Ctrl-C or SIGTERM. The returned future completes on the first signal. Must be called within a
/// tokio runtime.
///
/// # Errors
///
/// Returns an error if the signal handlers cannot be installed.
pub fn stopped() -> io::Result<impl Future<Output = ()> + Send + 'static> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut interrupted = signal(SignalKind::interrupt())?;
        let mut terminated = signal(SignalKind::terminate())?;
        Ok(async move {
            tokio::select! {
                _ = interrupted.recv() => {}
                _ = terminated.recv() => {}
            }
        })
    }
    #[cfg(windows)]
    {
        let mut interrupted = tokio::signal::windows::ctrl_c()?;
        Ok(async move {
            interrupted.recv().await;
        })
    }
}
