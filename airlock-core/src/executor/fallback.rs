//! A second way.

use std::borrow::Cow;

use crate::effect::BoxFuture;
use crate::executor::Executor;
use crate::flush::Batch;
use crate::intent::Intent;

/// Hands what one executor fails at to another, in order.
///
/// The second one is asked about an intent that the first refuses at its enqueue, too. What the
/// first fails at and the second does not accept stays failed.
#[derive(Clone, Debug)]
pub struct Fallback<X, Y> {
    first: X,
    second: Y,
}

impl<X: Executor, Y: Executor> Fallback<X, Y> {
    /// Asks `first`, then `second`.
    pub fn new(first: X, second: Y) -> Self {
        Self { first, second }
    }
}

impl<X: Executor, Y: Executor> Executor for Fallback<X, Y> {
    fn accepts(&self, intent: &Intent) -> Result<(), Cow<'static, str>> {
        self.first
            .accepts(intent)
            .or_else(|_| self.second.accepts(intent))
    }

    fn dispatch(&self, batch: &mut Batch<'_>) {
        while let Some(mut unit) = batch.next_alone() {
            let accepted = unit
                .intents()
                .all(|intent| self.first.accepts(intent).is_ok());
            if accepted {
                self.first.dispatch(&mut unit);
                unit.retry_failed(|intent, _| self.second.accepts(intent).is_ok());
            }
            if !unit.is_empty() {
                self.second.dispatch(&mut unit);
            }
            if !unit.is_empty() {
                return; // Both left it undone; the flush says so.
            }
        }
    }

    fn dispatch_async<'a>(&'a self, batch: &'a mut Batch<'_>) -> BoxFuture<'a, ()> {
        Box::pin(async move {
            while let Some(mut unit) = batch.next_alone() {
                let accepted = unit
                    .intents()
                    .all(|intent| self.first.accepts(intent).is_ok());
                if accepted {
                    self.first.dispatch_async(&mut unit).await;
                    unit.retry_failed(|intent, _| self.second.accepts(intent).is_ok());
                }
                if !unit.is_empty() {
                    self.second.dispatch_async(&mut unit).await;
                }
                if !unit.is_empty() {
                    return;
                }
            }
        })
    }

    fn name(&self) -> Cow<'static, str> {
        format!("fallback({}, {})", self.first.name(), self.second.name()).into()
    }
}
