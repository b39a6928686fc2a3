//! The identity of an executor.

use std::sync::Arc;

/// The identity of an executor: the address of something that its clones share.
///
/// A flush treats executors with the same identity as one, and gives them one batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Identity(usize);

impl Identity {
    /// Returns the identity of everything that shares this allocation.
    pub fn new<T: ?Sized>(shared: &Arc<T>) -> Self {
        Self(Arc::as_ptr(shared).cast::<()>() as usize)
    }

    /// Returns the identity of an executor without state.
    pub(crate) const fn fixed(number: usize) -> Self {
        Self(number)
    }
}
