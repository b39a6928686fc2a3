//! The time that a thread has spent on a CPU, in its own code and in the system's. It repeats better than
//! the time on a clock. On Linux; elsewhere nothing is known.

use std::fs;
use std::path::PathBuf;

/// A thread of this process.
#[derive(Clone, Debug)]
pub(crate) struct Thread {
    /// `/proc/PID/task/TID/schedstat`
    file: PathBuf,
}

impl Thread {
    /// The one that runs this, if it can be watched.
    pub(crate) fn current() -> Option<Self> {
        let task = fs::read_link("/proc/thread-self").ok()?;
        let file = PathBuf::from("/proc").join(task).join("schedstat");
        let thread = Self { file };
        thread.nanos().is_some().then_some(thread)
    }

    /// How long it has been on a CPU by now. Exact while it sleeps.
    pub(crate) fn nanos(&self) -> Option<f64> {
        let text = fs::read_to_string(&self.file).ok()?;
        text.split_whitespace().next()?.parse().ok()
    }
}
