//! Performing where the scope ends.

use std::borrow::Cow;
use std::sync::{Arc, LazyLock};

use crate::effect::BoxFuture;
use crate::executor::Executor;
use crate::flush::Batch;
use crate::intent::Intent;
use crate::options::Schedule;

/// Performs each effect where the scope ends, before the scope's caller goes on. The default.
///
/// Across a crash: at most once. A sync flush performs sync effects only; an async one performs
/// both. It cannot delay, and refuses intents that ask for it when they are enqueued.
#[derive(Clone, Copy, Debug, Default)]
pub struct Inline;

/// The executor where none is named.
pub(crate) fn inline() -> Arc<dyn Executor> {
    static INLINE: LazyLock<Arc<Inline>> = LazyLock::new(|| Arc::new(Inline));
    INLINE.clone()
}

impl Executor for Inline {
    fn accepts(&self, intent: &Intent) -> Result<(), Cow<'static, str>> {
        match intent.schedule() {
            Schedule::Now => Ok(()),
            _ => Err("it performs where the scope ends and cannot delay; name an executor that can, such as `airlock::tokio::Spawn`".into()),
        }
    }

    fn dispatch(&self, batch: &mut Batch<'_>) {
        batch.perform_all();
    }

    fn dispatch_async<'a>(&'a self, batch: &'a mut Batch<'_>) -> BoxFuture<'a, ()> {
        Box::pin(batch.perform_all_async())
    }

    fn name(&self) -> Cow<'static, str> {
        "inline".into()
    }
}
