//! An executor that performs effects when their scope ends.

use std::borrow::Cow;

use crate::effect::BoxFuture;
use crate::executor::{Batch, Executor, Identity};
use crate::intent::{Intent, Schedule};

/// The default executor, which performs each effect when the scope ends, before the scope's caller
/// continues.
///
/// Across a crash: at most once. A sync flush performs sync effects only; an async flush performs
/// both kinds. `Inline` cannot delay effects, so it refuses delayed intents at enqueue.
#[derive(Clone, Copy, Debug, Default)]
pub struct Inline;

/// Refuses a delayed intent, as [`Inline`] does.
pub(crate) fn cannot_delay(intent: &Intent) -> Result<(), Cow<'static, str>> {
    match intent.schedule() {
        Schedule::Now => Ok(()),
        _ => Err("it performs effects when the scope ends and cannot delay them; use an executor that can, such as `airlock::tokio::Spawn`".into()),
    }
}

impl Inline {
    /// The identity of every `Inline`, since it has no state.
    pub(crate) const IDENTITY: Identity = Identity::fixed(1);
}

impl Executor for Inline {
    fn accepts(&self, intent: &Intent) -> Result<(), Cow<'static, str>> {
        cannot_delay(intent)
    }

    fn dispatch(&self, batch: &mut Batch<'_>) {
        batch.perform_all();
    }

    fn dispatch_async<'a>(&'a self, batch: &'a mut Batch<'_>) -> BoxFuture<'a, ()> {
        Box::pin(batch.perform_all_async())
    }

    fn identity(&self) -> Option<Identity> {
        Some(Self::IDENTITY)
    }

    fn name(&self) -> Cow<'static, str> {
        "inline".into()
    }
}
