//! Marks nested scopes that may wait for the body of their response.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use crate::context::{Frame, Shared, inspected};

/// A guard of a scope that may wait for the body of its response. While it lives, it tells the
/// enclosing scope, if any, that a nested scope has not been captured yet.
pub struct Waits {
    around: Option<Arc<Shared>>,
}

impl Waits {
    /// Marks that the scope may wait for a body. Returns `None` if the scope must not.
    ///
    /// An enclosing scope captures what this one holds, so this one must end first. An enclosing
    /// scope that may wait for a body itself leaves time for that. When any other one ends is
    /// unknown, hence `None`.
    #[inline]
    pub(super) fn may(frame: &mut Frame) -> Option<Self> {
        let around = match frame.captor() {
            None => None,
            // A closure that inspects it holds its lock.
            Some(captor) if inspected(captor.head.id).is_some() => return None,
            Some(captor) if captor.state().may_wait => Some(captor.clone()),
            Some(_) => return None,
        };
        if let Some(around) = &around {
            around.waiting_within.fetch_add(1, Ordering::Relaxed);
        }
        frame.set_may_wait();
        Some(Self { around })
    }
}

impl Drop for Waits {
    fn drop(&mut self) {
        if let Some(around) = &self.around {
            around.waiting_within.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

impl fmt::Debug for Waits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Waits").finish_non_exhaustive()
    }
}
