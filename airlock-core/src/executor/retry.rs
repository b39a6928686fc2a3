//! Repeating what failed.

use std::borrow::Cow;

use crate::effect::{BoxFuture, RetryRule};
use crate::executor::{Batch, Executor};
use crate::intent::{Failure, Intent};

/// Lets another executor try again what failed, with growing waits between.
///
/// It leaves alone effects that declare `retry` (executors that perform keep to that themselves),
/// and failures that no repetition can mend: effects declared `once`, and async effects in a sync
/// flush. The intents behind a failed one wait, so that the order is kept.
#[derive(Clone, Debug)]
pub struct Retry<X> {
    inner: X,
    rule: RetryRule,
}

impl<X: Executor> Retry<X> {
    /// Tries what `inner` failed at as the rule says.
    pub fn new(inner: X, rule: RetryRule) -> Self {
        Self { inner, rule }
    }

    /// Makes pending what may be tried again. Returns how long to wait before.
    fn rewind(&self, batch: &mut Batch<'_>, attempt: u32) -> Option<std::time::Duration> {
        if attempt >= self.rule.max_attempts() || !batch.may_wait() {
            return None;
        }
        let reset = batch.retry_failed(|intent, failure| {
            intent.effect().retry().is_none() && !matches!(failure, Failure::NeedsAwait)
        });
        (reset > 0).then(|| self.rule.delay_after(attempt))
    }
}

impl<X: Executor> Executor for Retry<X> {
    fn accepts(&self, intent: &Intent) -> Result<(), Cow<'static, str>> {
        self.inner.accepts(intent)
    }

    fn only_durable(&self) -> bool {
        self.inner.only_durable()
    }

    fn dispatch(&self, batch: &mut Batch<'_>) {
        while let Some(mut unit) = batch.next_alone() {
            let mut attempt = 1;
            self.inner.dispatch(&mut unit);
            while let Some(delay) = self.rewind(&mut unit, attempt) {
                unit.timer().clone().wait(delay);
                self.inner.dispatch(&mut unit);
                attempt += 1;
            }
            if !unit.is_empty() {
                return; // The inner executor left it undone; the flush says so.
            }
        }
    }

    fn dispatch_async<'a>(&'a self, batch: &'a mut Batch<'_>) -> BoxFuture<'a, ()> {
        Box::pin(async move {
            while let Some(mut unit) = batch.next_alone() {
                let mut attempt = 1;
                self.inner.dispatch_async(&mut unit).await;
                while let Some(delay) = self.rewind(&mut unit, attempt) {
                    unit.timer().clone().sleep(delay).await;
                    self.inner.dispatch_async(&mut unit).await;
                    attempt += 1;
                }
                if !unit.is_empty() {
                    return;
                }
            }
        })
    }

    fn name(&self) -> Cow<'static, str> {
        format!("retry({})", self.inner.name()).into()
    }
}
