//! A server as a separate process.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, ExitStatus, Stdio};

use crate::call::{Answer, Call, Client};
use crate::http;

/// A running server. It is killed on drop.
#[derive(Debug)]
pub struct Process {
    child: Child,
    address: String,
}

impl Process {
    /// Starts a program on a free port with this database, and waits for the line with its address.
    #[must_use]
    pub fn start(program: impl AsRef<OsStr>, database: &str) -> Self {
        Self::run(Command::new(program).args(["0", "--database", database]))
    }

    /// Starts a program as [`start`](Self::start) does. It forwards its durable effects to the NATS with this URL.
    #[must_use]
    pub fn forwarding(program: impl AsRef<OsStr>, database: &str, nats: &str) -> Self {
        Self::run(Command::new(program).args(["0", "--database", database, "--nats", nats]))
    }

    fn run(command: &mut Command) -> Self {
        command.env_remove("SHOP_KEY").env_remove("SHOP_NATS");
        let mut child = command
            .stdout(Stdio::piped())
            .spawn()
            .expect("the server starts");
        let mut line = String::new();
        let output = child.stdout.as_mut().expect("it is piped");
        BufReader::new(output)
            .read_line(&mut line)
            .expect("it prints text");
        let Some(address) = line.trim().strip_prefix("the shop is at http://") else {
            let _ = child.kill();
            panic!("the server printed `{line}`");
        };
        Self {
            address: address.to_owned(),
            child,
        }
    }

    /// Returns the address that it listens on.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Sends a request.
    #[must_use]
    pub fn call(&self, call: Call) -> Answer {
        http::call(&self.address, call)
    }

    /// Tells it to stop as a service manager does, and waits.
    pub fn terminate(mut self) -> ExitStatus {
        terminate(&mut self.child)
    }
}

/// Tells a process to stop, and waits.
pub(crate) fn terminate(child: &mut Child) -> ExitStatus {
    signal(child, "-TERM");
    child.wait().expect("it was started")
}

/// Sends a signal, by its name for the command `kill`.
pub(crate) fn signal(child: &Child, signal: &str) {
    let id = child.id().to_string();
    let told = Command::new("kill").args([signal, &id]).status();
    assert!(
        told.is_ok_and(|status| status.success()),
        "kill {signal} {id}"
    );
}

impl Client for Process {
    async fn send(&mut self, call: Call) -> Answer {
        self.call(call)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
