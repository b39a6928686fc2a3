//! What each scope costs that captures an intent on its way out.

use crate::harness::{Measured, time};
use crate::run::Places;
use crate::work::record;

const INTENTS: u64 = 1_000;

pub(super) fn run(_: &Places) -> Result<Vec<Measured>, String> {
    let depths = [1, 4, 16];
    let measure = |depth: &usize| {
        let cost = time(INTENTS as usize, || nest(*depth));
        Measured::cost(format!("nesting_{depth}"), cost, "ns per effect")
    };
    Ok(depths.iter().map(measure).collect())
}

fn nest(depth: usize) {
    let ended = airlock::scope().run_infallible(|_| {
        if depth > 1 {
            return nest(depth - 1);
        }
        for order in 0..INTENTS {
            airlock::enqueue(record(order, 7, 99));
        }
    });
    assert!(ended.is_ok());
}
