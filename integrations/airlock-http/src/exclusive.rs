//! A wrapper for values that are only accessed through `&mut`.

use std::fmt;
use std::sync::{Mutex, PoisonError};

/// A wrapper that makes a value `Sync`, since it is only accessed through `&mut`. With it, a service's future
/// is `Sync` if the inner one is, whatever it stores of its response. The mutex is never locked.
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
