//! Asking an app, at its start or in a test, whether it opens a scope for its requests.

use std::fmt;
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;

/// The method of a request that asks. No route is for it, so that no handler is called that is not for
/// every method.
pub const METHOD: &str = "AIRLOCK-CHECK";

/// A note in a request that asks. It cannot come from a client.
#[derive(Clone, Debug, Default)]
pub struct Check(Arc<AtomicBool>);

impl Check {
    /// Tells that a scope is opened for the request.
    pub fn found(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Awaits what became of the request, and tells whether a scope was opened for it. A panic tells nothing
    /// more: it may be that of an enqueue without a scope.
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

/// Asks for each path, by a request with this note in it.
///
/// # Errors
///
/// [`MissingScopes`], which names this remedy.
pub async fn check_each<P: AsRef<str>>(
    paths: impl IntoIterator<Item = P>,
    remedy: &'static str,
    ask: impl AsyncFn(&str, &Check),
) -> Result<(), MissingScopes> {
    let mut missing = Vec::new();
    for path in paths {
        let (path, check) = (path.as_ref(), Check::default());
        // What is no path may be an address without one, for which some other route answers.
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

/// Paths whose requests have no scope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MissingScopes {
    paths: Vec<String>,
    remedy: &'static str,
}

impl MissingScopes {
    /// The paths, as they were given.
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
