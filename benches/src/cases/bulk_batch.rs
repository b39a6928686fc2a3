//! A batch effect with a key, compared with a `HashSet` and one call by hand.

use std::collections::HashSet;
use std::hint::black_box;

use crate::harness::{Budget, Measured, race};
use crate::run::Places;

const ENQUEUES: u64 = 100_000;
/// Each order is saved ten times.
const ORDERS: u64 = ENQUEUES / 10;

#[airlock::effect(batch, key = orders)]
fn index(orders: Vec<u64>) {
    black_box(orders.len());
}

pub(super) fn run(_: &Places) -> Result<Vec<Measured>, String> {
    let ours = || {
        airlock::scope().run_infallible(|_| {
            for order in 0..ENQUEUES {
                airlock::enqueue(index(order % ORDERS));
            }
        })
    };
    let peer = || {
        let mut seen = HashSet::new();
        let mut orders = Vec::new();
        for order in 0..ENQUEUES {
            if seen.insert(order % ORDERS) {
                orders.push(order % ORDERS);
            }
        }
        black_box(orders.len())
    };
    let times = race(ENQUEUES as usize, ours, peer);
    let measured = Measured::ratio("bulk_batch", times, "ns per enqueue");
    Ok(vec![measured.budget(Budget::AtMost(3.0))])
}
