//! The part of a request that differs between web frameworks.

use airlock_core::lifecycle::Outcome;
use airlock_core::{FlushError, TaskTracker};

use crate::held::HeldScope;

/// One request and its response, in the types of a web framework.
pub trait Exchange {
    /// The response of the inner service.
    type Inner;
    /// The response that the outer service returns.
    type Outer;

    /// Returns the outcome of the request, judged by its response.
    fn judge(&mut self, response: &mut Self::Inner) -> Outcome;

    /// Returns the response of a request whose scope has ended.
    fn pass(&self, response: Self::Inner) -> Self::Outer;

    /// Returns the response with a body that holds the scope.
    fn hold(&self, response: Self::Inner, scope: HeldScope) -> Self::Outer;

    /// Returns the response to a request that succeeded but whose flush failed.
    fn fail(&self, response: Self::Inner, error: FlushError) -> Self::Outer;

    /// Called with the response before its scope ends or is handed to the body. Skipped if nobody has seen
    /// the scope's origin and nobody will.
    fn answered(&mut self, _response: &Self::Inner) {}

    /// Returns the tracker that counts flushes.
    fn tasks(&self) -> &TaskTracker;
}
