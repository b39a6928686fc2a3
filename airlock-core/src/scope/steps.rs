//! Work in a scope that is driven in steps, such as a stream.

use std::fmt;

use crate::context::{Exclusive, Frames, Polled};
use crate::scope::Scope;

/// Runs the steps of a stream or a state machine in a scope.
///
/// Guards that are held at the end of one step are in force again in the next, as in
/// [`Bound`](crate::Bound): a guard that is held from one step to another stays with its work.
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
pub struct Steps {
    frames: Exclusive<Frames>,
    base: u64,
    span: Option<Box<tracing::Span>>,
}

impl Steps {
    pub(crate) fn new(scope: &Scope) -> Self {
        let frame = scope.frame();
        Self {
            base: frame.key(),
            frames: Exclusive::new(Frames::of(frame)),
            span: scope.shared().head.span.clone(),
        }
    }

    /// Runs one step. If it panics, the next one is in the scope all the same.
    pub fn run<T>(&mut self, step: impl FnOnce() -> T) -> T {
        let _polled = Polled::enter(self.frames.get_mut(), self.base);
        let _span = self.span.as_ref().map(|span| span.enter());
        step()
    }
}

impl fmt::Debug for Steps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Steps").finish_non_exhaustive()
    }
}
