//! How fast this machine is now, for budgets in nanoseconds.

use std::hint::black_box;

use crate::harness::time;
use crate::work::boxed;

/// What two boxed closures took where the budgets were set, in nanoseconds.
const REFERENCE: f64 = 27.0;

const PAIRS: u64 = 10_000;

/// How many times as long as there the same work takes now, at least 1. Shared machines change their speed
/// by the hour, so this is measured beside each budget that it scales.
pub(crate) fn pace() -> f64 {
    let nanos = time(PAIRS as usize, || {
        for order in 0..PAIRS {
            for effect in black_box(vec![boxed(order, 7, 99), boxed(order, 8, 99)]) {
                effect();
            }
        }
    });
    (nanos / REFERENCE).max(1.0)
}
