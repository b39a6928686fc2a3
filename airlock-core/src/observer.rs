//! Watching scopes and flushes from outside, as the testing kit does.

use std::any::Any;
use std::sync::Arc;

use crate::effect::{BoxError, BoxFuture};
use crate::intent::Intent;

/// Watches the work of an airlock, or of one scope, and may make it fail. Each method is called at a point
/// at which something could go wrong.
pub(crate) trait Observer: Any + Send + Sync {
    /// An intent is about to be buffered. A panic is the enqueue's.
    fn enqueues(&self, intent: &Intent) {
        let _ = intent;
    }

    /// An intent is about to be performed or handed over. An error fails it.
    fn dispatches(&self, intent: &Intent) -> Result<(), BoxError> {
        let _ = intent;
        Ok(())
    }

    /// A body is about to begin. A panic is the body's.
    fn begins(&self, intent: &Intent) {
        let _ = intent;
    }

    /// A body has succeeded, which nobody knows yet. A panic is the body's.
    fn ended(&self, intent: &Intent) {
        let _ = intent;
    }

    /// The future of a body, watched.
    fn observe<'a>(
        self: Arc<Self>,
        intent: &Intent,
        body: BoxFuture<'a, Result<(), BoxError>>,
    ) -> BoxFuture<'a, Result<(), BoxError>> {
        let _ = intent;
        body
    }
}
