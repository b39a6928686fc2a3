//! The current speed of this machine, for budgets in nanoseconds.

use std::hint::black_box;

use crate::harness::time;
use crate::work::boxed;

/// The time of two boxed closures on the machine on which the budgets were set, in nanoseconds.
const REFERENCE: f64 = 27.0;

const PAIRS: u64 = 10_000;

/// Returns how many times longer the same work takes now than on that machine, at least 1. Shared
/// machines change their speed by the hour, so this is measured next to each budget that it scales.
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
