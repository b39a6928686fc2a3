//! Many small effects in one scope, compared with boxed closures in a `Vec`.

use crate::harness::{Budget, Measured, race};
use crate::run::Places;
use crate::work::{boxed, record};

const INTENTS: u64 = 10_000;

pub(super) fn run(_: &Places) -> Result<Vec<Measured>, String> {
    let ours = || {
        airlock::scope().run_infallible(|_| {
            for order in 0..INTENTS {
                airlock::enqueue(record(order, 7, 99));
            }
        })
    };
    let peer = || {
        let mut effects = Vec::new();
        for order in 0..INTENTS {
            effects.push(boxed(order, 7, 99));
        }
        for effect in effects {
            effect();
        }
    };
    let times = race(INTENTS as usize, ours, peer);
    let name = "enqueue_flush_vs_boxed_closures";
    Ok(vec![
        Measured::ratio(name, times, "ns per effect").budget(Budget::AtMost(0.9)),
    ])
}
