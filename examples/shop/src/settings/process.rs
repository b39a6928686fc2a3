//! What every process of the shop does at its start: it writes logs, and listens for being told to stop.

use std::future::Future;
use std::io;

/// Writes logs to stderr, so that stdout has only what a program tells people and tests.
pub fn log() {
    tracing_subscriber::fmt()
        .with_writer(io::stderr)
        .with_target(true)
        .init();
}

/// Listens from now on for the process being told to stop, by Ctrl-C or SIGTERM; the future ends then.
/// On tokio.
///
/// # Errors
///
/// When the system does not let it listen.
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
