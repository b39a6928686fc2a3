//! The settings of the programs, and their stop signal.

mod process;
mod worker;

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

pub use self::process::{log, stopped};
pub use self::worker::WorkerSettings;

/// The maximum time that a stop waits for clients that have not finished their requests.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// The maximum time that a stop waits for running durable effects. One that takes longer is cancelled, and performed
/// again by the next server or by another worker.
pub const WORKER_PATIENCE: Duration = Duration::from_secs(5);

/// The time after which an unfinished job counts as lost, because its server or worker was killed. It is longer than
/// the timeout of every durable effect, so that none runs twice concurrently.
pub const LOST_AFTER: Duration = Duration::from_secs(10);

/// The default database: a file in the current directory.
const DATABASE: &str = "shop.db";

/// The key that seals addresses, in the database and in the stream, unless `SHOP_KEY` is set. For the demo only:
/// everybody can read it here.
pub const DEMO_KEY: [u8; 32] = *b"the demo uses this: no secret...";

/// The settings of a server.
#[derive(Clone, PartialEq, Eq)]
pub struct Settings {
    /// The address to listen on. This demo has no login, so it listens on this machine only.
    pub address: SocketAddr,
    /// The database: the path of a SQLite file, or `postgres://…`.
    pub database: String,
    /// The URL of NATS, if durable effects are forwarded to its stream. Several servers are separated by commas.
    pub nats: Option<String>,
    /// The key that seals redacted arguments in storage.
    pub key: [u8; 32],
}

/// Omits the key, and URLs, which may contain passwords.
impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

impl Settings {
    /// Reads the arguments `[PORT] [--database URL] [--nats URL]`, with the variables `PORT`, `SHOP_DATABASE` and
    /// `SHOP_NATS` as defaults. Without either, the port is 3000, the database is the file `shop.db`, and nothing is
    /// forwarded. Port 0 selects a free port. `SHOP_KEY` is a key of 32 bytes in hexadecimal digits.
    ///
    /// # Errors
    ///
    /// Returns a message that names the invalid setting and the reason.
    pub fn read() -> Result<Self, String> {
        Self::from_arguments(std::env::args().skip(1), |name| std::env::var(name).ok())
    }

    fn from_arguments(
        mut arguments: impl Iterator<Item = String>,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, String> {
        let (mut port, mut database) = (variable("PORT"), variable("SHOP_DATABASE"));
        let mut nats = variable("SHOP_NATS");
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--database" => {
                    let url = arguments.next();
                    database = Some(url.ok_or("`--database` needs a path or a URL")?);
                }
                "--nats" => nats = Some(arguments.next().ok_or("`--nats` needs a URL")?),
                _ => port = Some(argument),
            }
        }
        let port = match port {
            None => 3000,
            Some(text) => text
                .parse()
                .map_err(|_| format!("`{text}` is not a port"))?,
        };
        Ok(Self {
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, port)),
            database: database.unwrap_or_else(|| DATABASE.to_owned()),
            nats,
            key: key(variable)?,
        })
    }
}

/// Reads the key, which servers and workers share.
fn key(variable: impl Fn(&str) -> Option<String>) -> Result<[u8; 32], String> {
    match variable("SHOP_KEY") {
        None => Ok(DEMO_KEY),
        Some(digits) => {
            key_of(&digits).ok_or_else(|| "`SHOP_KEY` is not 64 hexadecimal digits".to_owned())
        }
    }
}

fn key_of(digits: &str) -> Option<[u8; 32]> {
    let byte = |pair: &[u8]| u8::from_str_radix(str::from_utf8(pair).ok()?, 16).ok();
    let is_hex = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    let bytes: Vec<u8> = digits
        .as_bytes()
        .chunks(2)
        .map(byte)
        .collect::<Option<_>>()?;
    bytes.try_into().ok().filter(|_| is_hex)
}

#[cfg(test)]
mod tests;
