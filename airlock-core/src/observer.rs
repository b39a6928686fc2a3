//! Observing scopes and flushes, for the testing kit.

use std::any::Any;
use std::sync::Arc;

use crate::effect::{BoxError, BoxFuture};
use crate::intent::Intent;

/// Observes the work of an airlock or of one scope, and may make it fail. Each method is called at a point at which
/// something could go wrong.
pub(crate) trait Observer: Any + Send + Sync {
    /// Called before an intent is buffered. A panic counts as a panic of the enqueue.
    fn enqueues(&self, intent: &Intent) {
        let _ = intent;
    }

    /// Called before an intent is performed or handed over. An error makes it fail.
    fn dispatches(&self, intent: &Intent) -> Result<(), BoxError> {
        let _ = intent;
        Ok(())
    }

    /// Called before a body begins. A panic counts as a panic of the body.
    fn begins(&self, intent: &Intent) {
        let _ = intent;
    }

    /// Called after a sync body has succeeded, before that is recorded. A panic counts as a panic of the body.
    fn ended(&self, intent: &Intent) {
        let _ = intent;
    }

    /// Wraps the future of an async body.
    fn observe<'a>(
        self: Arc<Self>,
        intent: &Intent,
        body: BoxFuture<'a, Result<(), BoxError>>,
    ) -> BoxFuture<'a, Result<(), BoxError>> {
        let _ = intent;
        body
    }
}
