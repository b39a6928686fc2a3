//! PostgreSQL.

use std::io;
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::install;
use crate::process::{Process, command, free_port};
use crate::user::User;

/// The environment variable with the port of a server that several test programs share.
const SHARED: &str = "AIRLOCK_TEST_POSTGRES";

/// A PostgreSQL server, without a password for the user `postgres`. It ends when this is dropped.
#[derive(Debug)]
pub struct Postgres {
    port: u16,
    own: Option<Own>,
}

/// A private server.
#[derive(Debug)]
struct Own {
    process: Process,
    folder: tempfile::TempDir,
    server: PathBuf,
    options: Vec<String>,
    user: Option<User>,
    limit: Option<u64>,
}

impl Postgres {
    /// Returns the server that `cargo xtask test` has started for all tests, or starts a private one.
    ///
    /// # Errors
    ///
    /// Returns a message that says what to install, or the error of the server.
    pub fn shared() -> Result<Self, String> {
        match std::env::var(SHARED).map(|port| port.parse()) {
            Ok(Ok(port)) => Ok(Self { port, own: None }),
            _ => Self::start(&[]),
        }
    }

    /// Starts a server with these settings (`name=value`) besides ours.
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`shared`](Self::shared).
    pub fn start(settings: &[&str]) -> Result<Self, String> {
        Self::start_limited(settings, None)
    }

    /// Starts a server whose files cannot grow beyond `limit` bytes each, as if the disk were full.
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`shared`](Self::shared).
    pub fn start_limited(settings: &[&str], limit: Option<u64>) -> Result<Self, String> {
        let (init, server) = (install::postgres("initdb")?, install::postgres("postgres")?);
        let user = User::unprivileged();
        let folder = tempfile::Builder::new()
            .prefix("airlock-postgres-")
            .tempdir()
            .map_err(in_words)?;
        if let Some(user) = user {
            user.own(folder.path()).map_err(in_words)?;
        }
        let data = folder.path().join("data");
        let mut init = command(&init, user, folder.path());
        init.args(["--no-sync", "--auth=trust", "--username=postgres"]);
        init.args(["--encoding=UTF8", "--locale=C", "-D"])
            .arg(&data);
        let output = init.output().map_err(in_words)?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            return Err(format!("initdb failed: {said}"));
        }
        let port = free_port().map_err(in_words)?;
        let mut options = vec!["-D".to_owned(), data.display().to_string()];
        options.extend(["-k".to_owned(), folder.path().display().to_string()]);
        options.extend(["-p".to_owned(), port.to_string()]);
        let ours = ["listen_addresses=127.0.0.1", "max_connections=200"];
        for setting in ours.iter().chain(settings) {
            options.extend(["-c".to_owned(), (*setting).to_owned()]);
        }
        let process =
            Process::start(&server, &options, user, folder.path(), limit).map_err(in_words)?;
        let own = Own {
            process,
            folder,
            server,
            options,
            user,
            limit,
        };
        let started = Self {
            port,
            own: Some(own),
        };
        started.wait()?;
        Ok(started)
    }

    /// Returns the environment variable with the port, for test programs that share this server.
    pub fn share(&self) -> (&'static str, String) {
        (SHARED, self.port.to_string())
    }

    /// Returns the URL of a database; `postgres` always exists.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}", self.port)
    }

    /// Returns the port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Kills a private server at once, like a crash, and restarts it on the same data.
    ///
    /// # Errors
    ///
    /// Returns the error of the server.
    ///
    /// # Panics
    ///
    /// Panics if the server is shared.
    pub fn crash_and_restart(&mut self) -> Result<(), String> {
        self.crash();
        self.restart()
    }

    /// Kills a private server at once.
    ///
    /// # Panics
    ///
    /// Panics if the server is shared.
    pub fn crash(&mut self) {
        let own = self.own.as_mut().expect("a server of our own");
        let file = own.folder.path().join("data/postmaster.pid");
        let text = std::fs::read_to_string(file).unwrap_or_default();
        if let Some(pid) = text.lines().next() {
            // Kill all processes, as if the machine stopped. Stop the parent first, so that it does not start others.
            signal("-STOP", &[pid]);
            let children = Command::new("pgrep").args(["-P", pid]).output();
            let children = children.map_or(String::new(), |it| {
                String::from_utf8_lossy(&it.stdout).into_owned()
            });
            let all: Vec<&str> = children.lines().chain([pid]).collect();
            signal("-KILL", &all);
            // A new server does not start while one of them still holds the shared memory.
            while all.iter().any(|pid| is_alive(pid)) {
                std::thread::sleep(Duration::from_millis(5));
            }
        }
        own.process.end();
    }

    /// Restarts a private server.
    ///
    /// # Errors
    ///
    /// Returns the error of the server.
    ///
    /// # Panics
    ///
    /// Panics if the server is shared.
    pub fn restart(&mut self) -> Result<(), String> {
        let own = self.own.as_mut().expect("a server of our own");
        let _ = std::fs::remove_file(own.folder.path().join("data/postmaster.pid"));
        own.process = Process::start(
            &own.server,
            &own.options,
            own.user,
            own.folder.path(),
            own.limit,
        )
        .map_err(in_words)?;
        self.wait()
    }

    /// Waits until the server accepts connections.
    fn wait(&self) -> Result<(), String> {
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(60) {
            if self.answers() {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        let log = self.own.as_ref().map(|own| {
            let log = std::fs::read_to_string(own.folder.path().join("server.log"));
            log.unwrap_or_default()
        });
        Err(format!(
            "PostgreSQL did not start within a minute: {}",
            log.unwrap_or_default()
        ))
    }

    /// Returns whether the server answers a start-up message with a request for authentication, and not with an error.
    fn answers(&self) -> bool {
        use std::io::{Read, Write};
        let parameters = b"\0\x03\0\0user\0postgres\0database\0postgres\0\0";
        let length = u32::try_from(parameters.len() + 4).unwrap_or(0);
        let asked = || -> io::Result<u8> {
            let mut stream = TcpStream::connect(("127.0.0.1", self.port))?;
            stream.set_read_timeout(Some(Duration::from_secs(5)))?;
            stream.write_all(&length.to_be_bytes())?;
            stream.write_all(parameters)?;
            let mut kind = [0];
            stream.read_exact(&mut kind)?;
            Ok(kind[0])
        };
        asked().is_ok_and(|kind| kind == b'R')
    }
}

fn signal(signal: &str, pids: &[&str]) {
    // Some may have ended by themselves.
    let _ = Command::new("kill").arg(signal).args(pids).output();
}

/// Returns whether a process is running. Zombies do not count.
fn is_alive(pid: &str) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{pid}/stat"));
    // The state follows the name, which is in parentheses.
    status.is_ok_and(|text| {
        !text
            .rsplit(')')
            .next()
            .unwrap_or("")
            .trim_start()
            .starts_with('Z')
    })
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "the form that `map_err` calls"
)]
fn in_words(error: io::Error) -> String {
    format!("PostgreSQL could not be started: {error}")
}
