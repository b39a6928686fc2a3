//! An executor that limits the time of each intent.

use std::borrow::Cow;
use std::time::Duration;

use crate::effect::BoxFuture;
use crate::executor::timer::{Elapsed, within};
use crate::executor::{Batch, Executor};
use crate::intent::Intent;

/// An executor that limits how long another one may take for each intent. When the limit has
/// passed, it drops the attempt and fails the intent. The effect may have happened, in whole or in
/// part.
///
/// Effects that declare `timeout` use their own limit instead. A sync flush cannot be interrupted,
/// so the limit has no effect there.
#[derive(Clone, Debug)]
pub struct Timeout<X> {
    inner: X,
    limit: Duration,
}

impl<X: Executor> Timeout<X> {
    /// Creates an executor that gives `inner` at most `limit` for each intent.
    pub fn new(inner: X, limit: Duration) -> Self {
        Self { inner, limit }
    }
}

impl<X: Executor> Executor for Timeout<X> {
    fn accepts(&self, intent: &Intent) -> Result<(), Cow<'static, str>> {
        self.inner.accepts(intent)
    }

    fn only_durable(&self) -> bool {
        self.inner.only_durable()
    }

    fn dispatch(&self, batch: &mut Batch<'_>) {
        self.inner.dispatch(batch);
    }

    fn dispatch_async<'a>(&'a self, batch: &'a mut Batch<'_>) -> BoxFuture<'a, ()> {
        Box::pin(async move {
            let timer = batch.timer().clone();
            while let Some(mut unit) = batch.next_alone() {
                if unit
                    .intents()
                    .any(|intent| intent.effect().timeout().is_some())
                {
                    self.inner.dispatch_async(&mut unit).await;
                } else {
                    let dispatching = self.inner.dispatch_async(&mut unit);
                    if let Err(Elapsed { limit }) = within(&*timer, self.limit, dispatching).await {
                        unit.time_out(limit);
                    }
                }
                if !unit.is_empty() {
                    return; // The inner executor did not decide it, so the flush fails the rest.
                }
            }
        })
    }

    fn name(&self) -> Cow<'static, str> {
        format!("timeout({})", self.inner.name()).into()
    }
}
