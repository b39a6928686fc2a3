//! Falling back to a second executor.

use std::borrow::Cow;

use crate::effect::BoxFuture;
use crate::executor::{Batch, Executor};
use crate::intent::Intent;
use crate::unwind::{catch, catch_async};

/// Hands to a second executor what the first one fails at, in order.
///
/// An intent is accepted if one of them accepts it. What the first does not accept goes to the second
/// at once. What the first fails at, also by panicking, goes to the second if that accepts it, and
/// stays failed otherwise. Where a failure stops the flush, the intents of one batch call go to the second
/// together or not at all.
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

    /// Makes pending what the first failed at and the second accepts.
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
                // What a panic leaves pending goes to the second, too.
                let _ = catch(|| self.first.dispatch(&mut accepted));
                self.rewind(&mut accepted);
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
