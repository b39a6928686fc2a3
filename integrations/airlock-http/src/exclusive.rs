//! Values that are reached by `&mut` alone.

use std::fmt;
use std::sync::{Mutex, PoisonError};

/// Makes a value `Sync` that nobody ever shares: a service's future is as `Sync` as the inner one,
/// whatever it keeps of its response. Nothing is locked.
pub(crate) struct Exclusive<T>(Mutex<T>);

impl<T> Exclusive<T> {
    pub(crate) fn new(value: T) -> Self {
        Self(Mutex::new(value))
    }

    pub(crate) fn get_mut(&mut self) -> &mut T {
        self.0.get_mut().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> fmt::Debug for Exclusive<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("..")
    }
}
