//! Scopes that may wait for the body of their response, one within the other.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use crate::context::{Frame, Shared, inspected};

/// A scope may wait for the body of its response. As long as this lives it tells the scope around, if there is
/// one, that a scope within it has yet to be captured.
pub struct Waits {
    around: Option<Arc<Shared>>,
}

impl Waits {
    /// A scope around this one captures what it holds, so this one must end first. One that may wait for a body
    /// itself leaves time for that; of any other nothing is known after the response: then `None`.
    #[inline]
    pub(super) fn may(frame: &mut Frame) -> Option<Self> {
        let around = match frame.captor() {
            None => None,
            // Its lock is held by a closure that looks at it.
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
