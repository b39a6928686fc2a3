//! PostgreSQL.

use std::io;
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::install;
use crate::process::{Process, command, free_port};
use crate::user::User;

/// Where the URL of a server is that somebody has started for many test programs.
const SHARED: &str = "AIRLOCK_TEST_POSTGRES";

/// A server of PostgreSQL, without a password for the user `postgres`. Dropped, it ends.
#[derive(Debug)]
pub struct Postgres {
    port: u16,
    own: Option<Own>,
}

/// A server of our own.
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
    /// The server that `cargo xtask test` has started for all tests, or one of our own.
    ///
    /// # Errors
    ///
    /// In one line, what to install, or what the server said.
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
    /// As [`shared`](Self::shared).
    pub fn start(settings: &[&str]) -> Result<Self, String> {
        Self::start_limited(settings, None)
    }

    /// Starts a server none of whose files becomes larger than so many bytes, as on a disk that is full.
    ///
    /// # Errors
    ///
    /// As [`shared`](Self::shared).
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

    /// The port, for the environment of test programs that are to share this server.
    pub fn share(&self) -> (&'static str, String) {
        (SHARED, self.port.to_string())
    }

    /// The URL of one of its databases; `postgres` is always there.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}", self.port)
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Kills a server of our own at once, as a crash would, and starts it again on the same data.
    ///
    /// # Errors
    ///
    /// What the server said.
    ///
    /// # Panics
    ///
    /// If the server is shared.
    pub fn crash_and_restart(&mut self) -> Result<(), String> {
        self.crash();
        self.restart()
    }

    /// Kills a server of our own at once.
    ///
    /// # Panics
    ///
    /// If the server is shared.
    pub fn crash(&mut self) {
        let own = self.own.as_mut().expect("a server of our own");
        let file = own.folder.path().join("data/postmaster.pid");
        let text = std::fs::read_to_string(file).unwrap_or_default();
        if let Some(pid) = text.lines().next() {
            // All of its processes, as when the machine stops. One that is stopped starts no others.
            signal("-STOP", &[pid]);
            let children = Command::new("pgrep").args(["-P", pid]).output();
            let children = children.map_or(String::new(), |it| {
                String::from_utf8_lossy(&it.stdout).into_owned()
            });
            let all: Vec<&str> = children.lines().chain([pid]).collect();
            signal("-KILL", &all);
            // A new server refuses to start while one of them has the shared memory.
            while all.iter().any(|pid| is_alive(pid)) {
                std::thread::sleep(Duration::from_millis(5));
            }
        }
        own.process.end();
    }

    /// Starts a server of our own again.
    ///
    /// # Errors
    ///
    /// What the server said.
    ///
    /// # Panics
    ///
    /// If the server is shared.
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

    /// Waits until it takes connections.
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

    /// Whether it answers a start-up message with a request for authentication, and not with an error.
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

/// Whether a process runs; one that waits to be reaped does not.
fn is_alive(pid: &str) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{pid}/stat"));
    // The state is behind the name, which is in parentheses.
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
