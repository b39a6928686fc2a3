//! Work in a scope that is driven in steps and is no future.

use std::sync::Arc;

use crate::context::{self, Node};
use crate::scope::Scope;

/// Runs the steps of something in a scope: of a stream, of a state machine, of what is no future.
///
/// What was current at the end of one step is current again in the next, as in [`Bound`](crate::Bound): a guard
/// that is held from one step to another stays with its work.
///
/// ```
/// # use airlock_core as airlock;
/// let scope = airlock::scope().open();
/// let mut steps = scope.steps();
/// let quiet = steps.run(|| airlock::policy(airlock::policy::drop_all()).enter());
/// assert!(airlock::current().is_none());
/// steps.run(|| assert_eq!(airlock::current().map(|scope| scope.len()), Some(0))); // and quiet
/// steps.run(|| drop(quiet));
/// scope.discard();
/// ```
#[derive(Debug)]
pub struct Steps {
    scope: Scope,
    context: Option<Arc<Node>>,
}

impl Steps {
    pub(crate) fn new(scope: Scope) -> Self {
        let context = Some(scope.node().clone());
        Self { scope, context }
    }

    /// Runs one step. If it panics, the next one starts in the scope anew.
    pub fn run<T>(&mut self, step: impl FnOnce() -> T) -> T {
        let node = self.context.take();
        let swap = context::swap(Some(node.unwrap_or_else(|| self.scope.node().clone())));
        let span = self.scope.core().enter_span();
        let value = step();
        drop(span);
        self.context = swap.leave();
        value
    }
}
