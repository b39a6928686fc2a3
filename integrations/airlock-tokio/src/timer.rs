//! A timer on tokio's clock.

use std::time::Duration;

use airlock_core::BoxFuture;
use airlock_core::executor::{ThreadTimer, Timer};

/// A timer that sleeps on tokio's clock, which tests can pause and advance.
///
/// Only futures use that clock. A sync flush blocks its thread between retries, as [`ThreadTimer`] does.
///
/// # Panics
///
/// `sleep` panics outside a tokio runtime that has its clock enabled.
#[derive(Clone, Copy, Debug, Default)]
pub struct TokioTimer;

impl Timer for TokioTimer {
    fn wait(&self, duration: Duration) {
        ThreadTimer.wait(duration);
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        Box::pin(tokio::time::sleep(duration))
    }
}
