//! NATS with JetStream: one server, or a cluster.

use std::fs;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use crate::install;
use crate::process::{Process, free_port};

/// The environment variable with the port of a server that several test programs share.
const SHARED: &str = "AIRLOCK_TEST_NATS";

/// NATS servers with JetStream. They end when this is dropped.
#[derive(Debug)]
pub struct Nats {
    servers: Vec<Server>,
    /// The port of a shared server.
    shared: Option<u16>,
    _folder: Option<tempfile::TempDir>,
}

#[derive(Debug)]
struct Server {
    program: PathBuf,
    folder: PathBuf,
    port: u16,
    http: u16,
    cluster: u16,
    process: Option<Process>,
}

impl Nats {
    /// Returns the server that `cargo xtask test` has started for all tests, or starts a private one.
    ///
    /// # Errors
    ///
    /// Returns a message that says what to install, or the error of the server.
    pub fn shared() -> Result<Self, String> {
        match std::env::var(SHARED).map(|port| port.parse()) {
            Ok(Ok(port)) => Ok(Self {
                servers: Vec::new(),
                shared: Some(port),
                _folder: None,
            }),
            _ => Self::start(),
        }
    }

    /// Starts one server.
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`shared`](Self::shared).
    pub fn start() -> Result<Self, String> {
        Self::cluster(1)
    }

    /// Starts a cluster of `size` servers.
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`shared`](Self::shared).
    pub fn cluster(size: usize) -> Result<Self, String> {
        let program = install::nats()?;
        let folder = tempfile::Builder::new()
            .prefix("airlock-nats-")
            .tempdir()
            .map_err(|error| in_words(&error))?;
        let mut servers = Vec::new();
        for number in 0..size {
            let server = Server::new(&program, &folder.path().join(number.to_string()));
            servers.push(server.map_err(|error| in_words(&error))?);
        }
        let routes: Vec<u16> = servers.iter().map(|server| server.cluster).collect();
        for (number, server) in servers.iter_mut().enumerate() {
            let configured = server
                .configure(number, &routes)
                .and_then(|()| server.run());
            configured.map_err(|error| in_words(&error))?;
        }
        let started = Self {
            servers,
            shared: None,
            _folder: Some(folder),
        };
        for server in &started.servers {
            server.wait()?;
        }
        Ok(started)
    }

    /// Returns the environment variable with the port, for test programs that share this server.
    pub fn share(&self) -> (&'static str, String) {
        (SHARED, self.ports()[0].to_string())
    }

    /// Returns the URLs of all servers, separated by commas.
    pub fn url(&self) -> String {
        let urls = self
            .ports()
            .into_iter()
            .map(|port| format!("nats://127.0.0.1:{port}"));
        urls.collect::<Vec<_>>().join(",")
    }

    fn ports(&self) -> Vec<u16> {
        let own = self.servers.iter().map(|server| server.port);
        self.shared.into_iter().chain(own).collect()
    }

    /// Returns the number of private servers.
    pub fn size(&self) -> usize {
        self.servers.len()
    }

    /// Kills a private server at once, like a crash.
    ///
    /// # Panics
    ///
    /// Panics if there is no such server, or if the server is shared.
    pub fn crash(&mut self, number: usize) {
        let server = &mut self.servers[number];
        let pid = fs::read_to_string(server.folder.join("pid")).unwrap_or_default();
        drop(Command::new("kill").args(["-KILL", pid.trim()]).status());
        drop(server.process.take());
    }

    /// Restarts a private server on its data, and waits until it is ready.
    ///
    /// # Errors
    ///
    /// Returns the error of the server.
    ///
    /// # Panics
    ///
    /// Panics if there is no such server, or if the server is shared.
    pub fn restart(&mut self, number: usize) -> Result<(), String> {
        let server = &mut self.servers[number];
        server.run().map_err(|error| in_words(&error))?;
        server.wait()
    }
}

impl Server {
    fn new(program: &Path, folder: &Path) -> io::Result<Self> {
        fs::create_dir(folder)?;
        Ok(Self {
            program: program.to_owned(),
            folder: folder.to_owned(),
            port: free_port()?,
            http: free_port()?,
            cluster: free_port()?,
            process: None,
        })
    }

    fn configure(&self, number: usize, routes: &[u16]) -> io::Result<()> {
        let (folder, port, http) = (self.folder.display(), self.port, self.http);
        let mut config = format!(
            "server_name: s{number}\nlisten: 127.0.0.1:{port}\nhttp: 127.0.0.1:{http}\npid_file: \"{folder}/pid\"\njetstream {{ store_dir: \"{folder}\" }}\n"
        );
        if routes.len() > 1 {
            let own = self.cluster;
            let urls = routes.iter().map(|port| format!("nats://127.0.0.1:{port}"));
            let urls = urls.collect::<Vec<_>>().join(", ");
            config += &format!(
                "cluster {{ name: airlock, listen: 127.0.0.1:{own}, routes: [{urls}] }}\n"
            );
        }
        fs::write(self.folder.join("nats.conf"), config)
    }

    fn run(&mut self) -> io::Result<()> {
        let config = self.folder.join("nats.conf").display().to_string();
        let options = ["-c".to_owned(), config];
        self.process = Some(Process::start(
            &self.program,
            &options,
            None,
            &self.folder,
            None,
        )?);
        Ok(())
    }

    /// Waits until the server reports that it is healthy.
    fn wait(&self) -> Result<(), String> {
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(60) {
            if self.is_well().unwrap_or(false) {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        let log = fs::read_to_string(self.folder.join("server.log")).unwrap_or_default();
        Err(format!("NATS did not start within a minute: {log}"))
    }

    fn is_well(&self) -> io::Result<bool> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.http))?;
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        stream.write_all(b"GET /healthz HTTP/1.0\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer.contains(r#""status":"ok""#) || answer.contains(r#""status": "ok""#))
    }
}

fn in_words(error: &io::Error) -> String {
    format!("NATS could not be started: {error}")
}
