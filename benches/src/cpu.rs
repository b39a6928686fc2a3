//! The time that a thread has spent on a CPU, in user and system code. It is more repeatable than
//! wall-clock time. Available only on Linux.

use std::fs;
use std::path::PathBuf;

/// A thread of this process.
#[derive(Clone, Debug)]
pub(crate) struct Thread {
    /// `/proc/PID/task/TID/schedstat`
    file: PathBuf,
}

impl Thread {
    /// Returns the current thread, or `None` if it cannot be watched.
    pub(crate) fn current() -> Option<Self> {
        let task = fs::read_link("/proc/thread-self").ok()?;
        let file = PathBuf::from("/proc").join(task).join("schedstat");
        let thread = Self { file };
        thread.nanos().is_some().then_some(thread)
    }

    /// Returns the time that it has spent on a CPU so far, in nanoseconds. Exact while it sleeps.
    pub(crate) fn nanos(&self) -> Option<f64> {
        let text = fs::read_to_string(&self.file).ok()?;
        text.split_whitespace().next()?.parse().ok()
    }
}
