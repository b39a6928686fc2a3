//! An executor that falls back to a second one.

use std::borrow::Cow;

use crate::effect::BoxFuture;
use crate::executor::{Batch, Executor};
use crate::intent::Intent;
use crate::unwind::{catch, catch_async};

/// An executor that passes intents to a second executor if the first one fails, in order.
///
/// It accepts an intent if either executor does. An intent that the first does not accept goes to
/// the second directly. If the first fails, also by panicking, the intent goes to the second if
/// that accepts it, and otherwise stays failed. Under
/// [`FailureMode::Stop`](crate::executor::FailureMode::Stop), the intents of one batch effect go to
/// the second together or not at all.
#[derive(Clone, Debug)]
pub struct Fallback<X, Y> {
    first: X,
    second: Y,
}

impl<X: Executor, Y: Executor> Fallback<X, Y> {
    /// Creates an executor that tries `first`, then `second`.
    pub fn new(first: X, second: Y) -> Self {
        Self { first, second }
    }

    /// Makes the intents that the first failed and the second accepts pending again.
    fn rewind(&self, unit: &mut Batch<'_>) {
        unit.retry_failed(|intent, _| self.second.accepts(intent).is_ok());
    }
}

impl<X: Executor, Y: Executor> Executor for Fallback<X, Y> {
    fn accepts(&self, intent: &Intent) -> Result<(), Cow<'static, str>> {
        self.first
            .accepts(intent)
            .or_else(|_| self.second.accepts(intent))
    }

    fn only_durable(&self) -> bool {
        self.first.only_durable() || self.second.only_durable()
    }

    fn dispatch(&self, batch: &mut Batch<'_>) {
        while let Some(mut unit) = batch.next_alone() {
            if let Some(mut accepted) = unit.only(|intent| self.first.accepts(intent).is_ok()) {
                // If the first panics, its pending intents go to the second, too.
                let _ = catch(|| self.first.dispatch(&mut accepted));
                self.rewind(&mut accepted);
            }
            if !unit.is_empty() {
                self.second.dispatch(&mut unit);
            }
            if !unit.is_empty() {
                return; // Neither decided it, so the flush fails the rest.
            }
        }
    }

    fn dispatch_async<'a>(&'a self, batch: &'a mut Batch<'_>) -> BoxFuture<'a, ()> {
        Box::pin(async move {
            while let Some(mut unit) = batch.next_alone() {
                if let Some(mut accepted) = unit.only(|intent| self.first.accepts(intent).is_ok()) {
                    let _ =
                        catch_async(async { self.first.dispatch_async(&mut accepted).await }).await;
                    self.rewind(&mut accepted);
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
