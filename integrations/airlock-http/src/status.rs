//! Outcomes of status codes.

use airlock_core::lifecycle::Outcome;

/// Returns the outcome of a status code: a failure from 400 on.
#[inline]
pub fn outcome_of(status: u16) -> Outcome {
    if status < 400 {
        Outcome::Success
    } else {
        Outcome::Failure
    }
}
