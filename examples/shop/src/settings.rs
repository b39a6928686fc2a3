//! What both programs are told at their start, and how they are told to stop.

use std::future::Future;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

/// How long a stop waits for clients that keep a request from its end.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// What a program was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Where it listens. This demo has no login, so only on this machine.
    pub address: SocketAddr,
    /// The database: a file, or memory.
    pub database: Option<PathBuf>,
}

impl Settings {
    /// Reads the port from the first argument, else from `PORT`, else 3000; 0 is any that is free. And
    /// the file of the database from `SHOP_DATABASE`, else there is none.
    ///
    /// # Errors
    ///
    /// What is not a port.
    pub fn read() -> Result<Self, String> {
        let port = std::env::args()
            .nth(1)
            .or_else(|| std::env::var("PORT").ok());
        Self::of(
            port.as_deref(),
            std::env::var_os("SHOP_DATABASE").map(PathBuf::from),
        )
    }

    fn of(port: Option<&str>, database: Option<PathBuf>) -> Result<Self, String> {
        let port = match port {
            None => 3000,
            Some(text) => text
                .parse()
                .map_err(|_| format!("`{text}` is not a port"))?,
        };
        Ok(Self {
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, port)),
            database,
        })
    }
}

/// Writes logs to stderr, so that stdout has the address alone.
pub fn log() {
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_port_is_3000_unless_told() {
        assert_eq!(
            Settings::of(None, None).map(|it| it.address.port()),
            Ok(3000)
        );
        assert_eq!(
            Settings::of(Some("0"), None).map(|it| it.address.port()),
            Ok(0)
        );
    }

    #[test]
    fn what_is_not_a_port_is_an_error() {
        assert_eq!(
            Settings::of(Some("http"), None),
            Err("`http` is not a port".to_owned())
        );
    }
}
