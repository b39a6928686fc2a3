//! What a status says.

use airlock_core::lifecycle::Outcome;

/// The outcome that a status stands for: a failure from 400 on.
#[inline]
pub fn outcome_of(status: u16) -> Outcome {
    if status < 400 {
        Outcome::Success
    } else {
        Outcome::Failure
    }
}
