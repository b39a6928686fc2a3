//! Check requests, which find out whether an app opens a scope for a path.

use std::fmt;
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;

/// The method of a check request. No route uses it, so only handlers for every method are called.
pub const METHOD: &str = "AIRLOCK-CHECK";

/// The extension that marks a check request. A client cannot send it.
#[derive(Clone, Debug, Default)]
pub struct Check(Arc<AtomicBool>);

impl Check {
    /// Records that a scope is opened for the request.
    pub fn found(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Awaits the answer and returns whether a scope was opened for the request. A panic counts as an answer:
    /// an enqueue without a scope may cause it.
    async fn found_by(&self, answer: impl Future) -> bool {
        let mut answer = pin!(answer);
        poll_fn(|cx| {
            match catch_unwind(AssertUnwindSafe(|| answer.as_mut().poll(cx).is_pending())) {
                Ok(true) => Poll::Pending,
                Ok(false) | Err(_) => Poll::Ready(()),
            }
        })
        .await;
        self.0.load(Ordering::Relaxed)
    }
}

/// Calls `ask` for each path, to send a request with the given [`Check`] in its extensions.
///
/// # Errors
///
/// [`MissingScopes`] if no scope is opened for a path. Its message ends with `remedy`.
pub async fn check_each<P: AsRef<str>>(
    paths: impl IntoIterator<Item = P>,
    remedy: &'static str,
    ask: impl AsyncFn(&str, &Check),
) -> Result<(), MissingScopes> {
    let mut missing = Vec::new();
    for path in paths {
        let (path, check) = (path.as_ref(), Check::default());
        // Without a leading slash it may be an authority without a path, for which another route answers.
        if !path.starts_with('/') || !check.found_by(ask(path, &check)).await {
            missing.push(path.to_owned());
        }
    }
    match missing.is_empty() {
        true => Ok(()),
        false => Err(MissingScopes {
            paths: missing,
            remedy,
        }),
    }
}

/// The paths for which no scope is opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MissingScopes {
    paths: Vec<String>,
    remedy: &'static str,
}

impl MissingScopes {
    /// Returns the paths, as they were given.
    pub fn paths(&self) -> &[String] {
        &self.paths
    }
}

impl fmt::Display for MissingScopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no scope is opened for ")?;
        for (position, path) in self.paths.iter().enumerate() {
            let comma = if position > 0 { ", " } else { "" };
            write!(f, "{comma}`{path}`")?;
        }
        write!(f, ": {}", self.remedy)
    }
}

impl std::error::Error for MissingScopes {}
