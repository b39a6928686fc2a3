//! An executor that retries failed intents.

use std::borrow::Cow;

use crate::effect::{BoxFuture, RetryRule};
use crate::executor::{Batch, Executor};
use crate::intent::{Failure, Intent};

/// An executor that retries what another one failed at, with growing delays between attempts.
///
/// It does not retry effects that declare `retry`, since executors that perform apply that rule
/// themselves. Nor does it retry effects declared `once` that have been performed, since their
/// arguments are gone, or async effects in a sync flush, which would fail again. The flush of a
/// dropped future makes one attempt only.
///
/// Later intents wait for a failed one, so the order is kept. A sync flush blocks its thread for
/// the delay.
#[derive(Clone, Debug)]
pub struct Retry<X> {
    inner: X,
    rule: RetryRule,
}

impl<X: Executor> Retry<X> {
    /// Creates an executor that retries `inner` by this rule.
    pub fn new(inner: X, rule: RetryRule) -> Self {
        Self { inner, rule }
    }

    /// Makes retryable intents pending again. Returns the delay before the next attempt, or `None`
    /// if there is none.
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
                return; // The inner executor did not decide it, so the flush fails the rest.
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
