//! A value that only its owner can reach.

use std::sync::{Mutex, PoisonError};

/// A value that is `Sync` because it can be reached only through `&mut`.
///
/// The mutex is never locked. It makes futures that carry frames `Sync`, although arguments of effects need not
/// be.
pub(crate) struct Exclusive<T>(Mutex<T>);

impl<T> Exclusive<T> {
    #[inline]
    pub(crate) fn new(value: T) -> Self {
        Self(Mutex::new(value))
    }

    #[inline]
    pub(crate) fn get_mut(&mut self) -> &mut T {
        self.0.get_mut().unwrap_or_else(PoisonError::into_inner)
    }
}
