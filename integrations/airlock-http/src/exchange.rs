//! What differs between web frameworks.

use airlock_core::lifecycle::Outcome;
use airlock_core::{FlushError, TaskTracker};

use crate::held::HeldScope;

/// One request and its response, as a web framework has them.
pub trait Exchange {
    /// The response of the inner service.
    type Inner;
    /// The response that leaves.
    type Outer;

    /// What the response says about its request's outcome.
    fn judge(&mut self, response: &mut Self::Inner) -> Outcome;

    /// The response, whose scope has ended.
    fn pass(&self, response: Self::Inner) -> Self::Outer;

    /// The response, whose body is to hold the scope.
    fn hold(&self, response: Self::Inner, scope: HeldScope) -> Self::Outer;

    /// What the client is told after the flush of a request that succeeded has failed.
    fn fail(&self, response: Self::Inner, error: FlushError) -> Self::Outer;

    /// Called with the response before its scope ends, or is handed to the body, unless nobody has seen the
    /// scope's origin, and nobody will.
    fn answered(&mut self, _response: &Self::Inner) {}

    /// Where flushes are counted.
    fn tasks(&self) -> &TaskTracker;
}
