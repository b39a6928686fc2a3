//! A worker as a separate process, and its output.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use crate::process::{signal, terminate};
use crate::wait::wait_until;

/// A running worker. It is killed on drop.
#[derive(Debug)]
pub(crate) struct Worker {
    child: Child,
    lines: Arc<Mutex<Vec<String>>>,
    reader: Option<JoinHandle<()>>,
}

impl Worker {
    /// Starts a program, and waits until it reports that it is ready.
    pub(crate) fn start(program: impl AsRef<OsStr>, nats: &str) -> Self {
        let mut child = Command::new(program)
            .args(["--nats", nats])
            .env_remove("SHOP_KEY")
            .stdout(Stdio::piped())
            .spawn()
            .expect("the worker starts");
        let output = BufReader::new(child.stdout.take().expect("it is piped"));
        let lines = Arc::new(Mutex::new(Vec::new()));
        let reader = thread::spawn({
            let lines = lines.clone();
            move || {
                for line in output.lines().map_while(Result::ok) {
                    lines
                        .lock()
                        .unwrap_or_else(PoisonError::into_inner)
                        .push(line);
                }
            }
        });
        let worker = Self {
            child,
            lines,
            reader: Some(reader),
        };
        wait_until("the worker is ready", || {
            worker
                .lines()
                .iter()
                .any(|line| line == "the worker is ready")
        });
        worker
    }

    /// Returns the lines that it has printed so far.
    pub(crate) fn lines(&self) -> Vec<String> {
        let lines = self.lines.lock();
        lines.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Freezes it. NATS continues to deliver the messages that it has requested.
    pub(crate) fn freeze(&self) {
        signal(&self.child, "-STOP");
    }

    /// Kills it, and returns everything that it has printed.
    pub(crate) fn kill(mut self) -> Vec<String> {
        self.child.kill().expect("it runs");
        self.all_lines()
    }

    /// Tells it to stop, and returns everything that it has printed.
    pub(crate) fn terminate(mut self) -> (ExitStatus, Vec<String>) {
        let status = terminate(&mut self.child);
        (status, self.all_lines())
    }

    /// Waits for the end of its output.
    fn all_lines(&mut self) -> Vec<String> {
        let reader = self.reader.take().expect("nobody has waited before");
        reader.join().expect("reading does not panic");
        self.lines()
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
