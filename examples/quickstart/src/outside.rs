//! The outside world: the receiver of dispatched effects. This one only counts.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};

/// Counts the calls that effects make to the outside world.
#[derive(Default)]
pub(crate) struct Outside {
    done: Mutex<BTreeMap<&'static str, usize>>,
}

impl Outside {
    pub(crate) fn count(&self, what: &'static str) {
        *self
            .done
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .entry(what)
            .or_default() += 1;
    }
}

impl fmt::Display for Outside {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let done = self.done.lock().unwrap_or_else(PoisonError::into_inner);
        if done.is_empty() {
            return f.write_str("nothing happened outside");
        }
        let counts: Vec<_> = done
            .iter()
            .map(|(what, times)| format!("{times} x {what}"))
            .collect();
        write!(f, "happened outside: {}", counts.join(", "))
    }
}
