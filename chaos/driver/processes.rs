//! The processes that are killed: this program, started again in its roles.

use std::process::{Child, Command, Stdio};

use airlock::BoxError;

/// The role of the processes that commit.
const PRODUCER: &str = "produce";

pub(crate) struct Processes {
    url: String,
    running: Vec<(&'static str, Child)>,
    /// The first order number of the latest process. The numbers are far apart, because a process counts up from there
    /// without a limit.
    next: i64,
}

impl Processes {
    pub(crate) fn start(url: String) -> Result<Self, BoxError> {
        let mut processes = Self {
            url,
            running: Vec::new(),
            next: 0,
        };
        for (role, count) in crate::ROLES {
            for _ in 0..*count {
                let child = processes.spawn(role)?;
                processes.running.push((role, child));
            }
        }
        Ok(processes)
    }

    fn spawn(&mut self, role: &str) -> Result<Child, BoxError> {
        self.next += 10_000_000;
        let program = std::env::current_exe()?;
        let mut command = Command::new(program);
        command.args(["role", role, &self.url, &self.next.to_string()]);
        Ok(command.stdin(Stdio::null()).spawn()?)
    }

    /// Kills a random process, and starts another in its place.
    pub(crate) fn kill_one(&mut self, random: &mut fastrand::Rng) -> Result<(), BoxError> {
        let number = random.usize(0..self.running.len());
        kill(&mut self.running[number].1)?;
        self.running[number].1 = self.spawn(self.running[number].0)?;
        self.restart_ended()
    }

    /// Restarts processes that have ended by themselves, because their server was killed while they started.
    pub(crate) fn restart_ended(&mut self) -> Result<(), BoxError> {
        for number in 0..self.running.len() {
            if self.running[number].1.try_wait()?.is_some() {
                self.running[number].1 = self.spawn(self.running[number].0)?;
            }
        }
        Ok(())
    }

    pub(crate) fn stop_producing(&mut self) {
        for (_, producer) in self.running.extract_if(.., |(role, _)| *role == PRODUCER) {
            let mut producer = producer;
            let _ = kill(&mut producer);
        }
    }
}

impl Drop for Processes {
    fn drop(&mut self) {
        for (_, process) in &mut self.running {
            let _ = kill(process);
        }
    }
}

/// Kills a process with SIGKILL, and waits for it.
fn kill(process: &mut Child) -> std::io::Result<()> {
    process.kill()?;
    process.wait().map(drop)
}
