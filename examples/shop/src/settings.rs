//! What both programs are told at their start, and how they are told to stop.

use std::fmt;
use std::future::Future;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

/// How long a stop waits for clients that keep a request from its end.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// How long a stop waits for durable effects under way. One that takes longer is given up, and performed again when a
/// server runs.
pub const WORKER_PATIENCE: Duration = Duration::from_secs(5);

/// After this time a job that is not finished counts as lost: its server was killed. It is longer than the timeout of
/// every durable effect, so that none runs twice at once.
pub const LOST_AFTER: Duration = Duration::from_secs(10);

/// The database unless told: a file in the current directory.
const DATABASE: &str = "shop.db";

/// Seals addresses in the database unless `SHOP_KEY` is set. For the demo alone: everybody can read it here.
pub const DEMO_KEY: [u8; 32] = *b"the demo uses this: no secret...";

/// What a program was told.
#[derive(Clone, PartialEq, Eq)]
pub struct Settings {
    /// Where it listens. This demo has no login, so only on this machine.
    pub address: SocketAddr,
    /// The database: the path of a SQLite file, or `postgres://…`.
    pub database: String,
    /// Seals what effects redact, where their arguments are stored.
    pub key: [u8; 32],
}

/// Without the key, and without the password that the URL of a database may have.
impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

impl Settings {
    /// Reads the arguments `[PORT] [--database URL]`; else the variables `PORT` and `SHOP_DATABASE`; else the port is
    /// 3000, and the database the file `shop.db`. Port 0 is any that is free. `SHOP_KEY` has 32 bytes as hexadecimal
    /// digits.
    ///
    /// # Errors
    ///
    /// Which of them makes no sense, and why.
    pub fn read() -> Result<Self, String> {
        Self::of(std::env::args().skip(1), |name| std::env::var(name).ok())
    }

    fn of(
        mut arguments: impl Iterator<Item = String>,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, String> {
        let (mut port, mut database) = (variable("PORT"), variable("SHOP_DATABASE"));
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--database" => {
                    let url = arguments.next();
                    database = Some(url.ok_or("`--database` needs a path or a URL")?);
                }
                _ => port = Some(argument),
            }
        }
        let port = match port {
            None => 3000,
            Some(text) => text
                .parse()
                .map_err(|_| format!("`{text}` is not a port"))?,
        };
        let key = match variable("SHOP_KEY") {
            None => DEMO_KEY,
            Some(digits) => {
                key_of(&digits).ok_or("`SHOP_KEY` is not 64 hexadecimal digits".to_owned())?
            }
        };
        Ok(Self {
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, port)),
            database: database.unwrap_or_else(|| DATABASE.to_owned()),
            key,
        })
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

    fn read(arguments: &[&str], variables: &[(&str, &str)]) -> Result<Settings, String> {
        let arguments = arguments.iter().map(|&it| it.to_owned());
        Settings::of(arguments, |name| {
            let (_, value) = variables.iter().find(|(it, _)| *it == name)?;
            Some((*value).to_owned())
        })
    }

    #[test]
    fn unless_told_it_is_a_file_and_port_3000() {
        let settings = read(&[], &[]).expect("nothing is wrong");
        let told = (settings.address.port(), settings.database.as_str());
        assert_eq!(told, (3000, "shop.db"));
        assert_eq!(settings.key, DEMO_KEY);
    }

    #[test]
    fn arguments_win_over_variables() {
        let variables = [("PORT", "1"), ("SHOP_DATABASE", "a.db")];
        let settings = read(&["0", "--database", "postgres://b"], &variables);
        let settings = settings.expect("nothing is wrong");
        let told = (settings.address.port(), settings.database.as_str());
        assert_eq!(told, (0, "postgres://b"));
        let settings = read(&[], &variables).expect("nothing is wrong");
        let told = (settings.address.port(), settings.database.as_str());
        assert_eq!(told, (1, "a.db"));
    }

    #[test]
    fn what_makes_no_sense_is_an_error() {
        assert_eq!(
            read(&["http"], &[]).expect_err("no port"),
            "`http` is not a port"
        );
        let message = "`--database` needs a path or a URL";
        assert_eq!(read(&["--database"], &[]).expect_err("no URL"), message);
        for key in [
            "",
            "00",
            &"0g".repeat(32),
            &"+1".repeat(32),
            &"00".repeat(33),
        ] {
            let message = "`SHOP_KEY` is not 64 hexadecimal digits";
            let read = read(&[], &[("SHOP_KEY", key)]);
            assert_eq!(read.expect_err("no key"), message);
        }
    }

    #[test]
    fn a_key_is_read_from_its_digits() {
        let digits = format!("{}ff", "00".repeat(31));
        let settings = read(&[], &[("SHOP_KEY", &digits)]).expect("it is a key");
        assert_eq!(settings.key[30..], [0, 255]);
    }
}
