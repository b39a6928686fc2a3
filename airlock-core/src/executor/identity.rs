//! Telling whether two executors are one.

use std::sync::Arc;

/// The thing that the clones of an executor share: one address for all of them.
///
/// Executors with one identity count as one in a flush: what they get forms one batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Identity(usize);

impl Identity {
    /// The identity of whatever shares this.
    pub fn new<T: ?Sized>(shared: &Arc<T>) -> Self {
        Self(Arc::as_ptr(shared).cast::<()>() as usize)
    }

    /// The identity of an executor without state.
    pub(crate) const fn fixed(number: usize) -> Self {
        Self(number)
    }
}
