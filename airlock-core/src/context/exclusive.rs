//! What only its owner touches.

use std::sync::{Mutex, PoisonError};

/// A value that can be reached only by `&mut`, and so is `Sync` whatever it is. The lock is never taken:
/// futures that carry frames stay `Sync`, although arguments of effects need not be.
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
